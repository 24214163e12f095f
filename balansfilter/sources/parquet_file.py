"""Parquet: read in slices, the wanted columns made into the text that a CSV file would hold.

The folders of a partitioned table are columns behind those of the file, of text.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from balansfilter.errors import SourceError
from balansfilter.frozen import dataclass
from balansfilter.native.coded_texts import Column
from balansfilter.native.coding_loops import coded_if_few
from balansfilter.native.text_loops import without_nulls
from balansfilter.sources.asked import Asked
from balansfilter.sources.disk import DiskFile, HashedBeside
from balansfilter.sources.file_kind import FileReader, Reading
from balansfilter.sources.foreign import refuse_what_is_no_parquet
from balansfilter.sources.header import column_problems
from balansfilter.sources.interface import Block, Chunk
from balansfilter.sources.json_cells import json_texts, no_json_string
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.parquet_slices import Cuts, SlicesAhead, ends_of_groups
from balansfilter.sources.parquet_texts import as_written, text_columns
from balansfilter.sources.parquet_types import noted_types, retyped
from balansfilter.sources.partitions import partition_of
from balansfilter.sources.polars_reads import CANNOT_READ, polars_reads
from balansfilter.sources.strange_types import TextKind, Translation, translation_of
from balansfilter.sources.typed_text import as_text, has_fraction, is_no_text, is_plain, lost_digits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from balansfilter.errors import Problem
    from balansfilter.policy.model import InputFormat

_ROW_BYTES = 64
"""Bytes of text that a row is taken to have, at least, to turn the size of a block into rows."""
_COLUMN_BYTES, _WIDE_ROW_BYTES = 10, 96
"""Bytes of text that a cell is taken to have, and at most a row: in many columns few cells are long."""
_DAMAGED = "deliver it again; it was damaged or cut off on the way"
_AS_TEXT = "deliver it as text"


@dataclass(frozen=True)
class ParquetRequest:
    """What is asked of each file."""

    asked: Asked
    keep_records: bool
    scratch: Path | None = None
    """Where a file may be rewritten that has types that only a database reads; None for the system's own place."""


