"""A list as a folder of parts, each a file of its kind with so many rows at most: for whoever reads a list in parallel.

The parts are named by number, so that their names in order, and the rows of each in order, are the rows of the list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from balansfilter.errors import OutputError, Problem
from balansfilter.fs.outputs import digest_of_files
from balansfilter.fs.private import make_private_folder, sync
from balansfilter.publish.list_files import ListFile, WrittenFile

MOST_PARTS = 99_999


@dataclass(frozen=True)
class WrittenParts(WrittenFile):
    """A folder of parts, as it lies on disk; its digest is that of the lines that ``sha256sum`` prints for them."""

    parts: tuple[WrittenFile, ...]


class ListInParts:
    """A list that is written as parts."""

    def __init__(
        self,
        folder: Path,
        most_rows: int,
        begin: Callable[[Path, str], ListFile],
        listed: Callable[[pl.DataFrame], pl.DataFrame],
    ) -> None:
        """Begin the first part, which stays though it gets no rows: its header tells the columns.

        :param begin: begins a part, in a folder and by a name without ending.
        :param listed: gives those of some rows that stand in the list.
        :raises OSError: it cannot be written.
        """
        make_private_folder(folder)
        self._folder, self._most_rows, self._begin, self._listed = folder, most_rows, begin, listed
        self._written: list[WrittenFile] = []
        self._rows = 0
        self._part = self._next()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part.__exit__(kind, error, trace)

    def prepare(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, Any]:
        """Do the heavy part of the writing of some rows; all parts are written in one way."""
        listed = self._listed(rows)
        return listed, self._part.prepare(listed)

    def add(self, rows: pl.DataFrame, prepared: tuple[pl.DataFrame, Any]) -> None:  # noqa: ARG002
        """Add rows, in order; those that do not fit in a part are prepared again, in pieces.

        :raises OutputError: there would be too many parts.
        """
        listed, ready = prepared
        if self._rows + listed.height <= self._most_rows:
            self._add(listed, ready)
            return
        while listed.height:
            if self._rows == self._most_rows:
                self._roll()
            piece = listed.head(self._most_rows - self._rows)
            self._add(piece, self._part.prepare(piece))
            listed = listed.slice(piece.height)

    def finish(self) -> WrittenParts:
        """Wait until every part is on disk, and say what they are."""
        self._end_part()
        sync(self._folder)
        parts = tuple(self._written)
        return WrittenParts(
            name=self._folder.name,
            sha256=digest_of_files((part.name, part.sha256) for part in parts),
            bytes=sum(part.bytes for part in parts),
            rows=sum(part.rows for part in parts),
            parts=parts,
        )

    def _add(self, rows: pl.DataFrame, prepared: Any) -> None:
        self._part.add(rows, prepared)
        self._rows += rows.height

    def _roll(self) -> None:
        self._end_part()
        self._part.__exit__(None, None, None)
        self._part = self._next()
        self._rows = 0

    def _end_part(self) -> None:
        self._written.append(self._part.finish())

    def _next(self) -> ListFile:
        if len(self._written) == MOST_PARTS:
            message = f"would go past part {MOST_PARTS:,}, the last whose name is in order"
            problem = Problem(self._folder.name, path="output.rows_per_part", message=message, hint="make it larger")
            raise OutputError("the lists cannot be published:", [problem])
        return self._begin(self._folder, f"part-{len(self._written) + 1:05}")
