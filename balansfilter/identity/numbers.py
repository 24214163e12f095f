"""The phone numbers of a source: which columns hold them, and in which country a national number is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.identity.countries import UNKNOWN, read_countries
from balansfilter.identity.hidden_numbers import NONE_HIDDEN, HiddenNumbers
from balansfilter.native.text_loops import compacted, trimmed
from balansfilter.phone import Phones, numbers_within, read_phones
from balansfilter.phone.metadata import country as region_of
from balansfilter.wording.spelling import USUAL_NULL_WORDS, NullWords, without_layout

_MOST_DIGITS_OF_SHORT = 6
_SAMPLE = 50
_NO_ID = r"^[+*#]|^00[1-9][0-9]{8,}$|^[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+$|[^\p{L}0-9._:#{}\-]"
"""Text that is no id in a column of ids and numbers mixed: an international number, 6,12E+08, or two in one cell."""


class Rows(Protocol):
    """A batch of rows of a source."""

    @property
    def row(self) -> pl.Series:
        """The number of each row, from 1."""

    def column(self, name: str) -> pl.Series:
        """Return the cells of a column."""


class _SomeOf(NamedTuple):
    """Some rows of a batch."""

    rows: Rows
    places: pl.Series

    @property
    def row(self) -> pl.Series:
        return self.rows.row.gather(self.places)

    def column(self, name: str) -> pl.Series:
        return self.rows.column(name).gather(self.places)


def text_of(rows: Rows, column: str) -> pl.Series:
    """Return the texts of a column without the white space around them."""
    return trimmed(rows.column(column))


class Protected(NamedTuple):
    """The numbers of rows that protect somebody, or speak of a call."""

    numbers: tuple[pl.Series, ...]
    """UInt64, null for none: every reading of every number of each row."""
    unreadable: pl.Series
    """Whether any number of the row is written, and cannot be read."""
    unread: pl.Series
    """The first of the cells that cannot be read, to see what they look like; they are shown to nobody."""


@dataclass(frozen=True)
class NumberColumns:
    """Where a source holds phone numbers, and how they are read."""

    phones: tuple[tuple[str, ...], ...]
    """The columns of each number: one, or several that are joined."""
    countries: tuple[str, ...]
    """The columns with the country of a number: none, one for all numbers, or one for each."""
    default_country: str
    """Where a national number is read that has no country beside it."""
    others: tuple[str, ...] = ()
    """The other countries in which such a number might be meant."""
    null_words: NullWords = USUAL_NULL_WORDS
    mixed: frozenset[str] = frozenset()
    """Columns that hold customer ids as well, so that what is no number may be an id."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read."""
        return (*(name for columns in self.phones for name in columns), *self.countries)

    def to_call(self, rows: Rows) -> list[Phones]:
        """Return the numbers of the rows of a call list, for each of `phones`.

        A number is null where it cannot be read, or where no country is given and it is valid in another as well:
        unknown is never callable.
        """
        return [self._to_call(rows, i) for i in range(len(self.phones))]

    def hidden(self, rows: Rows, read: Sequence[Phones], *, beside_others: bool) -> HiddenNumbers:
        """Return the numbers that can be found in the cells of a call list that are written and cannot be read.

        :param read: what :meth:`to_call` returns.
        :param beside_others: whether only rows are looked at that have a number which can be read.
        """
        lost = [one.unread for one in read]
        if beside_others:
            known = some_number([one.number for one in read], len(rows.row))
            lost = [one & known for one in lost]
        found = [self._within(_SomeOf(rows, one.arg_true()), i) for i, one in enumerate(lost) if one.any()]
        return _but_those_read(found, read) if found else NONE_HIDDEN

    def to_protect(self, rows: Rows) -> Protected:
        """Return every reading of the numbers of rows that protect somebody: objections, a register, calls made."""
        numbers: list[pl.Series] = []
        unreadable = pl.repeat(False, len(rows.row), dtype=pl.Boolean, eager=True)
        unread = pl.Series(dtype=pl.String)
        for i, columns in enumerate(self.phones):
            cells, given = self._cells(rows, i), self._given(rows, i)
            readings = [self._read(cells, given), *(self._read_in(cells, given, other) for other in self.others)]
            lost = readings[0].written
            for reading in readings:
                lost &= reading.number.is_null()
            readings[0] = self._with_short_ones(readings[0], cells, lost)
            lost &= readings[0].number.is_null()
            if self.mixed.intersection(columns):
                lost &= without_layout(cells).str.contains(_NO_ID)
            unreadable |= lost
            if lost.any():
                unread = pl.concat([unread, compacted(cells.filter(lost).head(_SAMPLE)).alias("")])
            numbers += [reading.number for reading in readings]
        return Protected(tuple(numbers), unreadable, unread)

    def readings(self, texts: pl.Series) -> list[pl.Series]:
        """Return every reading of phone numbers that stand in no column of their own, without a country beside them."""
        countries = (self.default_country, *self.others)
        return [read_phones(texts, country, self.null_words).number for country in countries]

    def _to_call(self, rows: Rows, i: int) -> Phones:
        cells, given = self._cells(rows, i), self._given(rows, i)
        read = self._read(cells, given)
        number = read.number
        for other in self.others:
            meant = self._read_in(cells, given, other).number
            number = number.set((number != meant).fill_null(False), None)
        return Phones(number, read.written)

    def _within(self, some: _SomeOf, i: int) -> pl.DataFrame:
        """Return the numbers that can be found in cells that cannot be read, whatever country stands beside them."""
        cells, given = self._cells(some, i, between=" "), self._given(some, i)
        usual, found = (self.default_country, *self.others), []
        if given is None:
            given = pl.repeat("", len(cells), dtype=pl.String, eager=True)
        for code in given.unique():
            countries = usual if code in ("", UNKNOWN, *usual) else (*usual, code)
            chosen = (given == code).arg_true()
            within = numbers_within(cells.gather(chosen), countries)
            places = some.places.gather(chosen.gather(within.places))
            found.append(pl.DataFrame({"place": places, "number": within.numbers}))
        return pl.concat(found)

    def _cells(self, rows: Rows, i: int, between: str = "") -> pl.Series:
        columns = self.phones[i]
        if len(columns) == 1:
            return rows.column(columns[0])
        parts = [trimmed(rows.column(name)).alias(str(n)) for n, name in enumerate(columns)]
        return pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator=between)).to_series()

    def _given(self, rows: Rows, i: int) -> pl.Series | None:
        """Return the country beside each number: its code, empty where there is none, `?` where it is unknown."""
        if not self.countries:
            return None
        column = self.countries[i] if len(self.countries) > 1 else self.countries[0]
        return read_countries(rows.column(column), self.null_words)

    def _read(self, cells: pl.Series, given: pl.Series | None) -> Phones:
        """Read each number in the country beside it, and in the default one where there is none."""
        if given is None:
            return read_phones(cells, self.default_country, self.null_words)
        number = pl.repeat(None, len(given), dtype=pl.UInt64, eager=True)
        written = pl.repeat(False, len(given), dtype=pl.Boolean, eager=True)
        for code in given.unique():
            places = (given == code).arg_true()
            country = self.default_country if code in ("", UNKNOWN) else code
            read = read_phones(cells.gather(places), country, self.null_words)
            number = number.scatter(places, read.number.set(_contradicts(read.number, code), None))
            written = written.scatter(places, read.written)
        return Phones(number, written)

    def _read_in(self, cells: pl.Series, given: pl.Series | None, country: str) -> Phones:
        """Read each number without a country beside it in another country."""
        read = read_phones(cells, country, self.null_words)
        return read if given is None else Phones(read.number.set(given != "", None), read.written)

    def _with_short_ones(self, read: Phones, cells: pl.Series, lost: pl.Series) -> Phones:
        """Read short numbers, such as 1233, as well: nobody is called on one, but an objection to it is understood."""
        places = lost.arg_true()
        if not len(places):
            return read
        texts = without_layout(cells.gather(places)).str.replace_all("[-.()]", "")
        found = [_short_number(text, self.default_country) for text in texts]
        return Phones(read.number.scatter(places, pl.Series(found, dtype=pl.UInt64)), read.written)


