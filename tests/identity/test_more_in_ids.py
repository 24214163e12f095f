"""What else a cell with an id may mean: cells as people write them, and random ones against a reading in plain Python."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from balansfilter.identity.more_in_ids import MoreInIds, more_in_ids
from balansfilter.identity.numbers import NumberColumns
from tests.oracle.numbers import number_in
from tests.oracle.random_cells import cell_of_several_ids, laid_out, some_id, spaced, valid_number, written_number
from tests.oracle.several_ids import (
    begins_as_number,
    has_lost_digits,
    ids_in_part,
    is_plain,
    is_sentence,
    numbers_amid,
    told,
)
from tests.oracle.writing import id_in

COUNTRIES = ("NL", "BE")
PHONES = NumberColumns((), (), COUNTRIES[0], COUNTRIES[1:])


def read(cells: list[str], *, mixed: bool = False, exact: bool = False) -> MoreInIds | None:
    return more_in_ids(pl.Series(cells, dtype=pl.String), PHONES, mixed=mixed, exact=exact)


def ids_of(cell: str, *, mixed: bool = False, exact: bool = False) -> set[str]:
    found = read([cell], mixed=mixed, exact=exact)
    return {id_in(text) for text in found.ids["text"]} - {"", id_in(cell)} if found else set()


def numbers_of(cell: str, *, mixed: bool = False) -> set[int]:
    found = read([cell], mixed=mixed)
    return set(found.numbers["number"]) if found else set()


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("1000, 1001", {"1000", "1001", "1000,"}),
        ("1000 / 1001", {"1000", "1001"}),
        ("1000;1001", {"1000", "1001"}),
        ("1000\n1001", {"1000", "1001", "1000;1001"}),
        ("1000 en 1001", {"1000", "1001"}),
        ("1.002", {"1002"}),
        ("1,002", {"1002", "1", "002"}),
        ("12.345.678,00", {"12345678", "12.345.678"}),
        ("#1003", {"1003"}),
        ("klant 1009", {"1009"}),
        ("Klantnummer: 1009", {"1009"}),
        ("klantnr. #1009", {"1009", "#1009"}),
        ("id=12", {"12"}),
        ("(1001)", {"1001"}),
        ("1001 (niet bellen)", {"1001", "1001(nietbellen"}),
        ("AB 12", {"12"}),
    ],
)
def test_every_reading_of_a_cell_is_an_id(cell: str, ids: set[str]) -> None:
    assert ids_of(cell) == ids


@pytest.mark.parametrize(
    "cell",
    ["", "1001", " 1001 ", "K-1001", "K–9", "a_b", "10023.0", "0100", "jan.de.vries@x.nl", "klant1009", "klantnummer",
     "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}", "NL:12".replace(":", "-")],
)  # fmt: skip
def test_a_plain_id_is_nothing_else(cell: str) -> None:
    assert read([cell]) is None


def test_points_between_digits_belong_to_an_id_that_is_compared_as_it_is_written() -> None:
    assert ids_of("1.002, 1003", exact=True) == {"1.002", "1003", "1.002,"}


@pytest.mark.parametrize(
    ("cell", "numbers", "ids"),
    [
        ("06-12345678", {31612345678}, set()),
        ("graag niet meer bellen 06-12345678", {31612345678}, {"graagnietmeerbellen;", "graagnietmeerbellen"}),
        ("020 1234567 / 06 12345678", {31201234567, 31612345678}, {"/", ";/;"}),
        ("klant 1009 06-12345678", {31612345678}, {"1009", "klant1009", "klant1009;"}),
        ("06-12345678 1009", {31612345678}, {"1009", ";1009"}),
        ("1000 1001", set(), {"1000", "1001"}),
    ],
)
def test_a_phone_number_in_the_place_of_an_id_is_a_number_and_no_id(
    cell: str, numbers: set[int], ids: set[str]
) -> None:
    assert (numbers_of(cell), ids_of(cell)) == (numbers, ids)


def test_in_a_column_of_ids_and_numbers_whatever_is_a_number_is_no_id() -> None:
    assert (numbers_of("612 345 678", mixed=True), ids_of("612 345 678", mixed=True)) == ({31612345678}, set())
    assert (numbers_of("612 345 678"), ids_of("612 345 678")) == (set(), {"612", "345", "678"})


@pytest.mark.parametrize(
    ("cell", "is_unclear"),
    [
        ("niet meer bellen", True),
        ("Jansen, Piet", True),
        ("bel mij niet na 18 uur", True),
        ("1,002E+09", True),
        ("Jansen", False),
        ("klant 1009 wil niet", False),
        ("1000 en 1001 en 1002", False),
        ("wil niet meer gebeld worden op 06-12345678", False),
    ],
)
def test_a_sentence_names_nobody_for_sure(cell: str, is_unclear: bool) -> None:
    found = read([cell])
    assert bool(found and len(found.unclear)) == is_unclear


@pytest.mark.parametrize("seed", range(40))
def test_cells_at_random_are_read_as_in_plain_python(seed: int) -> None:
    rng = Random(seed)
    exact, mixed = rng.random() < 0.2, rng.random() < 0.3
    cells = [_cell(rng) for _ in range(100)]
    found = read(cells, mixed=mixed, exact=exact)
    for place, cell in enumerate(cells):
        ids, numbers, unclear = _plainly(cell, mixed=mixed, exact=exact)
        if found is None:
            assert (ids, numbers, unclear) == (set(), set(), False), cell
            continue
        texts = {id_in(text) for text in found.ids.filter(place=place)["text"]} - {"", id_in(cell)}
        assert texts == ids, cell
        assert set(found.numbers.filter(place=place)["number"].cast(pl.String)) == numbers, cell
        assert (place in found.unclear) == unclear, cell


def _cell(rng: Random) -> str:
    ids = [some_id(rng, rng.randint(1, 2_000_000)) for _ in range(3)]
    number = written_number(rng, valid_number(rng, rng.choice(COUNTRIES)))
    text = cell_of_several_ids(rng, ids, number) if rng.random() < 0.8 else ids[0]
    return spaced(rng, laid_out(rng, text) if rng.random() < 0.1 else text)


def _plainly(cell: str, *, mixed: bool, exact: bool) -> tuple[set[str], set[str], bool]:
    if is_plain(cell):
        return set(), set(), False
    text = told(cell)
    if (mixed or begins_as_number(text)) and (numbers := _numbers(text)):
        return set(), numbers, False
    amid = {part: numbers for part in numbers_amid(text) if (numbers := _numbers(part))}
    left = text
    for part in amid:
        left = left.replace(part, ";")
    ids = {id_in(one) for one in ids_in_part(left, exact=exact)} - {"", id_in(cell)}
    unclear = has_lost_digits(text) or (is_sentence(text) and not amid)
    return ids, {one for found in amid.values() for one in found}, unclear


def _numbers(text: str) -> set[str]:
    return {number.e164.removeprefix("+") for country in COUNTRIES if (number := number_in(text, country))}
