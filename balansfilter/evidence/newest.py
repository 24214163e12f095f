"""The day of the newest objection in a list, noted while the list is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Self, TypeVar

from balansfilter.evidence.dates import DateReader
from balansfilter.identity.numbers import Rows
from balansfilter.policy.model import DateColumn, Objections

Part = TypeVar("Part")


@dataclass
class Newest:
    """Watches the rows of a list for the newest day in a column."""

    column: DateColumn | None
    """The column with the day; None where there is none."""
    dates_list: bool
    """Whether it says of which day the list is."""
    dates: DateReader
    as_of: date
    """Later days say nothing: a year that was mistyped would keep an old list fresh for good."""
    day: date | None = field(default=None, init=False)

    @classmethod
    def of(cls, spec: Objections, dates: DateReader, as_of: date) -> Self:
        """Return what watches a list of objections, where its newest one says of which day it is."""
        return cls(spec.columns.objected_on, spec.snapshot_on == "newest", dates, as_of)

    def in_part(self, rows: Rows) -> date | None:
        """Return the newest day in a part of the list; in any thread."""
        if self.column is None:
            return None
        days = self.dates.read(rows.column(self.column), self.column).day
        newest = days.filter(days <= self.as_of).max()
        return newest if isinstance(newest, date) else None

    def watching(self, parts: Iterable[tuple[date | None, Part]]) -> Iterator[Part]:
        """Hand what was read of every part on, and note its newest day."""
        for newest, part in parts:
            if newest is not None and (self.day is None or newest > self.day):
                self.day = newest
            yield part
