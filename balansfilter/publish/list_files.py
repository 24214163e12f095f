"""The lists of a run while they are written."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from balansfilter.fs.outputs import WrittenFile

Taken = TypeVar("Taken", contravariant=True)  # noqa: PLC0105 - the rows that a list takes


class ListFile(Protocol[Taken]):
    """A list while it is written."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def prepare(self, rows: Taken) -> Any:
        """Do the heavy part of the writing of some rows; in any thread."""

    def add(self, rows: Taken, prepared: Any) -> None:
        """Add rows, in order."""

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is."""
