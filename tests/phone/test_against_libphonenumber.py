"""Every country's numbers, written and damaged in every way, against libphonenumber's own reading."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_phone import cells, digits, expected, main_country, nationals

from balansfilter.phone import in_countries, known_countries, read_numbers
from balansfilter.phone.metadata import regions_by_calling_code
from balansfilter.phone.tables import WorldTable, _international_segments

ALLOWED = re.compile(r"[-.()+0-9 \u00a0]*")
FLOAT = re.compile(r"[^.]*\.00?")
BRACKETED = re.compile(r"\(0\)")


def judged(cell: str, country: str, got: int | None) -> bool:
    """Whether a reading is libphonenumber's, or one of the documented differences."""
    text = cell.strip().replace("\u2009", " ")
    if not ALLOWED.fullmatch(text) or text.count("+") > 1:
        return got is None
    if re.fullmatch(r"(\d)\1*(\.0)?", text):  # a word for nothing
        return got is None
    if FLOAT.fullmatch(text):
        return got == (expected(text[:-2], country) if re.fullmatch(r"\d+\.0", text) else None)
    if too_long(re.sub(r"[^0-9]", "", text)):
        return got is None
    return got == expected(text, country)


def too_long(number: str) -> bool:
    return len(number) > 20 or (len(number) == 20 and not number.startswith("00"))


def wrong(country: str, calling_code: int, chance: random.Random, count: int, most: int) -> list[str]:
    found = nationals(calling_code, chance, count)
    sample = chance.sample(found, min(most, len(found)))
    column = [cell for national in sample for cell in cells(national, country, calling_code)]
    got = read_numbers(pl.Series(column, dtype=pl.String), country)
    return [cell for cell, number in zip(column, got, strict=True) if not judged(cell, country, number)]


@pytest.mark.slow
@pytest.mark.campaign
def test_every_country_as_default() -> None:
    chance = random.Random(1)
    codes = {country: phonenumbers.country_code_for_region(country) for country in sorted(known_countries())}
    assert {c: bad for c, code in codes.items() if (bad := wrong(c, code, chance, 1, 1))} == {}


def test_every_calling_code_from_the_netherlands() -> None:
    chance = random.Random(2)
    codes = regions_by_calling_code()
    assert {code: bad for code in codes if (bad := wrong("NL", code, chance, 1, 2))} == {}


@pytest.mark.parametrize("country", ["NL", "BE", "DE", "FR", "GB", "US", "LU", "ES", "IT", "AT", "PL"])
def test_the_countries_that_matter_most(country: str) -> None:
    calling_code = phonenumbers.country_code_for_region(country)
    assert wrong(country, calling_code, random.Random(3), 5, 20) == []


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("country", sorted(known_countries()))
def test_many_numbers_of_every_country(country: str) -> None:
    calling_code = phonenumbers.country_code_for_region(country)
    assert wrong(country, calling_code, random.Random(4), 10, 100) == []


def test_random_digits() -> None:
    chance = random.Random(5)
    for country in sorted(known_countries()):
        code = str(phonenumbers.country_code_for_region(country))
        starts = ("", "0", "00", "1", "+", "+" + code, code, code + "0", "8")
        column = [
            chance.choice(starts) + "".join(chance.choices("0123456789", k=chance.randrange(1, 14))) for _ in range(40)
        ]
        got = read_numbers(pl.Series(column), country)
        bad = [(cell, number) for cell, number in zip(column, got, strict=True) if not judged(cell, country, number)]
        # a trunk prefix behind a bare calling code goes once only, and China's carrier codes not at all
        assert [cell for cell, number in bad if number is not None or not unread(cell, code, country)] == []


