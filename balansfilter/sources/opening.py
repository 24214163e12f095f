"""Opening a source: every file is looked at before one is read, and all that is wrong is told at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import combinations, islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from balansfilter.errors import Problem, SourceError
from balansfilter.policy.model import Csv, InputFormat, SourceFile
from balansfilter.remote import RemoteError
from balansfilter.sources.asked import Asked, asked_of
from balansfilter.sources.csv_file import CsvFile, CsvRequest
from balansfilter.sources.disk import DiskFile, spool
from balansfilter.sources.excel_file import ExcelFile, ExcelRequest
from balansfilter.sources.freshness import snapshot_day
from balansfilter.sources.interface import Block, FileFingerprint, Fingerprint, OnBadRow, Source
from balansfilter.sources.kinds import TOLD, format_named
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.parquet_file import ParquetFile, ParquetRequest, same_types
from balansfilter.sources.remote import Fetched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo


File = CsvFile | ParquetFile | ExcelFile
Opened = TypeVar("Opened")


def open_source(  # noqa: PLR0913 - each is a decision of the caller
    spec: SourceFile,
    *,
    role: str,
    paths: Sequence[Path | Fetched] | Literal["-"],
    columns: Sequence[str] | None,
    keep_records: bool = False,
    on_bad_row: OnBadRow = "stop",
    time_zone: ZoneInfo,
    as_of: date,
    scratch: Path | None = None,
    block_bytes: int = 16 << 20,
) -> Source:
    """Open the files of a source, check what their beginnings can tell, and read no further.

    `paths` come from :func:`balansfilter.sources.resolve_paths`, or of what is no file from
    :class:`balansfilter.sources.Remote`, or are ``-`` for standard input, which is first
    written to a file of its own in the folder `scratch`; it speaks of the as-of date. `columns` are the columns wanted
    as text; None means all of them. `keep_records` asks for the raw record (CSV) or all columns as typed (Parquet) as
    well; all files must have the same columns then. `time_zone` is the one in which a file's time of change is a day.

    :raises SourceError: with every problem of every file.
    """
    if not paths:
        raise ValueError("a source needs at least one file")
    with ExitStack() as undo:
        if paths == "-":
            spooled = _spooled(role, scratch)
            undo.callback(spooled.unlink, missing_ok=True)
            origins = [(spooled, Origin(role, "-"))]
        else:
            origins = [_origin(path, role) for path in paths]
        how = _How(asked_of(spec, time_zone), keep_records, on_bad_row, scratch)
        files = _opened(spec, origins, how)
        _ask_all(files, files[0].header if columns is None else columns)
        day = as_of if paths == "-" else _oldest(files, spec, time_zone)
        fetched = [path if isinstance(path, Fetched) else None for path in paths] if paths != "-" else [None]
        return _Files(files, fetched, day, block_bytes, undo.pop_all())


@dataclass(frozen=True)
class _How:
    """What is asked of every file."""

    asked: Asked
    keep_records: bool
    on_bad_row: OnBadRow
    scratch: Path | None


class _Files(Source):
    """Files of one format, read one after the other."""

    def __init__(
        self, files: Sequence[File], fetched: Sequence[Fetched | None], day: date, block_bytes: int, at_close: ExitStack
    ) -> None:
        first = files[0]
        self.format: InputFormat = _FORMATS[type(first)]
        self.header = first.header
        self.dialect = first.dialect if isinstance(first, CsvFile) else None
        self.schema = first.schema if isinstance(first, ParquetFile) else None
        self._files = files
        self._fetched = fetched
        self._day = day
        self._block_bytes = block_bytes
        self._at_close = at_close
        self._reading: Iterator[Block] | None = None
        self._fingerprint: Fingerprint | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """What was read."""
        if self._fingerprint is None:
            raise RuntimeError("a source has a fingerprint once its last block was taken")
        return self._fingerprint

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is worth a look."""
        if self._fingerprint is None:
            raise RuntimeError("a source has warnings once its last block was taken")
        of_files = (file.warnings for file in self._files if isinstance(file, CsvFile | ParquetFile))
        return tuple(warning for warnings in of_files for warning in warnings)

    def ask_for(self, columns: Sequence[str]) -> None:
        """Ask for other columns."""
        if self._reading is not None:
            raise RuntimeError("the columns of a source can be chosen before its blocks are taken")
        _ask_all(self._files, columns)

    def blocks(self) -> Iterator[Block]:
        """Read the files once, in order."""
        if self._reading is not None:
            raise RuntimeError("the blocks of a source can be had once")
        self._reading = self._read()
        return self._reading

    def _read(self) -> Iterator[Block]:
        row = 1
        done = []
        for file, fetched in zip(self._files, self._fetched, strict=True):
            first = row
            for block in file.blocks(self._block_bytes, row):
                row += block.rows
                yield block
            disk = file.disk
            taken_from = _still_the_same(fetched, file.origin) if fetched else None
            done.append(FileFingerprint(disk.origin.path, disk.sha256, disk.identity.size, row - first, taken_from))
        self._fingerprint = Fingerprint(self._files[0].origin.role, tuple(done), self._day)

    def close(self) -> None:
        """Close the files, and remove what was spooled."""
        if self._reading is not None:
            self._reading.close()  # type: ignore[attr-defined]
        self._at_close.close()


