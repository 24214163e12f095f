"""How a timeline of decisions is told on the screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.context import console
from balansfilter.wording.plural import counted, runs_told
from balansfilter.wording.speaking import told, told_reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from balansfilter.audit.find import Decision, Identity
    from balansfilter.audit.history import History, PublishedRun
    from balansfilter.commands.audit.brand import AuditedBrand
    from balansfilter.commands.audit.timeline import Moment, Timeline


def tell_timeline(
    audited: AuditedBrand,
    phone: str | None,
    customer_id: str | None,
    *,
    run_id: str | None,
    on: date | None,
    as_json: bool,
) -> None:
    """Tell what was decided for a person: in a run, in the runs for a day, or in every run."""
    from balansfilter.commands.audit.timeline import identity, runs_on, timeline

    past = audited.history()
    if run_id is not None:
        runs = [audited.run(run_id)]
    else:
        runs = list(past.runs.values()) if on is None else runs_on(past, on)
    who = identity(audited, past, phone, customer_id)
    with searching(len(runs)) as progress:
        found = timeline(audited, past, who, runs, progress)
    tell_what_is_not_found(audited, past, who, runs)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str))
        return
    out = console()
    told_before: tuple[object, ...] = ()
    for moment in found.moments:
        out.print(_rows_table(moment))
        rests_on = (moment.policy_sha256, moment.balanstests)
        if rests_on != told_before:
            _tell_balanstests(moment)
        told_before = rests_on
    click.echo(searched_line(found))


@contextmanager
def searching(runs: int) -> Iterator[Callable[[int], None]]:
    """Show on the screen how far a search has come, if it takes long enough to see."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress(console=console(err=True), transient=True) as shown:
        task = shown.add_task(told("searching the decisions"), total=runs)
        yield lambda done: shown.update(task, completed=done)


def tell_what_is_not_found(audited: AuditedBrand, past: History, who: Identity, runs: Iterable[PublishedRun]) -> None:
    """Tell where somebody might be whom this way of asking does not find."""
    from balansfilter.commands.audit.timeline import is_never_called, lists_otherwise_spelled

    if is_never_called(who):
        text = "balansfilter: nobody is called on a number of this kind, and no decision holds it; ask with --customer"
        click.echo(told(text), err=True)
    found = lists_otherwise_spelled(audited, past, who, runs)
    if found:
        lists = counted(len(found), "{count} list", "{count} lists")
        text = (
            f"balansfilter: rows of {lists} have this customer id written otherwise, with other zeros in front or case,"
            " and are left alone here; if they are of this person, ask for the id as the list writes it as well"
        )
        click.echo(told(text), err=True)


def searched_line(found: Timeline, *, callable_only: bool = False) -> str:
    """Say how many runs were searched, and which could not be.

    :param callable_only: whether only lists were looked for that held the person among the rows to call.
    """
    runs = counted(found.searched, "{count} published run", "{count} published runs")
    held = f"{len(found.moments):,} of {runs} decided on this person"
    if callable_only:
        held = f"this person was to be called in {len(found.moments):,} of {runs}"
    pruned = f"; the decisions of {runs_told(len(found.pruned))} were pruned" if found.pruned else ""
    lost = f"; the key of {runs_told(len(found.lost))} is lost" if found.lost else ""
    return f"{found.brand}: {told(held)}{told(pruned)}{told(lost)}"


def stood(moment: Moment) -> str:
    """Say from when until when a list stood, and what became of it."""
    stands = "" if moment.recalled_at else "and stands"
    until = f"until {moment.replaced_at}" if moment.replaced_at else stands
    published = f"{told('published')} {told(moment.published_at)} {told(until)}".rstrip()
    return "\n".join([published, *became(moment)])


def became(moment: Moment) -> Iterator[str]:
    """Say what became of a list and of the person's rows on it: whether it was recalled, and which rows withdrawn."""
    if moment.recalled_at is not None:
        yield told(f"was recalled at {moment.recalled_at}: {moment.recalled}")
    rows, at = ", ".join(map(str, moment.withdrawn)), moment.withdrawn_at
    if moment.withdrawn:
        one = "row {rows} may no longer be called: the recheck at {at} found an objection that came after the list"
        several = "rows {rows} may no longer be called: the recheck at {at} found an objection that came after the list"
        yield told(counted(len(moment.withdrawn), one, several, rows=rows, at=at))
    elif moment.callable and not moment.withdrawn_known:
        yield told(f"what the recheck at {at} withdrew is gone, and nobody can tell whether this person was on it")


def ended(moment: Moment, row: Decision) -> str:
    """Mark a row that was to be called and, by what came after the list, no longer may be."""
    return f" ({told('no longer')})" if row.callable and not moment.callable_still(row) else ""


def _rows_table(moment: Moment) -> Any:
    from rich.table import Table
    from rich.text import Text

    from balansfilter.commands.audit.timeline import term_lies_ahead

    title = f"{told(f'list for {moment.as_of}, run {moment.run_id}')}\n{stood(moment)}"
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("row", "decision", "ground or reason", "balanstest", "anchor", "callable until"):
        table.add_column(told(heading), overflow="fold")
    for row in moment.rows:
        cells = (
            row.row,
            told(row.decision) + ended(moment, row),
            told_reason(row.basis or row.reason or "-"),
            row.balanstest,
            told("a customer still, or a purchase that day") if term_lies_ahead(row, moment.as_of) else row.anchor,
            row.callable_until,
        )
        table.add_row(*(Text("-" if cell is None else str(cell)) for cell in cells))
    return table


def _tell_balanstests(moment: Moment) -> None:
    for test in moment.balanstests:
        approval = test["approval"] or {}
        signed = (
            f"approved on {approval['on']}, until {approval['review_by']}, {approval['digest']}"
            if approval
            else "not approved"
        )
        click.echo(told(f"  balanstest {test['id']}: at most {test['max_term']}, {signed}"))
        click.echo(f"  {test['answers']['substantiation']}")
    click.echo(f"  {told('policy')} sha256:{moment.policy_sha256}\n")
