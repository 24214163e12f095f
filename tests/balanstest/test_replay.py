"""The limit on the number of calls, call by call; and what a turn of the curve carries."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.balanstest.bands import Band, number_of
from balansfilter.balanstest.expected import Added, turn_of
from balansfilter.balanstest.rates import Rate, ratio
from balansfilter.balanstest.telling import turn_sentence
from balansfilter.balanstest.under_limits import within_limit
from balansfilter.policy.model import MaxAttempts
from balansfilter.policy.values import Span

CALLS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 300), st.booleans()), max_size=60)


@given(CALLS, st.integers(1, 4), st.sampled_from(("30 days", "1 month", "6 months")))
def test_a_call_stays_while_fewer_than_the_limit_stayed_before_it(calls, count: int, within: str) -> None:
    calls = sorted(calls, key=lambda call: call[:2])
    days = [date(2024, 1, 1) + timedelta(days=day) for _, day, _ in calls]
    found = within_limit(
        np.array([person for person, _, _ in calls], dtype=np.uint64),
        np.array([number_of(day) for day in days], dtype=np.int32),
        np.array([forced for _, _, forced in calls], dtype=np.bool_),
        MaxAttempts(count=count, within=Span(within)),
    )
    stayed: list[tuple[int, date]] = []
    for (person, _, forced), day, stays in zip(calls, days, found.tolist(), strict=True):
        before = sum(other == person and when > Span(within).before(day) for other, when in stayed)
        assert stays == (forced or before < count)
        if stays:
            stayed.append((person, day))


# --- the turn ---------------------------------------------------------------------------------------------------


def added(place: int, calls: int, conversions: int | None, objections: int | None, complaints: int | None = 0) -> Added:
    band = Band(Span(f"{6 * place} months") if place else None, Span(f"{6 * place + 6} months"))
    rates = [None if count is None else Rate(count, calls) for count in (conversions, objections, complaints)]
    trouble = None if conversions is None or objections is None else ratio(objections + (complaints or 0), conversions)
    return Added(band, 0, calls, *rates, None, None, trouble, 1.0)


CLEAR = (added(0, 5000, 500, 50), added(1, 5000, 250, 100))


@pytest.mark.parametrize(
    ("curve", "status", "sentence"),
    [
        ((*CLEAR, added(2, 5000, 60, 200)), "turns", "The curve turns in 13-18: in this band, at 95 %, there are more than 1 objection or complaint for each conversion; up to 12 months there are not. It was looked for in 3 bands one after another, each at 95 %: taken together that is less sure."),
        ((*CLEAR, added(2, 5000, 100, 110)), "unclear", "The curve seems to turn in 13-18, more than 1 objection or complaint for each conversion, but the calls do not carry that; up to 12 months there are not. It was looked for in 3 bands one after another, each at 95 %: taken together that is less sure."),
        ((*CLEAR, added(2, 5000, 110, 60, 60)), "unclear", "The curve seems to turn in 13-18, more than 1 objection or complaint for each conversion, but the calls do not carry that; up to 12 months there are not. It was looked for in 3 bands one after another, each at 95 %: taken together that is less sure."),
        ((*CLEAR, added(2, 50, 1, 9), added(3, 5000, 10, 900)), "too_few", "Where the curve turns cannot be told: too few calls in 13-18. Up to 12 months it does not. It was looked for in 3 bands one after another, each at 95 %: taken together that is less sure."),
        ((added(0, 10, 1, 0),), "too_few", "Where the curve turns cannot be told: too few calls in 0-6."),
        ((added(0, 0, 0, 0),), "too_few", "Where the curve turns cannot be told: too few calls in 0-6."),
        (CLEAR, "does_not_turn", "The curve does not turn up to 12 months: there are not more than 1 objection or complaint for each conversion. It was looked for in 2 bands one after another, each at 95 %: taken together that is less sure."),
        ((added(0, 5000, 0, 40),), "turns", "The curve turns in 0-6: in this band, at 95 %, there are more than 1 objection or complaint for each conversion; it is the first."),
        ((CLEAR[0], added(1, 5000, 100, 95), added(2, 5000, 10, 300)), "turns", "The curve turns in 13-18: in this band, at 95 %, there are more than 1 objection or complaint for each conversion; up to 12 months there are not. In 7-12 the interval reaches above that: it may turn earlier. It was looked for in 3 bands one after another, each at 95 %: taken together that is less sure."),
        ((added(0, 5000, None, 40),), "unknown", "Where the curve turns cannot be told: it is not known which calls ended in what."),
        ((added(0, 5000, 40, None),), "unknown", "Where the curve turns cannot be told: it is not known which calls ended in what."),
    ],
)  # fmt: skip
def test_where_a_curve_turns(curve, status: str, sentence: str) -> None:
    turn = turn_of(curve, 1.0)
    assert turn.status == status
    assert turn_sentence(turn) == sentence


def test_the_measure_of_a_turn_can_be_another() -> None:
    curve = (*CLEAR, added(2, 5000, 60, 200))
    assert turn_of(curve, 0.2).band == CLEAR[1].band
    assert turn_of(curve, 10).status == "does_not_turn"
    assert "more than 0.2 objections or complaints" in turn_sentence(turn_of(curve, 0.2))