def _origin(path: Path | Fetched, role: str) -> tuple[Path, Origin]:
    if isinstance(path, Fetched):
        return path.path, Origin(role, path.name)
    return Path(path), Origin(role, str(path))


def _still_the_same(fetched: Fetched, origin: Origin) -> Mapping[str, str]:
    """Return what tells which one was fetched; SourceError if there is another in its place now."""
    try:
        fetched.check_unchanged()
    except RemoteError as error:
        raise origin.error(error.message, error.hint) from None
    return fetched.taken_from


def _spooled(role: str, scratch: Path | None) -> Path:
    if scratch is None:
        raise ValueError("standard input needs a scratch folder")
    return spool(sys.stdin.buffer, scratch, Origin(role, "-"))


def _opened(spec: SourceFile, origins: Sequence[tuple[Path, Origin]], how: _How) -> Sequence[File]:
    formats = {spec.format or format_named(path) for path, _ in origins}
    if len(formats) > 1:
        kinds = " and ".join(sorted(TOLD[found] for found in formats))
        raise Origin(origins[0][1].role, spec.path).error(f"holds both {kinds} files", "keep them apart, or set format")
    return _OPENERS[formats.pop()](spec, origins, how)


def _same_header(files: Sequence[CsvFile | ExcelFile]) -> None:
    """Raise SourceError unless all files have the same columns, so that their rows can stand in one list."""
    problems = [
        file.origin.problem(f"has other columns than {files[0].origin.path}", "deliver all parts with one header")
        for file in islice(files, 1, None)
        if file.header != files[0].header
    ]
    if problems:
        raise refusal(files[0].origin.role, problems)


def _open_parquet(spec: SourceFile, origins: Sequence[tuple[Path, Origin]], how: _How) -> Sequence[File]:  # noqa: ARG001
    request = ParquetRequest(how.asked, how.keep_records, how.scratch)
    tables = _all(origins, lambda path, origin: ParquetFile(DiskFile(path, origin), request))
    if how.keep_records:
        same_types(tables)
    return tables


def _open_csv(spec: SourceFile, origins: Sequence[tuple[Path, Origin]], how: _How) -> Sequence[File]:
    _check_marks(spec.csv, Origin(origins[0][1].role, spec.path))
    request = CsvRequest(spec.csv, how.keep_records, how.on_bad_row)
    texts = _all(origins, lambda path, origin: CsvFile(DiskFile(path, origin), request))
    if how.keep_records:
        _same_header(texts)
    return texts


def _open_excel(spec: SourceFile, origins: Sequence[tuple[Path, Origin]], how: _How) -> Sequence[File]:
    request = ExcelRequest(how.asked, spec.sheet, spec.skip_rows, how.on_bad_row)
    sheets = _all(origins, lambda path, origin: ExcelFile(DiskFile(path, origin), request))
    if how.keep_records:
        _same_header(sheets)
    return sheets


_OPENERS: dict[InputFormat, Callable[[SourceFile, Sequence[tuple[Path, Origin]], _How], Sequence[File]]] = {
    "csv": _open_csv,
    "parquet": _open_parquet,
    "excel": _open_excel,
}
_FORMATS: dict[type[File], InputFormat] = {CsvFile: "csv", ParquetFile: "parquet", ExcelFile: "excel"}


def _all(origins: Sequence[tuple[Path, Origin]], look: Callable[[Path, Origin], Opened]) -> list[Opened]:
    """Look at every file, and raise SourceError with what is wrong with any of them."""
    files, problems = [], list[Problem]()
    for path, origin in origins:
        try:
            files.append(look(path, origin))
        except SourceError as error:
            problems += error.problems
    if problems:
        raise refusal(origins[0][1].role, problems)
    return files


def _ask_all(files: Sequence[File], columns: Sequence[str]) -> None:
    """Choose the columns of every file, and raise SourceError with what is wrong with any of them."""
    problems = list[Problem]()
    for file in files:
        try:
            file.ask_for(tuple(dict.fromkeys(columns)))
        except SourceError as error:
            problems += error.problems
    if problems:
        raise refusal(files[0].origin.role, problems)


def _check_marks(options: Csv, origin: Origin) -> None:
    """Raise SourceError on separators and quotes that a reader of bytes cannot tell from text."""
    problems = []
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


def _oldest(files: Sequence[File], spec: SourceFile, zone: ZoneInfo) -> date:
    days = [snapshot_day(file.origin.path, file.disk.modified, spec.snapshot_on, zone) for file in files]
    problems = [day for day in days if isinstance(day, Problem)]
    if problems:
        raise refusal(files[0].origin.role, problems)
    return min(day for day in days if isinstance(day, date))
