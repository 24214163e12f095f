"""`balansfilter audit log`: the events of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.audit_options import audited_brand
from balansfilter.cli.shared.context import Settings, brand_option, console, json_option

if TYPE_CHECKING:
    from balansfilter.audit.ledger import Event


@click.command("log")
@brand_option
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N events.")
@json_option
@click.pass_obj
def command(settings: Settings, brand: str | None, last: int | None, as_json: bool) -> None:
    """List the events of the ledger, oldest first. With --json a line an event, as they stand in the ledger."""
    from balansfilter.audit.ledger import read_chain

    events = read_chain(audited_brand(settings, brand).audit.ledger).events
    chosen = events[-last:] if last else events
    if as_json:
        for event in chosen:
            click.echo(event.line())
    else:
        console().print(_events_table(chosen))


def _events_table(events: tuple[Event, ...]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for heading in ("seq", "at", "event", "run", ""):
        table.add_column(heading, overflow="fold")
    for event in events:
        cells = (str(event.seq), event.at, event.event, str(event.body.get("run_id", "")), _gist(event))
        table.add_row(*map(Text, cells))
    return table


def _gist(event: Event) -> str:  # noqa: C901, PLR0911 - a line for each kind of event
    body = event.body
    match event.event:
        case "ledger.opened":
            return f"the ledger of {body['brand']}"
        case "run.prepared":
            return f"as of {body['as_of']}: {body['callable']:,} of {body['rows']:,} rows callable"
        case "run.failed":
            return f"{body['code']} ({body['exit']}): {body['message']}"
        case "run.recalled":
            return str(body["reason"])
        case "balanstest.approved":
            return f"{body['balanstest']} by {body['role']}, until {body['review_by']}"
        case "objections.confirmed":
            return f"{len(body['lists'])} complete on {body['complete_on']}"
        case "list.rechecked":
            return f"{body['withdrawn']} rows may no longer be called"
        case "audit.rekeyed":
            return f"from key {body['from']}{' (lost)' if body.get('lost') else ''} to {body['to']}"
        case "audit.pruned":
            return f"decisions of {len(body['decisions'])} runs, lists of {len(body['lists'])}"
        case "audit.forgotten":
            return f"{body['rows']} rows in the decisions of {len(body['decisions'])} runs"
        case _:
            return ""
