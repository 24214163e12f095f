"""A file that is written in parts: hashed as it grows, private, and on disk before it counts."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Self

from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.private import EarlySync, open_private


class HashedFile:
    """A file that is written in parts."""

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

    @property
    def rows(self) -> int:
        """How many rows it holds so far."""
        return self._rows

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
