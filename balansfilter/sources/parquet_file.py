"""Parquet: read in batches, the wanted columns made into the text that a CSV file would hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from balansfilter.policy.date_format import day_format
from balansfilter.sources.foreign import check_kind
from balansfilter.sources.header import column_problems
from balansfilter.sources.interface import Block, Chunk
from balansfilter.sources.origin import Origin, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from balansfilter.errors import SourceError
    from balansfilter.policy.model import SourceFile
    from balansfilter.sources.disk import DiskFile

_ROW_BYTES = 80
"""Bytes of text that a row is taken to have, to turn the size of a block into rows."""
_DAMAGED = "deliver it again; it was damaged or cut off on the way"
_EXACT_INTEGERS = {pl.Float32: 2**24, pl.Float64: 2**53}
"""From these on, a float no longer tells one whole number from the next."""


@dataclass(frozen=True)
class ParquetRequest:
    """What is asked of each file."""

    spec: SourceFile
    time_zone: ZoneInfo
    keep_records: bool

    def day_format(self, column: str) -> str:
        """Return how days are written in a column."""
        return day_format(self.spec.formats_of(column)[0], self.time_zone)


class ParquetFile:
    """One Parquet file: its columns and its rows."""

    def __init__(self, disk: DiskFile, request: ParquetRequest) -> None:
        """Look at the file's own description of itself; SourceError tells what is wrong there."""
        self.disk = disk
        self.request = request
        self.origin: Origin = disk.origin
        check_kind(disk.head, "parquet", self.origin)
        try:
            self.schema = pl.Schema(pl.read_parquet_schema(disk.path))
            self._rows = int(pl.scan_parquet(disk.path, glob=False).select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError):
            raise self._damaged() from None
        self.header = tuple(self.schema)
        self._wanted: tuple[str, ...] = ()

    def ask_for(self, columns: Sequence[str]) -> None:
        """Choose the columns that become cells; SourceError if one is missing, or its cells have no plain text."""
        problems = [replace(problem, line=0) for problem in column_problems(self.header, columns, self.origin)]
        problems += [
            self.origin.problem(
                f"has a column {name!r} of type {self.schema[name]}", "deliver it as text, numbers or dates"
            )
            for name in columns
            if name in self.schema and not _is_plain(self.schema[name])
        ]
        if problems:
            raise refusal(self.origin.role, problems)
        self._wanted = tuple(columns)

    def blocks(self, size: int, first_row: int) -> Iterator[Block]:
        """Read the file in batches of about `size` bytes of text; their rows are numbered from `first_row`."""
        for _ in self.disk.pieces(1 << 20):
            pass  # read once for the digest
        frame = pl.scan_parquet(self.disk.path, glob=False)
        if not self.request.keep_records:
            frame = frame.select(self._wanted or self.header[:1])
        rows = 0
        try:
            for batch in frame.collect_batches(chunk_size=max(1, size // _ROW_BYTES), maintain_order=True):
                if batch.height:
                    yield ParquetBlock(batch, self.request, self._wanted, self.origin, first_row + rows)
                rows += batch.height
        except (pl.exceptions.PolarsError, OSError):
            raise self._damaged() from None
        self.disk.check_unchanged()
        if rows != self._rows:
            raise self._damaged()

    def _damaged(self) -> SourceError:
        return self.origin.error("is damaged: it cannot be read as Parquet", _DAMAGED)


def same_types(files: Sequence[ParquetFile]) -> None:
    """Raise SourceError unless all files have the same columns and types, so that their rows can stand in one list."""
    problems = [
        file.origin.problem(
            f"has other columns or types than {files[0].origin.path}", "deliver all parts with one schema"
        )
        for file in islice(files, 1, None)
        if file.schema != files[0].schema
    ]
    if problems:
        raise refusal(files[0].origin.role, problems)


@dataclass(frozen=True, repr=False)
class ParquetBlock(Block):
    """Rows of one Parquet file."""

    frame: pl.DataFrame
    request: ParquetRequest
    wanted: tuple[str, ...]
    origin: Origin
    first_row: int

    @property
    def rows(self) -> int:
        """Rows in it."""
        return self.frame.height

    def parse(self) -> Chunk:
        """Make the wanted columns into text."""
        problems = [
            self.origin.problem(f"has whole numbers in column {name!r} that its type cannot hold", "deliver it as text")
            for name in self.wanted
            if _lost_digits(self.frame[name])
        ]
        if problems:
            raise refusal(self.origin.role, problems)
        row = pl.int_range(self.first_row, self.first_row + self.rows, dtype=pl.UInt64, eager=True).alias("row")
        cells = self.frame.select(
            _as_text(name, self.frame.schema[name], self.request.day_format(name)).fill_null("").alias(name)
            for name in self.wanted
        )
        return Chunk(row, row.clear(), cells, frame=self.frame if self.request.keep_records else None)


def _is_plain(kind: pl.DataType) -> bool:
    """Whether the cells of a type have one plain text."""
    named = kind in (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Datetime, pl.Null)
    return named or kind.is_numeric()


def _as_text(name: str, kind: pl.DataType, date_format: str) -> pl.Expr:
    """Give a column as text: dates as the policy writes them, a moment that is not midnight in full."""
    column = pl.col(name)
    if kind == pl.Date:
        return column.dt.strftime(date_format)
    if isinstance(kind, pl.Datetime):
        wall = column.dt.replace_time_zone(None) if kind.time_zone else column
        day, moment = wall.dt.strftime(date_format), wall.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
        return pl.when(wall.dt.time() == pl.time(0)).then(day).otherwise(moment)
    if kind.is_float():
        column = column.fill_nan(None)  # "not a number" is how a dataframe leaves a cell empty
    return column.cast(pl.String)


def _lost_digits(column: pl.Series) -> bool:
    """Whether floats are so large that the number written may not be the number that was meant."""
    limit = next((limit for kind, limit in _EXACT_INTEGERS.items() if column.dtype == kind), None)
    return limit is not None and bool((column.fill_nan(None).abs() >= limit).any())
