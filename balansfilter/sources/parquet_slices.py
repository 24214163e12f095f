"""How a Parquet file is cut into slices, and the one that is wanted next read while the one before it is looked at.

A slice that begins in the middle of a row group has what comes before it there unpacked as well, and thrown away. So
slices begin and end with row groups, where those are small. Where they end, the file's footer tells; Polars does not.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import accumulate, pairwise
from math import ceil
from pathlib import Path
from threading import Lock

import polars as pl

from balansfilter.fs.thrift import NoStructureError, ThriftReader

_TAIL_BYTES = 8
"""The length of the footer, and Parquet's mark."""
_LARGEST_FOOTER = 1 << 18
"""Bytes of a footer that is worth the time it takes to read."""
_ROW_GROUPS, _ROWS = 4, 3
"""Parquet's numbers of the fields that hold the row groups of a file, and the rows of one."""


def ends_of_groups(path: Path, rows: int) -> Sequence[int]:
    """Return behind how many rows of a file each of its row groups ends; the last one alone where that is not told.

    :param rows: how many rows the file has.
    """
    with suppress(OSError, NoStructureError, TypeError, LookupError):
        groups = ThriftReader(_footer(path)).structure()[_ROW_GROUPS]
        sizes = [group[_ROWS] for group in groups]
        if sum(sizes) == rows and all(isinstance(size, int) and size >= 0 for size in sizes):
            return list(accumulate(sizes)) or [0]
    return [rows]


def _footer(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-_TAIL_BYTES, os.SEEK_END)
        size = int.from_bytes(file.read(_TAIL_BYTES)[:4], "little")
        if size > _LARGEST_FOOTER:
            return b""
        file.seek(-_TAIL_BYTES - size, os.SEEK_END)
        return file.read(size)


def slices_of(ends: Sequence[int], rows: int) -> list[range]:
    """Cut a file into slices of about so many rows, from half of that to a quarter more where row groups allow it.

    :param ends: as :func:`ends_of_groups` gives it.
    :returns: the rows of each slice, counted from 0.
    """
    cuts = [0]
    while cuts[-1] < ends[-1]:
        cuts.append(_next_cut(ends, cuts[-1], rows))
    return [range(*both) for both in pairwise(cuts)]


def _next_cut(ends: Sequence[int], start: int, rows: int) -> int:
    """Return the end of a row group that is near; else where the row group that is cut falls into parts of one size."""
    first = bisect_left(ends, start + max(1, rows // 2))
    near = ends[first : bisect_left(ends, start + rows + rows // 4 + 1)]
    if near:
        return min(near, key=lambda end: abs(end - start - rows))
    left = (ends[first] if first < len(ends) else ends[-1]) - start
    parts = ceil(left / rows)
    return start + ceil(left / parts)


class SlicesAhead:
    """Slices, each read when it is asked for, or in a thread before that: one at most waits there to be asked for."""

    def __init__(self, read: Callable[[range], pl.DataFrame], slices: Sequence[range]) -> None:
        """Begin to read the first one.

        :param read: reads the rows of a slice, in any thread.
        """
        self._read, self._slices = read, slices
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="slices")
        self._lock = Lock()
        self._ahead: tuple[int, Future[pl.DataFrame] | None] = (-1, None)
        self._begin(0)

    def take(self, number: int) -> pl.DataFrame:
        """Return a slice, by its number from 0 on; in any thread, and as often as it is wanted.

        What goes wrong with the reading of a slice is raised here, where that slice is asked for.
        """
        with self._lock:
            ahead, reading = self._ahead
            if number >= ahead:
                self._begin(number + 1)
        return reading.result() if reading and number == ahead else self._read(self._slices[number])

    def _begin(self, number: int) -> None:
        last = number >= len(self._slices)
        self._ahead = number, None if last else self._thread.submit(self._read, self._slices[number])
