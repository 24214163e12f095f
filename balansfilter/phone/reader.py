"""Phone numbers of whole columns: read, sorted by country, and written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.phone_loops import FOUND, NO_NUMBER, UNREAD, UsualPhones
from balansfilter.native.without_queries import cells_at, filled
from balansfilter.phone.cells import Digits, Flags, read
from balansfilter.phone.tables import (
    INTERNATIONAL,
    INTERNATIONAL_DIGITS,
    KEY_OF_LENGTH,
    LARGEST_OF_LENGTH,
    NOT_CALLABLE,
    NUMBER,
    REGIONS,
    Numbers,
    national_table,
    region_places,
)
from balansfilter.phone.usual import read_usual
from balansfilter.wording.spelling import USUAL_NULL_WORDS, NullWords, asked, without_layout

if TYPE_CHECKING:
    from collections.abc import Collection

_ONE_DIGIT = r"^(?:0+|1+|2+|3+|4+|5+|6+|7+|8+|9+)(?:\.0)?$"

_MARKS = r"[-.()]"
_IS_ONE_DIGIT = pl.col("cell").str.contains(_ONE_DIGIT) | (
    pl.col("cell").str.replace_all(_MARKS, "").str.contains(_ONE_DIGIT)
)


class Phones(NamedTuple):
    """What a column of cells holds."""

    number: pl.Series
    """UInt64: the E.164 digits of each cell, such as 31612345678; null where it does not hold one valid number."""
    written: pl.Series
    """Boolean: whether there is more in the cell than layout, or than a word for nothing ("onbekend", "0000000000")."""

    @property
    def unread(self) -> pl.Series:
        """Boolean: whether a cell is written, and holds no number that can be read."""
        return self.written & self.number.is_null()


def read_phones(cells: pl.Series, default_country: str, null_words: NullWords = USUAL_NULL_WORDS) -> Phones:
    """Return the number of every cell, and whether anything is written in it.

    :param default_country: ISO alpha-2 code of the country whose national numbers may be written without calling code.
    :raises UsageError: the country is not known.
    """
    read = read_usual(cells, default_country)
    unread = np.flatnonzero(read.became == UNREAD)
    if len(unread):
        read.numbers[unread] = _read(filled(cells_at(cells, unread), ""), default_country)
    doubtful = _doubtful(read, null_words)
    if len(doubtful):
        read.written[doubtful] = ~_nothing_in(filled(cells_at(cells, doubtful), ""), null_words).to_numpy()
    return _without_words(Phones(_nullable(cells.name, read.numbers), pl.Series(read.written)), cells, null_words)


def _doubtful(read: UsualPhones, null_words: NullWords) -> npt.NDArray[np.intp]:
    """Return which cells hold no number, and perhaps a word for nothing."""
    maybe = read.became != FOUND
    if not null_words.with_digits:
        maybe &= read.became != NO_NUMBER
    places = np.flatnonzero(maybe)
    found = read.numbers[places] > 0
    read.written[places[found]] = True
    return np.asarray(places[~found])


def _nothing_in(cells: pl.Series, null_words: NullWords) -> pl.Series:
    """Say of cells without a number whether nothing is written in them: a word for nothing, or one digit repeated."""
    bare = without_layout(cells)
    return asked(bare, null_words.expression | _IS_ONE_DIGIT)


def _without_words(read: Phones, cells: pl.Series, null_words: NullWords) -> Phones:
    """Leave out the numbers that a policy calls words for nothing, such as a number that stands for "unknown"."""
    if not null_words.with_digits:
        return read
    seen = read.number.is_not_null().arg_true()
    bare = without_layout(cells.gather(seen))
    words = seen.filter(null_words.are_in(bare))
    return Phones(read.number.scatter(words, None), read.written.scatter(words, False)) if len(words) else read


def read_numbers(cells: pl.Series, default_country: str) -> pl.Series:
    """Return the E.164 digits of every cell, such as 31612345678; null where it does not hold one valid number.

    :param cells: text, in any state; null or empty where there is no number.
    :param default_country: ISO alpha-2 code of the country whose national numbers may be written without calling code.
    :returns: UInt64, as long as `cells` and in the same order.
    :raises UsageError: the country is not known.
    """
    return read_phones(cells, default_country).number


def _read(cells: pl.Series, default_country: str) -> Numbers:
    """The E.164 digits of every cell; 0 where there is no valid number."""
    national_table(default_country)  # an unknown country is refused, whatever the cells are
    readings = read(cells.cast(pl.String), default_country)
    numbers = resolved(readings.cells, default_country)
    if len(readings.places):
        with_zero = numbers[readings.places]
        without = resolved(readings.without_zero, default_country)
        numbers[readings.places] = _agreed(with_zero, without)
    return numbers


def _agreed(first: Numbers, second: Numbers) -> Numbers:
    """The one number that two readings of a cell leave: 0 where they give two different ones."""
    either = np.where(first == 0, second, first)
    either[(first != second) & (first != 0) & (second != 0)] = 0
    return either


def resolved(digits: Digits, default_country: str) -> Numbers:
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
    return pl.Series(name, numbers).set(pl.Series(numbers == 0), None)


class Regions:
    """Where numbers belong, and whether a person may answer them."""

    def __init__(self, numbers: Numbers) -> None:
        """Look up E.164 digits; 0 is of no country."""
        self._kinds = REGIONS.kinds(numbers)

    @classmethod
    def of(cls, numbers: pl.Series) -> Regions:
        """Look up a column of E.164 digits (UInt64), as `read_phones` gives them; null is of no country."""
        return cls(numbers.cast(pl.UInt64).fill_null(0).to_numpy())

    def among(self, countries: Collection[str]) -> Flags:
        """Say of each number whether it is of one of these countries (ISO alpha-2 codes).

        A number of a shared calling code is of the region that claims it.
        """
        chosen = _places(countries)
        return self._of([*chosen, *(place + NOT_CALLABLE for place in chosen)])

    def callable_in(self, countries: Collection[str]) -> Flags:
        """Say of each number whether it is of one of these countries, and a person may answer it."""
        return self._of(_places(countries))

    def _of(self, kinds: list[int]) -> Flags:
        if len(kinds) == 1:
            return np.asarray(self._kinds == kinds[0])
        wanted = np.zeros(2 * NOT_CALLABLE, np.bool_)
        wanted[kinds] = True
        return wanted[self._kinds]

    @property
    def not_callable(self) -> Flags:
        """Whether each number is toll-free, premium-rate, shared-cost, a pager's, a voicemail's, or a short one."""
        return np.asarray(self._kinds >= NOT_CALLABLE)


def _places(countries: Collection[str]) -> list[int]:
    places = region_places()
    return [places[code] for code in countries if code in places]


def in_countries(numbers: pl.Series, countries: Collection[str]) -> pl.Series:
    """Say of each number whether it is of one of these countries; see :class:`Regions`."""
    return pl.Series(numbers.name, Regions.of(numbers).among(countries))


def e164(numbers: str | pl.Expr) -> pl.Expr:
    """A column of E.164 digits as text: 31612345678 becomes "+31612345678", and null stays null."""
    column = pl.col(numbers) if isinstance(numbers, str) else numbers
    return pl.concat_str(pl.lit("+"), column.cast(pl.String))
