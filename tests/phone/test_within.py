"""What can be found in a cell that is no number."""

from __future__ import annotations

import polars as pl
import pytest

from balansfilter.phone import numbers_within


def found(cell: str | None, *countries: str) -> set[int]:
    within = numbers_within(pl.Series([cell], dtype=pl.String), countries or ("NL",))
    assert set(within.places.tolist()) <= {0}
    assert len(set(within.numbers.tolist())) == len(within.numbers)
    return set(within.numbers.tolist())


@pytest.mark.parametrize(
    "cell",
    ["0612345678 0201234567", "06-12345678/020-1234567", "020 123 45 67 en 06 12 34 56 78", "0201234567;612345678",
     "+31612345678+31201234567", "+31 (0)6-12345678, +31(0)20 1234567", "(020)1234567\n(06)12345678",
     "06·12·34·56·78 | 020‑1234567", "thuis 020.1234567 mob 06.12345678", "０６１２３４５６７８ / ０２０１２３４５６７"],
)  # fmt: skip
def test_two_numbers(cell: str) -> None:
    assert found(cell) >= {31612345678, 31201234567}


@pytest.mark.parametrize(
    "cell",
    ["0612345678 (na 18u)", "6.12345678E+08", "6,12345678e8", "O6-12345678", "tel:+31612345678", "06?1234?5678", "0612345678#",
     "06-12345678 x12", "(0)612345678 (0)", "612345678,0", "000612345678 06-12345678", "1234567890123456789 0612345678",
     "06\u200b12\u00ad34 5678 é", "'06-12345678 of later"],
)  # fmt: skip
def test_one_number(cell: str) -> None:
    assert found(cell) == {31612345678}


@pytest.mark.parametrize(
    "cell",
    [None, "", "onbekend", "6,12E+08", "061234567", "06123456789", "06-12 of 345678", "0800-1234567 (gratis)",
     "06121234567806", "00", "+", "(0)"],
)  # fmt: skip
def test_no_number(cell: str | None) -> None:
    assert found(cell) == set()


def test_a_national_number_is_tried_in_every_country() -> None:
    assert 32470123456 not in found("0470 12 34 56 (werk)", "NL")
    assert 32470123456 in found("0470 12 34 56 (werk)", "NL", "BE")


def test_the_zero_in_brackets_may_be_a_digit_or_not() -> None:
    assert found("+34 (0)612345678 (werk)", "NL") >= {34612345678}
    assert found("+39 (0)6 698 12345 (casa)", "NL") >= {390669812345}


def test_each_cell_has_its_own() -> None:
    within = numbers_within(pl.Series(["06123456", None, "78", "0612345671 x", "x 0612345672"]), ("NL",))
    assert sorted(zip(within.places.tolist(), within.numbers.tolist(), strict=True)) == [
        (3, 31612345671),
        (4, 31612345672),
    ]


def test_a_long_cell_takes_no_longer_than_it_is_long() -> None:
    assert found("1 2 3 4 5 6 7 8 9 " * 20_000 + "06-12345678") >= {31612345678}
