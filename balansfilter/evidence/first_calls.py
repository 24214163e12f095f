"""When somebody was first called after a day, looked up for millions of rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.evidence.lookup import IntpArray, NumberSet, TextSet
from balansfilter.frozen import dataclass

_DAY_BITS = 22
_EPOCH = date(1970, 1, 1).toordinal()
_NEVER = np.iinfo(np.int64).max

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FirstCalls:
    """The days on which each number, and each customer id by its key, was called."""

    numbers: NumberSet
    customer_ids: TextSet
    _number_days: Int64Array
    """For each call, the place of its number and the day, as one integer; sorted."""
    _id_days: Int64Array

    @classmethod
    def of(cls, history: pl.DataFrame) -> Self:
        """Make them of calls: `number`, `key` and `day`. A call whose day is not known tells nothing."""
        known = history.filter(pl.col("day").is_not_null())
        called = known.filter(pl.col("number").is_not_null())
        numbers, ids = NumberSet.of(called["number"].to_numpy()), TextSet.of(known["key"])
        return cls(
            numbers,
            ids,
            _days(numbers.positions(called["number"].to_numpy()), called["day"]),
            _days(ids.positions(known["key"]), known["day"]),
        )

    def after(self, day: pl.Series, numbers: Sequence[pl.Series], keys: pl.Series) -> pl.Series:
        """Return the day of each row's first call after a day: to its customer id, or to one of its numbers.

        The day itself does not count: a consent may have been given in that very call. Null where there was none.
        """
        days = _ordinals(day.fill_null(date.max))
        first = _next(self._id_days, self.customer_ids.positions(keys), days)
        for number in numbers:
            first = np.minimum(
                first, _next(self._number_days, self.numbers.positions(number.fill_null(0).to_numpy()), days)
            )
        found = pl.Series(np.where(first == _NEVER, 0, first - _EPOCH), dtype=pl.Int32).cast(pl.Date)
        return found.set(pl.Series(first == _NEVER), None)


def _ordinals(days: pl.Series) -> Int64Array:
    return days.to_physical().cast(pl.Int64).to_numpy() + _EPOCH


def _days(places: IntpArray, days: pl.Series) -> Int64Array:
    """Pack the place of each call's number or id, and its day, into one integer, and sort them."""
    packed = (places.astype(np.int64) << _DAY_BITS) | _ordinals(days)
    return np.sort(packed[places >= 0])


def _next(packed: Int64Array, places: IntpArray, days: Int64Array) -> Int64Array:
    """Return the first day after each day among those of a place; a day that never comes where there is none."""
    if not len(packed):
        return np.full(len(places), _NEVER)
    found = np.searchsorted(packed, (places.astype(np.int64) << _DAY_BITS) | days, side="right")
    following = packed[np.minimum(found, len(packed) - 1)]
    same = (places >= 0) & (found < len(packed)) & (following >> _DAY_BITS == places)
    return np.where(same, following & ((1 << _DAY_BITS) - 1), _NEVER)
