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
from balansfilter.native.held_loops import held_by, tallied
from balansfilter.native.page_loops import behind_lengths, in_bits
from balansfilter.native.text_loops import first_ones
from balansfilter.native.without_queries import cells_at, filled

_LOOKED_AT = 4096
"""Values at the beginning of a column, by whose repetitions it is guessed how many different ones it has."""
_REPEATED = 3
"""How often each value of a column stands there on average, at least, where there are few."""
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


def column_chunk(column: pl.Series) -> ColumnChunk:
    """Return a column of a simple type, or of texts that are each one of some names."""
    if isinstance(column.dtype, pl.Enum):
        return _by_names(column, column.dtype.categories)
    nulls, form = column.null_count(), _FORMS[type(column.dtype)]
    known = column.is_not_null().to_numpy() if nulls else np.ones(len(column), np.bool_)
    held = (column.drop_nulls() if nulls else column).rechunk()
    found = _few(held, form)
    if found is None:
        made, different = _plain_chunk(form, known, held), held
    else:
        firsts, codes = found
        different = cells_at(held, firsts)
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


def chosen_chunks(values: Mapping[str, Ranked], places: Places) -> dict[str, ColumnChunk]:
    """Return the columns of rows that are each one of a few.

    :param values: the columns of those few.
    :param places: which of them each row is.
    """
    chosen = np.flatnonzero(tallied(places, max((len(one.ranks) for one in values.values()), default=0)))
    return {name: _chosen(one, chosen, places) for name, one in values.items()}


def _by_names(column: pl.Series, names: pl.Series) -> ColumnChunk:
    each = Ranked(names, np.arange(len(names) + 1, dtype=np.uint32))
    places = filled(column.to_physical().cast(pl.UInt32), len(names)).to_numpy()
    return chosen_chunks({column.name: each}, places)[column.name]


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


def _few(held: pl.Series, form: _Form) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]] | None:
    """Return where each different value stands first, and which of them each is; None where they are not few."""
    if form.kind == BOOLEAN or not len(held):
        return None
    values = held if form.kind == TEXT else pl.Series(_bits(held, form))
    repeated = _LOOKED_AT**2 // len(values)  # as often as by chance, were each there twice on average
    if len(values) > _LOOKED_AT and first_ones(values.head(_LOOKED_AT), _LOOKED_AT - repeated) is None:
        return None
    return first_ones(values, len(values) // _REPEATED)


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
