"""The lists of a run while they are written: hashed as they grow, private, and on disk before they count."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.private import EarlySync, open_private

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


class TextFile:
    """A text file, written in parts."""

    def __init__(self, path: Path, head: bytes) -> None:
        """Begin the file with its head.

        :raises OSError: it cannot be written.
        """
        self._path = path
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._rows = 0
        self._file = os.fdopen(open_private(path, os.O_WRONLY | os.O_TRUNC), "wb", buffering=0)
        self._sync = EarlySync(self._file.fileno(), path.name)
        self.write(head, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sync.close()
        self._file.close()

    def write(self, data: bytes | memoryview, rows: int) -> None:
        """Add bytes that hold so many rows."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
        self._sync.written(len(data))
        self._digest.update(data)
        self._bytes += len(data)
        self._rows += rows

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is."""
        self._sync.finish()
        return WrittenFile(self._path.name, self._digest.hexdigest(), self._bytes, self._rows)
