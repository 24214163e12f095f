"""`balansfilter audit recall`: which published lists held a person; and that a list must not be used."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.audit_options import audited_brand, lock_wait_option, person_options
from balansfilter.cli.shared.context import Day, Settings, brand_option, console, json_option
from balansfilter.cli.shared.figures import renew_figures
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.commands.audit.brand import AuditedBrand
    from balansfilter.commands.audit.timeline import Timeline


@click.command("recall", cls=SpokenCommand)
@brand_option
@person_options
@click.option("--since", type=Day(), help="Only lists for this day and later.")
@click.option("--run", "run_id", metavar="ID", help="Recall the list of this run; needs --reason.")
@click.option("--reason", metavar="TEXT", help="Why the list is recalled. It is kept for good: name no person in it.")
@lock_wait_option
@json_option
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    phone: str | None,
    customer_id: str | None,
    since: date | None,
    run_id: str | None,
    reason: str | None,
    lock_wait: float,
    as_json: bool,
) -> None:
    """Find the published lists that held a person among the rows to call: after a late objection, or a corrected date.

    With --run and --reason, record that a list must not be used any more: `balansfilter verify` then refuses it.
    """
    from balansfilter.commands.audit.recall import recall_run

    audited = audited_brand(settings, brand)
    if run_id is None and reason is None:
        _tell_lists(audited, phone, customer_id, since, as_json=as_json)
        return
    if run_id is None or reason is None or phone or customer_id or since:
        raise click.UsageError("a list is recalled with --run and --reason, and nothing else")
    recall_run(audited, run_id, reason, lock_wait)
    renew_figures(settings.configs, audited.site)
    click.echo(told(f"{audited.brand}: run {run_id} is recalled; `balansfilter verify` refuses it from now on."))


def _tell_lists(
    audited: AuditedBrand, phone: str | None, customer_id: str | None, since: date | None, *, as_json: bool
) -> None:
    from balansfilter.cli.shared.timeline_text import became, searched_line, searching
    from balansfilter.commands.audit.recall import lists_with
    from balansfilter.commands.audit.timeline import identity

    past = audited.history()
    who = identity(audited, past, phone, customer_id)
    with searching(len(past.runs)) as progress:
        found = lists_with(audited, past, who, since, progress)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str))
        return
    if found.moments:
        console().print(_table(found))
    for moment in found.moments:
        for said in became(moment):
            click.echo(f"run {moment.run_id}: {said}")
    click.echo(searched_line(found, callable_only=True))


def _table(found: Timeline) -> Any:
    from rich.table import Table
    from rich.text import Text

    from balansfilter.cli.shared.timeline_text import ended

    table = Table()
    for heading in ("list for", "run", "published", "stood until", "rows", "ground"):
        table.add_column(told(heading), overflow="fold", no_wrap=heading == "run")
    for moment in found.moments:
        rows = ", ".join(f"{row.row}{ended(moment, row)}" for row in moment.rows)
        grounds = ", ".join(dict.fromkeys(row.basis or "" for row in moment.rows))
        until = told(moment.replaced_at or ("recalled" if moment.recalled_at else "stands"))
        cells = (str(moment.as_of), moment.run_id, told(moment.published_at), until, rows, grounds)
        table.add_row(*map(Text, cells))
    return table
