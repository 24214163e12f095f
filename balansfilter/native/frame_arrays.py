"""The arrays that a frame is made of, and the frame made again of those: how it is put away as it lies in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy.typing as npt
import polars as pl

from balansfilter.native.text_loops import all_bytes, can_compact, laid_out
from balansfilter.native.views import MOST_BYTES, SHORT, Buffers, Views

_WASTE = 2
"""Texts are kept as they are where they keep at most so many bytes alive for each of their own."""

Array = npt.NDArray[Any]


class ColumnArrays(NamedTuple):
    """The arrays that a column is made of."""

    make: Callable[..., pl.Series]
    """Makes it again."""
    arrays: list[Array]


def in_arrays(frame: pl.DataFrame) -> dict[str, ColumnArrays] | None:
    """Return what the columns of a frame are made of; None where it is short, or one of them lies otherwise."""
    if not can_compact(frame.height) or not all(_lies_in_arrays(column) for column in frame):
        return None
    return {column.name: _arrays_of(column) for column in frame}


def _lies_in_arrays(column: pl.Series) -> bool:
    return column.dtype.is_integer() or (column.dtype == pl.String and not column.null_count())


def _arrays_of(column: pl.Series) -> ColumnArrays:
    if column.dtype != pl.String:
        if column.null_count():
            return ColumnArrays(_numbers, [column.fill_null(0).to_numpy(), column.is_null().to_numpy()])
        return ColumnArrays(_numbers, [column.to_numpy()])
    views = Views.of(column)
    sizes, lengths = views.buffers.sizes, views.lengths
    is_dense = len(sizes) <= 1 and sizes.sum() <= _WASTE * lengths[lengths > SHORT].sum()
    if is_dense or lengths.sum() > MOST_BYTES:
        return ColumnArrays(_texts, [views.words, *views.buffers.arrays()])
    return ColumnArrays(laid_out, [lengths, all_bytes(column)])


def _numbers(numbers: Array, nulls: Array | None = None) -> pl.Series:
    made = pl.Series(numbers)
    return made if nulls is None else made.set(pl.Series(nulls), None)


def _texts(words: Array, *buffers: Array) -> pl.Series:
    return Views(words, Buffers.of(*buffers)).series()
