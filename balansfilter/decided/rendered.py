"""The callable rows of a part as they will be published, and the text of a list's rows, of which they are made."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import polars as pl

from balansfilter.native.record_loops import Flags

RECORD = "record"
"""The column of rows that are published as they stand in their file."""


class Lines(Protocol):
    """The text of the rows of a part, each as it stands in its file, without its line end."""

    def chosen(self, which: Flags) -> pl.Series:
        """Return the text of some rows; as bytes where those are not UTF-8.

        :param which: of each row of the part whether it is one of them.
        :raises BalansfilterError: the text cannot be had.
        """


class LinesAgain(Lines, Protocol):
    """Such a text that is not kept in memory, but read again from its file."""

    def expect(self) -> None:
        """Let the system have it ready soon, for somebody will ask."""


class Rendered(NamedTuple):
    """The callable rows of a part as published."""

    rows: pl.DataFrame | None
    """What each is made of, in order, without its text where that can be read again; None where that is all."""
    lines: LinesAgain | None = None
    """Where it can be, the text of all rows of the part."""
