"""CSV: one file or several, looked at first as a whole, then read once."""

from __future__ import annotations

import csv
from itertools import combinations, islice
from typing import TYPE_CHECKING

from balansfilter.frozen import dataclass
from balansfilter.sources.around import EndOfTable, Trailer, behind_lines, may_be_a_row, reader, separator_told
from balansfilter.sources.asked import Asked
from balansfilter.sources.compression import Compression, compression_of, decompressed
from balansfilter.sources.csv_block import CsvBlock, Shape
from balansfilter.sources.encoding import LastPiece, codec_of, utf8_pieces
from balansfilter.sources.file_kind import FileReader, Reading, same_header
from balansfilter.sources.first_record import HEAD_BYTES, FirstRecord, first_record, without_first
from balansfilter.sources.foreign import refuse_what_is_no_text
from balansfilter.sources.header import header_problems
from balansfilter.sources.interface import Dialect, OnBadRow
from balansfilter.sources.lines import LinesInFile
from balansfilter.sources.marks import Marks
from balansfilter.sources.names_or_data import data_problems
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.records import TableLines, layouts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from balansfilter.policy.model import Csv, InputFormat, SourceFile
    from balansfilter.sources.disk import DiskFile, HeldFile

_PACKED_BYTES = 1 << 18
"""Compressed bytes read at a time."""
_FIRST_ROWS = 100
"""Rows that a name is held against, to see whether it is one."""
_NAME_THEM = 'put a line with names above it; or set csv.header to false, and name the columns "1", "2", …'


@dataclass(frozen=True)
class CsvRequest:
    """What is asked of each file."""

    csv: Csv
    asked: Asked
    keep_records: bool
    on_bad_row: OnBadRow

    @property
    def marks(self) -> Marks:
        """The declared separator, quote and escape."""
        csv = self.csv
        quote, escape = (mark.encode() if mark else None for mark in (csv.quote, csv.escape))
        return Marks(csv.separator.encode(), quote, escape)


