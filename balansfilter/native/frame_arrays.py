"""The arrays that a frame is made of, and the frame made again of those: how it is put away as it lies in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.coded_texts import CodedTexts, Column, as_series, rows_of
from balansfilter.native.text_loops import can_compact, extent, laid_out, packed, without_nulls
from balansfilter.native.views import MOST_BYTES, Buffers, Views
from balansfilter.native.waiting_loops import (
    alike_texts,
    codes_apart,
    few_texts,
    near_numbers,
    numbers_of,
    texts_behind,
)
from balansfilter.native.without_queries import filled

_WASTE = 1.25
"""Texts are kept as they are where they keep at most so many bytes alive for each of their own."""

_TYPES = (
    *(pl.String, pl.Boolean, pl.Date, pl.Time),
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Float32, pl.Float64),
)
"""The types that lie in arrays; moments, and texts that are each one of some names, do as well."""

Array = npt.NDArray[Any]


class ColumnArrays(NamedTuple):
    """The arrays that a column is made of."""

    make: Callable[..., Column]
    """Makes it again."""
    arrays: list[Array]
    """Each keeps the memory that it lies in."""

    def apart(self) -> ColumnArrays:
        """Return it apart from memory in which other things lie as well."""
        return self._replace(arrays=[array if array.base is None else array.copy() for array in self.arrays])


def in_arrays(columns: Mapping[str, Column]) -> dict[str, ColumnArrays] | None:
    """Return what columns are made of; None where they are short, or one of them lies otherwise."""
    if not can_compact(rows_of(columns)) or not all(map(_lies_in_arrays, columns.values())):
        return None
    return {name: _arrays_of(column) for name, column in columns.items()}


def _lies_in_arrays(column: Column) -> bool:
    if isinstance(column, CodedTexts):
        return True
    kind = column.dtype
    return kind in _TYPES or isinstance(kind, pl.Datetime) or (isinstance(kind, pl.Enum) and len(kind.categories) > 0)


def _arrays_of(column: Column) -> ColumnArrays:
    if isinstance(column, CodedTexts):
        return _arrays_of_codes(column)
    kind = column.dtype
    if kind == pl.String:
        coded = few_texts(column)
        if coded is not None:
            return _arrays_of_codes(coded)
        make, arrays = _arrays_of_texts(without_nulls(column))
    else:
        numbers = column.to_physical() if kind.is_temporal() or isinstance(kind, pl.Enum) else column
        known = filled(numbers, False if kind == pl.Boolean else 0)
        make, arrays = _arrays_of_numbers(kind, known.to_numpy())
    if not column.null_count():
        return ColumnArrays(make, arrays)
    return ColumnArrays(partial(_with_nulls, make), [column.is_null().to_numpy(), *arrays])


def _arrays_of_codes(texts: CodedTexts) -> ColumnArrays:
    null = texts.different.is_null().arg_true().to_list()
    return ColumnArrays(partial(_by_codes, null), [*codes_apart(texts)])


def _arrays_of_texts(column: pl.Series) -> ColumnArrays:
    views = Views.of(column)
    found, sizes = extent(views), views.buffers.sizes
    is_dense = len(sizes) <= 1 and sizes.sum() <= _WASTE * found.long and not found.lie_behind_each_other
    if is_dense or found.size > MOST_BYTES:
        return ColumnArrays(_texts, [views.words, *views.buffers.arrays()])
    alike = alike_texts(views, found)
    if alike is not None:
        return ColumnArrays(partial(texts_behind, len(views)), [*alike])
    return ColumnArrays(laid_out, [views.lengths.astype(np.min_scalar_type(found.longest)), packed(views, found)])


def _arrays_of_numbers(kind: pl.DataType, numbers: Array) -> ColumnArrays:
    """Return numbers in as few bytes as hold the largest of them, or where those are many, what is behind the least.

    Those that have a sign stay as they are.
    """
    if numbers.dtype.kind != "u" or not len(numbers):
        return ColumnArrays(partial(_numbers, kind), [np.ascontiguousarray(numbers)])
    narrow = np.min_scalar_type(numbers.max())
    near = near_numbers(np.ascontiguousarray(numbers)) if narrow == np.uint64 else None
    if near is not None:
        return ColumnArrays(partial(_near, near[0]), [near[1]])
    return ColumnArrays(partial(_numbers, kind), [np.ascontiguousarray(numbers, narrow)])


def _with_nulls(make: Callable[..., Column], nulls: Array, *arrays: Array) -> pl.Series:
    return as_series(make(*arrays)).set(pl.Series(nulls), None)


def _by_codes(null: list[int], codes: Array, lengths: Array, text: Array) -> CodedTexts:
    different = laid_out(lengths, text)
    return CodedTexts(different.scatter(null, None) if null else different, codes.astype(np.uint32))


def _numbers(kind: pl.DataType, numbers: Array) -> pl.Series:
    made = pl.Series(numbers)
    if made.dtype == kind:
        return made
    return made.cat.to(kind) if isinstance(kind, pl.Enum) else made.cast(kind)


def _near(least: int, behind: Array) -> pl.Series:
    return pl.Series(numbers_of(least, behind))


def _texts(words: Array, *buffers: Array) -> pl.Series:
    return Views(words, Buffers.of(*buffers)).series()
