"""Frames in a Parquet file, compressed: each is made a row group in any thread, and short ones are put together.

Frames have simple columns only; Polars itself writes any other (:mod:`balansfilter.fs.parquet_writer`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import numpy as np
import polars as pl

from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.parquet_columns import column_chunk, is_simple
from balansfilter.fs.parquet_pages import ColumnChunk, Compress, ascending_chunk
from balansfilter.fs.row_groups import RowGroup, RowGroupsFile, row_group
from balansfilter.native.text_loops import size_of_all

_LEVEL = 1
"""How hard zstd tries. The quicker levels below it save little time, and take a third more room or double it."""
_FEW_ROWS = 20_000
"""Fewer rows wait for others, for readers take their time for each row group."""
_ENOUGH_ROWS = 100_000
_MOST_BYTES = 1 << 26
"""Bytes of text in a row group, unless one row alone has more."""

Groups: TypeAlias = Sequence[RowGroup]
Ready: TypeAlias = pl.DataFrame | Groups
"""Rows that are ready to be written; as they are, where they are few."""


def can_hold(schema: pl.Schema) -> bool:
    """Return whether such a file can have these columns."""
    return all(is_simple(kind) for kind in schema.values())


def are_few(rows: int) -> bool:
    """Return whether so many rows wait for others."""
    return rows < _FEW_ROWS


def zstd() -> Compress:
    """Return what compresses pages, for use in one thread."""
    from zstandard import ZstdCompressor

    return ZstdCompressor(level=_LEVEL).compress


class FramesFile:
    """A Parquet file of frames that only its owner may read."""

    def __init__(self, path: Path, schema: pl.Schema, ascending: Collection[str] = ()) -> None:
        """Begin the file.

        :param schema: the types of its columns, all of which are simple.
        :param ascending: those of numbers of 64 bits of which each is no less than the one before it, and none null.
        :raises OSError: it cannot be written.
        """
        self._file = RowGroupsFile(path, schema, {})
        self._schema = schema
        self._ascending = frozenset(ascending)
        self._few: list[pl.DataFrame] = []
        self._few_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def made(self, frame: pl.DataFrame) -> Ready:
        """Make a frame ready to be written; in any thread.

        :param frame: where the file has texts, it may have an Enum of them.
        """
        few = are_few(frame.height)
        given = frame.schema
        other = {name: kind for name, kind in self._schema.items() if not _can_stand_for(given[name], kind, few=few)}
        whole = (frame.cast(pl.Schema(other)) if other else frame).select(self._schema.names())
        return whole if few else self._groups(whole)

    def chunk(self, column: pl.Series) -> ColumnChunk:
        """Return one of its columns, of at least one row, as it is written; in any thread."""
        return ascending_chunk(column.to_numpy()) if column.name in self._ascending else column_chunk(column)

    def put(self, ready: Ready) -> None:
        """Add rows, in order.

        :raises OSError: the disk is full, or refuses otherwise: these rows, or some before them.
        """
        if isinstance(ready, pl.DataFrame):
            self._few.append(ready)
            self._few_rows += ready.height
            if self._few_rows >= _ENOUGH_ROWS:
                self._put_few()
            return
        self._put_few()
        for group in ready:
            self._file.add(group)

    def finish(self) -> WrittenFile:
        """Write what is left, wait until the file is on disk, and say what it is.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        self._put_few()
        return self._file.finish()

    def _put_few(self) -> None:
        if self._few_rows:
            for group in self._groups(pl.concat(self._few)):
                self._file.add(group)
        self._few, self._few_rows = [], 0

    def _groups(self, frame: pl.DataFrame) -> Groups:
        """Return a frame as row groups: one, unless its texts are long."""
        compress = zstd()
        return [
            row_group({column.name: self.chunk(column).in_zstd(compress) for column in piece})
            for piece in _pieces(frame)
        ]


def _can_stand_for(given: pl.DataType, kind: pl.DataType, *, few: bool) -> bool:
    """Return whether a column is written as one of a type as it is; few rows wait for others, and must be alike."""
    return given == kind or (kind == pl.String and isinstance(given, pl.Enum) and not few)


def _pieces(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut a frame wherever its texts have come to so many bytes more, for a page can hold only so many."""
    texts = [column for column in frame if column.dtype == pl.String]
    if sum(map(size_of_all, texts)) <= _MOST_BYTES:
        yield frame
        return
    sizes = frame.select(pl.sum_horizontal(pl.col(pl.String).str.len_bytes().cast(pl.Int64))).to_series()
    cuts = np.flatnonzero(np.diff(sizes.cum_sum().to_numpy() // _MOST_BYTES)) + 1
    for start, end in pairwise([0, *cuts.tolist(), frame.height]):
        yield frame.slice(start, end - start)