class CsvFile:
    """One CSV file: how it is written, what its columns are named, and its rows."""

    format: InputFormat = "csv"
    schema = None

    def __init__(self, disk: DiskFile, request: CsvRequest) -> None:
        """Look at the beginning of the file; SourceError tells what is wrong there."""
        self.disk = disk
        self.request = request
        self.origin: Origin = disk.origin
        self.warnings: tuple[str, ...] = ()
        """What is worth a look, once the last block was taken."""
        refuse_what_is_no_text(disk.head, self.origin)
        self._compression = self._find_compression()
        head = self._beginning()
        refuse_what_is_no_text(head, self.origin)
        self._codec, self._bom = codec_of(head, request.csv.encoding, self.origin)
        self._head = _first_bytes(self._text(HEAD_BYTES), HEAD_BYTES)
        self._skipped = self._lines_to_skip()
        self._first = self._first_record()
        self.header = self._names()
        self._check_skipped()
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
            line_end="\r" if options.line_end == "cr" else self._first.line_end,
            header_record=self._first.text if options.header else None,
            escape=options.escape,
        )

    @property
    def text_bytes(self) -> int:
        """How many bytes it has on disk."""
        return self.disk.identity.size

    def ask_for(self, columns: Sequence[str]) -> None:
        """Choose the columns that become cells; SourceError if the header does not have them, each once."""
        problems = header_problems(self.header, columns, self._first, self._head, self.request.csv, self.origin)
        if not problems and self.request.csv.header:
            problems = data_problems(
                self.header,
                self.request.asked.may_be_lost,
                self._first_rows(),
                self.origin,
                self._first.line,
                _NAME_THEM,
            )
        if problems:
            raise refusal(self.origin.role, problems)
        self._wanted = tuple((name, self.header.index(name)) for name in columns)

    def blocks(self, size: int, first_row: int) -> Iterator[CsvBlock]:
        """Cut the file into blocks of about `size` bytes; their rows are numbered from `first_row`."""
        marks = self.request.marks
        shape = Shape(
            origin=self.origin,
            marks=marks.regular,
            width=len(self.header),
            wanted=self._wanted,
            keep_records=self.request.keep_records,
            on_bad_row=self.request.on_bad_row,
            is_unchecked_utf8=self._codec == "utf-8",
        )
        trailer, ending, marked = Trailer(self.request.csv.trailer_lines), EndOfTable(), list[int]()
        behind, line = (self._first.length, self._first.feeds) if self.request.csv.header else (0, 0)
        line += 1 + self._skipped
        read, held = LastPiece(len(self._bom)), self._held()
        text = without_first(self._table(size, trailer, self._before_rows(behind), read), behind)
        for layout in layouts(
            ending.seen(text), size, marks, self.origin, line, self.request.csv.max_record.bytes, marked
        ):
            if layout.records:
                yield CsvBlock(layout, shape, first_row, line, self._in_file(layout, read, held))
            first_row += layout.records
            line += layout.line_feeds
        self._check_trailer(trailer, line)
        self.warnings = tuple(self._warnings(marked, ending, line - 1))

    def _held(self) -> HeldFile | None:
        """Return the file to be read again, if its lines may be wanted; of a compressed one that would take as long."""
        return self.disk.held() if self.request.keep_records and not self._compression else None

    def _in_file(self, layout: TableLines, read: LastPiece, held: HeldFile | None) -> LinesInFile | None:
        """Return where the lines of a block stand in the file: it must be simple, and a piece as it was read."""
        if held is None or layout.counted is None or layout.text is not read.text or self.disk.is_slow:
            return None
        is_utf8 = self._codec == "utf-8" or layout.is_ascii
        checksum = layout.counted.checksum if is_utf8 else read.checksum
        if checksum is None:
            return None
        return LinesInFile(held, read.start, read.size, checksum, is_utf8=is_utf8)

    def _warnings(self, marked: Sequence[int], ending: EndOfTable, last: int) -> Iterator[str]:
        if marked:
            message = "begins with a byte order mark, which is left out; the file seems to be joined of several"
            yield str(self.origin.problem(message, "see whether every part is there, and none twice", marked[0]))
        below = ending.total(self.request.marks, len(self.header))
        if below is not None and last - below > self._first.line:
            message = "begins as a total or a footer does, and is read as a row"
            hint = "where it is no row, set csv.trailer_lines to the number of such lines"
            yield str(self.origin.problem(message, hint, last - below))
        if ending.is_open:
            message = "is the last line, and has no line feed behind it: the file may have been cut off there"
            hint = "have the export end its last line as it ends the others"
            yield str(self.origin.problem(message, hint, last))

    # --- the beginning ---

    def _find_compression(self) -> Compression | None:
        found = compression_of(self.disk.head)
        named = {".gz": "gzip", ".zst": "zstd"}.get(self.disk.path.suffix.lower())
        if named and found != named:
            raise self.origin.error(
                f"is named {self.disk.path.suffix}, and is not such a file", "name it as what it is"
            )
        return found

    def _raw(self, size: int, apart: int = 0) -> Iterator[bytes]:
        size = min(size, _PACKED_BYTES) if self._compression else size
        return decompressed(self.disk.pieces(size, apart), self._compression, self.origin)

    def _beginning(self) -> bytes:
        """Return the first bytes of the text; empty text is an error."""
        begun = _first_bytes(self._raw(4096), 1024)
        if not begun:
            raise self.origin.error("holds no text at all", "deliver it again; even a list without rows has a header")
        return begun

    def _text(self, size: int, apart: int = 0, read: LastPiece | None = None) -> Iterator[bytes]:
        """Read the text, each line ended by a line feed."""
        raw = without_first(self._raw(size, apart), len(self._bom))
        if self.request.csv.line_end != "cr":
            return utf8_pieces(raw, self._codec, self.origin, read)
        if self._codec.startswith("utf-16"):
            return (piece.replace(b"\r", b"\n") for piece in utf8_pieces(raw, self._codec, self.origin))
        return utf8_pieces((piece.replace(b"\r", b"\n") for piece in raw), self._codec, self.origin)

    def _table(self, size: int, trailer: Trailer, apart: int = 0, read: LastPiece | None = None) -> Iterator[bytes]:
        """Read the text without the lines around the table."""
        return trailer.cut(behind_lines(self._text(size, apart, read), self._skipped))

    def _before_rows(self, behind: int) -> int:
        """Return how many bytes of the file come before its rows; 0 where that is not plain to see.

        :param behind: bytes of the table before them, as text.
        """
        lines = self._head.split(b"\n")[: self._skipped]
        text = self._head[: sum(map(len, lines)) + len(lines) + behind]
        is_plain = self._codec == "utf-8" or (text.isascii() and not self._codec.startswith("utf-16"))
        return len(self._bom) + len(text) if is_plain and not self._compression else 0

    def _lines_to_skip(self) -> int:
        """Return how many lines come before the table: those that the policy names, and a line ``sep=`` behind them."""
        count = self.request.csv.skip_lines
        named = next((separator_told(line) for line in islice(self._head.split(b"\n"), count, count + 1)), None)
        if named is None:
            return count
        separator = self.request.csv.separator.encode()
        if named != separator:
            declared, found = (_shown(mark) for mark in (separator, named))
            message = f"is a line sep= that tells another separator than csv.separator: {found}, and not {declared}"
            raise self.origin.error(message, f"set csv.separator to {found}, or deliver the file anew", count + 1)
        return count + 1

    def _first_record(self) -> FirstRecord:
        csv, line = self.request.csv, 1 + self._skipped
        lines, longest = csv.trailer_lines, csv.max_record.bytes
        found = first_record(
            lambda: self._table(HEAD_BYTES, Trailer(lines)), self.request.marks, self.origin, line, longest
        )
        if found is None and (self._skipped or lines):
            message = "has only empty lines between those that csv.skip_lines and csv.trailer_lines leave out"
            raise self.origin.error(message, "deliver it again, or set them to the lines that there are")
        if found is None:
            raise self.origin.error("has no header, only empty lines", "deliver it again")
        return found

    def _names(self) -> tuple[str, ...]:
        if self.request.csv.header:
            return tuple(name.strip() for name in self._first.cells)
        return tuple(str(place) for place in range(1, len(self._first.cells) + 1))

    def _first_rows(self) -> list[list[str]]:
        """Return the first rows, as far as they can be split."""
        lines = self._head.split(b"\n")[self._skipped + self._first.feeds : -1][: 2 * _FIRST_ROWS]
        rows = list[list[str]]()
        try:
            rows += islice(
                reader([line.decode("utf-8", "replace") + "\n" for line in lines], self.request.marks), _FIRST_ROWS
            )
        except csv.Error:
            return rows
        return rows

    # --- what is left out ---

    def _check_skipped(self) -> None:
        """Raise SourceError if a line before the table could be a row; a header behind them would show that itself."""
        if self.request.csv.header:
            return
        for number, line in enumerate(islice(self._head.split(b"\n"), self.request.csv.skip_lines), start=1):
            if may_be_a_row(line, self.request.marks, len(self.header)):
                message = "looks like a row, and csv.skip_lines leaves it out"
                raise self.origin.error(message, "set csv.skip_lines to the number of lines before the rows", number)

    def _check_trailer(self, trailer: Trailer, line: int) -> None:
        """Raise SourceError if a line below the table could be a row."""
        for number, text in enumerate(trailer.text.split(b"\n"), start=line):
            if may_be_a_row(text, self.request.marks, len(self.header)):
                message = "looks like a row, and csv.trailer_lines leaves it out"
                raise self.origin.error(message, "set csv.trailer_lines to the number of lines below the rows", number)


