"""What a kind of file is: how it is named, and how its files are looked at and read.

Each kind has a module of its own, which is imported when a file of the kind is read. A new one is such a module with
a :class:`FileReader`, one line in :mod:`balansfilter.sources.registry`, its name among the formats of a policy, and a
case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from balansfilter.frozen import dataclass
from balansfilter.sources.asked import Asked
from balansfilter.sources.interface import Block, Dialect, OnBadRow
from balansfilter.sources.origin import Origin, refusal

if TYPE_CHECKING:
    import polars as pl

    from balansfilter.policy.model import InputFormat, SourceFile
    from balansfilter.sources.disk import DiskFile


class OpenedFile(Protocol):
    """One file of a source: its beginning was looked at, and its rows can be had once."""

    @property
    def format(self) -> InputFormat:
        """The kind of file that it is."""

    @property
    def disk(self) -> DiskFile:
        """The file as it lies on disk."""

    @property
    def origin(self) -> Origin:
        """The file as a problem names it."""

    @property
    def header(self) -> tuple[str, ...]:
        """The names of its columns."""

    @property
    def text_bytes(self) -> int:
        """About how many bytes of text it holds, or fewer where that cannot be told before it is read."""

    @property
    def dialect(self) -> Dialect | None:
        """How it is written, where it is text."""

    @property
    def schema(self) -> pl.Schema | None:
        """The types of its columns, where they have types that go through as they are."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is worth a look, once its last block was taken."""

    def ask_for(self, columns: Sequence[str]) -> None:
        """Choose the columns that become cells.

        :raises SourceError: it does not have them, each once and with cells that have a plain text.
        """

    def blocks(self, size: int, first_row: int) -> Iterator[Block]:
        """Yield its rows in blocks of about `size` bytes, numbered from `first_row`."""


@dataclass(frozen=True)
class Reading:
    """How the files of a source are to be read, whatever their kind."""

    spec: SourceFile
    asked: Asked
    keep_records: bool
    on_bad_row: OnBadRow
    scratch: Path | None
    sheets_read: frozenset[str] | None = None
    """Of a workbook with objections: the sheets of it that some source reads, or leaves."""


File = TypeVar("File", bound=OpenedFile)


def _takes_anything(spec: SourceFile, origin: Origin) -> None:
    """Have nothing to say of what a policy declares."""


@dataclass(frozen=True)
class FileReader(Generic[File]):
    """What reads files of one kind: the `READER` of its module."""

    look: Callable[[DiskFile, Reading], File]
    """Looks at the beginning of a file; raises SourceError with what is wrong there."""
    alike: Callable[[Sequence[File]], None]
    """Raises SourceError unless the rows of all files can stand in one list."""
    check: Callable[[SourceFile, Origin], None] = _takes_anything
    """Raises SourceError where a policy declares what no such file can be."""


@dataclass(frozen=True)
class FileKind:
    """A kind of file that a source can be."""

    title: str
    """What it is called in a sentence."""
    module: str
    """The module that reads it."""
    endings: tuple[str, ...]
    """How its files are named."""
    magic: bytes = b""
    """What its files begin with, where that tells them from any other without a name."""

    @property
    def reader(self) -> FileReader[Any]:
        """What reads its files."""
        found: FileReader[Any] = import_module(f"{__package__}.{self.module}").READER
        return found


def same_header(files: Sequence[OpenedFile]) -> None:
    """Refuse files with other columns than the first, since their rows cannot stand in one list.

    :raises SourceError: with each of them.
    """
    problems = [
        file.origin.problem(f"has other columns than {files[0].origin.path}", "deliver all parts with one header")
        for file in islice(files, 1, None)
        if file.header != files[0].header
    ]
    if problems:
        raise refusal(files[0].origin.role, problems)
