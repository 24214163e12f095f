"""Frames that wait, the first in memory and the others on disk, as they lie in memory.

That takes half the time of Arrow's files; what cannot be put away so, waits in those.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from balansfilter.fs.past_cache import PAST_CACHE, Bytes, go_past_cache, read, round_room, rounded_up, write
from balansfilter.fs.private import open_private
from balansfilter.native.coded_texts import Column, as_series, framed_of
from balansfilter.native.frame_arrays import Array, ColumnArrays, in_arrays

_SLOW = 3e-9
"""Seconds that a disk takes for a byte, beyond which the cache is the quicker way."""
_LEAST_BYTES = 1 << 20
"""A smaller file is not worth the way to the disk."""
_KEPT_BYTES = 64 << 20
"""Bytes of the first frames, which stay in memory: they are asked for first, when nobody has anything else to do."""
_SHORT_BYTES = 192 << 20
"""The frames of a list of so many bytes all stay in memory: a longer list needs that memory for other things."""
_BETWEEN = 64
"""Arrays begin at a multiple of so many bytes."""


class _Placed(NamedTuple):
    """Where an array lies in a file."""

    kind: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    end: int


class _PlacedColumn(NamedTuple):
    """Where the arrays lie that a column is made of."""

    make: Callable[..., Column]
    arrays: list[_Placed]


class WaitingFrame(NamedTuple):
    """A frame that waits."""

    path: Path
    columns: dict[str, _PlacedColumn] | None
    """Where its columns lie in the file; None where that is one of Arrow's."""
    past_cache: bool
    """Whether nothing of it is in the cache."""
    kept: Mapping[str, ColumnArrays] | None = None
    """What its columns are made of, where it stays in memory and has no file."""
    reading: Future[Bytes] | None = None
    """The bytes of its file, where they are read in another thread."""

    def being_read(self, reader: Executor) -> WaitingFrame:
        """Return it as one of which the file is read in another thread, for whoever asks for it soon."""
        if self.columns is None or self.kept is not None:
            return self
        return self._replace(reading=reader.submit(self._read, 0, _end_of(self.columns)))

    def frame(self) -> pl.DataFrame:
        """Read it back.

        :raises OSError: with the system's reason.
        """
        return framed_of(self.read())

    def read(self) -> Mapping[str, Column]:
        """Read its columns back, each as it was put away.

        :raises OSError: with the system's reason.
        """
        if self.columns is None:
            return _read_of_arrow(self.path).to_dict()
        return dict(zip(self.columns, self._made(*self.columns), strict=True))

    def column(self, name: str) -> pl.Series:
        """Read one of its columns back.

        :raises OSError: with the system's reason.
        """
        if self.columns is None:
            return _read_of_arrow(self.path, [name]).to_series()
        return as_series(self._made(name)[0]).alias(name)

    def remove(self) -> None:
        """Remove its file."""
        if self.kept is None:
            self.path.unlink(missing_ok=True)

    def _made(self, *names: str) -> list[Column]:
        if self.kept is not None:
            return [self.kept[name].make(*self.kept[name].arrays) for name in names]
        wanted = [(name, (self.columns or {})[name]) for name in names]
        placed = [array for _, column in wanted for array in column.arrays]
        if self.reading is not None:
            start, room = 0, self.reading.result()
        else:
            start = min(one.start for one in placed)
            room = self._read(start, max(one.end for one in placed))
        return [column.make(*(_array(room[one.start - start :], one) for one in column.arrays)) for _, column in wanted]

    def _read(self, start: int, end: int) -> Bytes:
        """Read what lies between two places of its file."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | (PAST_CACHE if self.past_cache else 0))
        try:
            return read(descriptor, start, end)
        finally:
            os.close(descriptor)


def kept_bytes(of_list: int) -> int:
    """Return how many bytes of the frames of a list stay in memory.

    :param of_list: the bytes of the list itself, most of which its frames have again.
    """
    return max(_KEPT_BYTES, of_list) if of_list <= _SHORT_BYTES else _KEPT_BYTES


def _read_of_arrow(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Read one of Arrow's files; what is wrong with it came about on the disk, for it was whole."""
    try:
        return pl.read_ipc(path, columns=columns)
    except pl.exceptions.PolarsError:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path)) from None


def _array(room: Bytes, placed: _Placed) -> Array:
    """Return the array at the beginning of some bytes."""
    return room[: placed.end - placed.start].view(placed.kind).reshape(placed.shape)


class WaitingFrames:
    """Where frames wait. Those on disk go past the system's cache, while the disk is quick enough for that."""

    def __init__(self, folder: Path, in_memory: int = _KEPT_BYTES) -> None:
        """Begin without any.

        :param folder: where files of them are made.
        :param in_memory: how many bytes of them stay there.
        """
        self._folder = folder
        self._lock, self._room_left = Lock(), in_memory
        self._seconds_a_byte = 0.0
        """How long the disk took for a byte of late."""

    def put_away(self, frame: Mapping[str, Column], name: str) -> WaitingFrame:
        """Put the columns of a frame away; in any thread.

        :raises OSError: with the system's reason.
        """
        path, columns = self._folder / name, in_arrays(frame)
        if columns is None:
            framed_of(frame).write_ipc(path)
            return WaitingFrame(path, None, past_cache=False)
        placed = _placed(columns)
        with self._lock:
            self._room_left -= _end_of(placed)
            stays = self._room_left >= 0
        if stays:
            kept = {name: column.apart() for name, column in columns.items()}
            return WaitingFrame(path, placed, past_cache=False, kept=kept)
        return WaitingFrame(path, placed, past_cache=self._write(path, _filled(placed, columns)))

    def _write(self, path: Path, data: Bytes) -> bool:
        """Write a file, and return whether it went past the cache."""
        descriptor = open_private(path, os.O_WRONLY | os.O_TRUNC)
        try:
            if len(data) < _LEAST_BYTES or self._seconds_a_byte > _SLOW:
                return write(descriptor, data, past_cache=False)
            begun = perf_counter()
            is_past = write(descriptor, data, past_cache=go_past_cache(descriptor, wanted=True))
            self._seconds_a_byte = (self._seconds_a_byte + (perf_counter() - begun) / len(data)) / 2
            return is_past
        finally:
            os.close(descriptor)


def _placed(columns: Mapping[str, ColumnArrays]) -> dict[str, _PlacedColumn]:
    """Say where the arrays of columns are to lie."""
    placed, at = {}, 0
    for name, column in columns.items():
        arrays = []
        for array in column.arrays:
            arrays.append(_Placed(array.dtype, array.shape, at, at + array.nbytes))
            at = -(-arrays[-1].end // _BETWEEN) * _BETWEEN
        placed[name] = _PlacedColumn(column.make, arrays)
    return placed


def _end_of(placed: Mapping[str, _PlacedColumn]) -> int:
    """Return where the last of them ends."""
    return max(one.end for column in placed.values() for one in column.arrays)


def _filled(placed: Mapping[str, _PlacedColumn], columns: Mapping[str, ColumnArrays]) -> Bytes:
    """Return the bytes of a file, of a round size."""
    room = round_room(rounded_up(_end_of(placed)))
    end = 0
    for name, column in placed.items():
        for place, array in zip(column.arrays, columns[name].arrays, strict=True):
            room[end : place.start] = 0
            room[place.start : place.end] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
            end = place.end
    room[end:] = 0
    return room
