"""A band ends where a term of its length would, month ends and leap days included."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from balansfilter.balanstest.bands import Bands, day_of, first_days, last_days, month_bands, number_of
from balansfilter.errors import UsageError
from balansfilter.policy.values import Span
from tests.balanstest.generated import EDGES, band_place, labels

DAYS = st.dates(date(2000, 1, 1), date(2030, 12, 31))


def days(*days: date) -> np.ndarray:
    return np.array([number_of(day) for day in days], dtype=np.int32)


@given(DAYS, st.integers(0, 1600))
@example(date(2024, 2, 29), 366)
@example(date(2024, 8, 31), 182)
@example(date(2023, 11, 30), 91)
def test_a_band_is_that_of_the_calendar(bought: date, later: int) -> None:
    called = bought + timedelta(days=later)
    assert month_bands(EDGES).of(days(called), days(bought)).tolist() == [band_place(bought, called)]


@pytest.mark.parametrize(
    ("bought", "called", "label"),
    [
        (date(2024, 2, 29), date(2024, 2, 29), "0-3"),
        (date(2024, 2, 29), date(2024, 5, 29), "0-3"),
        (date(2024, 2, 29), date(2024, 5, 30), "4-6"),
        (date(2024, 2, 29), date(2025, 2, 28), "7-12"),
        (date(2024, 2, 29), date(2025, 3, 1), "13-18"),
        (date(2024, 2, 29), date(2027, 2, 28), "25-36"),
        (date(2024, 2, 29), date(2027, 3, 1), "37+"),
        (date(2025, 11, 30), date(2026, 2, 28), "0-3"),
        (date(2025, 8, 31), date(2026, 2, 28), "4-6"),
        (date(2025, 8, 31), date(2026, 3, 1), "7-12"),
    ],
)
def test_known_days(bought: date, called: date, label: str) -> None:
    bands = month_bands()
    assert bands.all[bands.of(days(called), days(bought))[0]].label == label


@given(DAYS, DAYS, st.sampled_from(("6 months", "90 days", "2 years", "5 weeks")))
def test_the_first_band_is_what_a_term_leaves(bought: date, called: date, term: str) -> None:
    bought, called = sorted((bought, called))
    within = Bands((Span(term),)).of(days(called), days(bought))[0] == 0
    assert within == (called <= Span(term).after(bought))


@given(DAYS, st.sampled_from(("1 month", "6 months", "14 days", "99999 years")))
def test_whole_columns_agree_with_a_span(day: date, span: str) -> None:
    assert day_of(int(last_days(Span(span), days(day))[0])) == Span(span).after(day)
    assert day_of(int(first_days(Span(span), days(day))[0])) == Span(span).before(day)


@pytest.mark.parametrize("edges", [EDGES, (1, 2, 3), (12,), (6, 7)])
def test_labels(edges: tuple[int, ...]) -> None:
    assert [band.label for band in month_bands(edges).all] == labels(edges)


def test_labels_of_other_spans() -> None:
    bands = Bands((Span("90 days"), Span("1 year"), Span("24 months")))
    assert [band.label for band in bands.all] == ["up to 90 days", "after 90 days, up to 1 year", "13-24", "25+"]
    assert [band.up_to_label for band in bands.all] == ["up to 90 days", "0-12", "0-24", "all"]


@pytest.mark.parametrize("edges", [(), ("12 months", "6 months"), ("12 months", "1 year"), ("30 days", "1 month")])
def test_ends_that_do_not_grow_are_refused(edges: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=r"the ends of the bands must grow|at least one end"):
        Bands(tuple(map(Span, edges)))