def unread(cell: str, code: str, country: str) -> bool:
    return cell.startswith(code) or country == "CN" or (cell.startswith("+") and country in {"FI", "AX", "KP"})


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="0123456789+-.() \u00a0\u2009\u202f/x\t\nT６", max_size=24), st.sampled_from(["NL", "BE", "ES"])
)
def test_any_text_is_read_as_libphonenumber_does_or_not_at_all(cell: str, country: str) -> None:
    got = read_numbers(pl.Series([cell]), country)[0]
    plain = re.sub(r"\s", " ", cell.strip()).replace("６", "6").replace("/", "")
    if got is not None and not BRACKETED.search(cell):
        assert got == expected(re.sub(r"^(\d+)\.0$", r"\1", plain), country)


@settings(max_examples=200, deadline=None)
@given(
    st.from_regex(r"(?:06[1-58]|0(?:20|30|10)|0[1-9]{2}|31|\+31 ?|0031|\+32 ?4|6)[0-9]{6,9}", fullmatch=True),
    st.randoms(use_true_random=False),
)
def test_layout_changes_nothing(cell: str, chance: random.Random) -> None:
    laid_out = "".join(char + chance.choice(["", "", "", " ", "-", ".", "\u00a0"]) for char in cell).rstrip(".-")
    if not FLOAT.fullmatch(laid_out.strip()):
        assert read_numbers(pl.Series([laid_out]), "NL")[0] == expected(cell, "NL")


def test_regions() -> None:
    chance = random.Random(6)
    for code, regions in regions_by_calling_code().items():
        column = [f"+{code}{national}" for national in nationals(code, chance, 2 if len(regions) == 1 else 12)]
        numbers = read_numbers(pl.Series(column), "NL").drop_nulls()
        parsed = [phonenumbers.parse(f"+{number}") for number in numbers]
        assert [digits(number) for number in parsed] == [str(number) for number in numbers]
        told = [phonenumbers.region_code_for_number(number) for number in parsed]
        for region in regions:
            assert in_countries(numbers, [region]).to_list() == [each == region for each in told]


def test_every_calling_code_has_its_main_country() -> None:
    assert main_country(31) == "NL"
    assert main_country(800) == "001"


WHERE_METADATA_COMES_FROM = """
import sys
from balansfilter.phone import libphonenumber, known_countries, read_numbers
if "whole" in sys.argv:
    libphonenumber.__path__ = []
import polars as pl
print(read_numbers(pl.Series(["0612345678", "+32 470 12 34 56"]), "NL").to_list(), "phonenumbers" in sys.modules)
import phonenumbers
assert known_countries() == set(phonenumbers.SUPPORTED_REGIONS)
"""


@pytest.mark.parametrize("whole", [False, True])
def test_the_parsers_of_libphonenumber_are_loaded_only_where_its_metadata_is_not_to_be_had_alone(whole: bool) -> None:
    told = subprocess.run(
        [sys.executable, "-c", WHERE_METADATA_COMES_FROM, "whole" if whole else "alone"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout == f"[31612345678, 32470123456] {whole}\n", told.stderr


def test_two_threads_learn_calling_codes_at_once() -> None:
    world = WorldTable(_international_segments)
    numbers = np.array([31612345678, 32470123456, 4930123456, 442070313000, 390612345678] * 200, np.uint64)
    with ThreadPoolExecutor(8) as threads:
        kinds = list(threads.map(lambda _: world.look_up(numbers)[0], range(16)))
    assert all((each == 1).all() for each in kinds)


def test_the_first_cells_with_the_code_of_the_default_country_are_usual_ones() -> None:
    world = WorldTable(_international_segments)
    dutch = np.array([31612345678], np.uint64)
    assert world.table().kinds_of(dutch).tolist() == [-31]
    assert world.table_with(31).kinds_of(dutch).tolist() == [1]
    assert world.table_with(31) is world.table()


@pytest.mark.parametrize(("country", "number"), [("NL", "+31612345678"), ("BE", "+32470123456")])
def test_a_process_begins_with_the_table_of_its_default_country(country: str, number: str) -> None:
    asking = (
        "import polars as pl; from balansfilter.native import whatever_the_length;"
        "from balansfilter.phone.usual import read_usual\n"
        f"with whatever_the_length(): print(read_usual(pl.Series([{number!r}]), {country!r}).became.any())"
    )
    done = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr
