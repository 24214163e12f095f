"""Patterns of numbering plans as sets, against the regular expressions that they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.phone.digits import DigitSet, intersect, merge, subtract
from balansfilter.phone.patterns import Rewrite, digit_set, parse, rewrites

PATTERNS = [r"6[1-58]\d", r"(?:1|2[03-5])\d{1,2}|0", r"1(?:2(?:3|4)?|[5-9]{2})?", r"9{0,3}", r"(12|3)\d?"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_set_holds_what_the_pattern_matches(pattern: str) -> None:
    numbers = digit_set(pattern)
    for length in range(5):
        spans = numbers.of_length(length)
        found = {value for low, high in spans for value in range(low, high)}
        every = range(10**length)
        assert found == {v for v in every if re.fullmatch(pattern, f"{v:0{length}d}" if length else "")}


@pytest.mark.parametrize("pattern", [r"a", r"(?=1)", r"1*", r"1+", r"[^1]", r"(1", r"1)", r"?", r"\w"])
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"numbering (pattern|plan)"):
        parse(pattern)


def test_a_pattern_too_wide_for_intervals_is_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        digit_set(r"\d{9}[13579]")


@pytest.mark.parametrize(
    ("pattern", "rule", "found"),
    [
        ("0", "", (Rewrite("0", 0, False, ""),)),
        (r"([45]\d{6})$|1", r"268\1", (*(Rewrite(d, 6, True, f"268{d}") for d in "45"), Rewrite("1", 0, False, ""))),
        (r"0?(?:(1[12])5)?", r"9\1", tuple(
            Rewrite(zero + text, 0, False, becomes)
            for zero in ("0", "")
            for text, becomes in (("115", "911"), ("125", "912"), ("", ""))
        )),
        (r"0(?:(1[5])(\d{2}))?", r"\2", (Rewrite("015", 2, False, ""), Rewrite("0", 0, False, ""))),
        (r"(15\d)", "", tuple(Rewrite(f"15{d}", 0, False, "") for d in "0123456789")),
    ],
)  # fmt: skip
def test_rewrites_come_in_the_order_of_matching(pattern: str, rule: str, found: tuple[Rewrite, ...]) -> None:
    assert rewrites(pattern, rule) == found


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))).map(merge)


def values(some: tuple[tuple[int, int], ...]) -> set[int]:
    return {value for low, high in some for value in range(low, high)}


@given(spans, spans)
def test_arithmetic_of_sets(first: tuple[tuple[int, int], ...], second: tuple[tuple[int, int], ...]) -> None:
    one, other = DigitSet({2: first}), DigitSet({2: second})
    assert values(intersect(first, second)) == values(first) & values(second)
    assert values(subtract(first, second)) == values(first) - values(second)
    assert values((one | other).of_length(2)) == values(first) | values(second)
    assert values((one & other).of_length(2)) == values(first) & values(second)
    assert values((one - other).of_length(2)) == values(first) - values(second)
