"""The three overviews of section 3, as tables and charts: conversion, objections and complaints. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from balansfilter.balanstest import Figures, Overview
from balansfilter.balanstest import FigureSection as Counted
from balansfilter.balanstest.definitions import Name
from balansfilter.balanstest.rates import MAX_WIDTH, Rate
from balansfilter.balanstest.stories import RateChange, Story
from balansfilter.document.blocks import Bar, Block, Bullets, Chart, Paragraph, Row, Table
from balansfilter.document.definition_links import about
from balansfilter.document.saying import MARK, Saying
from balansfilter.policy.model import Balanstest


def counted_for(overview: Overview, test: Balanstest) -> Counted:
    """Return the section of the overview that speaks of a balanstest: its own, or all calls where nothing tells."""
    own = (one for one in overview.sections if one.scope == "balanstest" and one.name == test.id)
    return next(own, overview.overall)


def overview_blocks(say: Saying, overview: Overview, test: Balanstest, outcome: str) -> Iterator[Block]:
    """Yield one overview: a chart and a table, and what must be known to read them."""
    words, section = say.words, counted_for(overview, test)
    rates = [_rate(figures, outcome) for figures in section.bands]
    if not any(rate is not None for rate in rates):
        yield Paragraph(words(f"document.overviews.{outcome}.unknown"), "quiet")
        return
    known = [rate for rate in rates if rate is not None]
    if not any(rate.of for rate in known):
        yield Paragraph(words("document.overviews.no_calls"), "quiet")
        return
    yield _chart(say, section, outcome)
    tables = list(_tables(say, section, outcome))
    yield from tables
    if any(cell.endswith(MARK) for table in tables for row in table.rows for cell in row.cells):
        yield Paragraph(f"{MARK} {too_few(say)}", "quiet")
    for story in overview.stories(section):
        if story.outcome == outcome:
            yield Paragraph(_story(say, story), "notice")


def too_few(say: Saying) -> str:
    """Say what the mark behind a figure means."""
    return say.words("document.overviews.too_few", width=say.words.formats.number(round(MAX_WIDTH * 100, 6)))


def history_blocks(say: Saying, overview: Overview, *, tells_balanstest: bool) -> Iterator[Block]:
    """Say what the overviews are made of, and what is not in them."""
    words, day = say.words, say.words.formats.day
    calls = words.counted("document.calls", overview.calls)
    text = words(
        "document.overviews.made_of", calls=calls, first=day(overview.first_call), last=day(overview.last_call)
    )
    yield Paragraph(f"{text} {words('document.overviews.how')}")
    notes = list(_notes(say, overview))
    if not tells_balanstest:
        notes.insert(0, words("document.overviews.all_calls"))
    if notes:
        yield Bullets(tuple(notes))


def _notes(say: Saying, overview: Overview) -> Iterator[str]:
    words, number = say.words, say.words.formats.number
    until, window = words.formats.day(overview.until), words.span(str(overview.objection_window))
    yield words("document.overviews.until", until=until, within=window)
    if overview.outcomes.reached is None:
        yield words("document.overviews.attempts_only")
    for why, calls in overview.left_out.items():
        if calls:
            yield words.counted(f"document.left_out.{why}", calls, all=number(overview.fingerprint.rows))
    for name in ("without_person", "repeated", "too_shared"):
        if count := getattr(overview, name):
            yield words.counted(f"document.overviews.{name}", count)
    for column, cells in overview.unreadable_flags.items():
        yield words.counted("document.overviews.unreadable_flags", cells, column=column)
    for outcome, calls in overview.unreached.items():
        yield words.counted(f"document.overviews.unreached.{outcome}", calls)
    if joined := overview.joined:
        names = ("after_a_call", "in_a_band", "elsewhere", "without_day")
        counts = {name: number(getattr(joined, name)) for name in names}
        yield words("document.overviews.joined", within=words.span(str(joined.within)), **counts)


def _story(say: Saying, story: Story) -> str:
    words, course = say.words, story.calls.course
    sentence = words(f"document.overviews.{story.outcome}.story", course=words(f"document.stories.{course}"))
    how = "change_level" if course == "level" else "change_known"
    calls = words(f"document.stories.{how}", told=sentence, **_change(say, story.calls))
    if story.people is None:
        return words("document.stories.unknown", calls=calls)
    people = words(f"document.stories.people.{story.people.course}", **_change(say, story.people))
    return words("document.stories.different", calls=calls, people=people)


def _change(say: Saying, change: RateChange) -> dict[str, str]:
    shares = {"before": say.share(change.before.value), "after": say.share(change.after.value)}
    return shares | {"first": say.band(change.first), "last": say.band(change.last)}


def _rate(figures: Figures, outcome: str) -> Rate | None:
    rate: Rate | None = getattr(figures, outcome)
    return rate


def _tables(say: Saying, section: Counted, outcome: str) -> Iterator[Table]:
    """Yield the tables of an outcome: of the calls, of those that reached somebody if that is known, of the people."""
    so_far = [say.rate(_rate(figures, outcome)) for figures in section.cumulative]
    calls = (
        (
            say.band(one.band),
            say.count(one.calls),
            say.count(one.people),
            *_counted(say, _rate(one, outcome)),
            up_to,
        )
        for one, up_to in zip(section.bands, so_far, strict=True)
    )
    counted = f"{outcome}.counted"
    yield _table(
        say, f"{outcome}.table", ("since", "calls", "people", counted, "share", "effect", "so_far"), calls, "share"
    )
    if section.bands[0].reached:
        bands = [(one.band, one.reached) for one in section.bands]
        reached = (
            (say.band(band), say.count(one.of), *_counted(say, one.known.get(outcome))) for band, one in bands if one
        )
        headings = ("since", "reached", counted, "share", "effect")
        yield _table(say, f"{outcome}.table_reached", headings, reached, "reached")
    series = (section.series[name] for name in ("first_call", "person", "person_up_to"))
    people = (
        (
            say.band(first.band),
            say.count(first.people),
            *(say.rate(_rate(figures, outcome)) for figures in (first, ever, up_to)),
        )
        for first, ever, up_to in zip(*series, strict=True)
    )
    headings = ("since_first", "people", "first_call", "ever", "ever_up_to")
    yield _table(say, f"{outcome}.table_people", headings, people, "first_call")


def _counted(say: Saying, rate: Rate | None) -> tuple[str, str, str]:
    return say.count(rate.count if rate else None), say.rate(rate), say.effect(rate)


def _table(
    say: Saying, caption: str, headings: tuple[str, ...], rows: Iterator[tuple[str, ...]], defined: Name
) -> Table:
    headed = tuple(say.words(f"document.overviews.{heading}") for heading in headings)
    made = tuple(Row(cells) for cells in rows)
    return Table(say.words(f"document.overviews.{caption}"), headed, made, about(say, defined))


def _chart(say: Saying, section: Counted, outcome: str) -> Chart:
    words = say.words
    bars = tuple(_bar(say, figures, outcome) for figures in section.bands)
    parts = [words("document.overviews.part", label=bar.label, told=bar.told) for bar in bars]
    title = words(f"document.overviews.{outcome}.chart")
    text = words("document.overviews.chart_text", title=title, parts="; ".join(parts))
    return Chart(title, text, bars, _scale(bars), "callable" if outcome == "conversions" else "dropped")


def _bar(say: Saying, figures: Figures, outcome: str) -> Bar:
    rate = _rate(figures, outcome)
    found = rate.interval if rate else None
    label = say.band(figures.band)
    if rate is None or found is None:
        return Bar(label, say.rate(rate), None, None, None, thin=False)
    return Bar(label, say.rate(rate), found.value, found.low, found.high, thin=not rate.carries)


def _scale(bars: tuple[Bar, ...]) -> float:
    """Return the largest upper limit that rests on enough calls, so that one thin band does not flatten the others."""
    sure = [bar.high for bar in bars if bar.high is not None and not bar.thin]
    values = [bar.value for bar in bars if bar.value is not None]
    return max([*sure, *values]) or max(bar.high for bar in bars if bar.high is not None)
