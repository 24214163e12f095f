"""Numbers and days as Dutch and English write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.wording.formats import LANGUAGES, Formats

NL, EN = Formats("nl"), Formats("en")


def test_numbers():
    assert (NL.number(Decimal("1234.5")), EN.number(Decimal("1234.5"))) == ("1.234,5", "1,234.5")
    assert (NL.number(50_000_000), EN.number(50_000_000)) == ("50.000.000", "50,000,000")


def test_days():
    assert (NL.day(date(2026, 3, 3)), EN.day("2026-03-03")) == ("3 maart 2026", "3 March 2026")


def test_moments_say_their_zone():
    told = "2026-11-23T19:28:11.470Z"
    assert (NL.moment(told), EN.moment(told)) == ("23 november 2026, 19:28 UTC", "23 November 2026, 19:28 UTC")


@pytest.mark.parametrize(
    ("part", "whole", "dutch", "english"),
    [
        (1712, 4000, "42,8%", "42.8%"),
        (0, 4000, "0,0%", "0.0%"),
        (4000, 4000, "100,0%", "100.0%"),
        (1, 50_000_000, "<0,1%", "<0.1%"),
        (49_999_999, 50_000_000, ">99,9%", ">99.9%"),
        (0, 0, "–", "–"),
    ],
)
def test_shares(part, whole, dutch, english):
    assert (NL.share(part, whole), EN.share(part, whole)) == (dutch, english)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_share_reads_as_nothing_or_all_only_when_it_is(part, more):
    whole = part + more
    assert (EN.share(part, whole) == "0.0%") == (part == 0)
    assert EN.share(part, whole) != "100.0%"


@pytest.mark.parametrize(
    ("text", "dutch", "english"),
    [("5%", "5%", "5%"), ("0.5%", "0,5%", "0.5%"), ("1000", "1.000", "1,000"), ("0", "0", "0")],
)
def test_limits_of_a_policy(text, dutch, english):
    assert (NL.amount(text), EN.amount(text)) == (dutch, english)


def test_differences_carry_their_sign():
    assert [NL.difference(n) for n in (1536, 0, -1536)] == ["+1.536", "0", "−1.536"]


def test_lists():
    assert (NL.listed(["a", "b", "c"]), EN.listed(["a", "b", "c"])) == ("a, b en c", "a, b and c")
    assert NL.listed(["a"]) == "a"


@given(st.integers(-(10**12), 10**12))
def test_a_number_keeps_all_its_digits(value):
    for language in LANGUAGES:
        told = Formats(language).number(value)
        assert int(told.replace(".", "").replace(",", "")) == value
