"""Opening a source: every file is looked at before one is read, and all that is wrong is told at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from balansfilter.errors import Problem, SourceError
from balansfilter.fs.path_text import path_text
from balansfilter.policy.model import SourceFile
from balansfilter.remote import RemoteError
from balansfilter.sources.asked import asked_of
from balansfilter.sources.disk import DiskFile, spool
from balansfilter.sources.file_kind import OpenedFile, Reading
from balansfilter.sources.freshness import snapshot_day
from balansfilter.sources.interface import Block, FileFingerprint, Fingerprint, OnBadRow, Source
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.registry import KINDS, ending_begun, format_named
from balansfilter.sources.remote import Fetched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo


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
    block_bytes: int = 32 << 20,
    sheets_read: frozenset[str] | None = None,
) -> Source:
    """Open the files of a source, check what their beginnings can tell, and read no further.

    `paths` come from :func:`balansfilter.sources.resolve_paths`, or of what is no file from
    :class:`balansfilter.sources.Remote`, or are ``-`` for standard input, which is first
    written to a file of its own in the folder `scratch`; it speaks of the as-of date. `columns` are the columns wanted
    as text; None means all of them. `keep_records` asks for the raw record (CSV) or all columns as typed (Parquet) as
    well; all files must have the same columns then. `time_zone` is the one in which a file's time of change is a day.
    `sheets_read` is given for objections: the sheets that sources read of the same workbook, or leave. Another one
    that people see, and that has the same columns, is refused, since what was added there would be lost in silence.

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
        files = _opened(
            origins, Reading(spec, asked_of(spec, time_zone), keep_records, on_bad_row, scratch, sheets_read)
        )
        _ask_all(files, files[0].header if columns is None else columns)
        day = as_of if paths == "-" else _oldest(files, spec, time_zone)
        fetched = [path if isinstance(path, Fetched) else None for path in paths] if paths != "-" else [None]
        return _Files(files, fetched, day, block_bytes, undo.pop_all())


class _Files(Source):
    """Files of one format, read one after the other."""

    def __init__(
        self,
        files: Sequence[OpenedFile],
        fetched: Sequence[Fetched | None],
        day: date,
        block_bytes: int,
        at_close: ExitStack,
    ) -> None:
        first = files[0]
        self.format = first.format
        self.header = first.header
        self.dialect = first.dialect
        self.schema = first.schema
        self._files = files
        self._fetched = fetched
        self._day = day
        self._block_bytes = block_bytes
        self._at_close = at_close
        self._reading: Iterator[Block] | None = None
        self._fingerprint: Fingerprint | None = None
        self._known_warnings: tuple[str, ...] = ()

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
        return self._known_warnings or tuple(warning for file in self._files for warning in file.warnings)

    @property
    def bytes(self) -> int:
        """Size on disk of all files."""
        return sum(file.disk.identity.size for file in self._files)

    def check_unchanged(self) -> None:
        """Raise SourceError if a file was changed or replaced since it was first looked at."""
        for file in self._files:
            file.disk.check_unchanged()

    @property
    def text_bytes(self) -> int:
        """About how many bytes of text all files hold."""
        return sum(file.text_bytes for file in self._files)

    @property
    def paths(self) -> tuple[str, ...]:
        """Each file as it was named."""
        return tuple(file.origin.path for file in self._files)

    def hashing(self) -> Iterator[None]:
        """Hash the files without a look at their rows; those that this process knows need no reading."""
        if self._reading is not None:
            raise RuntimeError("a source can be hashed before its blocks are taken")
        for file in self._files:
            if not file.disk.recall():
                yield from file.disk.hashing()

    @property
    def digests(self) -> tuple[str, ...]:
        """The SHA-256 of each file."""
        return tuple(file.disk.sha256 for file in self._files)

    def take_as_read(self, rows: Sequence[int], warnings: Sequence[str]) -> None:
        """Take files that were hashed for read."""
        self._reading = iter(())
        self._known_warnings = tuple(warnings)
        self._finish([self._done(*one) for one in zip(self._files, self._fetched, rows, strict=True)])

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
            done.append(self._done(file, fetched, row - first))
        self._finish(done)

    def _done(self, file: OpenedFile, fetched: Fetched | None, rows: int) -> FileFingerprint:
        disk = file.disk
        taken_from = _still_the_same(fetched, file.origin) if fetched else None
        return FileFingerprint(disk.origin.path, disk.sha256, disk.identity.size, rows, taken_from)

    def _finish(self, done: Sequence[FileFingerprint]) -> None:
        self._fingerprint = Fingerprint(self._files[0].origin.role, tuple(done), self._day)

    def close(self) -> None:
        """Close the files, and remove what was spooled."""
        if isinstance(self._reading, Generator):
            self._reading.close()
        self._at_close.close()


def _origin(path: Path | Fetched, role: str) -> tuple[Path, Origin]:
    if isinstance(path, Fetched):
        return path.path, Origin(role, path.name)
    told = path_text(path)
    if told != str(path):
        hint = "give the file or the folder another name"
        raise Origin(role, told).error("has a name that is no text in UTF-8", hint)
    return Path(path), Origin(role, told)


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
    spooled = spool(sys.stdin.buffer, scratch, Origin(role, "-"))
    with spooled.open("rb") as file:
        ending = ending_begun(file.read(16))
    return spooled.rename(spooled.with_suffix(ending)) if ending else spooled


def _opened(origins: Sequence[tuple[Path, Origin]], reading: Reading) -> Sequence[OpenedFile]:
    origin = Origin(origins[0][1].role, reading.spec.path)
    formats = {reading.spec.format or format_named(path) for path, _ in origins}
    if len(formats) > 1:
        kinds = " and ".join(sorted(KINDS[found].title for found in formats))
        raise origin.error(f"holds both {kinds} files", "keep them apart, or set format")
    kind = KINDS[formats.pop()].reader
    kind.check(reading.spec, origin)
    files = _all(origins, lambda path, of_file: kind.look(DiskFile(path, of_file), reading))
    if reading.keep_records:
        kind.alike(files)
    return files


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


def _ask_all(files: Sequence[OpenedFile], columns: Sequence[str]) -> None:
    """Choose the columns of every file, and raise SourceError with what is wrong with any of them."""
    problems = list[Problem]()
    for file in files:
        try:
            file.ask_for(tuple(dict.fromkeys(columns)))
        except SourceError as error:
            problems += error.problems
    if problems:
        raise refusal(files[0].origin.role, problems)


def _oldest(files: Sequence[OpenedFile], spec: SourceFile, zone: ZoneInfo) -> date:
    days = [snapshot_day(file.origin.path, file.disk.modified, spec.snapshot_on, zone) for file in files]
    problems = [day for day in days if isinstance(day, Problem)]
    if problems:
        raise refusal(files[0].origin.role, problems)
    return min(day for day in days if isinstance(day, date))
