"""Columns of Polars as those of a Parquet file, with their bounds: texts, numbers, days, moments, what is or is not.

A column of few different values is written as their places in a dictionary. Whether they are few is looked up in its
beginning first: most columns of many values say so there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.fs.parquet_pages import (
    BOOLEAN,
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    PLAIN,
    TEXT,
    Bounds,
    ColumnChunk,
    Known,
    Places,
    chunk,
    coded_chunk,
    texts_chunk,
)
from balansfilter.native.bound_loops import bounds_of
from balansfilter.native.coded_texts import CodedTexts, Column
from balansfilter.native.coding_loops import few_ones
from balansfilter.native.held_loops import held_by, tallied, values_of
from balansfilter.native.page_loops import behind_lengths, in_bits
from balansfilter.native.without_queries import cells_at, filled

_WIDEST_RANGE = 1 << 16
"""Whole numbers that lie no further apart, as days do, are numbered without a look at which of them are alike."""
_ROWS_OF_EACH = 3
"""Rows for each number between the least and the greatest, at least, where they are numbered so."""
_LONGEST_BOUND = 64
"""Bytes of the longest text that is told as a bound: notes do not belong in a footer."""


class _Form(NamedTuple):
    """How the values of a type are written."""

    kind: int
    """Parquet's number of the type."""
    numbers: str = ""
    """What numpy calls them; empty for what is no number."""


_SIGNED, _UNSIGNED, _LONG = _Form(INT32, "<i4"), _Form(INT32, "<u4"), _Form(INT64, "<i8")
_FORMS: Mapping[type[pl.DataType], _Form] = {
    pl.String: _Form(TEXT),
    pl.Boolean: _Form(BOOLEAN),
    pl.Int8: _SIGNED,
    pl.Int16: _SIGNED,
    pl.Int32: _SIGNED,
    pl.Int64: _LONG,
    pl.UInt8: _UNSIGNED,
    pl.UInt16: _UNSIGNED,
    pl.UInt32: _UNSIGNED,
    pl.UInt64: _Form(INT64, "<u8"),
    pl.Float32: _Form(FLOAT, "<f4"),
    pl.Float64: _Form(DOUBLE, "<f8"),
    pl.Date: _SIGNED,
    pl.Datetime: _LONG,
    pl.Time: _LONG,
}


def is_simple(kind: pl.DataType | type[pl.DataType]) -> bool:
    """Return whether columns of a type are written here."""
    return (kind if isinstance(kind, type) else type(kind)) in _FORMS


def column_chunk(column: Column) -> ColumnChunk:
    """Return a column of a simple type, or of texts that are each one of some names."""
    if isinstance(column, CodedTexts):
        return _of_few(Ranked.as_they_come(column.different), column.codes)
    if isinstance(column.dtype, pl.Enum):
        names, numbers = column.dtype.categories, column.to_physical().cast(pl.UInt32)
        each = Ranked(names, np.arange(len(names) + 1, dtype=np.uint32))
        return _of_few(each, filled(numbers, len(names)).to_numpy())
    nulls, form = column.null_count(), _FORMS[type(column.dtype)]
    known = column.is_not_null().to_numpy() if nulls else np.ones(len(column), np.bool_)
    held = (column.drop_nulls() if nulls else column).rechunk()
    found = _few(held, form)
    if found is None:
        made, different = _plain_chunk(form, known, held), held
    else:
        different, codes = found
        made = _by_dictionary(form, known, different, codes)
    return made._replace(nulls=nulls, bounds=_bounds(different, form))


class Ranked(NamedTuple):
    """A column of a few rows, by the ranks of its values, out of which the columns of many rows are made."""

    different: pl.Series
    """Each value once."""
    ranks: npt.NDArray[np.uint32]
    """Which of them each row has; how many there are, where it has none."""

    @classmethod
    def of(cls, column: pl.Series) -> Ranked:
        """Take a column of a simple type, but for one that is or is not."""
        different = column.drop_nulls().unique().sort()
        numbers = pl.int_range(len(different), dtype=pl.UInt32, eager=True)
        ranks = column.replace_strict(different, numbers, default=len(different), return_dtype=pl.UInt32)
        return cls(different, ranks.to_numpy())

    @classmethod
    def as_they_come(cls, column: pl.Series) -> Ranked:
        """Take a column in which each value stands once, and null at most once."""
        known = column.is_not_null().to_numpy()
        ranks = np.cumsum(known, dtype=np.uint32) - np.uint32(1)
        return cls(column.drop_nulls(), np.where(known, ranks, np.uint32(known.sum())))


def chosen_chunks(values: Mapping[str, Ranked], places: Places) -> dict[str, ColumnChunk]:
    """Return the columns of rows that are each one of a few.

    :param values: the columns of those few.
    :param places: which of them each row is.
    """
    chosen = np.flatnonzero(tallied(places, max((len(one.ranks) for one in values.values()), default=0)))
    return {name: _chosen(one, chosen, places) for name, one in values.items()}


