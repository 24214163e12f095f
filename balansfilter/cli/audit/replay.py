"""`balansfilter audit replay`: decide a run again."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.audit_options import audited_brand
from balansfilter.cli.shared.context import Settings, brand_option, console, engine_option, json_option, master_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.plural import rows_told
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.commands.audit.replay import Replay
    from balansfilter.pipeline.deciding import EngineName


@click.command("replay", cls=SpokenCommand)
@click.argument("run_id", metavar="RUN")
@brand_option
@click.option("--input", "call_list", metavar="PATH", help="Where the call list of the run is now, if it was moved.")
@engine_option
@master_option
@json_option
@click.pass_obj
def command(
    settings: Settings,
    run_id: str,
    brand: str | None,
    call_list: str | None,
    engine: EngineName,
    master: str | None,
    as_json: bool,
) -> int:
    """Decide a run again from the same inputs, policy text, law and as-of date, and compare every decision.

    Exits with 4 where an input is gone or was replaced, and with 5 where any row is decided differently.
    """
    from balansfilter.cli.shared.progress import Progress
    from balansfilter.commands.audit.replay import replay
    from balansfilter.errors import EngineError

    audited = audited_brand(settings, brand)
    with Progress(audited.brand, shown=not as_json) as progress:
        found = replay(audited, run_id, call_list, progress, engine, master)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    else:
        _tell(found)
    return EngineError.exit_code if found.differing else 0


def _tell(found: Replay) -> None:
    versions = (
        found.version_now if found.version_then == found.version_now else f"{found.version_then} → {found.version_now}"
    )
    rows = rows_told(found.rows)
    summary = f"run {found.run_id} for {found.as_of}, version {versions}: {rows}"
    if not found.differing:
        click.echo(told(f"{summary}, every one decided as it was then"))
        return
    click.echo(told(f"{summary}, {found.differing:,} decided differently"))
    for table in (_rules_table(found), _rows_table(found)):
        console().print(table)


def _rules_table(found: Replay) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(told("was → is now"), told("rows"))
    for rule, rows in found.by_rule.items():
        table.add_row(Text(rule), f"{rows:,}")
    return table


def _rows_table(found: Replay) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(told("row"), told("was"), told("is now"), title=told("the first rows"), title_justify="left")
    for one in found.first:
        table.add_row(str(one.row), *(Text(_cells(cells)) for cells in (one.was, one.now)))
    return table


def _cells(cells: dict[str, str | None]) -> str:
    return "\n".join(f"{name}: {'-' if cell is None else cell}" for name, cell in cells.items())
