"""What a reader of the overviews must know to read them right."""

from __future__ import annotations

from collections.abc import Iterator

from balansfilter.balanstest.history import History
from balansfilter.balanstest.rates import MAX_WIDTH

WHY_LEFT_OUT = {
    "call_date_missing": "have no day",
    "call_date_unreadable": "have a day that cannot be read",
    "call_after_as_of": "are of after the as-of date",
    "call_before_since": "are of before the first day that was asked for",
    "purchase_date_missing": "have no day of a purchase",
    "purchase_date_unreadable": "have a day of a purchase that cannot be read",
    "purchase_after_call": "have a purchase after the call",
}
"""Each reason for which a call lies in no band, in words that follow a number of calls."""

TOO_FEW = f"too few calls: the interval is wider than {MAX_WIDTH * 100:.0f} percentage points"


def notes_on(history: History) -> Iterator[str]:
    """Give the notes on a history, a sentence each."""
    for why, calls in history.left_out.items():
        if calls:
            yield f"{calls:,} of the {history.fingerprint.rows:,} calls {WHY_LEFT_OUT[why]}: they lie in no band."
    if history.without_person:
        yield f"{history.without_person:,} calls in the bands name neither a readable number nor a customer id."
    yield from _outcomes(history)
    if joined := history.joined:
        yield (
            "Objections are taken from the objections files and put down to the last call in the"
            f" {joined.within} before them: {joined.after_a_call:,} followed a call, {joined.elsewhere:,} did not,"
            f" and {joined.without_day:,} have no readable day or name nobody."
        )


def _outcomes(history: History) -> Iterator[str]:
    known = history.outcomes
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
