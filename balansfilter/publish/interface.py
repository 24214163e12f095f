"""What every kind of callable list is: a file that is begun in a folder, takes rendered rows in order, and is finished.

A new kind is a module with a function that begins it, one line in :mod:`balansfilter.publish.registry`, its name among
the output formats of a policy, and a case.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import polars as pl

from balansfilter.publish.layout import ListLayout
from balansfilter.publish.list_files import WrittenFile


class CallableFile(Protocol):
    """The callable list while it is written."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def prepare(self, rendered: pl.DataFrame) -> bytes | memoryview:
        """Do the heavy part of the writing of rendered rows; in any thread."""

    def add(self, rendered: pl.DataFrame, prepared: bytes | memoryview) -> None:
        """Add rendered rows, in order."""

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is."""


@dataclass(frozen=True)
class ListToWrite:
    """What is known of a callable list when it is begun."""

    folder: Path
    layout: ListLayout
    source_schema: pl.Schema | None
    """The types of the call list, where it has types that go through."""
    scratch: Path
    """A folder for what is needed until the list is written."""
