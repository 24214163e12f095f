"""Frames that wait on disk, as they lie in memory: in half the time of Arrow's files; what cannot, waits in those."""

from __future__ import annotations

from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.text_loops import all_bytes, can_compact, laid_out
from balansfilter.native.views import MOST_BYTES, SHORT, Buffers, Views

_WASTE = 2
"""Texts are written as they are where they keep at most so many bytes alive for each of their own."""

_Array = npt.NDArray[Any]


class _Placed(NamedTuple):
    """Where an array lies in a file."""

    kind: np.dtype[Any]
    shape: tuple[int, ...]
    start: int


class _Column(NamedTuple):
    """Where the arrays lie that a column is made of."""

    make: Callable[..., pl.Series]
    arrays: list[_Placed]

    def made(self, name: str, file: FileIO) -> pl.Series:
        """Make the column again."""
        return self.make(*(_read(file, one) for one in self.arrays)).alias(name)


class WaitingFrame(NamedTuple):
    """A frame on disk."""

    path: Path
    columns: dict[str, _Column] | None
    """Where its columns lie in the file; None where that is one of Arrow's."""

    def frame(self) -> pl.DataFrame:
        """Read it back."""
        return pl.read_ipc(self.path) if self.columns is None else pl.DataFrame(self._made(*self.columns))

    def column(self, name: str) -> pl.Series:
        """Read one of its columns back."""
        return self._made(name)[0] if self.columns else pl.read_ipc(self.path, columns=[name]).to_series()

    def remove(self) -> None:
        """Remove its file."""
        self.path.unlink(missing_ok=True)

    def _made(self, *names: str) -> list[pl.Series]:
        columns = self.columns or {}
        with FileIO(self.path) as file:
            return [columns[name].made(name, file) for name in names]


def put_away(frame: pl.DataFrame, path: Path) -> WaitingFrame:
    """Write a frame to a file.

    :raises OSError: with the system's reason.
    """
    if not can_compact(frame.height) or not all(_lies_in_arrays(column) for column in frame):
        frame.write_ipc(path)
        return WaitingFrame(path, None)
    with path.open("wb") as file:
        return WaitingFrame(path, {column.name: _column(column, file) for column in frame})


def _lies_in_arrays(column: pl.Series) -> bool:
    return column.dtype.is_integer() or (column.dtype == pl.String and not column.null_count())


def _column(column: pl.Series, file: BinaryIO) -> _Column:
    """Write what a column is made of to a file."""

    def placed(make: Callable[..., pl.Series], *arrays: _Array) -> _Column:
        return _Column(make, [_written(file, one) for one in arrays])

    if column.dtype != pl.String:
        if column.null_count():
            return placed(_numbers, column.fill_null(0).to_numpy(), column.is_null().to_numpy())
        return placed(_numbers, column.to_numpy())
    views = Views.of(column)
    sizes, lengths = views.buffers.sizes, views.lengths
    is_dense = len(sizes) <= 1 and sizes.sum() <= _WASTE * lengths[lengths > SHORT].sum()
    if is_dense or lengths.sum() > MOST_BYTES:
        return placed(_texts, views.words, *views.buffers.arrays())
    return placed(laid_out, lengths.astype(np.uint32), all_bytes(column))


def _numbers(numbers: _Array, nulls: _Array | None = None) -> pl.Series:
    made = pl.Series(numbers)
    return made if nulls is None else made.set(pl.Series(nulls), None)


def _texts(words: _Array, *buffers: _Array) -> pl.Series:
    return Views(words, Buffers.of(*buffers)).series()


def _written(file: BinaryIO, array: _Array) -> _Placed:
    placed = _Placed(array.dtype, array.shape, file.tell())
    file.write(np.ascontiguousarray(array).data)
    return placed


def _read(file: FileIO, placed: _Placed) -> _Array:
    file.seek(placed.start)
    return np.fromfile(file, placed.kind, int(np.prod(placed.shape))).reshape(placed.shape)
