"""Days: the cut-off dates of a plan agree with counting the term row by row."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from balansfilter.decision.plan import earliest_anchor, latest_anchor
from balansfilter.engines.polars.days import offset
from balansfilter.evidence.flags import read_flags
from balansfilter.policy.values import Span

quick = settings(max_examples=150, deadline=None, derandomize=True, database=None)
days = st.one_of(
    st.dates(date(2008, 1, 1), date(2032, 12, 31)),
    st.sampled_from([date(y, m, d) for y in (2023, 2024, 2025) for m, d in ((1, 31), (2, 28), (3, 1), (8, 31))]),
    st.just(date(2024, 2, 29)),
)
spans = st.builds(
    lambda count, unit: Span(f"{count} {unit}"),
    st.integers(1, 60),
    st.sampled_from(["days", "weeks", "months", "years"]),
)


@quick
@given(spans, days, st.integers(-40, 40))
@example(Span("36 months"), date(2027, 2, 28), 0)
@example(Span("1 month"), date(2023, 3, 1), 0)
def test_the_earliest_anchor_divides_the_expired_from_the_callable(term: Span, as_of: date, near: int) -> None:
    limit = earliest_anchor(term, as_of)
    for anchor in (limit + timedelta(days=near), limit, limit - timedelta(days=1)):
        assert (anchor >= limit) == (term.after(anchor) >= as_of)


@quick
@given(spans, days, st.integers(-40, 40))
@example(Span("1 month"), date(2023, 2, 28), 3)
def test_the_latest_anchor_divides_the_early_from_the_callable(start: Span, as_of: date, near: int) -> None:
    limit = latest_anchor(start, as_of)
    for anchor in (limit + timedelta(days=near), limit, limit + timedelta(days=1)):
        assert (anchor <= limit) == (start.after(anchor) <= as_of)


@quick
@given(spans, days)
def test_the_engine_adds_a_term_as_the_policy_does(term: Span, day: date) -> None:
    added = pl.Series([day]).to_frame("day").select(pl.col("day").dt.offset_by(offset(term))).item()
    assert added == term.after(day)


@pytest.mark.parametrize(
    "word", ["true", "1", "1.0", "ja", "JA", "j", "Yes", "y", "waar", "t", "x", "aan", " ja\u200b"]
)
def test_words_that_say_yes(word: str) -> None:
    assert [column[0] for column in read_flags(pl.Series([word]))] == [True, False]


@pytest.mark.parametrize("word", ["false", "0", "0.0", "nee", "N", "no", "onwaar", "f", "uit", "", " ", "NULL", "-"])
def test_words_that_say_no(word: str) -> None:
    assert [column[0] for column in read_flags(pl.Series([word]))] == [False, False]


@pytest.mark.parametrize("word", ["11", "misschien", "ja, graag", "2026-01-01"])
def test_other_words_are_told_apart_and_say_no(word: str) -> None:
    assert [column[0] for column in read_flags(pl.Series([word]))] == [False, True]
