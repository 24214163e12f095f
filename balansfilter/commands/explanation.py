"""What is explained of one person: each of their rows, and of each rule what it looked at and answered."""

from __future__ import annotations

from datetime import date
from typing import Any

from balansfilter.frozen import dataclass


@dataclass(frozen=True)
class RuleAnswer:
    """One rule, asked of one row."""

    rule: str
    """Name of the rule: a reason, or a ground with `ground ` before it."""
    meaning: str
    """What the rule asks."""
    inputs: dict[str, Any]
    """What it looked at. Numbers are shown by their last three digits."""
    holds: bool
    """Its answer. A reason that holds drops the row, if no earlier one does; a ground that holds carries the call."""
    decides: bool
    """Whether this answer settled the row."""


@dataclass(frozen=True)
class RowExplained:
    """One row of the call list, explained."""

    row: int
    callable: bool
    reason: str | None
    basis: str | None
    active: bool
    """Whether the person is a customer still on the day: the term has not begun to count, and the anchor is the day."""
    anchor: date | None
    callable_until: date | None
    balanstest: str | None
    answers: tuple[RuleAnswer, ...]


@dataclass(frozen=True)
class ClosedDay:
    """A day that was asked about, and on which nobody is called."""

    day: date
    why: str


@dataclass(frozen=True)
class Explanation:
    """Why one person may or may not be called on a day."""

    brand: str
    as_of: date
    """The day for which it holds: the one that was asked about, or after a day without calls the next with calls."""
    rows: tuple[RowExplained, ...]
    """The person's rows on the call list; none if it does not hold the person."""
    objected: bool
    """Whether an objection of the person is in force, on the list or not."""
    own_objection: bool
    """Whether an objection in force is surely the person's own, so that they may be told of it; another's never is."""
    closed: ClosedDay | None = None
    """The day that was asked about, where nobody is called on it; None where it is `as_of`."""
    in_unread_cells: tuple[int, ...] = ()
    """The other rows of the list in which the number stands in a cell that cannot be read."""

    @property
    def asked_on(self) -> date:
        """The day that was asked about."""
        return self.closed.day if self.closed else self.as_of

    @property
    def callable(self) -> bool:
        """Whether any of the person's rows may be called on the day that was asked about."""
        return self.closed is None and any(row.callable for row in self.rows)
