"""The day of the newest objection in a list, noted while the list is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from balansfilter.evidence.objections import ObjectionPart
from balansfilter.policy.model import Objections


@dataclass
class Newest:
    """Watches the parts of a list for the newest day of an objection."""

    dates_list: bool
    """Whether it says of which day the list is."""
    as_of: date
    """Later days say nothing: a year that was mistyped would keep an old list fresh for good."""
    day: date | None = field(default=None, init=False)

    @classmethod
    def of(cls, spec: Objections, as_of: date) -> Self:
        """Return what watches a list of objections, where its newest one says of which day it is."""
        return cls(spec.snapshot_on == "newest", as_of)

    def watching(self, parts: Iterable[ObjectionPart]) -> Iterator[ObjectionPart]:
        """Hand what was read of every part on, and note its newest day."""
        for part in parts:
            if part.newest is not None and (self.day is None or part.newest > self.day):
                self.day = part.newest
            yield part
