"""Objections that stand in files of their own, each put down to the call that it followed.

An objection belongs to the last call before it, or on its day, to one of its numbers or to its customer id, if that
call was made no longer before than a window. Of several calls on that day it is the last in the history. An objection
counts though it was taken back later: the person did object. Those made to another brand do not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.balanstest.bands import Days, first_days
from balansfilter.compiled.texts import as_series
from balansfilter.engine.dates import DateReader
from balansfilter.engine.membership import UInt64Array
from balansfilter.identity.brands import Brands
from balansfilter.identity.ids import read_ids
from balansfilter.identity.numbers import NumberColumns, Rows
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


def read_objections(
    batches: Iterable[Rows], spec: Objections, dates: DateReader, phones: NumberColumns, brands: Brands
) -> ObjectionsMade:
    """Read the objections of one file, whose policy maps `objected_on`."""
    columns = spec.columns
    assert columns.objected_on, "a file without the day of the objection is not read"
    made, numbers, ids = 0, [], []
    days: list[Days] = []
    rows = 0
    for batch in batches:
        frame = pl.DataFrame({"day": dates.read(batch.column(columns.objected_on), columns.objected_on).day})
        found = phones.to_protect(batch).numbers
        frame = frame.with_columns(number.alias(f"number_{i}") for i, number in enumerate(found))
        customer_id = pl.lit("")
        if columns.customer_id:
            customer_id = pl.lit(as_series(read_ids(batch.column(columns.customer_id), phones.null_words).key))
        frame = frame.with_columns(id=customer_id)
        if columns.brand:
            made_to = brands.made_to(as_series(batch.column(columns.brand)), phones.null_words)
            frame = frame.filter(made_to.ours)
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
        self._earliest = first_days(window, made.day)
        self._call_day: Days = np.full(len(made.day), _NEVER, dtype=np.int32)
        self._call_row: UInt64Array = np.zeros(len(made.day), dtype=np.uint64)

    def see(self, row: pl.Series, day: pl.Series, customer_id: pl.Series, numbers: list[pl.Series]) -> None:
        """Look at a batch of calls; those whose day is null are passed over."""
        calls = pl.DataFrame({"row": row, "day": day.to_physical(), "id": customer_id})
        calls = calls.with_columns(number.alias(f"number_{i}") for i, number in enumerate(numbers))
        calls = calls.filter(pl.col("day").is_not_null())
        met = [calls.select("row", "day", "id").join(self.made.customer_ids, on="id").select(_MET)]
        for i in range(len(numbers)):
            of_number = calls.select("row", "day", pl.col(f"number_{i}").alias("number"))
            met.append(of_number.join(self.made.numbers, on="number").select(_MET))
        found = pl.concat(met)
        if found.height:
            self._keep_last(found)

    def _keep_last(self, met: pl.DataFrame) -> None:
        objection = met["objection"].to_numpy()
        day, row = met["day"].to_numpy(), met["row"].to_numpy()
        fits = (day <= self.made.day[objection]) & (day >= self._earliest[objection])
        later = fits & (day >= self._call_day[objection])
        order = np.lexsort((row[later], day[later], objection[later]))
        objection, day, row = (values[later][order] for values in (objection, day, row))
        last = np.append(objection[1:] != objection[:-1], [True])[: len(objection)]
        self._call_day[objection[last]] = day[last]
        self._call_row[objection[last]] = row[last]

    @property
    def rows(self) -> UInt64Array:
        """The rows of the calls that an objection followed, sorted, each once; for when all calls were seen."""
        return np.unique(self._call_row[self._call_day != _NEVER])

    @property
    def placed(self) -> int:
        """Objections that were put down to a call."""
        return int((self._call_day != _NEVER).sum())


_MET = ("objection", "row", "day")


def is_among(rows: UInt64Array, wanted: UInt64Array) -> npt.NDArray[np.bool_]:
    """Say of rows whether they are among others, which are sorted."""
    if not len(wanted):
        return np.zeros(len(rows), dtype=np.bool_)
    places = np.minimum(np.searchsorted(wanted, rows), len(wanted) - 1)
    return np.asarray(wanted[places] == rows)