def _of_few(each: Ranked, places: Places) -> ColumnChunk:
    """Return a column of rows that are each one of a few."""
    return chosen_chunks({"": each}, places)[""]


def _chosen(values: Ranked, chosen: npt.NDArray[np.intp], places: Places) -> ColumnChunk:
    """Return the column of rows that have some values, in a dictionary of those alone.

    :param chosen: those of the places that any row has.
    """
    there = np.zeros(len(values.different) + 1, np.bool_)
    there[values.ranks[chosen]] = True
    some = np.flatnonzero(there[:-1])
    numbers = np.full(len(there), len(some), np.uint32)
    numbers[some] = np.arange(len(some))
    form, different = _FORMS[type(values.different.dtype)], cells_at(values.different, some)
    held, known = held_by(places, numbers[values.ranks], len(some))
    made = _by_dictionary(form, known, different, held) if len(held) else chunk(form.kind, PLAIN, known)
    return made._replace(nulls=len(places) - len(held), bounds=_bounds(different, form))


def _few(held: pl.Series, form: _Form) -> tuple[pl.Series, npt.NDArray[np.uint32]] | None:
    """Return the different values of a column, and which of them each is; None where they are not few."""
    if form.kind == BOOLEAN or not len(held):
        return None
    near = None if form.kind in (TEXT, FLOAT, DOUBLE) else _near(_numbers(held, form))
    if near is not None:
        return pl.Series(near[0]).cast(held.dtype), near[1]
    found = few_ones(held if form.kind == TEXT else pl.Series(_bits(held, form)))
    return found and (cells_at(held, found[0]), found[1])


def _near(numbers: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint32]] | None:
    """Return the different ones of numbers that lie close together, in order, and which of them each is; else None."""
    least, most = numbers.min(), numbers.max()
    width = int(most) - int(least) + 1
    if width > min(_WIDEST_RANGE, len(numbers) // _ROWS_OF_EACH):
        return None
    places = (numbers - least).astype(np.uint32)
    some = np.flatnonzero(tallied(places, width))
    codes = np.empty(width, np.uint32)
    codes[some] = np.arange(len(some))
    return some.astype(numbers.dtype) + least, values_of(places, codes)


def _by_dictionary(form: _Form, known: Known, different: pl.Series, codes: npt.NDArray[np.uint32]) -> ColumnChunk:
    width = max(1, (len(different) - 1).bit_length())
    values = _plain(different, form)
    return coded_chunk(form.kind, known, (len(different), values), width, in_bits(codes, width))


def _plain_chunk(form: _Form, known: Known, held: pl.Series) -> ColumnChunk:
    return texts_chunk(known, held) if form.kind == TEXT else chunk(form.kind, PLAIN, known, _plain(held, form))


def _plain(held: pl.Series, form: _Form) -> npt.NDArray[Any]:
    """Return values as they are written one behind the other."""
    if form.kind == TEXT:
        return behind_lengths(held)
    if form.kind == BOOLEAN:
        return np.packbits(held.to_numpy(), bitorder="little")
    return _numbers(held, form)


def _numbers(held: pl.Series, form: _Form) -> npt.NDArray[Any]:
    physical = held.cast(pl.Int32 if form.kind == INT32 else pl.Int64) if held.dtype.is_temporal() else held
    return physical.to_numpy().astype(form.numbers, copy=False)


def _bits(held: pl.Series, form: _Form) -> npt.NDArray[np.uint64]:
    """Return the bits of each number as a number, for two may be equal and not the same, such as zeros."""
    numbers = _numbers(held, form)
    return numbers.view(f"<u{numbers.itemsize}").astype(np.uint64, copy=False)


def _bounds(held: pl.Series, form: _Form) -> Bounds | None:
    """Return the least and the greatest of values; None where there are none that have an order."""
    if form.kind in (FLOAT, DOUBLE):
        held = held.drop_nans()
    if not len(held):
        return None
    if form.kind == TEXT:
        least, greatest = bounds_of(held)
        return Bounds(least, greatest) if max(len(least), len(greatest)) <= _LONGEST_BOUND else None
    if form.kind == BOOLEAN:
        return Bounds(bytes([bool(held.min())]), bytes([bool(held.max())]))
    numbers = _numbers(held, form)
    least_number, greatest_number = numbers.min(), numbers.max()
    if form.kind in (FLOAT, DOUBLE):  # zero is both, for readers may take either for the lesser
        least_number = least_number or -abs(least_number)
        greatest_number = greatest_number or abs(greatest_number)
    return Bounds(least_number.tobytes(), greatest_number.tobytes())
