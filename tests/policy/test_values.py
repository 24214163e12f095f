"""Spans, shares and counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.policy.values import CountOrSpan, Share, ShareOrCount, SizeOrSpan, Span

SPANS = st.builds(
    lambda n, unit: Span(f"{n} {unit}"), st.integers(1, 60), st.sampled_from(["days", "weeks", "months", "years"])
)


@pytest.mark.parametrize(
    ("start", "span", "last"),
    [
        ("2024-02-29", "36 months", "2027-02-28"),
        ("2024-02-29", "48 months", "2028-02-29"),
        ("2023-08-31", "6 months", "2024-02-29"),
        ("2023-01-31", "1 month", "2023-02-28"),
        ("2023-01-28", "1 month", "2023-02-28"),
        ("2023-10-31", "1 year", "2024-10-31"),
        ("2023-12-31", "2 weeks", "2024-01-14"),
        ("2024-02-28", "1 day", "2024-02-29"),
        ("9999-12-31", "1 day", "9999-12-31"),
    ],
)
def test_the_last_day_of_a_span(start: str, span: str, last: str) -> None:
    assert Span(span).after(date.fromisoformat(start)) == date.fromisoformat(last)


def test_before_the_calendar() -> None:
    assert Span("99999 years").before(date(2026, 1, 1)) == date.min


@settings(max_examples=40, deadline=None)
@given(SPANS, SPANS)
def test_longer_means_that_it_can_end_later(one: Span, other: Span) -> None:
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(0, 1461, 1)]
    assert one.longer_than(other) == any(one.after(day) > other.after(day) for day in days)


@pytest.mark.parametrize(
    ("one", "other", "longer"),
    [
        ("1096 days", "36 months", True),
        ("1095 days", "36 months", False),
        ("36 months", "3 years", False),
        ("37 months", "3 years", True),
        ("157 weeks", "36 months", True),
        ("156 weeks", "36 months", False),
        ("1 month", "30 days", True),
        ("1 month", "31 days", False),
    ],
)
def test_longer_at_the_border(one: str, other: str, longer: bool) -> None:
    assert Span(one).longer_than(Span(other)) is longer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "24months",
        "24  months",
        "0 days",
        "-1 days",
        "1.5 years",
        "24 maanden",
        "100000 days",
        "24 months\n",
        "٢ days",
    ],
)
def test_what_is_no_span(text: str) -> None:
    assert Span.parse(text) is None


def test_a_span_in_words() -> None:
    assert [str(Span(text)) for text in ("1 months", "24 month", "1 year", "2 weeks")] == [
        "1 month",
        "24 months",
        "1 year",
        "2 weeks",
    ]


@pytest.mark.parametrize(
    ("share", "part", "whole", "more"),
    [
        ("10%", 1, 10, False),
        ("10%", 2, 10, True),
        ("0%", 1, 10**9, True),
        ("100%", 5, 5, False),
        ("0.1%", 1, 1000, False),
        ("5%", 0, 0, False),
    ],
)
def test_a_share(share: str, part: int, whole: int, more: bool) -> None:
    assert Share(share).exceeded_by(part, whole) is more
    assert ShareOrCount(share).exceeded_by(part, whole) is more


def test_a_count() -> None:
    assert not ShareOrCount("20").exceeded_by(20, 30)
    assert ShareOrCount("20").exceeded_by(21, 10**6)


def test_how_many_or_how_long() -> None:
    assert (CountOrSpan("30").count, CountOrSpan("30").span) == (30, None)
    assert (CountOrSpan("90 days").count, CountOrSpan("90 days").span) == (None, Span("90 days"))
    assert str(SizeOrSpan("10 MB")) == "10 MB"
    assert SizeOrSpan.parse("10") is None
