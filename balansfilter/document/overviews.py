"""The three overviews of section 3, as tables and charts: conversion, objections and complaints. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from balansfilter.balanstest import Figures, Overview
from balansfilter.balanstest.overview import Section as Counted
from balansfilter.balanstest.rates import MAX_WIDTH, Rate
from balansfilter.document.model import Bar, Block, Bullets, Chart, Paragraph, Row, Table
from balansfilter.document.saying import MARK, Saying
from balansfilter.policy.model import Balanstest

Outcome = Literal["conversions", "objections", "complaints"]


def counted_for(overview: Overview, test: Balanstest) -> Counted:
    """Give the section of the overview that speaks of a balanstest: its own, or all calls where nothing tells."""
    own = (one for one in overview.sections if one.scope == "balanstest" and one.name == test.id)
    return next(own, overview.overall)


def overview_blocks(say: Saying, overview: Overview, test: Balanstest, outcome: Outcome) -> Iterator[Block]:
    """Give one overview: a chart and a table, and what must be known to read them."""
    words, section = say.words, counted_for(overview, test)
    rates = [_rate(figures, outcome) for figures in section.bands]
    if not any(rate is not None for rate in rates):
        yield Paragraph(words(f"document.overviews.{outcome}.unknown"), "quiet")
        return
    known = [rate for rate in rates if rate is not None]
    if not any(rate.calls for rate in known):
        yield Paragraph(words("document.overviews.no_calls"), "quiet")
        return
    yield _chart(say, section, outcome)
    yield _table(say, section, outcome)
    if any(rate.calls and not rate.carries for rate in (*known, *_cumulative(section, outcome))):
        yield Paragraph(f"{MARK} {too_few(say)}", "quiet")


def too_few(say: Saying) -> str:
    """Say what the mark behind a figure means."""
    return say.words("document.overviews.too_few", width=say.words.formats.number(round(MAX_WIDTH * 100, 6)))


def history_blocks(say: Saying, overview: Overview, *, tells_balanstest: bool) -> Iterator[Block]:
    """Say what the overviews are made of, and what is not in them."""
    words, day = say.words, say.words.formats.day
    calls = words.counted("document.calls", overview.calls)
    told = words(
        "document.overviews.made_of", calls=calls, first=day(overview.first_call), last=day(overview.last_call)
    )
    yield Paragraph(f"{told} {words('document.overviews.how')}")
    notes = list(_notes(say, overview))
    if not tells_balanstest:
        notes.insert(0, words("document.overviews.all_calls"))
    if notes:
        yield Bullets(tuple(notes))


def _notes(say: Saying, overview: Overview) -> Iterator[str]:
    words, number = say.words, say.words.formats.number
    for why, calls in overview.left_out.items():
        if calls:
            yield words.counted(f"document.left_out.{why}", calls, all=number(overview.fingerprint.rows))
    if overview.without_person:
        yield words.counted("document.overviews.without_person", overview.without_person)
    if joined := overview.joined:
        counts = {name: number(getattr(joined, name)) for name in ("after_a_call", "elsewhere", "without_day")}
        yield words("document.overviews.joined", within=words.span(str(joined.within)), **counts)


def _rate(figures: Figures, outcome: Outcome) -> Rate | None:
    rate: Rate | None = getattr(figures, outcome)
    return rate


def _cumulative(section: Counted, outcome: Outcome) -> Iterator[Rate]:
    found = (_rate(figures, outcome) for figures in section.cumulative)
    return (rate for rate in found if rate is not None)


def _table(say: Saying, section: Counted, outcome: Outcome) -> Table:
    words = say.words
    rows = []
    for figures, so_far in zip(section.bands, section.cumulative, strict=True):
        rate = _rate(figures, outcome)
        rows.append(
            Row(
                (
                    say.band(figures.band),
                    say.count(figures.calls),
                    say.count(figures.people),
                    say.count(rate.count if rate else None),
                    say.rate(rate),
                    say.rate(_rate(so_far, outcome)),
                )
            )
        )
    headings = ("since", "calls", "people", f"{outcome}.counted", "share", "so_far")
    told = tuple(words(f"document.overviews.{heading}") for heading in headings)
    return Table(words(f"document.overviews.{outcome}.table"), told, tuple(rows))


def _chart(say: Saying, section: Counted, outcome: Outcome) -> Chart:
    words = say.words
    bars = tuple(_bar(say, figures, outcome) for figures in section.bands)
    parts = [words("document.overviews.part", label=bar.label, told=bar.told) for bar in bars]
    title = words(f"document.overviews.{outcome}.chart")
    text = words("document.overviews.chart_text", title=title, parts="; ".join(parts))
    return Chart(title, text, bars, _scale(bars), "callable" if outcome == "conversions" else "dropped")


def _bar(say: Saying, figures: Figures, outcome: Outcome) -> Bar:
    rate = _rate(figures, outcome)
    found = rate.interval if rate else None
    label = say.band(figures.band)
    if rate is None or found is None:
        return Bar(label, say.rate(rate), None, None, None, thin=False)
    return Bar(label, say.rate(rate), found.value, found.low, found.high, thin=not rate.carries)


def _scale(bars: tuple[Bar, ...]) -> float:
    """Give the largest upper limit that rests on enough calls, so that one thin band does not flatten the others."""
    sure = [bar.high for bar in bars if bar.high is not None and not bar.thin]
    values = [bar.value for bar in bars if bar.value is not None]
    return max([*sure, *values]) or max(bar.high for bar in bars if bar.high is not None)
