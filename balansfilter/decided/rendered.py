"""The callable rows of a part as they will be published, and the text of a list's rows, of which they are made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple, Protocol, Self

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.native.coded_texts import Column, framed_of, rows_of
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


@dataclass(frozen=True, eq=False, repr=False)
class CallableRows:
    """The callable rows of a part as published, in order."""

    columns: Mapping[str, Column]

    @property
    def height(self) -> int:
        """How many there are."""
        return rows_of(self.columns)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """The rows as a frame."""
        return framed_of(self.columns)

    def head(self, rows: int) -> Self:
        """Return the first so many."""
        return type(self)(self.frame.head(rows).to_dict())

    def slice(self, first: int) -> Self:
        """Return those behind so many."""
        return type(self)(self.frame.slice(first).to_dict())


class Rendered(NamedTuple):
    """What the callable rows of a part are made of."""

    rows: CallableRows | None
    """The rows, without their text where that can be read again; None where that is all."""
    lines: LinesAgain | None = None
    """Where it can be, the text of all rows of the part."""
