"""Phone numbers of whole columns: read, sorted by country, and written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from balansfilter.compiled.texts import Column, Texts
from balansfilter.phone.cells import Digits, read
from balansfilter.phone.tables import (
    INTERNATIONAL,
    INTERNATIONAL_DIGITS,
    KEY_OF_LENGTH,
    LARGEST_OF_LENGTH,
    NUMBER,
    REGIONS,
    Numbers,
    national_table,
    region_places,
)
from balansfilter.phone.usual import read_usual

if TYPE_CHECKING:
    from collections.abc import Collection


class Phones(NamedTuple):
    """What a column of cells holds."""

    number: pl.Series
    """UInt64: the E.164 digits of each cell, such as 31612345678; null where it does not hold one valid number."""
    written: pl.Series
    """Boolean: whether there is more in the cell than white space."""


def read_phones(cells: Column, default_country: str) -> Phones:
    """The numbers of every cell, and whether anything is written in it.

    Raises:
        UsageError: the country is not known.
    """
    if isinstance(cells, Texts):
        usual = read_usual(cells, default_country)
        odd = np.flatnonzero(usual.odd)
        if len(odd):
            others = cells.gather(odd).series()
            usual.numbers[odd] = _read(others, default_country)
            usual.written[odd] = (others.str.strip_chars() != "").to_numpy()
        return Phones(_nullable("", usual.numbers), pl.Series(usual.written))
    number = read_numbers(cells, default_country)
    doubtful = (number.is_null() & (cells != "")).arg_true()
    written = number.is_not_null().scatter(doubtful, cells.gather(doubtful).str.strip_chars() != "")
    return Phones(number, written)


def read_numbers(cells: Column, default_country: str) -> pl.Series:
    """The E.164 digits of every cell, such as 31612345678; null where it does not hold one valid number.

    Args:
        cells: text, in any state; null or empty where there is no number.
        default_country: ISO alpha-2 code of the country whose national numbers may be written without a calling code.

    Returns:
        UInt64, as long as ``cells`` and in the same order.

    Raises:
        UsageError: the country is not known.
    """
    if isinstance(cells, Texts):
        return read_phones(cells, default_country).number
    return _nullable(cells.name, _read(cells, default_country))


def _read(cells: pl.Series, default_country: str) -> Numbers:
    """The E.164 digits of every cell; 0 where there is no valid number."""
    national_table(default_country)  # an unknown country is refused, whatever the cells are
    readings = read(cells.cast(pl.String), default_country)
    numbers = _resolve(readings.cells, default_country)
    if len(readings.places):
        with_zero = numbers[readings.places]
        without = _resolve(readings.without_zero, default_country)
        numbers[readings.places] = _agreed(with_zero, without)
    return numbers


def _agreed(first: Numbers, second: Numbers) -> Numbers:
    """The one number that two readings of a cell leave: 0 where they give two different ones."""
    either = np.where(first == 0, second, first)
    either[(first != second) & (first != 0) & (second != 0)] = 0
    return either


def _resolve(digits: Digits, default_country: str) -> Numbers:
    """The E.164 digits of each entry; 0 where there is no valid number."""
    keys = digits.values + KEY_OF_LENGTH[digits.lengths]
    keys[digits.values > LARGEST_OF_LENGTH[digits.lengths]] = 0
    kinds, amounts = national_table(default_country).look_up(keys)
    numbers = keys + amounts
    international = kinds == INTERNATIONAL
    if digits.plus.any():
        leading_zero = digits.values < KEY_OF_LENGTH[np.maximum(digits.lengths, 1) - 1]
        bare = digits.plus & ~leading_zero
        numbers[bare] = digits.values[bare]
        international = bare | (international & (leading_zero | ~digits.plus))
        kinds[digits.plus] = 0
    numbers[(kinds != NUMBER) & ~international] = 0
    if international.any():
        numbers[international] = _from_calling_code(numbers[international])
    return numbers


def _from_calling_code(numbers: Numbers) -> Numbers:
    """The E.164 digits of digits that begin with a calling code; 0 where there is no valid number."""
    kinds, amounts = INTERNATIONAL_DIGITS.look_up(numbers)
    found = numbers + amounts
    found[kinds != NUMBER] = 0
    return found


def _nullable(name: str, numbers: Numbers) -> pl.Series:
    series = pl.Series(name, numbers)
    return series.to_frame().select(pl.when(series != 0).then(series)).to_series().alias(name)


def in_countries(numbers: pl.Series, countries: Collection[str]) -> pl.Series:
    """Whether each number is of one of these countries.

    Args:
        numbers: E.164 digits (UInt64), as ``read_numbers`` gives them.
        countries: ISO alpha-2 codes; a number of a shared calling code is of the region that claims it.

    Returns:
        Boolean, without nulls: a number that is null, or not valid, is of no country.
    """
    places = region_places()
    wanted = np.zeros(len(places) + 1, np.bool_)
    wanted[[places[code] for code in countries if code in places]] = True
    kinds = REGIONS.kinds(numbers.cast(pl.UInt64).fill_null(0).to_numpy())
    return pl.Series(numbers.name, wanted[kinds])


def e164(numbers: str | pl.Expr) -> pl.Expr:
    """A column of E.164 digits as text: 31612345678 becomes "+31612345678", and null stays null."""
    column = pl.col(numbers) if isinstance(numbers, str) else numbers
    return pl.concat_str(pl.lit("+"), column.cast(pl.String))
