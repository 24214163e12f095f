"""Objections that stand in files of their own, each put down to the call that it followed.

An objection belongs to the last call to its customer id, before it or on its day, if the window that is counted from
that call has not ended; only if there is none, to the last such call to one of its numbers. Of several calls on that
day it is the last in the history. An objection counts though it was taken back later: the person did object. Those made
to another brand do not count.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.balanstest.bands import Days, last_days
from balansfilter.balanstest.placing import SeenCalls
from balansfilter.balanstest.who_and_what import RowReader
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.identity.brands import Brands
from balansfilter.identity.numbers import Rows
from balansfilter.policy.model import Objections
from balansfilter.policy.values import Span

_NEVER = np.iinfo(np.int32).min


@dataclass(frozen=True)
class ObjectionsMade:
    """The objections to a brand that have a day and name somebody."""

    day: Days
    """The day of each."""
    numbers: pl.DataFrame
    """`number`, and `objection`: the place of an objection; an objection may have several numbers."""
    customer_ids: pl.DataFrame
    """`id`, and `objection`."""
    without_day: int
    """Objections that cannot be put down to a call: their day is missing or cannot be read, or they name nobody."""


def read_objections(batches: Iterable[Rows], spec: Objections, how: RowReader, brands: Brands) -> ObjectionsMade:
    """Read the objections of one file, whose policy maps `objected_on`."""
    columns = spec.columns
    assert columns.objected_on, "a file without the day of the objection is not read"
    made, numbers, ids = 0, [], []
    days: list[Days] = []
    rows = 0
    for batch in batches:
        frame = pl.DataFrame({"day": how.dates.read(batch.column(columns.objected_on), columns.objected_on).day})
        found = how.numbers(batch)
        frame = frame.with_columns(number.alias(f"number_{i}") for i, number in enumerate(found))
        frame = frame.with_columns(id=how.ids(batch, columns.customer_id))
        if columns.brand:
            frame = frame.filter(brands.made_to(batch.column(columns.brand), how.phones.null_words).ours)
        rows += frame.height
        named = pl.any_horizontal(pl.col("id") != "", *(pl.col(f"number_{i}").is_not_null() for i in range(len(found))))
        frame = frame.filter(named & pl.col("day").is_not_null())
        frame = frame.with_columns(objection=pl.int_range(made, made + frame.height, dtype=pl.UInt32))
        made += frame.height
        days.append(frame["day"].to_physical().to_numpy())
        numbers += [frame.select(pl.col(f"number_{i}").alias("number"), "objection") for i in range(len(found))]
        ids.append(frame.select("id", "objection"))
    return ObjectionsMade(
        np.concatenate([np.empty(0, dtype=np.int32), *days]),
        pl.concat([_NUMBERS, *numbers]).drop_nulls().unique(),
        pl.concat([_IDS, *ids]).filter(pl.col("id") != ""),
        rows - made,
    )


_NUMBERS = pl.DataFrame(schema={"number": pl.UInt64, "objection": pl.UInt32})
_IDS = pl.DataFrame(schema={"id": pl.String, "objection": pl.UInt32})


def together(files: Iterable[ObjectionsMade]) -> ObjectionsMade:
    """Make the objections of several files into one."""
    days, numbers, ids, lost = [np.empty(0, dtype=np.int32)], [_NUMBERS], [_IDS], 0
    for made in files:
        shift = pl.col("objection") + sum(len(day) for day in days)
        numbers.append(made.numbers.with_columns(shift.cast(pl.UInt32)))
        ids.append(made.customer_ids.with_columns(shift.cast(pl.UInt32)))
        days.append(made.day)
        lost += made.without_day
    return ObjectionsMade(np.concatenate(days), pl.concat(numbers), pl.concat(ids), lost)


class Attribution:
    """Puts objections down to calls, while the history goes by in its order."""

    def __init__(self, made: ObjectionsMade, window: Span) -> None:
        self.made = made
        self._window = window
        self._by_id = _LastCalls(len(made.day))
        self._by_number = _LastCalls(len(made.day))

    def see(self, seen: SeenCalls) -> None:
        """Look at a batch of calls; those whose day is null are passed over."""
        columns = {"row": seen.row, "day": seen.day.to_physical(), "id": seen.customer_id, "placed": seen.placed}
        calls = pl.DataFrame(columns)
        calls = calls.with_columns(number.alias(f"number_{i}") for i, number in enumerate(seen.numbers))
        calls = calls.filter(pl.col("day").is_not_null())
        self._by_id.keep(self._fitting(calls.join(self.made.customer_ids, on="id").select(_MET)))
        for i in range(len(seen.numbers)):
            of_number = calls.select("row", "day", "placed", pl.col(f"number_{i}").alias("number"))
            self._by_number.keep(self._fitting(of_number.join(self.made.numbers, on="number").select(_MET)))

    def _fitting(self, met: pl.DataFrame) -> pl.DataFrame:
        """Leave the calls whose window, counted from the call, holds the objection."""
        day, objected = met["day"].to_numpy(), self.made.day[met["objection"].to_numpy()]
        if not len(day):
            return met
        return met.filter(pl.Series((day <= objected) & (objected <= last_days(self._window, day))))

    def _found(self) -> tuple[UInt64Array, npt.NDArray[np.bool_]]:
        """Return the row of the call of each objection, 0 for none, and whether it lies in a band."""
        by_id = self._by_id.row > 0
        row = np.where(by_id, self._by_id.row, self._by_number.row)
        return row, np.where(by_id, self._by_id.placed, self._by_number.placed) & (row > 0)

    @property
    def rows(self) -> UInt64Array:
        """The rows of the calls that an objection followed, sorted, each once; for when all calls were seen."""
        row, _ = self._found()
        return np.unique(row[row > 0])

    @property
    def placed(self) -> int:
        """Objections that were put down to a call."""
        return int((self._found()[0] > 0).sum())

    @property
    def in_a_band(self) -> int:
        """Objections that were put down to a call that lies in a band."""
        return int(self._found()[1].sum())


class _LastCalls:
    """The last call for each objection."""

    def __init__(self, objections: int) -> None:
        self.day: Days = np.full(objections, _NEVER, dtype=np.int32)
        self.row: UInt64Array = np.zeros(objections, dtype=np.uint64)
        self.placed: npt.NDArray[np.bool_] = np.zeros(objections, dtype=np.bool_)

    def keep(self, met: pl.DataFrame) -> None:
        """Keep the last call of each objection: of one day the last in the history."""
        last = met.sort("objection", "day", "row").unique("objection", keep="last")
        objection, day, row, placed = (last[name].to_numpy() for name in ("objection", "day", "row", "placed"))
        later = (day > self.day[objection]) | ((day == self.day[objection]) & (row > self.row[objection]))
        mine = objection[later]
        self.day[mine], self.row[mine], self.placed[mine] = day[later], row[later], placed[later]


_MET = ("objection", "row", "day", "placed")


def is_among(rows: UInt64Array, wanted: UInt64Array) -> npt.NDArray[np.bool_]:
    """Say of rows whether they are among others, which are sorted."""
    if not len(wanted):
        return np.zeros(len(rows), dtype=np.bool_)
    places = np.minimum(np.searchsorted(wanted, rows), len(wanted) - 1)
    return np.asarray(wanted[places] == rows)
