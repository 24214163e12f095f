"""The callable list in CSV: as the call list was written, where that was CSV."""

from __future__ import annotations

from pathlib import Path

from balansfilter.decided.rendered import CallableRows
from balansfilter.fs.hashed_file import HashedFile
from balansfilter.publish.interface import ListToWrite
from balansfilter.publish.layout import ListLayout


class CallableCsv(HashedFile):
    """The callable list in CSV."""

    def __init__(self, path: Path, layout: ListLayout) -> None:
        super().__init__(path, layout.head())
        self._layout = layout

    def prepare(self, rendered: CallableRows) -> bytes | memoryview:
        """Return the bytes of rendered rows."""
        return self._layout.encode(rendered.frame)

    def add(self, rendered: CallableRows, prepared: bytes | memoryview) -> None:
        """Add rendered rows, in order."""
        self.write(rendered.height, prepared)


def begin(wanted: ListToWrite) -> CallableCsv:
    """Begin the list."""
    return CallableCsv(wanted.folder / f"{wanted.name}.csv", wanted.layout)
