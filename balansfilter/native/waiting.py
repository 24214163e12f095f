"""Frames that wait on disk: texts as they lie in memory, in a third of the time of Arrow's files; all else in those."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.lib import format as numpy_format

from balansfilter.native.text_loops import can_compact, compacted
from balansfilter.native.views import SHORT, Buffers, Views

_WASTE = 2
"""A column is written as it is where it keeps at most so many bytes alive for each of its own."""


class _WaitingTexts(NamedTuple):
    path: Path
    buffers: int
    """How many arrays of bytes the views point into."""

    @classmethod
    def of(cls, texts: pl.Series, path: Path) -> _WaitingTexts:
        views = Views.of(texts)
        lengths, sizes = views.lengths, views.buffers.sizes
        if len(sizes) > 1 or sizes.sum() > _WASTE * lengths[lengths > SHORT].sum():
            views = Views.of(compacted(texts))
        arrays: list[Any] = [views.words, *views.buffers.arrays()]
        with path.open("wb") as file:
            for array in arrays:
                numpy_format.write_array_header_1_0(file, numpy_format.header_data_from_array_1_0(array))
                file.write(array.data)
        return cls(path, len(arrays) - 1)

    def column(self, name: str) -> pl.Series:
        with self.path.open("rb") as file:
            words, *buffers = [np.load(file) for _ in range(1 + self.buffers)]
        return Views(words, Buffers.of(*buffers)).series(name)


class WaitingFrame(NamedTuple):
    """A frame on disk."""

    path: Path
    """Where its columns are that are no text."""
    names: tuple[str, ...]
    texts: dict[str, _WaitingTexts]

    def frame(self) -> pl.DataFrame:
        """Read it back."""
        others = pl.read_ipc(self.path) if len(self.texts) < len(self.names) else pl.DataFrame()
        return pl.DataFrame([self.column(name) if name in self.texts else others[name] for name in self.names])

    def column(self, name: str) -> pl.Series:
        """Read one of its columns back."""
        if name in self.texts:
            return self.texts[name].column(name)
        return pl.read_ipc(self.path, columns=[name]).to_series()

    def remove(self) -> None:
        """Remove its files."""
        for path in (self.path, *(texts.path for texts in self.texts.values())):
            path.unlink(missing_ok=True)


def put_away(frame: pl.DataFrame, path: Path) -> WaitingFrame:
    """Write a frame to files whose names begin alike.

    :raises OSError: with the system's reason, which numpy's own writing of a file leaves out.
    """
    quickly = can_compact(frame.height)
    names = [
        name for name, kind in frame.schema.items() if quickly and kind == pl.String and not frame[name].null_count()
    ]
    texts = {name: _WaitingTexts.of(frame[name], path.with_name(f"{path.name}.{n}")) for n, name in enumerate(names)}
    if len(texts) < frame.width:
        frame.drop(names).write_ipc(path)
    return WaitingFrame(path, tuple(frame.columns), texts)
