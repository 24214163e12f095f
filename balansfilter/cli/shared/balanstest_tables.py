"""What people see of the overviews and of a simulation on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from balansfilter.balanstest.candidates import Limits
from balansfilter.balanstest.figures import CALL_SERIES, UP_TO, Series
from balansfilter.balanstest.notes import TOO_FEW
from balansfilter.balanstest.telling import turn_sentences
from balansfilter.wording.plural import counted
from balansfilter.wording.speaking import told, told_figure

if TYPE_CHECKING:
    from rich.console import Console

    from balansfilter.balanstest.figures import Figures, FigureSection
    from balansfilter.balanstest.overview import Overview
    from balansfilter.balanstest.rates import Interval, Rate
    from balansfilter.balanstest.simulated import Simulated, Simulation

_NOT_KNOWN = "?"
_NOTHING = "-"
_MARK = "*"
_SHOWN_EFFECT = 1.005


# --- overviews --------------------------------------------------------------------------------------------------

_SERIES: tuple[tuple[Series, str], ...] = (
    ("band", "by months since the last purchase"),
    ("cumulative", "up to the end of each band"),
    ("first_call", "the first call of each person, by months since the last purchase"),
    ("person", "people it ever came to, by months since the last purchase at their first call"),
    ("person_up_to", "people it ever came to, up to the end of each band"),
)
"""The series that are shown, each with its title; files hold the others too."""


def show_overview(console: Console, overview: Overview, *, by_product: bool) -> None:
    """Show the overviews of all calls and of each balanstest, and those of each product if they are asked for."""
    calls = counted(overview.calls, "{count} call", "{count} calls")
    period = told(f"from {overview.first_call} to {overview.last_call}")
    console.print(Text(f"{overview.brand}: {told(calls)}, {period}", style="bold"))
    shown = [one for one in overview.sections if by_product or one.scope != "product"]
    for section in shown:
        title = {"all": "All calls", "balanstest": "Balanstest", "product": "Product"}[section.scope]
        heading = f"{told(title)} {section.name or told('(no name)')}" if section.scope != "all" else told(title)
        for series, what in _SERIES:
            console.print(_series_table(f"{heading}: {told(what)}", section, series))
            if section.series[series][0].reached and series in CALL_SERIES:
                console.print(
                    _reached_table(f"{heading}: {told('of the conversations')}, {told(what)}", section, series)
                )
        if pace := section.pace:
            years = f"{told('person-years')}: {told_figure(f'{pace.person_years:,.1f}')}"
            calls_a_year = told_figure(f"{pace.calls_a_year:,.2f}")
            console.print(Text(f"{heading}: {told('calls a year while at risk')}: {calls_a_year} ({years})"))
    _notes(console, [one for section in shown for series, _ in _SERIES for one in section.series[series]])
    for note in overview.notes:
        console.print(Text(told(note)))
    console.print(Text(told(HOW)))


HOW = (
    "Between brackets the 95 % interval, behind it the design effect where it is above 1. What each figure is, with its"
    " formula and source: balansfilter balanstest overview --definitions"
)


def _series_table(title: str, section: FigureSection, series: Series) -> Table:
    of_calls = series in CALL_SERIES
    headings = ["months", *(["attempts", "people"] if of_calls else ["people"])]
    table = _table(title, [*headings, "conversions (3b)", "objections (3c)", "complaints (3d)"])
    for one in section.series[series]:
        counts = [one.calls or 0, one.people] if of_calls else [one.people]
        rates = (_rate(rate) for rate in (one.conversions, one.objections, one.complaints))
        table.add_row(_label(one, series), *(told_figure(f"{count:,}") for count in counts), *rates)
    return table


def _reached_table(title: str, section: FigureSection, series: Series) -> Table:
    headings = ("months", "attempts", "conversations", "conversions (3b)", "objections (3c)", "complaints (3d)")
    table = _table(title, headings)
    for one in section.series[series]:
        if reached := one.reached:
            rates = (_rate(rate) for rate in (reached.conversions, reached.objections, reached.complaints))
            table.add_row(
                _label(one, series), told_figure(f"{one.calls or 0:,}"), told_figure(f"{reached.of:,}"), *rates
            )
    return table


def _label(one: Figures, series: Series) -> str:
    return told(one.band.up_to_label if series in UP_TO else one.band.label)


def _rate(rate: Rate | None) -> str:
    """Write a count, its share, the interval and the design effect; marked where there were too few calls."""
    if rate is None:
        return _NOT_KNOWN
    found = rate.interval
    if found is None:
        return _NOTHING
    mark = " " if rate.carries else _MARK
    effect = f" x{rate.effect:.2f}" if rate.effect >= _SHOWN_EFFECT else ""
    return told_figure(f"{rate.count:,}  {found.value:6.2%} ({found.low:.2%} - {found.top:.2%}){mark}{effect}")


def _notes(console: Console, figures: Iterable[Figures]) -> None:
    if any(one.people and one.too_few for one in figures):
        console.print(Text(f"{_MARK} {told(TOO_FEW)}"))


# --- simulation -------------------------------------------------------------------------------------------------


def show_simulation(console: Console, simulation: Simulation) -> None:
    """Show what each candidate would mean, curve by curve, and where each curve turns."""
    console.print(Text(told(f"{simulation.brand}, a call list of {simulation.as_of}"), style="bold"))
    for balanstest, limits, turn in simulation.turns:
        curve = [one for one in simulation.simulated if one.balanstest == balanstest and _same(one.limits, limits)]
        console.print(Text(f"\n{balanstest}: {told(_limits_text(limits))}", style="bold"))
        console.print(_year_table(curve))
        console.print(_added_table(curve))
        console.print(_avoided_table(curve))
        console.print(Text(" ".join(map(told, turn_sentences(turn))), style="bold"))
        _thin(console, curve)
    console.print()
    for note in simulation.notes:
        console.print(Text(told(note)))
    console.print(Text(told(HOW)))


def _same(one: Limits, other: Limits) -> bool:
    return one.curve == other.curve


def _limits_text(limits: Limits) -> str:
    start = f"from {limits.start_after} after the purchase" if limits.start_after else "from the purchase on"
    attempts = limits.max_attempts
    often = "with no limit on the calls"
    if attempts:
        one, several = "at most {count} call in {within}", "at most {count} calls in {within}"
        often = counted(attempts.count, one, several, within=attempts.within)
    return f"{start}, {often}"


def _term(one: Simulated) -> Text:
    return Text(told(f"{one.limits.term} (now)" if one.own else str(one.limits.term)), style="bold" if one.own else "")


def _year_table(curve: Sequence[Simulated]) -> Table:
    headings = ("term", "customers", "attempts", "conversions", "objections", "complaints")
    table = _table("Who may be called, and what a year at today's pace would bring", headings)
    for one in curve:
        year = one.year
        outcomes = (year.conversions, year.objections, year.complaints) if year else (None, None, None)
        calls = told_figure(f"{year.calls:,.0f}") if year else _NOT_KNOWN
        mark = _MARK if one.thin else ""
        table.add_row(
            _term(one), told_figure(f"{one.customers:,}"), calls, *(_amount(found) + mark for found in outcomes)
        )
    return table


def _added_table(curve: Sequence[Simulated]) -> Table:
    headings = ("term", "adds months", "customers", "attempts in history", "objections per conversion",
                "complaints per conversion")  # fmt: skip
    table = _table("What its last months add", headings)
    for one in curve:
        added = one.added
        ratios = (added.objections_per_conversion, added.complaints_per_conversion)
        calls = told_figure(f"{added.calls:,}") + (_MARK if added.too_few else "")
        table.add_row(
            _term(one), added.band.label, told_figure(f"{added.people:+,}"), calls, *(_ratio(found) for found in ratios)
        )
    return table


def _avoided_table(curve: Sequence[Simulated]) -> Table:
    headings = ("term", "attempts", "conversions lost", "objections", "complaints")
    table = _table("What would not have been, in the history", headings)
    for one in curve:
        cells = zip(one.avoided.avoided, one.avoided.made, strict=True)
        texts = (_NOT_KNOWN if spared is None else told(f"{spared:,} of {made:,}") for spared, made in cells)
        table.add_row(_term(one), *texts)
    return table


def _amount(found: Interval | None) -> str:
    if found is None or found.high is None:
        return _NOT_KNOWN
    return told_figure(f"{found.value:,.1f} ({found.low:,.1f} - {found.high:,.1f})")


def _ratio(found: Interval | None) -> str:
    if found is None:
        return _NOTHING
    high = "…" if found.high is None else f"{found.high:.2f}"
    return told_figure(f"{found.value:.2f} ({found.low:.2f} - {high})")


def _thin(console: Console, curve: Sequence[Simulated]) -> None:
    bands = dict.fromkeys(band.label for one in curve for band in one.thin)
    bands |= dict.fromkeys(one.added.band.label for one in curve if one.added.too_few)
    if bands:
        console.print(Text(f"{_MARK} {told(TOO_FEW)}, in {'; '.join(bands)}"))


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=told(title), title_justify="left", title_style="")
    for place, heading in enumerate(headings):
        table.add_column(told(heading), justify="right" if place else "left")
    return table
