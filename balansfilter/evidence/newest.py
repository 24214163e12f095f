"""The day of the newest objection in a list, noted while the list is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from balansfilter.evidence.dates import DateReader
from balansfilter.identity.numbers import Rows
from balansfilter.policy.model import DateColumn, Objections


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

    def watching(self, batches: Iterable[Rows]) -> Iterator[Rows]:
        """Hand every batch on, and look at its days."""
        for batch in batches:
            if self.column is not None:
                days = self.dates.read(batch.column(self.column), self.column).day
                newest = days.filter(days <= self.as_of).max()
                if isinstance(newest, date) and (self.day is None or newest > self.day):
                    self.day = newest
            yield batch
