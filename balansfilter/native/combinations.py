"""The different rows of a frame that has few of them, found by arithmetic instead of hashing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.without_queries import rows_at

_MOST = 1_000_000
_PLACE = "place among the different"
_FEW = 20
"""Names of an Enum that need no looking which of them occur."""


class Combinations(NamedTuple):
    """The different rows of a frame."""

    rows: pl.DataFrame
    """Each once."""
    places: npt.NDArray[np.int32]
    """For each row of the frame, which of them it is."""


def combinations(frame: pl.DataFrame) -> Combinations | None:
    """Return the different rows of a frame of numbers of at most 31 bits, dates and Enums.

    None where the numbers are spread too widely for a table of all that may occur.
    """
    code, size = np.zeros(frame.height, dtype=np.int32), 1
    for column in frame:
        numbers = column.to_physical()
        low, high = _bounds(column, numbers)
        size *= high - low + 1
        if size > _MOST:
            return None
        code *= np.int32(high - low + 1)
        known = numbers.cast(pl.Int32).fill_null(low) if numbers.null_count() else numbers
        code += known.to_numpy().astype(np.int32, copy=False)
        code -= np.int32(low)
    some_row = np.full(size, -1, dtype=np.int32)
    some_row[code] = np.arange(frame.height, dtype=np.int32)
    used = np.flatnonzero(some_row >= 0)
    places = np.empty(size, dtype=np.int32)
    places[used] = np.arange(len(used), dtype=np.int32)
    return Combinations(rows_at(frame, some_row[used]), places[code])


def different(frame: pl.DataFrame) -> Combinations:
    """Return the different rows of a frame of any columns, and which of them each row is."""
    found = combinations(frame) if all(_has_bounds(kind) for kind in frame.dtypes) else None
    if found is not None:
        return found
    rows = frame.unique(keep="first", maintain_order=True)
    numbered = rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias(_PLACE))
    found_places = frame.join(numbered, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")[_PLACE]
    return Combinations(rows, found_places.to_numpy())


def _has_bounds(kind: pl.DataType) -> bool:
    return kind.is_integer() or isinstance(kind, pl.Date | pl.Enum)


def _bounds(column: pl.Series, numbers: pl.Series) -> tuple[int, int]:
    """Return the lowest number, which stands for null, and the highest one."""
    if isinstance(column.dtype, pl.Enum) and len(column.dtype.categories) <= _FEW:
        return -1, len(column.dtype.categories) - 1
    lowest, highest = numbers.min(), numbers.max()
    return (int(lowest) - 1, int(highest)) if isinstance(lowest, int) and isinstance(highest, int) else (-1, -1)
