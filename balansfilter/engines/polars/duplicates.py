"""Which of several callable rows with one number stays. The only rule that compares rows with each other."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.evidence.lookup import NumberSet, UInt64Array

_NO_NUMBER = np.uint64(1 << 63)
"""Larger than any number."""
_NO_ANCHOR = np.iinfo(np.int32).min
_ROWS_A_PASS = 4_000_000


class Contenders:
    """The callable rows of a list so far: row number, first callable number, anchor. Kept on disk, 20 bytes a row."""

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / f"contenders.{name}" for name in ("row", "number", "anchor")]
        self._files = [path.open("wb") for path in self._paths]
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()

    def add(self, callable_rows: pl.DataFrame) -> None:
        """Add callable rows: the columns `row`, `first_number` and `decided_anchor`."""
        days = callable_rows["decided_anchor"].to_physical().fill_null(_NO_ANCHOR)
        columns = (callable_rows["row"], callable_rows["first_number"], days)
        for file, column, kind in zip(self._files, columns, (np.uint64, np.uint64, np.int32), strict=True):
            file.write(column.to_numpy().astype(kind, copy=False).tobytes())
        self._rows += callable_rows.height

    def leave_out(self, rows: UInt64Array) -> int:
        """Take out rows that contend no more, named by their sorted numbers, and say how many of them contended.

        Each gets a number that no row has.
        """
        for file in self._files:
            file.flush()
        if not self._rows or not len(rows):
            return 0
        row = np.memmap(self._paths[0], dtype=np.uint64, mode="r")
        number = np.memmap(self._paths[1], dtype=np.uint64, mode="r+")
        places = np.searchsorted(row, rows)
        there = places < len(row)
        there[there] = row[places[there]] == rows[there]
        number[places[there]] = _NO_NUMBER + rows[there]
        number.flush()
        return int(there.sum())

    def losers(self) -> UInt64Array:
        """Return the rows that are a duplicate, sorted.

        Of the rows with one number the one with the latest anchor stays; of equals the first in the list. A row
        without an anchor comes after all others. Memory stays bounded: numbers are compared in parts, a part at a time.
        """
        for file in self._files:
            file.flush()
        if not self._rows:
            return np.empty(0, dtype=np.uint64)
        row, number, anchor = (
            np.memmap(path, dtype=kind, mode="r")
            for path, kind in zip(self._paths, (np.uint64, np.uint64, np.int32), strict=True)
        )
        parts = np.uint64(-(-self._rows // _ROWS_A_PASS))
        found = [_losers_of_part(row, number, anchor, np.uint64(part), parts) for part in range(int(parts))]
        return np.sort(np.concatenate(found))


def _losers_of_part(
    row: UInt64Array, number: UInt64Array, anchor: npt.NDArray[np.int32], part: np.uint64, parts: np.uint64
) -> UInt64Array:
    numbers = np.sort(number if parts == 1 else number[number % parts == part])
    repeated = numbers[1:][numbers[1:] == numbers[:-1]]
    if not len(repeated):
        return np.empty(0, dtype=np.uint64)
    among = np.flatnonzero(NumberSet.of(repeated).contains(np.asarray(number)))
    return losers(np.asarray(row[among]), np.asarray(number[among]), np.asarray(anchor[among]))


def losers(row: UInt64Array, number: UInt64Array, anchor: npt.NDArray[np.int32]) -> UInt64Array:
    """Return the rows that lose against another with the same number: by an earlier anchor, or by coming later."""
    order = np.lexsort((row, -anchor.astype(np.int64), number))
    ordered = number[order]
    return np.asarray(row[order[1:][ordered[1:] == ordered[:-1]]])
