"""A list as a folder of parts, each a file of its kind with so many rows at most: for whoever reads it in parallel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from balansfilter.decided.outcomes import DecidedRows
from balansfilter.decided.rendered import CallableRows
from balansfilter.fs.outputs import WrittenFile, WrittenParts, part_name, sizes_in_parts
from balansfilter.fs.private import make_private_folder, sync
from balansfilter.publish.list_files import ListFile

Rows = TypeVar("Rows", CallableRows, DecidedRows)


class ListInParts(Generic[Rows]):
    """A list that is written as parts."""

    def __init__(
        self,
        folder: Path,
        most_rows: int,
        begin: Callable[[Path, str], ListFile[Rows]],
        listed: Callable[[Rows], Rows],
    ) -> None:
        """Begin the first part, which stays though it gets no rows: its header tells the columns.

        :param begin: begins a part, in a folder and by a name without ending.
        :param listed: gives those of some rows that stand in the list.
        :raises OSError: it cannot be written.
        """
        make_private_folder(folder)
        self._folder, self._most_rows = folder, most_rows
        self._begin: Callable[[Path, str], ListFile[Rows]] = begin
        self._listed: Callable[[Rows], Rows] = listed
        self._written: list[WrittenFile] = []
        self._rows = 0
        self._part: ListFile[Rows] = self._next()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part.__exit__(kind, error, trace)

    def prepare(self, rows: Rows) -> tuple[Rows, Any]:
        """Do the heavy part of the writing of some rows; all parts are written in one way."""
        listed = self._listed(rows)
        return listed, self._part.prepare(listed)

    def add(self, rows: Rows, prepared: tuple[Rows, Any]) -> None:  # noqa: ARG002
        """Add rows, in order; those that do not fit in a part are prepared again, in pieces.

        :raises OutputError: there would be too many parts.
        """
        listed, ready = prepared
        if self._rows + listed.height <= self._most_rows:
            self._add(listed, ready)
            return
        for size in sizes_in_parts(listed.height, self._rows, self._most_rows):
            if self._rows == self._most_rows:
                self._roll()
            piece, listed = listed.head(size), listed.slice(size)
            self._add(piece, self._part.prepare(piece))

    def finish(self) -> WrittenParts:
        """Wait until every part is on disk, and say what they are."""
        self._end_part()
        sync(self._folder)
        return WrittenParts.of(self._folder.name, self._written)

    def _add(self, rows: Rows, prepared: Any) -> None:
        self._part.add(rows, prepared)
        self._rows += rows.height

    def _roll(self) -> None:
        self._end_part()
        self._part.__exit__(None, None, None)
        self._part = self._next()
        self._rows = 0

    def _end_part(self) -> None:
        self._written.append(self._part.finish())

    def _next(self) -> ListFile[Rows]:
        return self._begin(self._folder, part_name(len(self._written) + 1, self._folder.name))
