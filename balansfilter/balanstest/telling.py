"""What a simulation says in sentences: what it rests on, and where a curve turns. Never more than the calls carry."""

from __future__ import annotations

from collections.abc import Iterator

from balansfilter.balanstest.expected import Turn
from balansfilter.balanstest.history import History
from balansfilter.balanstest.notes import notes_on


def notes_on_simulation(history: History, calls_per_year: float | None) -> Iterator[str]:
    """Give what a reader of the figures must know, a sentence each."""
    if calls_per_year is not None:
        yield f"A year counts {calls_per_year:g} calls for each customer, as was asked for."
    else:
        yield (
            f"A year counts as many calls for each customer as people had in the history, {history.first_call} to"
            f" {history.last_call}; how sure that is, is not in the intervals."
        )
        if history.years < 1:
            yield "The history is shorter than a year and counts as a year: the calls of a year are rather too few."
    if not history.tells_balanstest:
        yield (
            "The history does not tell which product a call was about, so that every balanstest is held against all"
            " calls: map `contacts.columns.product`."
        )
    yield from notes_on(history)


def turn_sentence(turn: Turn) -> str:
    """Say where a curve turns, and what that carries."""
    each = "objection or complaint" if turn.at == 1 else "objections or complaints"
    more = f"more than {turn.at:g} {each} for each conversion"
    band = turn.band.label if turn.band else ""
    longest = turn.last.up_to if turn.last else None
    before = f"up to {longest} there are not" if longest else "it is the first"
    match turn.status:
        case "unknown":
            return "Where the curve turns cannot be told: it is not known which calls ended in what."
        case "turns":
            told = f"The curve turns in {band}: there are surely {more}; {before}."
        case "unclear":
            told = f"The curve seems to turn in {band}, {more}, but the calls do not carry that; {before}."
        case "too_few":
            told = f"Where the curve turns cannot be told: too few calls in {band}."
            told += f" Up to {longest} it does not." if longest else ""
        case "does_not_turn":
            told = f"The curve does not turn up to {longest}: there are not {more}."
    if turn.unsure:
        unsure = ", ".join(one.label for one in turn.unsure)
        told += f" In {unsure} the interval reaches above that: it may turn earlier."
    return told
