"""`balansfilter audit forget`: erasure of one person."""

from __future__ import annotations

import click

from balansfilter.cli.shared.audit_options import audited_brand, lock_wait_option, person_options
from balansfilter.cli.shared.context import Settings, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.plural import counted, rows_told, runs_told
from balansfilter.wording.speaking import told


@click.command("forget", cls=SpokenCommand)
@brand_option
@person_options
@click.option(
    "--lists", is_flag=True, help="Remove the old lists that hold the person as well; never the one that stands."
)
@lock_wait_option
@click.pass_obj
def command(
    settings: Settings, brand: str | None, phone: str | None, customer_id: str | None, lists: bool, lock_wait: float
) -> None:
    """Make one person's rows unfindable in the decisions; every count and the chain still verify.

    The objections are the brand's own file, and are not touched: without its objection a person is called again.
    """
    from balansfilter.cli.shared.timeline_text import searching, tell_what_is_not_found
    from balansfilter.commands.audit.forget import forget
    from balansfilter.commands.audit.timeline import identity

    audited = audited_brand(settings, brand)
    past = audited.history()
    who = identity(audited, past, phone, customer_id)
    tell_what_is_not_found(audited, past, who, past.runs.values())
    with searching(len(past.runs)) as progress:
        done = forget(audited, who, lists=lists, lock_wait=lock_wait, progress=progress)
    rows, runs = sum(done.rows.values()), len(done.rows)
    forgotten = rows_told(rows)
    click.echo(told(f"{audited.brand}: forgotten in the decisions: {forgotten}, in {runs_told(runs)}"))
    if done.lists_removed:
        removed = len(done.lists_removed)
        click.echo(
            told(counted(removed, "The list of {count} run is removed.", "The lists of {count} runs are removed."))
        )
    if done.lists_left:
        hint = "" if lists else "; remove the old ones with --lists"
        click.echo(told(f"The lists of these runs hold the person still{hint}: {', '.join(done.lists_left)}"))
    if done.unsearched:
        unsearched = counted(
            len(done.unsearched),
            "The decisions of {count} run cannot be searched: its key is lost.",
            "The decisions of {count} runs cannot be searched: their key is lost.",
        )
        click.echo(told(unsearched))
