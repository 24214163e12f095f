"""Shares, and how sure they are: Wilson intervals by people, and the intervals of sums, differences and ratios.

Every interval is one of 95 %. A share has Wilson's score interval (1927), which holds for few calls and for shares near
nothing, on as many calls as those of one person are worth: their number over the design effect (Kish 1965), which is
how many times larger the variance is than that of as many calls to different people (linearised by person, Woodruff
1971), and never below 1. A difference of two shares has the interval that Newcombe made of theirs (1998), a weighted
sum that of the method of variance estimates recovery (MOVER, Zou and Donner 2008; with correlations, Zou 2007). A ratio
of two counts has the odds of Wilson's limits of the share that the first has in both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

from balansfilter.frozen import dataclass

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

    @property
    def top(self) -> float:
        """The upper limit of a share, which is at most 1."""
        return 1.0 if self.high is None else self.high


@dataclass(frozen=True)
class Rate:
    """How many of the calls, of the conversations or of the people had a certain outcome."""

    count: int
    of: int
    effect: float = 1.0
    """The design effect: how many calls of one person are worth one call of another, at least 1."""

    @property
    def interval(self) -> Interval | None:
        """The share, from 0 to 1, with its limits; None where it would be one of nothing."""
        return wilson(self.count, self.of, self.effect) if self.of else None

    @property
    def carries(self) -> bool:
        """Whether there were enough to speak of a share: the interval is no wider than :data:`MAX_WIDTH`."""
        found = self.interval
        return found is not None and found.top - found.low <= MAX_WIDTH


def design_effect(count: float, of: float, squares: float, people: int) -> float:
    """Return how many times larger the variance of a share is than if every call were to somebody else; at least 1.

    :param squares: over the people, the sum of (y - p n)²: y of a person's n calls counted, and p is the share of all.
    :param people: how many people were called.
    """
    if people < 2 or not 0 < count < of:
        return 1.0
    share = count / of
    return max(people / (people - 1) * squares / (of * share * (1 - share)), 1.0)


def wilson(count: int, of: int, effect: float = 1.0) -> Interval:
    """Return a share with Wilson's score interval, without continuity correction; `of` is at least 1."""
    if not 0 <= count <= of or not of or effect < 1:
        raise ValueError("a share is of at least one call, and of no more than all of them")
    share, size, square = count / of, of / effect, _Z * _Z
    centre = (share * size + square / 2) / (size + square)
    half = _Z / (size + square) * sqrt(share * (1 - share) * size + square / 4)
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == of else centre + half
    return Interval(share, low, high)


def difference(one: Interval, other: Interval) -> Interval:
    """Return by how much one share is more than another, with its limits (Newcombe's method 10)."""
    value = one.value - other.value
    low = value - sqrt((one.value - one.low) ** 2 + (other.top - other.value) ** 2)
    high = value + sqrt((one.top - one.value) ** 2 + (other.value - other.low) ** 2)
    return Interval(value, low, high)


def weighted_sum(
    parts: Sequence[tuple[float, Interval]], correlation: Sequence[Sequence[float]] | None = None
) -> Interval:
    """Return the sum of shares, each times its weight of at least 0, with its limits (MOVER).

    :param correlation: that of each two shares, which are independent unless it is given.
    """
    value = sum(weight * share.value for weight, share in parts)
    below = [weight * (share.value - share.low) for weight, share in parts]
    above = [weight * (share.top - share.value) for weight, share in parts]
    low = value - sqrt(_squared(below, correlation))
    return Interval(value, max(low, 0.0), value + sqrt(_squared(above, correlation)))


def _squared(sides: Sequence[float], correlation: Sequence[Sequence[float]] | None) -> float:
    total = sum(side * side for side in sides)
    if correlation is not None:
        pairs = ((i, j) for i in range(len(sides)) for j in range(i))
        total += 2 * sum(correlation[i][j] * sides[i] * sides[j] for i, j in pairs)
    return total


def ratio(count: int, per: int, effect: float = 1.0) -> Interval | None:
    """Return how many of one there are for each of another; None where there are none of the other.

    Given that one of the two happened, the first happens with a share p, and the ratio is p / (1 - p).

    :param effect: the design effect of that share.
    """
    if per == 0:
        return None
    share = wilson(count, count + per, effect)
    return Interval(count / per, share.low / (1 - share.low), share.top / (1 - share.top) if share.top < 1 else None)
