"""Sums over people of what they were called and how it ended: all that a share and its design effect need.

Of every person and band there are counts: the calls, those that reached somebody, and those that ended in something.
Their sums give the shares. The sums of their products of two give the spread of any share by person, because
(y - p n)² is y² - 2 p y n + p² n². Both only add up, so that a history of any length is counted part by part.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from balansfilter.balanstest.bands import Places
from balansfilter.balanstest.calls import COMPLAINED, CONVERTED, OBJECTED, REACHED
from balansfilter.balanstest.rates import Rate, design_effect
from balansfilter.frozen import dataclass

Counted = npt.NDArray[np.int64]
Summed = npt.NDArray[np.float64]
"""Sums of whole numbers, exact up to 2**53."""

OUTCOMES = ("conversions", "objections", "complaints")
OUTCOME_FLAGS = dict(zip(OUTCOMES, (CONVERTED, OBJECTED, COMPLAINED), strict=True))
MEASURES = ("calls", "reached", *OUTCOMES, *(f"{outcome}_reached" for outcome in OUTCOMES))
"""What is counted of a person: calls, those that reached somebody, outcomes, and outcomes of those that reached."""

_CELLS = 120_000
"""Persons times bands that are counted at once: few enough for their counts to stay in the processor's cache."""

Flags = npt.NDArray[np.bool_]

_HELD: Counted = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1).astype(np.int64)
"""Which of eight measures hold, by the byte that they make together."""


def measures_of(ended: npt.NDArray[np.uint8]) -> Flags:
    """Return of each call which of :data:`MEASURES` it counts in; one line a call."""
    reached = (ended & REACHED) > 0
    outcomes = [(ended & flag) > 0 for flag in OUTCOME_FLAGS.values()]
    columns = [np.ones(len(ended), dtype=np.bool_), reached, *outcomes, *(reached & one for one in outcomes)]
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Cells:
    """The counts of people in the bands in which they were called: a line a person and band, in that order."""

    person: npt.NDArray[np.intp]
    """The person of each line, by its place from 0."""
    band: npt.NDArray[np.intp]
    counts: Summed
    """Lines x measures."""
    first: npt.NDArray[np.intp]
    """The place of the first call of each line."""

    @classmethod
    def of(cls, begin: Flags, band: Places, measures: Flags, bands: int) -> Self:
        """Count calls in the order of person and day, of which those of a new person are told."""
        cell = (np.cumsum(begin) - 1) * bands + band
        there = np.zeros((int(cell[-1]) // bands + 1) * bands if len(cell) else 0, dtype=np.bool_)
        there[cell] = True
        cells = np.flatnonzero(there)
        line = (np.cumsum(there) - 1)[cell]
        columns = [np.bincount(line[measures[:, column]], minlength=len(cells)) for column in range(measures.shape[1])]
        first = np.empty(len(cells), dtype=np.intp)
        first[line[::-1]] = np.arange(len(line) - 1, -1, -1)  # of several that go to one place the last stays
        return cls(cells // bands, cells % bands, np.stack(columns, axis=1).astype(np.float64), first)

    @property
    def starts(self) -> npt.NDArray[np.intp]:
        """The first line of each person."""
        return np.flatnonzero(np.append([True], self.person[1:] != self.person[:-1])[: len(self.person)])

    def before(self) -> Summed:
        """Return the counts of each person before each line."""
        total = self.counts.cumsum(axis=0) - self.counts
        return total - total[self.starts][self.person]


def by_band(band: npt.NDArray[Any], holds: Flags, bands: int) -> Counted:
    """Count in each band the lines for which each measure holds: bands x measures; of at most eight measures."""
    which = np.packbits(holds, axis=1)[:, 0] if len(holds) else np.empty(0, dtype=np.uint8)
    alike = np.bincount(band.astype(np.intp) * 256 + which, minlength=bands * 256)
    return np.asarray(alike.reshape(bands, 256) @ _HELD[:, : holds.shape[1]])


def chunks_of_people(begin: npt.NDArray[np.bool_], bands: int) -> list[slice]:
    """Return slices of calls in the order of person that split no person, each with people for one go."""
    starts = np.flatnonzero(begin)
    firsts = starts[:: max(_CELLS // bands, 1)].tolist()
    if not firsts:
        return []
    return [slice(start, end) for start, end in zip(firsts, [*firsts[1:], len(begin)], strict=True)]


@dataclass
class Moments:
    """Sums of people's counts and of their products, by band."""

    people: Counted
    """People with a call, and with one that reached them: bands x 2. A call that names nobody is a person here."""
    sums: Summed
    """Bands x measures."""
    products: Summed
    """Bands x measures x measures."""

    @classmethod
    def in_and_up_to(cls, cells: Cells, before: Summed, bands: int) -> tuple[Self, Self]:
        """Return the sums of people's counts in each band, and of those up to the end of each band.

        The second are what each line adds to its person's counts, added up over the bands: of the products, what the
        counts c of a line add to those b before it is (b + c)(b + c)' - bb' = cc' + bc' + cb'.
        """
        order = np.argsort(cells.band.astype(np.uint8), kind="stable")
        ends = np.cumsum(np.bincount(cells.band, minlength=bands))[:-1]
        size = cells.counts.shape[1]
        apart = np.split(np.hstack([cells.counts, before])[order], ends)
        sums = np.stack([some[:, :size].sum(axis=0) for some in apart])
        both = np.stack([some[:, :size].T @ some for some in apart])
        own, across = both[:, :, :size], both[:, :, size:]
        people = by_band(cells.band, cells.counts[:, :2] > 0, bands)
        fresh = by_band(cells.band, (cells.counts[:, :2] > 0) & (before[:, :2] == 0), bands)
        added = own + across + across.transpose(0, 2, 1)
        up_to = cls(fresh.cumsum(axis=0), sums.cumsum(axis=0), added.cumsum(axis=0))
        return cls(people, sums, own), up_to

    @classmethod
    def none(cls, bands: int) -> Self:
        """Return the sums over nobody."""
        size = len(MEASURES)
        return cls(np.zeros((bands, 2), dtype=np.int64), np.zeros((bands, size)), np.zeros((bands, size, size)))

    def add(self, other: Self) -> None:
        """Add the sums over other people."""
        self.people += other.people
        self.sums += other.sums
        self.products += other.products

    def count(self, band: int, measure: str) -> int:
        """Return how many were counted in a band."""
        return int(self.sums[band, MEASURES.index(measure)])

    def rate(self, band: int, outcome: str, *, reached: bool = False) -> Rate:
        """Return the share of the calls with an outcome; of those that reached somebody if that is asked for."""
        counted, of = (MEASURES.index(f"{outcome}_reached"), 1) if reached else (MEASURES.index(outcome), 0)
        count, size = self.sums[band, counted], self.sums[band, of]
        share = count / size if size else 0.0
        squares = quadratic(self.products[band], {counted: 1.0, of: -share})
        effect = design_effect(float(count), float(size), squares, int(self.people[band, of]))
        return Rate(int(count), int(size), effect)


def quadratic(products: Summed, weights: dict[int, float]) -> float:
    """Return the sum over people of the square of a weighted sum of their counts."""
    return float(sum(a * b * products[i, j] for i, a in weights.items() for j, b in weights.items()))