def _but_those_read(found: Sequence[pl.DataFrame], read: Sequence[Phones]) -> HiddenNumbers:
    """Return the numbers that were found, each once a row, without those that another cell of the row says as well."""
    each = pl.concat(found).unique()
    places, numbers = each["place"], each["number"]
    hidden = np.ones(len(each), np.bool_)
    for one in read:
        hidden &= (numbers != one.number.gather(places)).fill_null(True).to_numpy()
    return HiddenNumbers(places.cast(pl.Int64).to_numpy()[hidden], numbers.to_numpy()[hidden])


def _contradicts(numbers: pl.Series, code: str) -> pl.Series:
    """Say of numbers whether the country beside them contradicts them, by its calling code; an unknown one does."""
    if code in ("", UNKNOWN):
        return pl.repeat(code == UNKNOWN, len(numbers), dtype=pl.Boolean, eager=True)
    same = numbers.cast(pl.String).str.starts_with(str(region_of(code).calling_code))
    return ~same.fill_null(True)


def _short_number(text: str, country: str) -> int | None:
    """Return a short number behind its calling code, where a text is one; it equals no number that can be called."""
    if not text.isascii() or not text.isdecimal() or len(text) > _MOST_DIGITS_OF_SHORT:
        return None
    from phonenumbers import PhoneNumber, is_valid_short_number_for_region

    calling_code = region_of(country).calling_code
    if not is_valid_short_number_for_region(PhoneNumber(calling_code, int(text)), country):
        return None
    return int(f"{calling_code}{text}")


def others_than(country: str, countries: Iterable[str]) -> tuple[str, ...]:
    """Return the other countries, each once, in order."""
    return tuple(dict.fromkeys(other for other in countries if other != country))


def some_number(numbers: Sequence[pl.Series], rows: int) -> pl.Series:
    """Say of rows whether any of their numbers is known."""
    known = pl.repeat(False, rows, dtype=pl.Boolean, eager=True)
    for number in numbers:
        known |= number.is_not_null()
    return known
