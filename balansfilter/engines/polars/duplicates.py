"""Which of several callable rows with one number stays. The only rule that compares rows with each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from errno import EIO
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.evidence.lookup import NumberSet, UInt64Array
from balansfilter.native.bucket_loops import Buckets, in_buckets
from balansfilter.native.parallel import AHEAD, in_order
from balansfilter.native.without_queries import filled

_NO_ROWS: UInt64Array = np.empty(0, dtype=np.uint64)
_NO_ANCHOR = np.iinfo(np.int32).min
_BUCKETS = 64
"""Numbers are compared with those of their own bucket only, few buckets at a time, so that memory stays bounded."""
_BYTES_AT_ONCE = 1 << 22
"""Bytes of contenders that are compared at once, unless one bucket has more."""
_CONTENDER = np.dtype([("number", np.uint64), ("row", np.uint64), ("anchor", np.int64)])


class Contest(NamedTuple):
    """How it ended between rows with one number."""

    contenders: int
    """The rows that contended."""
    losers: UInt64Array
    """Those that are a duplicate of another, sorted."""


def contending(callable_rows: pl.DataFrame) -> Buckets:
    """Return callable rows as they contend: the columns `row`, `first_number` and `decided_anchor`; in any thread."""
    anchor = filled(callable_rows["decided_anchor"].cast(pl.Int32), _NO_ANCHOR)
    numbers, rows = callable_rows["first_number"].to_numpy(), callable_rows["row"].to_numpy()
    return in_buckets(numbers, rows, anchor.to_numpy(), _BUCKETS)


class Contenders:
    """The callable rows of a list so far: first callable number, row number, anchor. Kept on disk, 24 bytes a row."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "contenders").open("w+b", buffering=0)
        self._counts: list[npt.NDArray[np.int64]] = []
        """How many of each added part fell in each bucket; they lie in that order."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, rivals: Buckets) -> None:
        """Add callable rows.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        left = rivals.rows.reshape(-1).view(np.uint8).data
        while left:
            left = left[self._file.write(left) :]
        self._counts.append(rivals.sizes)

    def settled(self, without: UInt64Array = _NO_ROWS, pool: ThreadPoolExecutor | None = None) -> Contest:
        """Return how many rows contend, and which of them are a duplicate.

        Of the rows with one number the one with the latest anchor stays; of equals the first in the list. A row
        without an anchor comes after all others.

        :param without: rows that contend no more, sorted.
        :param pool: where buckets are settled beside each other; none for one after the other.
        """
        if not self._counts:
            return Contest(0, _NO_ROWS)
        sizes = np.stack(self._counts) * _CONTENDER.itemsize
        places = (np.cumsum(sizes.reshape(-1)) - sizes.reshape(-1)).reshape(sizes.shape)

        def settle(buckets: slice) -> Contest:
            contenders = self._read(places[:, buckets.start].tolist(), sizes[:, buckets].sum(axis=1).tolist())
            left = contenders[~_are_in(without, contenders["row"])] if len(without) else contenders
            return Contest(len(left), _losers_of_buckets(left))

        together = list(_together(sizes.sum(axis=0)))
        settled = list(map(settle, together) if pool is None else in_order(pool, settle, together, AHEAD))
        return Contest(sum(one.contenders for one in settled), np.sort(np.concatenate([one.losers for one in settled])))

    def _read(self, places: list[int], sizes: list[int]) -> npt.NDArray[np.void]:
        """Return the contenders that lie in some places of the file, so many bytes in each."""
        contenders = np.empty(sum(sizes) // _CONTENDER.itemsize, _CONTENDER)
        room, to = contenders.view(np.uint8).data, 0
        for place, size in zip(places, sizes, strict=True):
            if size and os.preadv(self._file.fileno(), [room[to : to + size]], place) != size:
                raise OSError(EIO, os.strerror(EIO), self._file.name)
            to += size
        return contenders


def _together(sizes: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Put buckets together that follow each other, for as long as they are short.

    :param sizes: how many bytes there are in each.
    """
    first, size = 0, 0
    for bucket, more in enumerate(sizes.tolist()):
        if size and size + more > _BYTES_AT_ONCE:
            yield slice(first, bucket)
            first, size = bucket, 0
        size += more
    yield slice(first, len(sizes))


def _are_in(some: UInt64Array, rows: UInt64Array) -> npt.NDArray[np.bool_]:
    """Say of rows whether they are among some sorted ones."""
    places = np.minimum(np.searchsorted(some, rows), len(some) - 1)
    return np.asarray(some[places] == rows)


def _losers_of_buckets(contenders: npt.NDArray[np.void]) -> UInt64Array:
    numbers = np.sort(contenders["number"])
    repeated = numbers[1:][numbers[1:] == numbers[:-1]]
    if not len(repeated):
        return _NO_ROWS
    among = contenders[NumberSet.of(repeated).contains(np.ascontiguousarray(contenders["number"]))]
    return losers(among["row"], among["number"], among["anchor"])


def losers(row: UInt64Array, number: UInt64Array, anchor: npt.NDArray[np.int64]) -> UInt64Array:
    """Return the rows that lose against another with the same number: by an earlier anchor, or by coming later."""
    order = np.lexsort((row, -anchor, number))
    ordered = number[order]
    return np.asarray(row[order[1:][ordered[1:] == ordered[:-1]]])
