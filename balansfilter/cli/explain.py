"""`balansfilter explain`: why a person may or may not be called."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.audit_options import audited_brand, person_options
from balansfilter.cli.shared.context import Day, Settings, as_of_option, brand_option, console, json_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.errors import ClosedDayError
from balansfilter.wording.speaking import told, told_reason, words

if TYPE_CHECKING:
    from balansfilter.commands.explanation import Explanation, RowExplained
    from balansfilter.wording.formats import Language


@click.command("explain", cls=SpokenCommand)
@brand_option
@person_options
@as_of_option
@click.option("--run", "run_id", metavar="ID", help="What was decided in this run.")
@click.option("--on", type=Day(), help="What was decided in the runs for this day.")
@click.option("--history", "whole", is_flag=True, help="What was decided in every run.")
@click.option(
    "--letter",
    metavar="PATH",
    help="Write the answer to the person, as .html, .pdf or .txt; - for text on stdout.",
)
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="That of the letter.")
@json_option
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    phone: str | None,
    customer_id: str | None,
    as_of: date | None,
    run_id: str | None,
    on: date | None,
    whole: bool,
    letter: str | None,
    lang: Language,
    as_json: bool,
) -> None:
    """Tell why a person may or may not be called: every rule, what it looked at, and its answer.

    The call list is read as it is now, with the code that decides at night. For a day without calls it tells so, and
    what holds on the next day with calls. With --run, --on or --history it is what the audit log says was decided then.
    Needs --brand, and --phone or --customer.
    """
    if sum((as_of is not None, run_id is not None, on is not None, whole)) > 1:
        raise click.UsageError("take one of --as-of, --run, --on and --history")
    if letter is not None:
        if run_id is not None or on is not None or whole or as_json:
            raise click.UsageError("a letter tells what holds on a day: take --letter with --as-of alone")
        _write_letter(settings, brand, phone, customer_id, as_of, letter, lang)
        return
    if run_id is not None or on is not None or whole:
        from balansfilter.cli.shared.timeline_text import tell_timeline

        tell_timeline(audited_brand(settings, brand), phone, customer_id, run_id=run_id, on=on, as_json=as_json)
    else:
        _explain_now(settings, brand, phone, customer_id, as_of, as_json=as_json)


def _explain_now(
    settings: Settings,
    brand: str | None,
    phone: str | None,
    customer_id: str | None,
    as_of: date | None,
    *,
    as_json: bool,
) -> None:
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.commands.explain import explain
    from balansfilter.pipeline.run import today

    site = settings.site()
    (name,) = chosen_brands(settings, brand, every=False)
    explanation = explain(settings.configs, site, name, as_of or today(site), phone, customer_id)
    if as_json:
        values = asdict(explanation) | {"callable": explanation.callable}
        click.echo(json.dumps(values, ensure_ascii=False, indent=2, default=str))
    else:
        _tell(explanation)


def _write_letter(
    settings: Settings,
    brand: str | None,
    phone: str | None,
    customer_id: str | None,
    as_of: date | None,
    to: str,
    lang: Language,
) -> None:
    """Write the answer to the person, in the form that the name of the file tells."""
    from balansfilter.cli.shared.balanstest_options import write_out
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.commands.audit.export.letter import FORMS, letter, origins, refuse_shared, set_letter
    from balansfilter.commands.explain import explain
    from balansfilter.pipeline.ruling import rule
    from balansfilter.pipeline.run import today

    form = "txt" if to == "-" else Path(to).suffix.lower().lstrip(".")
    if form not in FORMS:
        raise click.UsageError(f"{to} is no form of a letter: name a file that ends in .html, .pdf or .txt")
    site = settings.site()
    (name,) = chosen_brands(settings, brand, every=False)
    explanation = explain(settings.configs, site, name, as_of or today(site), phone, customer_id)
    ruling = rule(settings.configs, name, explanation.as_of)
    origin, people = origins(settings.configs, site, ruling, explanation)
    refuse_shared(people, phone)
    made = set_letter(letter(explanation, ruling.loaded.policy, origin, today(site), lang), form)
    write_out(made, None if to == "-" else Path(to))


def _tell(explanation: Explanation) -> None:
    out = console()
    if explanation.closed:
        closed = ClosedDayError(explanation.closed.day, explanation.closed.why, explanation.as_of)
        out.print(told(f"{closed}. What follows holds for that day.") + "\n", markup=False)
    objected = "an objection of this person is in force" if explanation.objected else "no objection is in force"
    if not explanation.rows:
        absent = f"This person is not on the call list of {explanation.brand} for {explanation.as_of}; {objected}."
        out.print(told(absent))
    rows = ", ".join(map(str, explanation.in_unread_cells))
    if len(explanation.in_unread_cells) == 1:
        out.print(told(f"The number stands in a cell of the call list that cannot be read (row {rows})."))
    elif rows:
        out.print(told(f"The number stands in cells of the call list that cannot be read (rows {rows})."))
    for row in explanation.rows:
        out.print(_table(explanation, row))
        out.print(_verdict(row, explanation))


def _table(explanation: Explanation, row: RowExplained) -> Any:
    from rich.table import Table
    from rich.text import Text

    title = told(f"{explanation.brand}, to be called on {explanation.as_of}: row {row.row} of the call list")
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("rule", "asks whether", "looked at", "answer"):
        table.add_column(told(heading), overflow="fold")
    for answer in row.answers:
        looked = "\n".join(f"{_named(name)}: {_value(name, value, row)}" for name, value in answer.inputs.items())
        said = told("yes" if answer.holds else "no") + (" ←" if answer.decides else "")
        cells = (told_reason(answer.rule), told(answer.meaning), looked, said)
        table.add_row(*map(Text, cells), style="bold" if answer.decides else "")
    return table


def _named(looked_at: str) -> str:
    """Return what a rule looked at, as people call it; the name of a column of the brand's own stays."""
    name = f"explain.inputs.{looked_at}"
    return words()(name) if name in words().texts else looked_at


def _value(name: str, value: object, row: RowExplained) -> str:
    """Return what stood there; for the anchor of a customer, which is the day itself, that they are one still."""
    if name == "anchor" and row.active and row.basis != "consent":
        return told("a customer still")
    if isinstance(value, bool):
        return told("yes" if value else "no")
    return "-" if value is None else told(str(value))


def _verdict(row: RowExplained, explanation: Explanation) -> str:
    """Say what was decided of a row, and of which day where that is not the one that was asked about."""
    day = explanation.as_of if explanation.closed else None
    if row.callable:
        ground = told_reason(str(row.basis))
        said = f"On {day} this row may be called, on the ground {ground}"
        return told(said if day else f"This row may be called, on the ground {ground}") + _until(row) + ".\n"
    reason = told_reason(str(row.reason))
    said = f"On {day} this row may not be called: {reason}" if day else f"This row may not be called: {reason}"
    ended = f" (last callable day: {row.callable_until})" if row.reason == "expired" and row.callable_until else ""
    return told(said) + told(ended) + ".\n"


def _until(row: RowExplained) -> str:
    if row.active and row.basis == "customer":
        return told(". The person is a customer still, and the term starts to count when that ends")
    return told(f", up to and including {row.callable_until}") if row.callable_until else ""
