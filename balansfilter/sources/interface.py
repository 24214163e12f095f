"""What every source is: an ordered stream of parts, and a fingerprint of the files it came from.

A source is read in two steps, so that the heavy one can be given to worker threads: :meth:`Source.blocks` is a cheap
pass that hashes the files, cuts them at record boundaries and counts; :meth:`Block.parse` splits one block into cells.
Rows are numbered from 1 over the whole source, header lines and empty lines not counted, unreadable rows counted too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import digest_of_files
from balansfilter.native.coded_texts import Column, as_series, framed_of
from balansfilter.native.parallel import AHEAD, in_order
from balansfilter.native.text_loops import without_nulls
from balansfilter.native.without_queries import framed
from balansfilter.sources.partitions import name_in_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from datetime import date
    from types import TracebackType

    from balansfilter.policy.model import InputFormat
    from balansfilter.sources.lines import LinesMadeApart, LinesOfText

OnBadRow = Literal["stop", "drop"]
Read = TypeVar("Read")


@dataclass(frozen=True)
class FileFingerprint:
    """One file as it was read."""

    path: str
    """The file as it was named; ``-`` for standard input."""
    sha256: str
    """Digest, in hexadecimal, of the bytes as they lie on disk (compressed, if the file is)."""
    bytes: int
    """Size on disk."""
    rows: int
    """Data rows, unreadable ones counted too."""
    taken_from: Mapping[str, str] | None = None
    """What tells which one it was of something that is no file: an ETag and a version, or a query and a snapshot."""

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in the manifest and the ledger."""
        values: dict[str, Any] = {"path": self.path, "sha256": self.sha256, "bytes": self.bytes, "rows": self.rows}
        return values if self.taken_from is None else values | {"taken_from": dict(self.taken_from)}


