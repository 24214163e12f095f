"""What a reader of the overviews must know to read them right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from balansfilter.balanstest.rates import MAX_WIDTH
from balansfilter.balanstest.telling import story_sentence
from balansfilter.wording.plural import counted

if TYPE_CHECKING:
    from balansfilter.balanstest.overview import Overview

WHY_LEFT_OUT = {
    "call_date_missing": "no day",
    "call_date_unreadable": "a day that cannot be read",
    "call_after_as_of": "of after the as-of date",
    "call_too_young": "too young, so that an objection may still come",
    "call_before_since": "of before the first day that was asked for",
    "purchase_date_missing": "no day of a purchase",
    "purchase_date_unreadable": "a day of a purchase that cannot be read",
    "purchase_after_call": "a purchase after the call",
    "outcome_unreadable": "a word for how it ended that is neither yes nor no",
}
"""Each reason for which a call lies in no band, in words that follow a colon."""

TOO_FEW = f"too few calls or people: the interval is wider than {MAX_WIDTH * 100:.0f} percentage points"


def notes_on(overview: Overview) -> Iterator[str]:
    """Yield the notes on an overview, a sentence each."""
    for section in overview.sections:
        for story in overview.stories(section) if section.scope != "product" else ():
            place = f"Balanstest {section.name}: " if section.name else ""
            yield place + story_sentence(story)
    yield f"Calls up to {overview.until} count: an objection is put down to a call for {overview.objection_window}."
    for why, calls in overview.left_out.items():
        if calls:
            yield f"Calls that lie in no band: {calls:,} of {overview.fingerprint.rows:,} ({WHY_LEFT_OUT[why]})."
    yield from _who(overview)
    for column, cells in overview.unreadable_flags.items():
        yield counted(
            cells,
            "{count} cell of `contacts.columns.{column}` says neither yes nor no.",
            "{count} cells of `contacts.columns.{column}` say neither yes nor no.",
            column=column,
        )
    for outcome, calls in overview.unreached.items():
        yield f"Told of calls that reached nobody, and counted per attempt only: {outcome}, {calls:,}."
    yield from _outcomes(overview)
    if joined := overview.joined:
        yield (
            "Objections are taken from the objections files and put down to the last call whose"
            f" {joined.within} they came in: {joined.after_a_call:,} followed a call, of which {joined.in_a_band:,} one"
            f" in a band, {joined.elsewhere:,} did not, and {joined.without_day:,} have no readable day or name nobody."
        )


def _who(overview: Overview) -> Iterator[str]:
    if overview.without_person:
        yield counted(
            overview.without_person,
            "{count} call in the bands names neither a readable number nor a customer id.",
            "{count} calls in the bands name neither a readable number nor a customer id.",
        )
    if overview.repeated:
        yield counted(
            overview.repeated,
            "{count} call says the same as another call of that person and day, in every column that is read: it may be"
            " a row that occurs twice, and counts as a call.",
            "{count} calls say the same as another call of that person and day, in every column that is read: they may"
            " be rows that occur twice, and count as calls.",
        )
    if overview.too_shared:
        yield counted(
            overview.too_shared,
            "{count} customer id or number belongs to so many that it tells nobody apart: calls with such an id count"
            " by their number, and calls on such a number by their id.",
            "{count} customer ids or numbers belong to so many that they tell nobody apart: calls with such an id count"
            " by their number, and calls on such a number by their id.",
        )


def _outcomes(overview: Overview) -> Iterator[str]:
    known = overview.outcomes
    if known.reached is None:
        yield (
            "The calls are attempts: whether they reached somebody is not known, because `contacts.columns.reached` is"
            " not mapped."
        )
    if known.conversions is None:
        yield (
            "Conversions are not known: `contacts.columns.converted` is not mapped, and a policy names no file of"
            " sales."
        )
    if known.objections is None:
        yield (
            "Objections are not known: neither `contacts.columns.objected` nor the `objected_on` of an objections file"
            " is mapped."
        )
    if known.complaints is None:
        yield (
            "Complaints are not known: `contacts.columns.complained` is not mapped, and a policy names no file of"
            " complaints."
        )
