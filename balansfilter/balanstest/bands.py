"""Bands of time since the last purchase, counted as the term is.

A band ends where a term of its length would: a call on day d after a purchase on day p lies in the band from a months
up to b months if p + a months < d <= p + b months, the months added in one step and clamped to the month's end
(Regulation 1182/71 art. 3). So what is counted up to the end of a band is what a term of that length would have left.
A call on the day of the purchase lies in the first band. A band is named by the months that it holds: `4-6` is the
fourth month to the sixth, after three months and up to and including six.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from balansfilter.errors import UsageError
from balansfilter.frozen import dataclass
from balansfilter.policy.values import Span

Days = npt.NDArray[np.int32]
"""Days as whole numbers, from 1970-01-01, which is 0."""
Places = npt.NDArray[np.uint8]

MAX_BANDS = 121
DEFAULT_MONTHS = (3, 6, 12, 18, 24, 36)
_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_IN_A_TABLE, _TABLES = 1 << 7, 1 << 10


@dataclass(frozen=True)
class Band:
    """Some time since the last purchase: after one span, up to and including another."""

    after: Span | None
    """None for the first band."""
    up_to: Span | None
    """None for the last band, which has no end."""

    @property
    def label(self) -> str:
        """Name it, by its first and last month where it is counted in months."""
        start = months(self.after) if self.after else 0
        end = months(self.up_to) if self.up_to else 0
        if start is None or end is None:
            parts = [f"after {self.after}"] if self.after else []
            return ", ".join(parts + ([f"up to {self.up_to}"] if self.up_to else []))
        first = start + 1 if self.after else 0
        if self.up_to is None:
            return f"{first}+"
        return f"{first}-{end}" if end != first else f"{end}"

    @property
    def up_to_label(self) -> str:
        """Name all the time up to the end of the band."""
        return "all" if self.up_to is None else Band(None, self.up_to).label


@dataclass(frozen=True)
class Bands:
    """Bands that follow each other from the purchase on, the last without an end."""

    edges: tuple[Span, ...]
    """Where each band but the last ends."""

    def __post_init__(self) -> None:
        if not self.edges or len(self.edges) >= MAX_BANDS:
            raise UsageError(f"the bands need at least one end, and at most {MAX_BANDS - 1}")
        for earlier, later in pairwise(self.edges):
            if earlier.longer_than(later) or not later.longer_than(earlier):
                raise UsageError(f"the ends of the bands must grow, but {later} is not longer than {earlier}")

    def __len__(self) -> int:
        return len(self.edges) + 1

    @property
    def all(self) -> tuple[Band, ...]:
        """Return them in order."""
        ends = (None, *self.edges, None)
        return tuple(Band(after, up_to) for after, up_to in pairwise(ends))

    def of(self, day: Days, purchase: Days) -> Places:
        """Return the place of the band that each day lies in, from 0; no day is before its purchase."""
        found = np.zeros(len(day), dtype=np.uint8)
        for edge in self.edges:
            found += day > last_days(edge, purchase)
        return found


def months(span: Span) -> int | None:
    """Return a span in whole months; None where it is counted in days or weeks."""
    return {"months": span.count, "years": 12 * span.count}.get(span.unit)


def month_bands(ends: tuple[int, ...] = DEFAULT_MONTHS) -> Bands:
    """Return bands that end after so many months."""
    return Bands(tuple(Span(f"{end} months") for end in ends))


def last_days(span: Span, days: Days) -> Days:
    """Return the last day of a span counted from each day, as :meth:`Span.after` does."""
    return _of_each(_ends, span, days)


def first_days(span: Span, days: Days) -> Days:
    """Return the day that lies a span before each day, as :meth:`Span.before` does."""
    return _of_each(_starts, span, days)


def _of_each(table: Callable[[Span, int], Days], span: Span, days: Days) -> Days:
    """Look up what a table of a span says of each day; a table holds some days that follow each other."""
    if not len(days):
        return days
    chunk, place = np.divmod(days, _DAYS_IN_A_TABLE)
    first, last = int(chunk.min()), int(chunk.max())
    if last - first < _TABLES:
        joined = np.concatenate([table(span, one) for one in range(first, last + 1)])
        return joined[days - first * _DAYS_IN_A_TABLE]
    found = np.empty_like(days)
    for one in np.unique(chunk).tolist():
        mine = chunk == one
        found[mine] = table(span, one)[place[mine]]
    return found


def day_of(number: int) -> date:
    """Return a day from its number."""
    return date.fromordinal(_EPOCH + number)


def number_of(day: date) -> int:
    """Return the number of a day."""
    return day.toordinal() - _EPOCH


@lru_cache(maxsize=1 << 14)
def _ends(span: Span, table: int) -> Days:
    return np.array([number_of(span.after(day)) for day in _days_of(table)], dtype=np.int32)


@lru_cache(maxsize=1 << 14)
def _starts(span: Span, table: int) -> Days:
    return np.array([number_of(span.before(day)) for day in _days_of(table)], dtype=np.int32)


def _days_of(table: int) -> Iterator[date]:
    """Yield the days of a table; those beyond the calendar as its first or last day."""
    first = table * _DAYS_IN_A_TABLE + _EPOCH
    for ordinal in range(first, first + _DAYS_IN_A_TABLE):
        yield date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))
