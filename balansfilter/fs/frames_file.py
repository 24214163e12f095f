"""Frames in a Parquet file, compressed: each is made a row group in any thread, and short ones are put together.

Frames have simple columns only; Polars itself writes any other (:mod:`balansfilter.fs.parquet_writer`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import numpy as np
import polars as pl

from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.parquet_columns import column_chunk, is_simple
from balansfilter.fs.parquet_pages import ColumnChunk, ascending_chunk
from balansfilter.fs.row_groups import RowGroup, RowGroupsFile, row_group
from balansfilter.fs.zstd import zstd
from balansfilter.native.coded_texts import CodedTexts, Column, as_series, framed_of, rows_of
from balansfilter.native.text_loops import size_of_all

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

    def made(self, columns: Mapping[str, Column]) -> Ready:
        """Make the columns of some rows ready to be written; in any thread.

        :param columns: where the file has texts, one may be an Enum of them.
        """
        few = are_few(rows_of(columns))
        whole = {name: _as_written(columns[name], kind, few=few) for name, kind in self._schema.items()}
        return framed_of(whole) if few else self._groups(whole)

    def chunk(self, name: str, column: Column) -> ColumnChunk:
        """Return one of its columns, of at least one row, as it is written; in any thread."""
        if isinstance(column, CodedTexts) or name not in self._ascending:
            return column_chunk(column)
        return ascending_chunk(column.to_numpy())

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
            for group in self._groups(pl.concat(self._few).to_dict()):
                self._file.add(group)
        self._few, self._few_rows = [], 0

    def _groups(self, columns: Mapping[str, Column]) -> Groups:
        """Return the columns of some rows as row groups: one, unless their texts are long."""
        compress = zstd()
        return [
            row_group({name: self.chunk(name, column).in_zstd(compress) for name, column in piece.items()})
            for piece in _pieces(columns)
        ]


def _as_written(column: Column, kind: pl.DataType, *, few: bool) -> Column:
    """Return a column as it is written as one of a type; few rows wait for others, and must be alike."""
    if kind == pl.String and not few and (isinstance(column, CodedTexts) or isinstance(column.dtype, pl.Enum)):
        return column
    whole = as_series(column)
    return whole if whole.dtype == kind else whole.cast(kind)


def _pieces(columns: Mapping[str, Column]) -> Iterator[Mapping[str, Column]]:
    """Cut columns wherever their texts have come to so many bytes more, for a page can hold only so many."""
    each = (column.different if isinstance(column, CodedTexts) else column for column in columns.values())
    if sum(size_of_all(texts) for texts in each if texts.dtype == pl.String) <= _MOST_BYTES:
        yield columns
        return
    frame = framed_of(columns)
    sizes = frame.select(pl.sum_horizontal(pl.col(pl.String).str.len_bytes().cast(pl.Int64))).to_series()
    cuts = np.flatnonzero(np.diff(sizes.cum_sum().to_numpy() // _MOST_BYTES)) + 1
    for start, end in pairwise([0, *cuts.tolist(), frame.height]):
        yield frame.slice(start, end - start).to_dict()