class ParquetFile:
    """One Parquet file: its columns and its rows."""

    format: InputFormat = "parquet"
    dialect = None

    def __init__(self, disk: DiskFile, request: ParquetRequest) -> None:
        """Look at the file's own description of itself; SourceError tells what is wrong there."""
        self.disk = disk
        self.request = request
        self.origin: Origin = disk.origin
        refuse_what_is_no_parquet(disk.head, self.origin)
        self._translation: Translation | None = None
        self._texts: Mapping[str, TextKind]
        try:
            schema = pl.Schema(pl.read_parquet_schema(disk.path))
            pl.DataFrame(schema=schema)  # fails at types that Polars knows by name only
            self._retyped = noted_types(disk.path, schema)
            self._texts = text_columns(disk.path, schema, request.scratch)
            self._rows = int(pl.scan_parquet(disk.path, glob=False).select(pl.len()).collect().item())
        except CANNOT_READ:
            self._translation = translation_of(disk.path, request.scratch)
            if self._translation is None:
                raise self._damaged() from None
            schema, self._rows, self._retyped = self._translation.schema, self._translation.rows, {}
            self._texts = self._translation.texts
        self._columns = tuple(schema)
        self._folders = {name: cell for name, cell in partition_of(self.origin.path).items() if name not in schema}
        texts = dict.fromkeys((*self._texts, *self._folders), pl.String())
        self.schema = pl.Schema({**schema, **self._retyped, **texts})
        self.header = tuple(self.schema)
        self._wanted: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is lost or changed of the columns that go through as they are."""
        if self._translation is None or not self.request.keep_records:
            return ()
        return tuple(f"{self.origin.path}: {warning}" for warning in self._translation.warnings)

    @property
    def text_bytes(self) -> int:
        """About how many bytes of text it holds."""
        return _ROW_BYTES * self._rows

    def ask_for(self, columns: Sequence[str]) -> None:
        """Choose the columns that become cells; SourceError if one is missing, or its cells have no plain text."""
        strange = self._translation.left_out if self._translation else {}
        types = {**self.schema, **strange}
        names = (*types, *(self._translation.repeated if self._translation else ()))
        problems = [replace(problem, line=0) for problem in column_problems(names, columns, self.origin)]
        problems += [
            self.origin.problem(f"has a column {name!r} of type {types[name]}", "deliver it as text, numbers or dates")
            for name in columns
            if name in strange or (name in self.schema and not is_plain(self.schema[name]))
        ]
        if problems:
            raise refusal(self.origin.role, problems)
        self._wanted = tuple(columns)

    def blocks(self, size: int, first_row: int) -> Iterator[Block]:
        """Cut the file into slices of about `size` bytes of text; their rows are numbered from `first_row`.

        A slice is read a little before it is parsed. One of a file that Polars cannot read by itself is read here.
        """
        columns = self.header if self.request.keep_records else self._wanted
        rows = max(1, size // max(_ROW_BYTES, min(_COLUMN_BYTES * len(columns), _WIDE_ROW_BYTES)))
        with HashedBeside(self.disk) as hashed:
            if self._translation is None:
                yield from self._slices(rows, first_row)
            else:
                with self._translation.rewritten(self._damaged) as frame:
                    yield from self._batches(frame, rows, first_row)
            hashed.finish()
        self.disk.check_unchanged()

    def read(self, frame: pl.LazyFrame, rows: range) -> pl.DataFrame:
        """Read some rows, counted from 0, in any thread; SourceError if they cannot be read."""
        with polars_reads(self._unreadable):
            read = frame.slice(rows.start, len(rows)).collect()
        if read.height != len(rows):
            raise self._unreadable()
        return read

    def _slices(self, rows: int, first_row: int) -> Iterator[Block]:
        with polars_reads(self._unreadable):
            scan = pl.scan_parquet(self.disk.path, glob=False, hive_partitioning=False)
            if _rows_of_groups(scan) != self._rows:  # a slice would leave out what goes beyond
                raise self._damaged()
            frame = self._asked(scan)
        cuts = Cuts(ends_of_groups(self.disk.path, self._rows), rows)
        ahead = SlicesAhead(partial(self.read, frame), cuts)
        for each in cuts:
            yield _Slice(self, ahead, each, first_row + each.start)

    def _batches(self, frame: pl.LazyFrame, most: int, first_row: int) -> Iterator[Block]:
        rows = 0
        with polars_reads(self._unreadable):
            for batch in self._asked(frame).collect_batches(chunk_size=most, maintain_order=True):
                if batch.height:
                    yield self.block(batch, first_row + rows)
                rows += batch.height
        if rows != self._rows:
            raise self._damaged()

    def block(self, frame: pl.DataFrame, first_row: int) -> ParquetBlock:
        """Return rows that were read as a block."""
        json = [name for name in self._wanted if self._texts.get(name) == "JSON"]
        return ParquetBlock(frame, self.request, self._wanted, self.origin, first_row, json)

    def _asked(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Return the columns that are asked for, those of the folders behind those of the file."""
        asked = frame if self.request.keep_records else frame.select(self._in_file(self._wanted))
        kept = asked.collect_schema().names()
        asked = retyped(asked, {name: kind for name, kind in self._retyped.items() if name in kept})
        if self._translation is None:
            asked = as_written(asked, {name: kind for name, kind in self._texts.items() if name in kept})
        return asked.with_columns(pl.lit(cell, pl.String).alias(name) for name, cell in self._folders.items())

    def _in_file(self, columns: Sequence[str]) -> Sequence[str]:
        """Return those of some columns that the file itself has; one of its columns at least, which tells its rows."""
        return [name for name in columns if name not in self._folders] or self._columns[:1]

    def _unreadable(self) -> SourceError:
        """Return why the file cannot be read: that it was changed meanwhile, if it was."""
        try:
            self.disk.check_unchanged()
        except SourceError as changed:
            return changed
        return self._damaged()

    def _damaged(self) -> SourceError:
        return self.origin.error("is damaged: it cannot be read as Parquet", _DAMAGED)


