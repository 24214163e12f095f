"""`balansfilter audit verify`: whether the audit log still proves what it says."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from balansfilter.cli.shared.audit_options import audited_brand
from balansfilter.cli.shared.context import Settings, brand_option, json_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.plural import counted
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.audit.checkpoint import Head
    from balansfilter.audit.verify import Verified


@click.command("verify", cls=SpokenCommand)
@brand_option
@click.option(
    "--head",
    "kept",
    metavar="SEQ:HASH",
    multiple=True,
    help="A head that was kept: the ledger must hold it still. Repeatable.",
)
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="A checkpoint that was kept. Repeatable.",
)
@click.option(
    "--public-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The checkpoints must be signed by this key (PEM); needs the extra `sign`.",
)
@json_option
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    kept: tuple[str, ...],
    checkpoints: tuple[Path, ...],
    public_key: Path | None,
    as_json: bool,
) -> None:
    """Verify the chain of the ledger, and every list, decision and text that it speaks of.

    The checkpoints that were handed over to a folder are held against it as well. Exits with 7 when anything was
    changed, is missing, or is not known to the ledger.
    """
    from balansfilter.audit.checkpoint import read_head
    from balansfilter.audit.handing_over import kept_checkpoints
    from balansfilter.audit.verify import verify
    from balansfilter.errors import AuditError

    if public_key is not None and not checkpoints:
        raise click.UsageError("--public-key goes with --checkpoint")
    audited = audited_brand(settings, brand)
    heads = [read_head(text) for text in kept] + [_checkpoint(path, public_key) for path in checkpoints]
    in_folder, unreadable = kept_checkpoints(audited.site.audit.checkpoint, audited.brand)
    heads += [one.head for one in in_folder]
    for path in unreadable:
        click.echo(told(f"balansfilter: {path} holds no checkpoint"), err=True)
    found = verify(audited.place, heads)
    if found.problems:
        raise AuditError(f"the audit log of {audited.brand} does not verify:", found.problems)
    click.echo(json.dumps(asdict(found), indent=2) if as_json else _summary(found))


def _checkpoint(path: Path, public_key: Path | None) -> Head:
    from balansfilter.audit.checkpoint import read_checkpoint
    from balansfilter.audit.signing import check_signature
    from balansfilter.errors import UsageError

    try:
        checkpoint = read_checkpoint(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read the checkpoint {path}: {getattr(error, 'strerror', None) or 'it is no text'}"
        ) from error
    if public_key is not None:
        check_signature(checkpoint, public_key)
    return checkpoint.head


def _summary(found: Verified) -> str:
    lines = [
        *(f"REOPENED: {sentence}" for sentence in found.reopened),
        f"verified: events {found.events:,}, published runs {found.runs:,}, files {found.files:,}",
        counted(found.pruned, "{count} file was pruned", "{count} files were pruned") if found.pruned else "",
        (
            counted(len(found.gone), "{count} list is not there any more", "{count} lists are not there any more")
            if found.gone
            else ""
        ),
        (
            f"files that were read: there still {found.inputs.same:,}, replaced {found.inputs.changed:,}, "
            f"gone {found.inputs.gone:,}"
        ),
        f"head {found.head}",
        _kept(found),
    ]
    return "\n".join(told(line) for line in lines if line)


def _kept(found: Verified) -> str:
    if found.handed_over is None:
        return "warning: no head of this ledger is kept elsewhere; set audit.checkpoint, or keep this one"
    seq, at = found.handed_over
    ago = counted(_days_since(at), "{count} day ago", "{count} days ago")
    return f"head {seq} was handed over at {at}, {ago}"


def _days_since(at: str) -> int:
    return (datetime.now(UTC) - datetime.fromisoformat(at)).days
