"""CSV: one file or several, looked at first as a whole, then read once."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from balansfilter.sources.compression import Compression, compression_of, decompressed
from balansfilter.sources.csv_block import CsvBlock, Shape
from balansfilter.sources.encoding import codec_of, utf8_pieces
from balansfilter.sources.foreign import check_kind
from balansfilter.sources.header import column_problems, lacks_header, separator_problem
from balansfilter.sources.interface import Dialect, OnBadRow
from balansfilter.sources.layout import Layout, Marks, layouts
from balansfilter.sources.origin import Origin, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from balansfilter.errors import Problem
    from balansfilter.policy.model import Csv
    from balansfilter.sources.disk import DiskFile

_HEAD_BLOCK = 1 << 16
_PACKED_BYTES = 1 << 18
"""Compressed bytes read at a time."""


@dataclass(frozen=True)
class CsvRequest:
    """What is asked of each file."""

    csv: Csv
    keep_records: bool
    on_bad_row: OnBadRow

    @property
    def marks(self) -> Marks:
        """The declared separator and quote."""
        return Marks(self.csv.separator.encode(), self.csv.quote.encode() if self.csv.quote else None)


@dataclass(frozen=True, repr=False)
class FirstRecord:
    """The first record of a file, which names the columns or shows how many there are."""

    text: str
    """As in the file, without its line end."""
    cells: tuple[str, ...]
    line: int
    """Line at which it begins."""
    line_end: str
    length: int
    """Bytes of UTF-8 from the start of the text to behind its line end."""
    feeds: int
    """Line feeds in those bytes."""


class CsvFile:
    """One CSV file: how it is written, what its columns are named, and its rows."""

    def __init__(self, disk: DiskFile, request: CsvRequest) -> None:
        """Look at the beginning of the file; SourceError tells what is wrong there."""
        self.disk = disk
        self.request = request
        self.origin: Origin = disk.origin
        check_kind(disk.head, "csv", self.origin)
        self._compression = self._find_compression()
        head = self._beginning()
        check_kind(head, "csv", self.origin)
        self._codec, self._bom = codec_of(head, request.csv.encoding, self.origin)
        self._first = self._first_record()
        self.header = self._names()
        self._wanted: tuple[tuple[str, int], ...] = ()

    @property
    def dialect(self) -> Dialect:
        """How the file is written."""
        options = self.request.csv
        return Dialect(
            separator=options.separator,
            quote=options.quote,
            codec=self._codec,
            bom=self._bom,
            line_end=self._first.line_end,
            header_record=self._first.text if options.header else None,
        )

    def ask_for(self, columns: Sequence[str]) -> None:
        """Choose the columns that become cells; SourceError if the header does not have them, each once."""
        problems = self._header_problems(columns)
        if problems:
            raise refusal(self.origin.role, problems)
        self._wanted = tuple((name, self.header.index(name)) for name in columns)

    def blocks(self, size: int, first_row: int) -> Iterator[CsvBlock]:
        """Cut the file into blocks of about `size` bytes; their rows are numbered from `first_row`."""
        shape = Shape(
            origin=self.origin,
            marks=self.request.marks,
            width=len(self.header),
            wanted=self._wanted,
            keep_records=self.request.keep_records,
            on_bad_row=self.request.on_bad_row,
            is_unchecked_utf8=self._codec == "utf-8",
        )
        skipped, line = (self._first.length, 1 + self._first.feeds) if self.request.csv.header else (0, 1)
        text = _without(self._text(size), skipped)
        for layout in layouts(text, size, self.request.marks, self.origin, line):
            if layout.records:
                yield CsvBlock(layout, shape, first_row, line)
            first_row += layout.records
            line += layout.line_feeds

    # --- the beginning ---

    def _find_compression(self) -> Compression | None:
        found = compression_of(self.disk.head)
        named = {".gz": "gzip", ".zst": "zstd"}.get(self.disk.path.suffix.lower())
        if named and found != named:
            raise self.origin.error(
                f"is named {self.disk.path.suffix}, and is not such a file", "name it as what it is"
            )
        return found

    def _raw(self, size: int) -> Iterator[bytes]:
        size = min(size, _PACKED_BYTES) if self._compression else size
        return decompressed(self.disk.pieces(size), self._compression, self.origin)

    def _beginning(self) -> bytes:
        """Give the first bytes of the text; empty text is an error."""
        begun = b""
        for piece in self._raw(4096):
            begun += piece
            if len(begun) >= 1024:
                break
        if not begun:
            raise self.origin.error("holds no text at all", "deliver it again; even a list without rows has a header")
        return begun

    def _text(self, size: int) -> Iterator[bytes]:
        return utf8_pieces(_without(self._raw(size), len(self._bom)), self._codec, self.origin)

    def _first_record(self) -> FirstRecord:
        feeds = length = 0
        for layout in layouts(self._text(_HEAD_BLOCK), _HEAD_BLOCK, self.request.marks, self.origin):
            if layout.records:
                return self._record_of(layout.laid_out(), feeds, length)
            feeds += layout.line_feeds
            length += len(layout.raw)
        raise self.origin.error("has no header, only empty lines", "deliver it again")

    def _record_of(self, layout: Layout, feeds: int, length: int) -> FirstRecord:
        place = 0 if layout.blank is None else int(np.argmin(layout.blank))
        before = int(layout.first_feeds[place])
        lines = layout.raw.split(b"\n")
        through = int(layout.first_feeds[place + 1]) if place + 1 < layout.ends.size else layout.feeds.size
        start = sum(len(line) + 1 for line in lines[:before])
        record = b"\n".join(lines[before:through])
        line = 1 + feeds + before
        if any(before <= feed < through for feed in layout.broken):
            raise self.origin.error("has text behind a closing quote", "double the quotes inside a cell", line)
        text = self._decoded(record.removesuffix(b"\r"), line)
        return FirstRecord(
            text=text,
            cells=self._split(text, line),
            line=line,
            line_end="\r\n" if record.endswith(b"\r") else "\n",
            length=length + start + len(record) + 1,
            feeds=feeds + through,
        )

    def _decoded(self, record: bytes, line: int) -> str:
        if b"\0" in record:
            raise self.origin.error(
                "holds NUL bytes, which no text has", "it may be utf-16, or damaged on the way", line
            )
        try:
            return record.decode()
        except UnicodeDecodeError as error:
            line += record.count(b"\n", 0, error.start)
            hint = "set csv.encoding to the encoding it is in, such as windows-1252"
            raise self.origin.error("is not utf-8", hint, line) from None

    def _split(self, text: str, line: int) -> tuple[str, ...]:
        options = self.request.csv
        try:
            rows = list(
                csv.reader(
                    [text],
                    delimiter=options.separator,
                    quotechar=options.quote,
                    quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
                    strict=True,
                )
            )
        except csv.Error:
            hint = "end each line with a line feed, or with a carriage return and a line feed"
            raise self.origin.error("has a carriage return without a line feed", hint, line) from None
        return tuple(rows[0])

    # --- the header ---

    def _names(self) -> tuple[str, ...]:
        if self.request.csv.header:
            return tuple(name.strip() for name in self._first.cells)
        return tuple(str(place) for place in range(1, len(self._first.cells) + 1))

    def _header_problems(self, wanted: Sequence[str]) -> list[Problem]:
        first, options = self._first, self.request.csv
        problems = column_problems(self.header, wanted, self.origin, first.line)
        if not problems:
            return []
        if first.text.lower().startswith("sep="):
            hint = "remove that line; csv.separator tells it"
            return [self.origin.problem("begins with a line sep= that only Excel knows", hint, first.line)]
        separator = separator_problem(first.text, options.separator, wanted, self.origin, first.line)
        if separator:
            return [separator]
        if options.header and lacks_header(self.header, wanted):
            message = "has no header: its first line seems to be a row"
            return [
                self.origin.problem(message, 'set csv.header to false, and name the columns "1", "2", …', first.line)
            ]
        return problems


def agree(files: Sequence[CsvFile]) -> None:
    """Raise SourceError unless all files have the same header, so that their records can stand in one list."""
    problems = [
        file.origin.problem(f"has other columns than {files[0].origin.path}", "deliver all parts with one header")
        for file in islice(files, 1, None)
        if file.header != files[0].header
    ]
    if problems:
        raise refusal(files[0].origin.role, problems)


def _without(pieces: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Leave out the first bytes of a stream."""
    for piece in pieces:
        if count >= len(piece):
            count -= len(piece)
        else:
            yield piece[count:] if count else piece
            count = 0
