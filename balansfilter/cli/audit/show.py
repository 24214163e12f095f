"""`balansfilter audit show`: one run, as the ledger knows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.audit_options import audited_brand
from balansfilter.cli.shared.context import Settings, brand_option, console, json_option
from balansfilter.cli.shared.event_gist import gist
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.plural import rows_told
from balansfilter.wording.speaking import told, told_reason

if TYPE_CHECKING:
    from balansfilter.audit.ledger import Event


@click.command("show", cls=SpokenCommand)
@click.argument("run_id", metavar="RUN")
@brand_option
@json_option
@click.pass_obj
def command(settings: Settings, run_id: str, brand: str | None, as_json: bool) -> None:
    """Show one run: what it read, went by and decided, and what became of it. With --json its events, a line each."""
    from balansfilter.audit.ledger import event_runs
    from balansfilter.errors import UsageError

    audited = audited_brand(settings, brand)
    events = [event for event in audited.chain().events if run_id in event_runs(event)]
    if not events:
        raise UsageError(f"the ledger of {audited.brand} knows no run {run_id}; see: balansfilter audit log")
    if as_json:
        for event in events:
            click.echo(event.line())
    else:
        console().print(_table(events))


def _table(events: list[Event]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False)
    table.add_column(overflow="fold", style="bold")
    table.add_column(overflow="fold")
    for event in events:
        table.add_row(Text(event.event), Text(told(f"event {event.seq}, {event.at}")))
        if event.event == "run.prepared":
            for name, value in _prepared(event.body):
                table.add_row(Text(f"  {name if name.startswith(' ') else told(name)}"), Text(told(value)))
        elif said := gist(event):
            table.add_row("", Text(told(said)))
    return table


def _prepared(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "as of", f"{body['as_of']}, valid until {body['valid_until'] or 'replaced'}"
    yield "version", body["version"]
    yield "law", f"{body['law']['name']} ({body['law']['origin']}), grounds {', '.join(body['law']['grounds'])}"
    yield "", f"sha256:{body['law']['sha256']}"
    yield "policy", f"{body['policy']['file']}\nsha256:{body['policy']['sha256']}"
    for test in body["policy"]["balanstests"]:
        terms = f"at most {test['max_term']}, approved on {test['approved_on']}, until {test['review_by']}"
        yield f"balanstest {test['id']}", f"{terms}\n{test['digest']}"
    for source in body["sources"]:
        files = "\n".join(
            f"{file['path']}, {rows_told(file['rows'])}\nsha256:{file['sha256']}" for file in source["files"]
        )
        yield source["role"], f"{files}\nof {source['snapshot_on']}"
    yield "rows", f"{body['rows']:,}: {body['callable']:,} callable, {body['dropped']:,} dropped"
    for name, rows in (*body["bases"].items(), *body["reasons"].items()):
        yield f"  {told_reason(name)}", f"{rows:,}"
    for name, output in body["outputs"].items():
        yield name, f"{output['name']}\nsha256:{output['sha256']}"
    yield "manifest", f"manifest.json\nsha256:{body['manifest_sha256']}"
    yield "key", body["key_id"]
