"""What the figures say in sentences: what they rest on, and where a curve turns. Never more than the calls carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from balansfilter.balanstest.call_history import PastCalls
from balansfilter.balanstest.expected import Turn

if TYPE_CHECKING:
    from balansfilter.balanstest.stories import RateChange, Story

_COURSES = {"rises": "rise", "falls": "fall", "level": "do not clearly change"}


def story_sentence(story: Story) -> str:
    """Say how the calls tell another story than the people."""
    said = f"{story.outcome.capitalize()} per call {_change(story.calls)}"
    if story.people is None:
        return (
            f"{said}; whether they do so per person cannot be told, because too few people were called for the first"
            " time in two bands. The calls of a late band went to those who were left."
        )
    return (
        f"{said}, but at the first call of each person they {_change(story.people)}: the calls of a late band went to"
        " those who were left, so go by the people."
    )


def _change(change: RateChange) -> str:
    before, after = f"{change.before.value:.2%}", f"{change.after.value:.2%}"
    return f"{_COURSES[change.course]} ({before} in {change.first.label}, {after} in {change.last.label})"


def notes_on_simulation(history: PastCalls, calls_per_year: float | None) -> Iterator[str]:
    """Yield what a reader of the figures must know, a sentence each."""
    if calls_per_year is not None:
        yield f"A year counts calls for each customer as was asked for: {calls_per_year:g}."
    else:
        yield (
            "A year counts as many calls for each customer as people had a year while they were at risk of a call, in"
            f" the history of {history.first_call} to {history.last_call}: that is today's pace, and no forecast. How"
            " sure the pace is, is not in the intervals."
        )
        if history.timeline.days < 365:
            yield "The history is shorter than a year: its pace is carried on for a whole one."
    if not history.tells_balanstest:
        yield (
            "The history does not tell which product a call was about, so that every balanstest is held against all"
            " calls: map `contacts.columns.product`."
        )
    yield (
        "What would not have been is counted call by call. What would have come after that is not known: a sale that"
        " falls away renews no term, whoever is not called does not object or buy later, and people might have bought"
        " without a call."
    )


def turn_sentence(turn: Turn) -> str:
    """Say where a curve turns, and what that carries."""
    return " ".join(turn_sentences(turn))


def turn_sentences(turn: Turn) -> Iterator[str]:
    """Say the same sentence by sentence, each of which the catalogue knows."""
    each = "objection or complaint" if turn.at == 1 else "objections or complaints"
    more = f"more than {turn.at:g} {each} for each conversion"
    band = turn.band.label if turn.band else ""
    longest = turn.last.up_to if turn.last else None
    before = f"up to {longest} there are not" if longest else "it is the first"
    match turn.status:
        case "unknown":
            yield "Where the curve turns cannot be told: it is not known which calls ended in what."
        case "turns":
            yield f"The curve turns in {band}: in this band, at 95 %, there are {more}; {before}."
        case "unclear":
            yield f"The curve seems to turn in {band}, {more}, but the calls do not carry that; {before}."
        case "too_few":
            yield f"Where the curve turns cannot be told: too few calls in {band}."
            if longest:
                yield f"Up to {longest} it does not."
        case "does_not_turn":
            yield f"The curve does not turn up to {longest}: there are not {more}."
    if turn.unsure:
        unsure = ", ".join(one.label for one in turn.unsure)
        yield f"In {unsure} the interval reaches above that: it may turn earlier."
    if turn.looked_at > 1:
        looked_at = f"It was looked for in {turn.looked_at} bands one after another, each at 95 %"
        yield f"{looked_at}: taken together that is less sure."