def _first_bytes(pieces: Iterator[bytes], least: int) -> bytes:
    """Return the beginning of a stream: at least so many bytes, or all of it."""
    begun = b""
    for piece in pieces:
        begun += piece
        if len(begun) >= least:
            break
    return begun


def _shown(mark: bytes) -> str:
    return "a tab" if mark == b"\t" else f"'{mark.decode('utf-8', 'replace')}'"


def _check_marks(spec: SourceFile, origin: Origin) -> None:
    """Raise SourceError on separators and quotes that a reader of bytes cannot tell from text."""
    problems = []
    options = spec.csv
    marks = {"separator": options.separator, "quote": options.quote, "escape": options.escape}
    for key, mark in marks.items():
        if mark is not None and (not mark.isascii() or mark.isalnum() or mark in "\r\n\0"):
            message = f"csv.{key} is a letter, a digit, a line end, or a character beyond ASCII"
            problems.append(origin.problem(message, "declare a punctuation mark, a space or a tab"))
    problems += [
        origin.problem(f"csv.{one} and csv.{other} are the same", "declare those that the file uses")
        for one, other in combinations(marks, 2)
        if marks[one] is not None and marks[one] == marks[other]
    ]
    if problems:
        raise refusal(origin.role, problems)


def _look(disk: DiskFile, reading: Reading) -> CsvFile:
    return CsvFile(disk, CsvRequest(reading.spec.csv, reading.asked, reading.keep_records, reading.on_bad_row))


READER = FileReader(_look, same_header, _check_marks)