@dataclass(frozen=True)
class Fingerprint:
    """What was read for one role, so that it can be proved afterwards."""

    role: str
    """What the source was read for, such as ``call_list``."""
    files: tuple[FileFingerprint, ...]
    """Its files, in the order in which they were read."""
    snapshot_on: date
    """The day that the source speaks of; that of its oldest file."""

    @property
    def rows(self) -> int:
        """Data rows in all files."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Size on disk of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def sha256(self) -> str:
        """Digest of the file; of several, the digest of the lines that ``sha256sum`` prints for their names.

        The folders of a partitioned table belong to the names of its files.
        """
        if len(self.files) == 1:
            return self.files[0].sha256
        return digest_of_files((name_in_table(file.path), file.sha256) for file in self.files)


@dataclass(frozen=True, repr=False)
class Dialect:
    """How a CSV source is written, in enough detail to write another file in the same way.

    A file is `bom`, then ``header_record + line_end`` if there is a header, then every record with `line_end`
    behind it, the text encoded with `codec`.
    """

    separator: str
    quote: str | None
    codec: str
    """Name of the Python codec; it writes no byte order mark of its own (``utf-16-le``, never ``utf-16``)."""
    bom: bytes
    """The byte order mark; empty if there is none."""
    line_end: str
    """Line feed, or carriage return and line feed: that of the first line; a carriage return where it was declared."""
    header_record: str | None
    """The header line exactly as in the file, without its line end; None in a file without a header."""
    escape: str | None = None
    """What takes its meaning away from the character behind it; None where nothing does."""


@dataclass(frozen=True, repr=False)
class Chunk:
    """One part of a source, in order; the series and frames but `unreadable` have one entry per readable row."""

    row: pl.Series
    """UInt64: number of each readable row."""
    unreadable: pl.Series
    """UInt64: numbers of the rows that cannot be split; empty unless the source drops bad rows."""
    texts: Mapping[str, Column]
    """The requested columns, each once, as String and not trimmed; an empty cell is ``""`` or null. Those of a CSV file
    point into its text, and keep that in memory: what outlives the chunk is compacted."""
    lines: LinesOfText | LinesMadeApart | None = None
    """The raw text of each row as in the file, without its line end; only for CSV and only if asked for."""
    typed: Mapping[str, Column] | None = None
    """Every column as typed in the file; only for Parquet and only if asked for."""
    _whole: dict[str, pl.Series] = field(default_factory=dict, init=False)

    @property
    def cells(self) -> pl.DataFrame:
        """The requested columns, each in one piece and without nulls."""
        return framed(map(self.column, self.texts))

    @property
    def frame(self) -> pl.DataFrame | None:
        """Every column as typed, where they were asked for."""
        return None if self.typed is None else framed_of(self.typed)

    def column(self, name: str) -> pl.Series:
        """Return the cells of a requested column, in one piece and without nulls."""
        if name not in self._whole:
            self._whole[name] = without_nulls(as_series(self.texts[name])).alias(name)
        return self._whole[name]


class Block(ABC):
    """A raw part of a source: whole records, not yet split into cells. It may be handed to another thread."""

    first_row: int
    """Number of its first row."""

    @property
    @abstractmethod
    def rows(self) -> int:
        """Data rows in it, unreadable ones counted too."""

    @abstractmethod
    def parse(self) -> Chunk:
        """Split the block into cells; thread-safe, and the same every time.

        :raises SourceError: rows cannot be split, or the text is other than was declared, with the line of each.
        """


class Source(ABC):
    """An opened source. Its blocks can be had once; its fingerprint and warnings, after the last of them."""

    format: InputFormat
    """csv, parquet or excel."""
    header: tuple[str, ...]
    """The names of all columns, in order, spaces around them left out; ``"1"``, ``"2"``, … where there is no header."""
    dialect: Dialect | None
    """How a CSV source is written; None for any other."""
    schema: pl.Schema | None
    """Names and types of a Parquet source; None for any other."""

    @property
    @abstractmethod
    def fingerprint(self) -> Fingerprint:
        """What was read; RuntimeError before the last block was taken."""

    @property
    @abstractmethod
    def warnings(self) -> tuple[str, ...]:
        """What is worth a look, in sentences with file and line; RuntimeError before the last block was taken."""

    @abstractmethod
    def ask_for(self, columns: Sequence[str]) -> None:
        """Ask for these columns as cells instead of the ones it was opened with; only before :meth:`blocks`.

        SourceError if a file has no such column, has it twice, or has no plain text for it.
        """

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """Read the files once, in order; not to be shared between threads.

        Only when the iterator has ended without an error, and every block was parsed without one, has the source been
        read whole.

        :raises SourceError: a file is broken, or changed while it was read.
        """

    @property
    @abstractmethod
    def bytes(self) -> int:
        """Size on disk of all files, as they were when they were first looked at."""

    @abstractmethod
    def check_unchanged(self) -> None:
        """Raise SourceError if a file is not the one that was first looked at any more, or was changed since."""

    @property
    @abstractmethod
    def text_bytes(self) -> int:
        """About how many bytes of text all files hold, or fewer where that cannot be told before they are read."""

    @property
    @abstractmethod
    def paths(self) -> tuple[str, ...]:
        """Each file as it was named."""

    @abstractmethod
    def hashing(self) -> Iterator[None]:
        """Hash the files without a look at their rows, a piece at a time; only before :meth:`blocks`.

        :raises SourceError: a file is broken, or changed while it was read.
        """

    @property
    @abstractmethod
    def digests(self) -> tuple[str, ...]:
        """The SHA-256 of each file, in hexadecimal, once it was read or hashed."""

    @abstractmethod
    def take_as_read(self, rows: Sequence[int], warnings: Sequence[str]) -> None:
        """Take files that were hashed for read: the same bytes were read before, in the same way.

        :param rows: of each file, how many were found.
        :param warnings: what was found worth a look.
        :raises SourceError: what is no file is another one by now.
        """

    def parts(self, pool: ThreadPoolExecutor, read: Callable[[Chunk], Read]) -> Iterator[Read]:
        """Read the source once: yield what is read of each part, in order; each is split and read in any thread.

        :raises SourceError: as :meth:`blocks` and :meth:`Block.parse` do.
        """
        return in_order(pool, lambda block: read(block.parse()), self.blocks(), AHEAD)

    def chunks(self) -> Iterator[Chunk]:
        """Read and split, one block at a time, in this thread."""
        return (block.parse() for block in self.blocks())

    @abstractmethod
    def close(self) -> None:
        """Close the files, and remove what was spooled from standard input."""

    def __enter__(self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files, whatever happened."""
        self.close()
