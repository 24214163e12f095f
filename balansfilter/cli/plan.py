"""`balansfilter plan`: what a run will decide by."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.context import Settings, as_of_option, brand_option, console, json_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told, told_choice, told_reason, told_source

if TYPE_CHECKING:
    from balansfilter.commands.plan import PlanChange


@click.command("plan", cls=SpokenCommand)
@brand_option
@as_of_option
@click.option("--against", metavar="DAY|FILE", help="Show what differs on another day, or under another policy file.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the decision as DuckDB runs it.")
@json_option
@click.pass_obj
def command(
    settings: Settings, brand: str | None, as_of: date | None, against: str | None, as_sql: bool, as_json: bool
) -> None:
    """Show what a run will decide by, before any row is read: law, balanstests, rules and sources. Needs --brand."""
    from balansfilter.commands import plan as plans
    from balansfilter.pipeline.ruling import rule
    from balansfilter.pipeline.run import today

    if brand is None:
        raise click.UsageError("name a brand with --brand")
    if as_sql and against is not None:
        raise click.UsageError("take one of --sql and --against")
    site = settings.site()
    ruling = rule(settings.configs, brand, as_of or today(site))
    plan = plans.planned(ruling, site, settings.configs)
    if as_sql:
        click.echo(plans.as_sql(ruling, plan))
        return
    if against is None:
        click.echo(json.dumps(plan, ensure_ascii=False, indent=2)) if as_json else _tell(plan)
        return
    day = _day(against)
    problems: tuple[str, ...] = ()
    if day is not None:
        other = rule(settings.configs, brand, day)
    else:
        other, problems = plans.with_policy(ruling, site, settings.configs, Path(against))
    found = plans.changes(plan, plans.planned(other, site, settings.configs))
    if as_json:
        lines = [change._asdict() for change in found]
        click.echo(json.dumps({"changes": lines, "problems": list(problems)}, ensure_ascii=False, indent=2))
    else:
        _tell_changes(found, problems)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _tell(plan: Mapping[str, Any]) -> None:
    out = console()
    for name in ("brand", "as_of", "calls", "screen", "objections_reach", "duplicates"):
        out.print(f"{told(name)}: {told_choice(name, str(plan[name]))}", markup=False)
    law, policy = plan["law"], plan["policy"]
    out.print(told(f"policy: {policy['file']} ({policy['sha256'][:12]})"), markup=False, soft_wrap=True)
    grounds = ", ".join(map(told_reason, law["grounds"])) or "none"
    out.print(told(f"law: {law['name']}, with the grounds {grounds}"), markup=False)
    if plan["consent"] is not None:
        out.print(f"{told('consent')}: {_said(plan['consent'])}", markup=False)
    for title, columns, rows, named in (
        ("balanstests", ("balanstest", "terms"), plan["balanstests"], str),
        ("grounds", ("ground", "when"), plan["grounds"], told_reason),
        ("reasons, the first that applies", ("reason", "when"), plan["reasons"], str),
        ("sources", ("source", "files and age"), plan["sources"], told_source),
    ):
        out.print(_table(title, columns, rows, named))


def _table(title: str, columns: Sequence[str], rows: Mapping[str, Any], named: Callable[[str], str]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(*map(told, columns), title=told(title), title_justify="left")
    for name, value in rows.items():
        table.add_row(Text(named(name)), Text(told(value) if isinstance(value, str) else _said(value)))
    return table


def _said(values: Mapping[str, Any]) -> str:
    texts = {name: ", ".join(value) if isinstance(value, list) else value for name, value in values.items()}
    return "\n".join(
        f"{told(name.replace('_', ' '))}: {told(str(value))}" for name, value in texts.items() if value is not None
    )


def _tell_changes(found: Sequence[PlanChange], problems: Sequence[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    for problem in problems:
        click.echo(told(f"that policy may not be used as it is: {problem}"))
    if not found:
        click.echo(told("nothing is decided otherwise"))
        return
    table = Table(told("what"), told("here"), told("there"))
    for change in found:
        table.add_row(*(Text("-" if cell == str(None) else told(cell)) for cell in change))
    console().print(table)
