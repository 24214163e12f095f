"""Frames that wait on disk, as they lie in memory: in half the time of Arrow's files; what cannot, waits in those."""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.text_loops import can_compact, compacted
from balansfilter.native.views import SHORT, Buffers, Views

_WASTE = 2
"""Texts are written as they are where they keep at most so many bytes alive for each of their own."""

_Array = npt.NDArray[Any]


class _Placed(NamedTuple):
    """Where an array lies in a file."""

    kind: np.dtype[Any]
    shape: tuple[int, ...]
    start: int

    def read(self, file: FileIO) -> _Array:
        """Read it back."""
        file.seek(self.start)
        return np.fromfile(file, self.kind, int(np.prod(self.shape))).reshape(self.shape)


class _Column(NamedTuple):
    """Where a column lies in a file."""

    is_text: bool
    has_nulls: bool
    arrays: list[_Placed]

    def read(self, file: FileIO, name: str) -> pl.Series:
        """Read it back."""
        first, *others = [one.read(file) for one in self.arrays]
        if self.is_text:
            return Views(first, Buffers.of(*others)).series(name)
        numbers = pl.Series(name, first)
        return numbers.set(pl.Series(others[0]), None) if self.has_nulls else numbers


class WaitingFrame(NamedTuple):
    """A frame on disk."""

    path: Path
    columns: dict[str, _Column] | None
    """Where its columns lie; None where it waits in one of Arrow's files."""

    def frame(self) -> pl.DataFrame:
        """Read it back."""
        if self.columns is None:
            return pl.read_ipc(self.path)
        with FileIO(self.path) as file:
            return pl.DataFrame([column.read(file, name) for name, column in self.columns.items()])

    def column(self, name: str) -> pl.Series:
        """Read one of its columns back."""
        if self.columns is None:
            return pl.read_ipc(self.path, columns=[name]).to_series()
        with FileIO(self.path) as file:
            return self.columns[name].read(file, name)

    def remove(self) -> None:
        """Remove its file."""
        self.path.unlink(missing_ok=True)


def put_away(frame: pl.DataFrame, path: Path) -> WaitingFrame:
    """Write a frame to a file.

    :raises OSError: with the system's reason.
    """
    if not can_compact(frame.height) or not all(_lies_in_arrays(column) for column in frame):
        frame.write_ipc(path)
        return WaitingFrame(path, None)
    columns: dict[str, _Column] = {}
    with FileIO(path, "w") as file:
        for column in frame:
            arrays = [_written(file, array) for array in _arrays(column)]
            columns[column.name] = _Column(column.dtype == pl.String, bool(column.null_count()), arrays)
    return WaitingFrame(path, columns)


def _lies_in_arrays(column: pl.Series) -> bool:
    return column.dtype.is_integer() or (column.dtype == pl.String and not column.null_count())


def _arrays(column: pl.Series) -> Iterator[_Array]:
    if column.dtype == pl.String:
        views = _dense(column)
        yield views.words
        yield from views.buffers.arrays()
    elif column.null_count():
        yield column.fill_null(0).to_numpy()
        yield column.is_null().to_numpy()
    else:
        yield column.to_numpy()


def _written(file: FileIO, array: _Array) -> _Placed:
    placed = _Placed(array.dtype, array.shape, file.tell())
    left = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    while left:
        left = left[file.write(left) :]
    return placed


def _dense(texts: pl.Series) -> Views:
    """Return the views of texts, which keep few bytes alive that are not their own."""
    views = Views.of(texts)
    sizes, lengths = views.buffers.sizes, views.lengths
    is_dense = len(sizes) <= 1 and sizes.sum() <= _WASTE * lengths[lengths > SHORT].sum()
    return views if is_dense else Views.of(compacted(texts))
