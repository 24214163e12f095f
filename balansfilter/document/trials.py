"""What other terms would mean: a year of calling, what the last months add, and what would not have been. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from balansfilter.balanstest import Simulated, Simulation
from balansfilter.balanstest.candidates import Limits
from balansfilter.balanstest.definitions import Name
from balansfilter.balanstest.expected import Turn
from balansfilter.document.blocks import Block, Bullets, Paragraph, Row, Table
from balansfilter.document.definition_links import about
from balansfilter.document.overviews import too_few
from balansfilter.document.saying import MARK, NOT_KNOWN, Saying
from balansfilter.policy.model import Balanstest


def trial_blocks(say: Saying, simulation: Simulation, test: Balanstest) -> Iterator[Block]:
    """Yield the simulated terms of a balanstest, where the curve turns, and what the figures rest on."""
    words = say.words
    yield Paragraph(words("document.trials.lead"))
    for balanstest, limits, turn in simulation.turns:
        if balanstest != test.id:
            continue
        curve = [one for one in simulation.simulated if one.balanstest == test.id and _same(one.limits, limits)]
        yield Paragraph(say.limits(limits), "quiet")
        yield _year(say, curve)
        yield _added(say, curve)
        yield _avoided(say, curve)
        if any(one.thin or one.added.too_few for one in curve):
            yield Paragraph(f"{MARK} {too_few(say)}", "quiet")
        yield Paragraph(turn_text(say, turn), "strong")
    yield Bullets(tuple(_notes(say, simulation, test)))


def _same(one: Limits, other: Limits) -> bool:
    return one.curve == other.curve


def _term(say: Saying, one: Simulated) -> str:
    span = say.words.span(str(one.limits.term))
    return say.words("document.trials.own", span=span) if one.own else span


def _table(say: Saying, name: Name, headings: Sequence[str], rows: Iterator[Row]) -> Table:
    headed = tuple(say.words(f"document.trials.{heading}") for heading in ("term", *headings))
    return Table(say.words(f"document.trials.{name}"), headed, tuple(rows), about(say, name))


def _year(say: Saying, curve: Sequence[Simulated]) -> Table:
    def rows() -> Iterator[Row]:
        for one in curve:
            year, mark = one.year, MARK if one.thin else ""
            outcomes = (year.conversions, year.objections, year.complaints) if year else (None, None, None)
            calls = say.count(round(year.calls)) if year else NOT_KNOWN
            cells = (say.count(one.customers), calls, *(say.estimate(found) + mark for found in outcomes))
            yield Row((_term(say, one), *cells), strong=one.own)

    return _table(say, "year", ("customers", "calls", "conversions", "objections", "complaints"), rows())


def _added(say: Saying, curve: Sequence[Simulated]) -> Table:
    def rows() -> Iterator[Row]:
        for one in curve:
            added = one.added
            calls = say.count(added.calls) + (MARK if added.too_few else "")
            people = say.words.formats.difference(added.people)
            ratios = (say.ratio(added.objections_per_conversion), say.ratio(added.complaints_per_conversion))
            yield Row((_term(say, one), say.band(added.band), people, calls, *ratios), strong=one.own)

    headings = ("adds", "people", "history_calls", "objections_each", "complaints_each")
    return _table(say, "added", headings, rows())


def _avoided(say: Saying, curve: Sequence[Simulated]) -> Table:
    def rows() -> Iterator[Row]:
        for one in curve:
            pairs = zip(one.avoided.avoided, one.avoided.made, strict=True)
            cells = (
                NOT_KNOWN
                if spared is None or made is None
                else say.words("document.trials.of", part=say.count(spared), whole=say.count(made))
                for spared, made in pairs
            )
            yield Row((_term(say, one), *cells), strong=one.own)

    return _table(say, "avoided", ("calls", "conversions_lost", "objections", "complaints"), rows())


def turn_text(say: Saying, turn: Turn) -> str:
    """Say where a curve turns, and what that carries."""
    words = say.words
    more = words("document.turn.more")
    band = say.band(turn.band) if turn.band else ""
    last = words.span(str(turn.last.up_to)) if turn.last else ""
    text = words(f"document.turn.{turn.status}", band=band, last=last, more=more)
    if turn.status in {"turns", "unclear"} or (turn.status == "too_few" and turn.last):
        before = "before" if turn.last else "first"
        text += " " + words(f"document.turn.{before}", last=last)
    if turn.unsure:
        unsure = words.formats.listed([say.band(band) for band in turn.unsure])
        text += " " + words("document.turn.unsure", bands=unsure)
    if turn.looked_at > 1:
        text += " " + words("document.turn.looked_at", count=words.formats.number(turn.looked_at))
    return text


def _notes(say: Saying, simulation: Simulation, test: Balanstest) -> Iterator[str]:
    words, day = say.words, say.words.formats.day
    measured = simulation.measured
    yield words("document.trials.list", day=day(simulation.as_of))
    pace = next((one.pace for one in simulation.simulated if one.balanstest == test.id), None)
    if pace is not None:
        pace_text = words.formats.fixed(pace, 1)
        first, last = day(measured.first_call), day(measured.last_call)
        yield words("document.trials.measured", first=first, last=last, pace=pace_text)
        if (measured.last_call - measured.first_call).days < 364:
            yield words("document.trials.short")
    yield words("document.trials.avoided_unknown")
    yield words("document.trials.no_advice")
