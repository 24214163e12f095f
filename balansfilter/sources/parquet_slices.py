"""The slices of a Parquet file: where it is cut, and a thread that reads the next one while others are looked at.

A slice that begins in the middle of a row group has what comes before it there unpacked as well, and thrown away. So
slices begin and end with row groups, where those are small. Where they end, the file's footer tells; Polars does not.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import accumulate
from math import ceil
from pathlib import Path
from threading import Lock

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.fs.thrift import NoStructureError, ThriftReader

_TAIL_BYTES = 8
"""The length of the footer, and Parquet's mark."""
_LARGEST_FOOTER = 1 << 18
"""Bytes of a footer that is worth the time it takes to read."""
_FIRST_SLICES = 3
"""Slices at the beginning of a file that are read before anybody asks for them."""
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


@dataclass(frozen=True)
class Cuts:
    """Where a file is cut, found when it is asked for: how many rows it has is not proved before they are read."""

    ends: Sequence[int]
    """As :func:`ends_of_groups` gives them."""
    rows: int
    """How many rows a slice has, about: from half of that to a quarter more, where row groups allow it."""

    def slice_at(self, start: int) -> range:
        """Return the rows of the slice that begins behind so many; none behind the last."""
        return range(start, self._end_of(start) if start < self.ends[-1] else start)

    def _end_of(self, start: int) -> int:
        """Return the end of a row group that is near; else where that which is cut falls into parts of one size."""
        first = bisect_left(self.ends, start + max(1, self.rows // 2))
        near = self.ends[first : bisect_left(self.ends, start + self.rows + self.rows // 4 + 1)]
        if near:
            return min(near, key=lambda end: abs(end - start - self.rows))
        left = self.ends[min(first, len(self.ends) - 1)] - start
        parts = ceil(left / self.rows)
        return start + ceil(left / parts)

    def __iter__(self) -> Iterator[range]:
        """Yield the rows of each slice, counted from 0."""
        each = self.slice_at(0)
        while each:
            yield each
            each = self.slice_at(each.stop)


class SlicesAhead:
    """Slices, each read when it is asked for, or in a thread before that.

    The first few wait to be asked for, since whoever does that has something else to do before; later on, one at most.
    """

    def __init__(self, read: Callable[[range], pl.DataFrame], cuts: Cuts) -> None:
        """Begin to read the first ones, where there are several.

        :param read: reads the rows of a slice, in any thread.
        """
        self._read, self._cuts = read, cuts
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="slices")
        self._lock = Lock()
        self._waiting: dict[range, Future[pl.DataFrame]] = {}
        self._begun = 0
        """Behind so many rows no slice was asked for yet, nor is being read."""
        if cuts.slice_at(0).stop < cuts.ends[-1]:
            for _ in range(_FIRST_SLICES):
                self._begin_next()

    def take(self, rows: range) -> pl.DataFrame:
        """Return a slice, and begin to read the next one; in any thread, and as often as it is wanted.

        What goes wrong with the reading of a slice is raised here, where that slice is asked for.
        """
        with self._lock:
            reading = self._waiting.pop(rows, None)
            self._begun = max(self._begun, rows.stop)
            if not self._waiting:
                self._begin_next()
        return reading.result() if reading else self._read(rows)

    def _begin_next(self) -> None:
        following = self._cuts.slice_at(self._begun)
        if following:
            self._waiting[following] = self._thread.submit(self._read, following)
            self._begun = following.stop
