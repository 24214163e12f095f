"""The parts of a list that were decided, and wait on disk until it is known what becomes of duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.decided.outcomes import UNREADABLE, Places, RowOutcomes
from balansfilter.decided.rendered import LinesAgain
from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import reason_code
from balansfilter.engines.polars.case_book import CaseBook
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.fs.waiting import WaitingFrame
from balansfilter.identity.hidden_numbers import NONE_HIDDEN, HiddenNumbers
from balansfilter.identity.ids import Ids, read_ids
from balansfilter.native.held_loops import values_of

_OBJECTED = reason_code("objected")


class WaitingPart(NamedTuple):
    """A part that waits."""

    persons: WaitingFrame
    """Of each row what speaks of its person, and the `place` of its outcome."""
    first_row: int | None
    """The number of the first row; None where numbers are left out in between, and each is written as `row`."""
    outcomes: WaitingFrame | CaseBook
    """What was decided of the part; the book in which it stands, where it was decided by cases."""
    keys_differ: bool
    """Whether any of these ids has a key that is another text."""
    callable_rows: WaitingFrame | None
    """What the callable rows are made of, in order; None where that is nothing but their text."""
    lines: LinesAgain | None = None
    """The text of every row, where that of the callable ones does not wait with them."""
    hidden: WaitingFrame | None = None
    """The numbers that are hidden in cells that cannot be read: `row` and `number`; None where there are none."""

    def row_numbers(self, rows: int) -> pl.Series:
        """Return the number of each row."""
        if self.first_row is None:
            return self.persons.column("row")
        return pl.int_range(self.first_row, self.first_row + rows, dtype=pl.UInt64, eager=True).alias("row")

    def being_read(self, reader: Executor) -> WaitingPart:
        """Return it as one of which the rows are read in another thread, for whoever asks for them soon."""
        if self.lines is not None:
            reader.submit(self.lines.expect)
        return self._replace(
            persons=self.persons.being_read(reader),
            callable_rows=self.callable_rows and self.callable_rows.being_read(reader),
        )

    def frames(self) -> Iterator[WaitingFrame]:
        """Return its files."""
        every = (self.persons, self.callable_rows, self.outcomes, self.hidden)
        yield from (one for one in every if isinstance(one, WaitingFrame))


@dataclass(frozen=True)
class PartAgain:
    """A part that waits, of which only what is asked for is read back."""

    waiting: WaitingPart
    outcomes: RowOutcomes
    plan: Plan

    @property
    def row(self) -> UInt64Array:
        """The number of each row."""
        return self.waiting.row_numbers(len(self._places)).to_numpy()

    @property
    def objected(self) -> pl.Series:
        """Whether an objection hit the row."""
        return pl.Series(values_of(self.outcomes.places(self._places), self.outcomes.reason) == _OBJECTED)

    @cached_property
    def ids(self) -> Ids:
        """The customer ids, and their keys."""
        ids = self._column("customer_id")
        return read_ids(ids, exact=self.plan.exact_ids) if self.waiting.keys_differ else Ids(ids, ids)

    @cached_property
    def keys(self) -> pl.Series:
        """The keys of the customer ids."""
        return self.ids.key

    @cached_property
    def numbers(self) -> tuple[UInt64Array, ...]:
        """The number in each phone column; 0 for none."""
        names = [f"number_{i}" for i in range(len(self.plan.phones))]
        return tuple(self._column(name).to_numpy() for name in names)

    @cached_property
    def hidden(self) -> HiddenNumbers:
        """The numbers that can be found in cells that cannot be read."""
        if self.waiting.hidden is None:
            return NONE_HIDDEN
        rows, numbers = self.waiting.hidden.frame()
        return HiddenNumbers(np.searchsorted(self.row, rows.to_numpy()), numbers.to_numpy())

    @cached_property
    def _places(self) -> Places:
        return self._column("place").to_numpy()

    def _column(self, name: str) -> pl.Series:
        return self.waiting.persons.column(name)


def first_if_none_is_left_out(row: pl.Series) -> int | None:
    """Return the first of the numbers of rows, in order; None where one in between is left out."""
    if not len(row):
        return 1
    return int(row[0]) if row[-1] - row[0] + 1 == len(row) else None


def with_unreadable(persons: pl.DataFrame, unreadable: pl.Series) -> pl.DataFrame:
    """Put the rows of a part that could not be split among the others."""
    if not len(unreadable):
        return persons
    lost = pl.DataFrame({"row": unreadable}).with_columns(
        customer_id=pl.lit(""), place=pl.lit(UNREADABLE, dtype=pl.UInt32)
    )
    return pl.concat([persons, lost], how="diagonal").sort("row")
