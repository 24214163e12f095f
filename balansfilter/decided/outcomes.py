"""What is told of the rows of a list, each different outcome once: a row names its own by its place among them.

Millions of rows have some thousands of outcomes. Whatever follows from one, such as the end of a line or what a leaf of
the audit log begins with, is made once for all rows that have it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.decision.reasons import reason_code
from balansfilter.native.combinations import different
from balansfilter.native.held_loops import tallied, values_of
from balansfilter.native.without_queries import cells_at, kept, rows_at

Places = npt.NDArray[np.uint32]
Given = TypeVar("Given")
Made = TypeVar("Made")

OUTCOME = pl.Schema(
    {
        "product": pl.String,
        "reason": pl.UInt8,
        "basis": pl.UInt8,
        "window": pl.Int16,
        "anchor": pl.Date,
        "callable_until": pl.Date,
    }
)
"""What is told of a row, whoever it is of. `product`: as in the list. `reason`: the code of the first reason that
applies, 0 for callable. `basis`: that of the ground of a callable row, else 0. `window`: the place of the balanstest.
`anchor`: the day from which the term counts. `callable_until`: the last callable day, where it says something."""

UNREADABLE = 0
"""The place of the outcome of a row that could not be split into cells; that of a decided row is 1 or more."""


class RowOutcomes:
    """The different outcomes of some rows: as decided, then as duplicates, then as reached by an objection."""

    def __init__(self, decided: pl.DataFrame) -> None:
        """Take those that were decided, of rows or of cases: the columns of `OUTCOME`."""
        decided, places = different(decided.select(pl.col(name).cast(kind) for name, kind in OUTCOME.items()))
        self._decided = decided.height
        self._of_given = np.concatenate([[UNREADABLE], places + 1]).astype(np.uint32)
        unreadable = pl.DataFrame({"product": [""], "reason": [reason_code("unreadable_row")], "basis": [0]})
        duplicates = _dropped(decided, "duplicate")
        reached = _dropped(decided, "objected").with_columns(callable_until=pl.lit(None, pl.Date))
        of_all = [unreadable.cast({"reason": pl.UInt8, "basis": pl.UInt8}), decided, duplicates, reached]
        self.frame = pl.concat(of_all, how="diagonal").select(OUTCOME.names()).rechunk()
        """The columns of `OUTCOME`, a row for each place."""
        self.reason = self.frame["reason"].to_numpy()
        self.told = different(self.frame.select("window", "basis", "reason"))
        """The different balanstests, grounds and reasons, and which of them each outcome has."""

    def places(self, given: Places) -> Places:
        """Return the places of the outcomes of rows.

        :param given: 0 for a row that could not be split into cells; else its place, from 1, among what was given.
        """
        return values_of(given, self._of_given)

    def as_duplicates(self, places: Places) -> Places:
        """Return the places of the outcomes of decided rows, once they are dropped as duplicates."""
        return places + np.uint32(self._decided)

    def as_reached(self, places: Places) -> Places:
        """Return the places of the outcomes of decided rows, or of duplicates, once an objection reaches them."""
        return (places - np.uint32(1)) % np.uint32(max(1, self._decided)) + np.uint32(2 * self._decided + 1)


def _dropped(decided: pl.DataFrame, reason: str) -> pl.DataFrame:
    return decided.with_columns(reason=pl.lit(reason_code(reason), dtype=pl.UInt8), basis=pl.lit(0, dtype=pl.UInt8))


class DecidedRows(NamedTuple):
    """Rows of which everything is decided, in order."""

    row: pl.Series
    """Their numbers, from 1."""
    persons: pl.DataFrame
    """`customer_id` (empty where it is missing), `number_0`, … (0 for none), and perhaps `consent_proof`."""
    outcomes: RowOutcomes
    places: Places
    """Which of the outcomes each has."""

    @property
    def height(self) -> int:
        """How many there are."""
        return len(self.places)

    @property
    def reason(self) -> npt.NDArray[np.uint8]:
        """The code of the reason of each; 0 for callable."""
        return values_of(self.places, self.outcomes.reason)

    def rows_of(self, reason: int) -> pl.Series:
        """Return the numbers of those with the code of a reason."""
        return cells_at(self.row, np.flatnonzero(self.reason == reason))

    def head(self, rows: int) -> DecidedRows:
        """Return the first of them."""
        return self.slice(0, rows)

    def slice(self, at: int, rows: int | None = None) -> DecidedRows:
        """Return some of them, from a place on."""
        places = self.places[at:] if rows is None else self.places[at : at + rows]
        return DecidedRows(self.row.slice(at, rows), self.persons.slice(at, rows), self.outcomes, places)

    def dropped(self) -> DecidedRows:
        """Return those that may not be called."""
        keep = pl.Series(self.reason > 0)
        places = pl.Series(self.places).filter(keep).to_numpy()
        return DecidedRows(self.row.filter(keep), kept(self.persons, keep), self.outcomes, places)

    def told(self) -> pl.DataFrame:
        """Return what is told of each: the columns of `OUTCOME`."""
        return rows_at(self.outcomes.frame, self.places)

    def frame(self) -> pl.DataFrame:
        """Return all that is known of each."""
        return pl.DataFrame([self.row, *self.persons, *self.told()])

    def counted(self) -> pl.DataFrame:
        """Return the different `window`, `basis` and `reason` that they have, with the number of each as `len`."""
        different, places = self.outcomes.told
        rows = tallied(self.places, len(places))
        of_each = np.bincount(places, weights=rows, minlength=different.height).astype(np.uint32)
        return kept(different.hstack([pl.Series("len", of_each)]), pl.Series(of_each > 0))


class MadeOnce(Generic[Given, Made]):
    """What is made of the outcomes of a list, once for all parts that have the same; for all threads."""

    def __init__(self, make: Callable[[Given], Made]) -> None:
        """Make it, of given outcomes, in this way."""
        self._make = make
        self._made: tuple[Given, Made] | None = None

    def of(self, given: Given) -> Made:
        """Return what is made of some outcomes."""
        made = self._made
        if made is None or made[0] is not given:
            made = self._made = (given, self._make(given))
        return made[1]