def _rows_of_groups(scan: pl.LazyFrame) -> int:
    """Return how many rows the row groups of a file have, whatever the file says of their number."""
    number = "#" + "".join(scan.collect_schema())  # no column has a name as long as all of them
    last = scan.with_row_index(number).select(pl.col(number).max()).collect().item()
    return 0 if last is None else int(last) + 1


def _same_types(files: Sequence[ParquetFile]) -> None:
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
class _Slice(Block):
    """Rows of one Parquet file that wait to be read: memory holds hardly more than is being worked on."""

    file: ParquetFile
    slices: SlicesAhead
    in_file: range
    """Its rows, counted from 0 in the file."""
    first_row: int

    @property
    def rows(self) -> int:
        """Rows in it."""
        return len(self.in_file)

    def parse(self) -> Chunk:
        """Take them, unless the file was changed since the first look, and make the wanted columns into text."""
        taken = self.slices.take(self.in_file)
        self.file.disk.check_unchanged()
        return self.file.block(taken, self.first_row).parse()


@dataclass(frozen=True, repr=False)
class ParquetBlock(Block):
    """Rows of one Parquet file."""

    frame: pl.DataFrame
    request: ParquetRequest
    wanted: tuple[str, ...]
    origin: Origin
    first_row: int
    json: Collection[str] = ()
    """The columns whose cells are JSON."""

    @property
    def rows(self) -> int:
        """Rows in it."""
        return self.frame.height

    def parse(self) -> Chunk:
        """Make the wanted columns into text."""
        with polars_reads(lambda: self.origin.error("has cells that cannot be read", _AS_TEXT)):
            problems = [problem for name in self.wanted for problem in self._problems(name)]
            if problems:
                raise refusal(self.origin.role, problems)
            row = pl.int_range(self.first_row, self.first_row + self.rows, dtype=pl.UInt64, eager=True).alias("row")
            as_they_are = dict(self._as_they_are())
            texts: dict[str, Column] = {
                name: as_they_are[name] if name in as_they_are else as_text(self._plain(name), self.request.asked)
                for name in self.wanted
            }
        typed: dict[str, Column] = {**self.frame.to_dict(), **as_they_are}
        return Chunk(row, row.clear(), texts, typed=typed if self.request.keep_records else None)

    def _as_they_are(self) -> Iterator[tuple[str, Column]]:
        """Yield the wanted columns of text that are their own cells: coded where few differ, else in one piece.

        Whoever asks for cells, and whoever publishes the column, is given that one, so that memory holds it once.
        """
        for name in self.wanted:
            column = self.frame[name]
            if column.dtype != pl.String or name in self.json:
                continue
            coded = None if name in self.request.asked.who else coded_if_few(column)
            if coded is not None:
                yield name, coded
            elif not column.null_count():
                yield name, without_nulls(column).alias(name)

    def _plain(self, name: str) -> pl.Series:
        return json_texts(self.frame[name]) if name in self.json else self.frame[name]

    def _problems(self, name: str) -> Iterator[Problem]:
        column = self.frame[name]
        if name in self.json:
            told = f"has JSON in column {name!r} that is no text, which is no id and no phone number"
            yield from self._told(no_json_string(column) if name in self.request.asked.who else None, told, _AS_TEXT)
            return
        yield from self._told(
            lost_digits(column), f"has whole numbers in column {name!r} that its type cannot hold", _AS_TEXT
        )
        yield from self._told(is_no_text(column), f"has bytes in column {name!r} that are no UTF-8 text", _AS_TEXT)
        if name in self.request.asked.who:
            message = f"has numbers with a fraction in column {name!r}, which are no ids and no phone numbers"
            yield from self._told(has_fraction(column), message, _AS_TEXT)

    def _told(self, wrong: pl.Series | None, message: str, hint: str) -> Iterator[Problem]:
        if wrong is not None and wrong.any():
            first = self.first_row + int(wrong.arg_true()[0])
            yield self.origin.problem(f"{message} (first in row {first})", hint)


def _look(disk: DiskFile, reading: Reading) -> ParquetFile:
    return ParquetFile(disk, ParquetRequest(reading.asked, reading.keep_records, reading.scratch))


READER = FileReader(_look, _same_types)
