"""Frames that wait on disk: lines as they lie in memory, in half the time of Arrow's files; all else in those."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.lib import format as numpy_format

from balansfilter.native.text_loops import can_compact, compacted
from balansfilter.native.views import SHORT, Buffers, Views

_WASTE = 2
"""Lines are written as they are where they keep at most so many bytes alive for each of their own."""


class WaitingFrame(NamedTuple):
    """A frame on disk."""

    path: Path
    lines: str | None
    """The name of its only column where that is text, and is written as it lies in memory."""

    def frame(self) -> pl.DataFrame:
        """Read it back."""
        if self.lines is None:
            return pl.read_ipc(self.path)
        with self.path.open("rb") as file:
            count = int(np.load(file)[0])
            words, *buffers = [np.load(file) for _ in range(count)]
        return Views(words, Buffers.of(*buffers)).series(self.lines).to_frame()

    def column(self, name: str) -> pl.Series:
        """Read one of its columns back."""
        return pl.read_ipc(self.path, columns=[name]).to_series() if self.lines is None else self.frame()[name]

    def remove(self) -> None:
        """Remove its file."""
        self.path.unlink(missing_ok=True)


def put_away(frame: pl.DataFrame, path: Path) -> WaitingFrame:
    """Write a frame to a file.

    :raises OSError: with the system's reason, which numpy's own writing of a file leaves out.
    """
    texts = frame.to_series() if frame.width == 1 else None
    if texts is None or texts.dtype != pl.String or texts.null_count() or not can_compact(len(texts)):
        frame.write_ipc(path)
        return WaitingFrame(path, None)
    views = _dense(texts)
    arrays: list[Any] = [views.words, *views.buffers.arrays()]
    with path.open("wb") as file:
        for array in (np.array([len(arrays)]), *arrays):
            numpy_format.write_array_header_1_0(file, numpy_format.header_data_from_array_1_0(array))
            file.write(array.data)
    return WaitingFrame(path, texts.name)


def _dense(texts: pl.Series) -> Views:
    """Return the views of texts, which keep few bytes alive that are not their own."""
    views = Views.of(texts)
    sizes, lengths = views.buffers.sizes, views.lengths
    is_dense = len(sizes) <= 1 and sizes.sum() <= _WASTE * lengths[lengths > SHORT].sum()
    return views if is_dense else Views.of(compacted(texts))
