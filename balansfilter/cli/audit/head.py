"""`balansfilter audit head`: what a third party keeps of the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from balansfilter.cli.shared.audit_options import audited_brand
from balansfilter.cli.shared.context import Settings, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand

if TYPE_CHECKING:
    from balansfilter.audit.checkpoint import Head
    from balansfilter.audit.ledger import Chain


@click.command("head", cls=SpokenCommand)
@brand_option
@click.option("--checkpoint", "as_checkpoint", is_flag=True, help="Print a checkpoint, which names the brand as well.")
@click.option(
    "--sign",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="KEY",
    help="Sign the checkpoint with this Ed25519 key (PEM); needs the extra `sign`.",
)
@click.option(
    "--since",
    "kept",
    metavar="SEQ:HASH",
    help="Print the lines from a head that was kept to the last one: what proves that the one grew out of the other.",
)
@click.pass_obj
def command(
    settings: Settings, brand: str | None, as_checkpoint: bool, key_file: Path | None, kept: str | None
) -> None:
    """Print the head of the ledger, SEQ:HASH, or a checkpoint, for somebody else to keep.

    With it `audit verify` finds a ledger whose end was cut off, or whose history was written anew.
    """
    from balansfilter.audit.checkpoint import Checkpoint, Head, read_head
    from balansfilter.audit.signing import sign

    audited = audited_brand(settings, brand)
    chain = audited.chain()
    head = Head(*chain.head)
    if kept is not None:
        _tell_lines(chain, str(audited.audit.ledger), read_head(kept))
        return
    if not as_checkpoint and key_file is None:
        click.echo(str(head))
        return
    checkpoint = Checkpoint(audited.brand, head)
    click.echo(str(sign(checkpoint, key_file) if key_file else checkpoint), nl=False)


def _tell_lines(chain: Chain, ledger: str, kept: Head) -> None:
    from balansfilter.audit.verify import head_problems
    from balansfilter.errors import AuditError

    problems = head_problems(chain, ledger, kept)
    if problems:
        raise AuditError(f"the head {kept} is not of this ledger:", problems)
    for event in chain.events:
        if event.seq >= kept.seq:
            click.echo(event.line())
