"""A file that is written in parts: hashed as it grows, private, and on disk before it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from balansfilter.fs.block_file import BlockFile
from balansfilter.fs.outputs import WrittenFile


class HashedFile:
    """A file that is written in parts."""

    def __init__(self, path: Path, head: bytes) -> None:
        """Begin the file with its head.

        :raises OSError: it cannot be written.
        """
        self._name = path.name
        self._rows = 0
        self._file = BlockFile(path)
        self.write(0, head)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def rows(self) -> int:
        """How many rows it holds so far."""
        return self._rows

    def write(self, rows: int, *parts: bytes | memoryview) -> None:
        """Add bytes that hold so many rows.

        :raises OSError: the disk is full, or refuses otherwise: these bytes, or some before them.
        """
        self._file.add(*parts)
        self._rows += rows

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        return WrittenFile(self._name, self._file.finish(), self._file.bytes, self._rows)
