"""`balansfilter audit export`: the bundle of evidence on one person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from balansfilter.cli.shared.audit_options import audited_brand, lock_wait_option, person_options
from balansfilter.cli.shared.context import Day, Settings, brand_option, written_language_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.audit.find import Identity
    from balansfilter.commands.audit.brand import AuditedBrand
    from balansfilter.commands.audit.timeline import Timeline
    from balansfilter.wording.formats import Language


@click.command("export", cls=SpokenCommand)
@brand_option
@person_options
@click.option("--on", type=Day(), help="Only what was decided in the runs for this day.")
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.zip",
    help="The bundle, or the statement.",
)
@written_language_option("The language of the statement; that of the site, or Dutch, unless given.")
@click.option(
    "--pdf/--no-pdf", default=True, show_default=True, help="With the statement in PDF; needs the extra `pdf`."
)
@click.option(
    "--sign",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="KEY",
    help="Sign the bundle with this Ed25519 key (PEM); needs the extra `sign`. Without it nobody vouches for it.",
)
@click.option(
    "--head",
    "kept",
    metavar="SEQ:HASH",
    help="A head that the reader kept: the ledger in the bundle begins no later, so that it proves what came after.",
)
@click.option(
    "--statement-only",
    is_flag=True,
    help="Only the statement, as .html or .pdf: to read and to send, without what proves it.",
)
@lock_wait_option
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    phone: str | None,
    customer_id: str | None,
    on: date | None,
    to: Path,
    language: str,
    pdf: bool,
    key_file: Path | None,
    kept: str | None,
    statement_only: bool,
    lock_wait: float,
) -> None:
    """Bundle the evidence on one person: decisions, proofs, ledger, policies and a statement. A shell can check it.

    Nobody else is in it. That it was made is an event of the ledger. The script that checks it is not in the bundle:
    see `balansfilter audit verifier`.
    """
    from balansfilter.audit.checkpoint import read_head
    from balansfilter.cli.shared.timeline_text import searched_line, searching, tell_what_is_not_found
    from balansfilter.commands.audit.export.bundle import BundleOrder, export
    from balansfilter.commands.audit.timeline import identity, runs_on, timeline

    audited = audited_brand(settings, brand)
    past = audited.history()
    runs = list(past.runs.values()) if on is None else runs_on(past, on)
    who = identity(audited, past, phone, customer_id)
    with searching(len(runs)) as progress:
        found = timeline(audited, past, who, runs, progress)
    tell_what_is_not_found(audited, past, who, runs)
    if statement_only:
        _statement(audited, found, who, to, cast("Language", language))
        return
    head = read_head(kept) if kept is not None else None
    done = export(audited, found, who, to, BundleOrder(cast("Language", language), pdf, key_file, lock_wait, head))
    click.echo(f"{searched_line(found)}\n{told(f'{to} proves it, up to head {done.head}')}")
    _tell_untold(done.untold)
    if done.unproved:
        click.echo(told(f"Left out, since version 0.1 fixed no root over their decisions: {', '.join(done.unproved)}"))
    if key_file is None:
        click.echo(told("It is not signed, so that nobody vouches for it; see: --sign"))


def _statement(audited: AuditedBrand, found: Timeline, who: Identity, to: Path, language: Language) -> None:
    from balansfilter.commands.audit.export.bundle import BundleOrder, export_statement

    form = to.suffix.lower().lstrip(".")
    if form not in ("html", "pdf"):
        raise click.UsageError(f"{to} is no form of a statement: name a file that ends in .html or .pdf")
    untold = export_statement(audited, found, who, to, BundleOrder(language, form == "pdf", None, 0))
    _tell_untold(untold)
    click.echo(to)


def _tell_untold(why: str | None) -> None:
    """Tell that an objection is not told of, since it might be another's."""
    if why is not None:
        text = f"balansfilter: whose objection it was cannot be told now, so it says nothing of one: {why}"
        click.echo(told(text), err=True)
