"""Numbers are read in loops as they are without, of every country and with every damage."""

from __future__ import annotations

import random

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.phone import known_countries, read_phones
from balansfilter.wording.spelling import NullWords
from tests.loops import both_ways
from tests.phone.oracle_phone import cells, nationals

MARKS = "0123456789+-.() \u00a0\u2009\u202f\u3000/x\tT\u200b\u2011'?=\u0338\u0301"
OFTEN = [
    "(0)",
    "0031",
    "+31",
    "+32",
    "0039",
    "00",
    ".0",
    ".00",
    "0612345678",
    "612345678",
    "+",
    "+39(0)",
    "011",
    "31",
    "/",
    "NULL",
    "00000",
    "9999999",
    "onbekend",
    " (na 18u)",
    "E+09",
    " / ",
    "０６",
    "1111111.0",
    "12345678",
    "06?12?34",
    "?",
]
STRANGE = st.lists(st.sampled_from(OFTEN) | st.text(MARKS, max_size=4), max_size=7).map("".join)


def same(column: list[str], country: str) -> None:
    texts = pl.Series("", column, pl.String)
    quick, plain = both_ways(lambda: read_phones(texts, country))
    told = zip(column, quick.number, plain.number, quick.written, plain.written, strict=True)
    assert [row for row in told if row[1] != row[2] or row[3] != row[4]] == []


def written(country: str, count: int, seed: int) -> list[str]:
    chance, code = random.Random(seed), phonenumbers.country_code_for_region(country)
    found = nationals(code, chance, count)
    sample = chance.sample(found, min(12, len(found)))
    return [cell for national in sample for cell in cells(national, country, code)]


@pytest.mark.parametrize("country", ["NL", "BE", "DE", "FR", "GB", "US", "LU", "ES", "IT", "PL", "BR", "AU"])
def test_numbers_written_in_every_way(country: str) -> None:
    same(written(country, 4, 7), country)
    same([cell for other in ("NL", "IT", "US", "RU", "GB") for cell in written(other, 2, 8)], country)


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("country", sorted(known_countries()))
def test_numbers_of_every_country(country: str) -> None:
    same(written(country, 6, 9), country)


@settings(deadline=None, max_examples=300)
@given(st.lists(STRANGE, max_size=30), st.sampled_from(["NL", "BE", "ES", "IT", "US", "AU"]))
def test_any_text(column: list[str], country: str) -> None:
    same(column, country)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text("0123456789", min_size=7, max_size=20), max_size=40), st.sampled_from(["NL", "LU", "US"]))
def test_any_digits(column: list[str], country: str) -> None:
    same(column, country)


@pytest.mark.parametrize("words", [NullWords(["0612345678", "tel 0"]), NullWords(["+/", "xyz"])])
def test_words_for_nothing_of_a_policy(words: NullWords) -> None:
    column = [
        "0612345678",
        "06 12345678",
        "tel 0",
        "TEL0",
        "tel 1",
        "+/",
        "+/+",
        "xyz",
        "xyz 1",
        "/",
        "06/06/06",
        "1+1",
    ]
    quick, plain = both_ways(lambda: read_phones(pl.Series(column), "NL", words))
    assert quick.number.to_list() == plain.number.to_list()
    assert quick.written.to_list() == plain.written.to_list()
