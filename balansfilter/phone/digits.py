"""Sets of digit strings, held as intervals of integers for every length.

A string of digits is known by its length and its value: "0612" has length 4 and value 612. A numbering plan is then
a few hundred intervals, and a question that a regular expression answers a string at a time becomes arithmetic.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, TypeAlias

from balansfilter.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Values of one length: half-open intervals ``[low, high)``, sorted, disjoint, and never touching."""

_MOST_PIECES = 1_000_000
"""More intervals than any numbering plan has: beyond it a pattern does not suit this representation."""


def all_of(length: int) -> Spans:
    """Every string of so many digits."""
    return ((0, 10**length),)


def merge(spans: Iterable[tuple[int, int]]) -> Spans:
    """Sort intervals and join those that overlap or touch; empty ones vanish."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if low >= high:
            continue
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def shift(spans: Spans, by: int) -> Spans:
    """Move every value; the lengths that the values stand for are the caller's affair."""
    return tuple((low + by, high + by) for low, high in spans)


def intersect(first: Spans, second: Spans) -> Spans:
    """The values in both. Fast where one of the two is small."""
    small, large = (first, second) if len(first) <= len(second) else (second, first)
    return tuple(
        (max(low, start), min(high, stop)) for low, high in small for start, stop in _overlapping(large, low, high)
    )


def subtract(spans: Spans, away: Spans) -> Spans:
    """The values of ``spans`` that are not in ``away``."""
    left: list[tuple[int, int]] = []
    for low, high in spans:
        reached = low
        for start, stop in _overlapping(away, low, high):
            if reached < start:
                left.append((reached, start))
            reached = stop
        if reached < high:
            left.append((reached, high))
    return tuple(left)


def _overlapping(spans: Spans, low: int, high: int) -> Spans:
    first = bisect_right(spans, low, key=lambda span: span[1])
    last = bisect_left(spans, high, key=lambda span: span[0])
    return spans[first:last]


@dataclass(frozen=True)
class DigitSet:
    """A set of digit strings of any length."""

    by_length: Mapping[int, Spans]
    """The values of the strings, by their length; a length without strings is absent."""

    def of_length(self, length: int) -> Spans:
        """The values of the strings of this length."""
        return self.by_length.get(length, ())

    def only_lengths(self, lengths: Iterable[int]) -> DigitSet:
        """The strings whose length is one of these."""
        return DigitSet({length: self.by_length[length] for length in lengths if length in self.by_length})

    def __or__(self, other: DigitSet) -> DigitSet:
        """The strings of either set."""
        lengths = self.by_length.keys() | other.by_length.keys()
        return DigitSet({n: merge((*self.of_length(n), *other.of_length(n))) for n in lengths})

    def __and__(self, other: DigitSet) -> DigitSet:
        """The strings of both sets."""
        both = {n: intersect(spans, other.of_length(n)) for n, spans in self.by_length.items()}
        return DigitSet({n: spans for n, spans in both.items() if spans})

    def __sub__(self, other: DigitSet) -> DigitSet:
        """The strings of this set that are not of the other."""
        left = {n: subtract(spans, other.of_length(n)) for n, spans in self.by_length.items()}
        return DigitSet({n: spans for n, spans in left.items() if spans})

    def then(self, tail: DigitSet) -> DigitSet:
        """Every string of this set followed by every string of ``tail``.

        :raises ValueError: the result has too many intervals to hold.
        """
        found: dict[int, list[tuple[int, int]]] = {}
        for length, heads in self.by_length.items():
            for more, tails in tail.by_length.items():
                found.setdefault(length + more, []).extend(_followed(heads, tails, more))
        return DigitSet({length: merge(spans) for length, spans in found.items()})

    def extended_to(self, length: int) -> Spans:
        """The strings of this length that begin with a string of the set."""
        scaled = (
            (low * 10 ** (length - short), high * 10 ** (length - short))
            for short, spans in self.by_length.items()
            if short <= length
            for low, high in spans
        )
        return merge(scaled)


NOTHING = DigitSet({})
EMPTY_STRING = DigitSet({0: ((0, 1),)})


def _followed(heads: Spans, tails: Spans, digits: int) -> Iterable[tuple[int, int]]:
    scale = 10**digits
    if tails == all_of(digits):
        return [(low * scale, high * scale) for low, high in heads]
    if sum(high - low for low, high in heads) * len(tails) > _MOST_PIECES:
        raise ValueError("a numbering pattern has too many intervals")
    return [
        (head * scale + start, head * scale + stop)
        for low, high in heads
        for head in range(low, high)
        for start, stop in tails
    ]
