"""What a call list is held against: the objections in force, the register, and the calls already made."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from threading import Lock

import numpy as np
import polars as pl

from balansfilter.evidence.contacts import CalledNumbers, Calls
from balansfilter.evidence.lookup import IntpArray, NumberMap, NumberSet
from balansfilter.evidence.objections import Objected
from balansfilter.evidence.remarks import Remarks
from balansfilter.frozen import dataclass


class Seen:
    """In how many rows of the call list each objected number and customer id stands; counted from all threads."""

    def __init__(self, objected: Objected) -> None:
        """Begin before the first row."""
        self._lock = Lock()
        self.numbers = np.zeros(len(objected.numbers), np.int64)
        self.ids = np.zeros(len(objected.customer_ids.texts), np.int64)
        self.listed = 0
        """Numbers of the call list that stand in the register."""

    def add(self, numbers: IntpArray, ids: IntpArray) -> None:
        """Count what the rows of a part name: positions among the objected, each once a row."""
        with self._lock:
            np.add.at(self.numbers, numbers, 1)
            np.add.at(self.ids, ids, 1)

    def add_listed(self, count: int) -> None:
        """Count numbers that stand in the register."""
        with self._lock:
            self.listed += count


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What is noted of the rows of a call list while they are read, beside their decisions."""

    remarks: Remarks = field(default_factory=Remarks)
    """What is told of the rows of the call list."""
    unread: list[pl.Series] = field(default_factory=list)
    """Some cells of the call list with a number that cannot be read, to see what they look like; shown to nobody."""


@dataclass(frozen=True)
class Evidence(Noted):
    """All that the rows of a call list are held against, and what was seen of it in the list."""

    objected: Objected
    register: NumberSet | NumberMap | None
    """The register; None where the policy does not screen."""
    register_until: date | None
    """The last day on which the register is fresh enough; None where it has no largest age."""
    calls: Calls | None
    """The calls already made; None where no balanstest limits them."""
    called: CalledNumbers | None = None
    """On which numbers each customer was called; None where there is no such history, or nobody asks."""
    seen: Seen = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count what the list names."""
        object.__setattr__(self, "seen", Seen(self.objected))
