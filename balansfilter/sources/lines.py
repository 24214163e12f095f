"""The text of rows as they are published again: each is a line of the text that was read, or was made apart.

A line that is published need not wait beside what was decided of it: its file still has it. What is read again must be
what was read before, to the last byte of all that was read with it; else nothing is published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.native.record_loops import Flags, chosen_lines

if TYPE_CHECKING:
    from balansfilter.decided.rendered import LinesAgain
    from balansfilter.sources.disk import HeldFile


@dataclass(frozen=True, repr=False)
class LinesMadeApart:
    """The text of rows, row by row."""

    records: pl.Series
    in_file: ClassVar[None] = None

    def chosen(self, which: Flags) -> pl.Series:
        """Return the text of some rows."""
        return self.records.filter(pl.Series(which))


@dataclass(frozen=True, repr=False)
class LinesOfText:
    """A text in which each line is a row: it is UTF-8, and so simple that its records could be counted."""

    text: bytes
    in_file: LinesAgain | None
    """The same lines, where they can be read again."""

    def chosen(self, which: Flags) -> pl.Series:
        """Return the text of some rows."""
        found = chosen_lines(self.text, which)
        if found is None:
            raise RuntimeError("the lines of a part are not as many as its rows")
        return found.views.series()


@dataclass(frozen=True, repr=False)
class LinesInFile:
    """Lines that stand in a file one behind the other."""

    held: HeldFile
    start: int
    """Where they begin, in bytes."""
    size: int
    checksum: bytes
    """That of their text, as it was read before."""
    is_utf8: bool

    def expect(self) -> None:
        """Let the system have them ready soon."""
        self.held.expect(self.start, self.size)

    def chosen(self, which: Flags) -> pl.Series:
        """Return the text of some rows: as bytes, where those are not UTF-8.

        :raises SourceError: the file cannot be read, or says something else now.
        """
        text = self.held.read(self.start, self.size)
        found = chosen_lines(text, which) if len(text) == self.size else None
        if found is None or found.checksum != self.checksum:
            raise self.held.disk.changed()
        return found.views.series() if self.is_utf8 else found.views.binary()
