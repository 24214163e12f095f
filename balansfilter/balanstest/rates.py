"""Shares, and how sure they are: Wilson intervals, and the intervals of sums and ratios of what was counted.

Every interval is one of 95 %. A share has Wilson's score interval (1927), which holds for few calls and for shares near
nothing. A weighted sum of shares has the interval that the method of variance estimates recovery makes of theirs
(MOVER, Zou and Donner 2008; for the difference of two it is Newcombe's of 1998). A ratio of two counts has the odds
of Wilson's limits of the share that the first has in both together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
"""How often an interval holds the true value."""
MAX_WIDTH = 0.04
"""A share whose interval is wider than this, four percentage points, rests on too few calls.

That asks for some 90 calls where nothing was counted at all, 480 for a share of 5 % and 870 for one of 10 %: the
shares of neighbouring bands differ by one to three points, and a wider interval cannot tell them apart.
"""

_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


@dataclass(frozen=True)
class Interval:
    """An estimate and its limits."""

    value: float
    low: float
    high: float | None
    """None where there is no upper limit."""


@dataclass(frozen=True)
class Rate:
    """How many of the calls ended in a certain way."""

    count: int
    calls: int

    @property
    def interval(self) -> Interval | None:
        """The share of the calls, from 0 to 1, with its limits; None where there were no calls."""
        return wilson(self.count, self.calls) if self.calls else None

    @property
    def carries(self) -> bool:
        """Whether there were calls enough to speak of a share: the interval is no wider than :data:`MAX_WIDTH`."""
        found = self.interval
        return found is not None and found.high is not None and found.high - found.low <= MAX_WIDTH


def wilson(count: int, calls: int) -> Interval:
    """Give a share with Wilson's score interval, without continuity correction; `calls` is at least 1."""
    if not 0 <= count <= calls or not calls:
        raise ValueError("a share is of at least one call, and of no more than all of them")
    square = _Z * _Z
    centre = (count + square / 2) / (calls + square)
    half = _Z / (calls + square) * sqrt(count * (calls - count) / calls + square / 4)
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == calls else centre + half
    return Interval(count / calls, low, high)


def weighted_sum(parts: Iterable[tuple[float, Interval]]) -> Interval:
    """Give the sum of independent shares, each times its weight, with its limits (MOVER)."""
    value = below = above = 0.0
    for weight, share in parts:
        value += weight * share.value
        below += (weight * (share.value - share.low)) ** 2
        above += (weight * ((1.0 if share.high is None else share.high) - share.value)) ** 2
    return Interval(value, max(value - sqrt(below), 0.0), value + sqrt(above))


def ratio(count: int, per: int) -> Interval | None:
    """Give how many of one there are for each of another; None where neither was counted, or none of the other.

    Given that one of the two happened, the first happens with a share p, and the ratio is p / (1 - p).
    """
    if per == 0:
        return None
    share = wilson(count, count + per)
    high = 1.0 if share.high is None else share.high
    return Interval(count / per, share.low / (1 - share.low), high / (1 - high) if high < 1 else None)
