"""The history once more, under other limits: which calls would not have been made, and what came of them.

A call falls away if it was made after the end of the term or before the start delay was over, counted from the purchase
that held then; or if the person had been called as often as the frequency allows, counting only the calls that would
still have been made. What would have become of the person after that is not guessed: a sale that falls away does not
renew the term of later calls, and an objection that falls away is not followed by calls that were never made. The calls
under other balanstests count as calls, as they do in a run, and stay as they were. A call that names nobody falls away
by its dates only.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from balansfilter.balanstest.bands import Bands, Days, Places, first_days, last_days
from balansfilter.balanstest.calls import COMPLAINED, CONVERTED, NOBODY, OBJECTED, Calls, begins
from balansfilter.balanstest.candidates import Limits
from balansfilter.balanstest.moments import OUTCOMES, Cells, Counted, Summed, chunks_of_people
from balansfilter.balanstest.rates import Rate, design_effect
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.policy.model import MaxAttempts

Mask = npt.NDArray[np.bool_]

COLUMNS = ("calls", *OUTCOMES)
_FLAGS = (CONVERTED, OBJECTED, COMPLAINED)
_NEVER = np.iinfo(np.int32).min


@dataclass
class CountsUnderLimits:
    """Counts, one line a band and one column for each of :data:`COLUMNS`, and how they spread over people."""

    limits: Limits
    bands: Bands
    made: Counted
    """As the calls were made."""
    in_time: Counted
    """Without those that the term or the start delay prevents."""
    kept: Counted
    """Without those that the frequency prevents either."""
    people: Counted
    """People with a call that was kept, by band; a call that names nobody is one."""
    products: Summed
    """Of the calls that were kept: sums over people of their counts times each other, by (band, column) twice."""

    @classmethod
    def of(cls, limits: Limits, bands: Bands) -> CountsUnderLimits:
        """Begin a replay."""
        shape = (len(bands), len(COLUMNS))
        made, in_time, kept = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        size = len(bands) * len(COLUMNS)
        return cls(limits, bands, made, in_time, kept, np.zeros(len(bands), dtype=np.int64), np.zeros((size, size)))

    @classmethod
    def of_calls(cls, limits: Limits, bands: Bands, calls: Calls, band: Places, mine: Mask) -> CountsUnderLimits:
        """Replay calls of whole people, in the order of person and day.

        :param mine: which of the calls are under the balanstest.
        """
        in_time = mine & _in_time(limits, calls)
        kept = in_time.copy()
        if limits.max_attempts is not None:
            seen = np.flatnonzero((in_time | ~mine) & (calls["person"] != NOBODY))
            goes_on = within_limit(calls["person"][seen], calls["day"][seen], ~mine[seen], limits.max_attempts)
            kept[seen[~goes_on]] = False
        columns = _columns(calls)
        made, timely, stayed = (_counted(columns, band, which, len(bands)) for which in (mine, in_time, kept))
        people, products = _spread(calls.compress(kept), columns[kept], band[kept], len(bands))
        return cls(limits, bands, made, timely, stayed, people, products)

    def add(self, other: CountsUnderLimits) -> None:
        """Add the counts of other people under the same limits."""
        self.made += other.made
        self.in_time += other.in_time
        self.kept += other.kept
        self.people += other.people
        self.products += other.products

    def rate(self, band: int, outcome: str) -> Rate:
        """Return the share of the calls of a band, of those that were kept, with an outcome."""
        calls, count = int(self.kept[band, 0]), int(self.kept[band, COLUMNS.index(outcome)])
        errors = self._errors(band, outcome)
        effect = design_effect(count, calls, self._product(errors, errors), int(self.people[band]))
        return Rate(count, calls, effect)

    def effect_of_ratio(self, band: int, trouble: tuple[str, ...], per: str) -> float:
        """Return the design effect of the share that some outcomes have in them and another one together."""
        counts = self.kept[band]
        count = int(sum(counts[COLUMNS.index(outcome)] for outcome in trouble))
        of = count + int(counts[COLUMNS.index(per)])
        share = count / of if of else 0.0
        errors = self._weights(band, dict.fromkeys(trouble, 1 - share) | {per: -share})
        return design_effect(count, of, self._product(errors, errors), int(self.people[band]))

    def correlation(self, one: int, other: int, outcome: str) -> float:
        """Return how the shares of two bands go together, because they are of the same people; at least 0."""
        a, b = self._errors(one, outcome), self._errors(other, outcome)
        spread = self._product(a, a) * self._product(b, b)
        return min(max(self._product(a, b) / sqrt(spread), 0.0), 1.0) if spread > 0 else 0.0

    def _errors(self, band: int, outcome: str) -> dict[int, float]:
        calls, count = self.kept[band, 0], self.kept[band, COLUMNS.index(outcome)]
        return self._weights(band, {outcome: 1.0, "calls": -count / calls if calls else 0.0})

    def _weights(self, band: int, weights: dict[str, float]) -> dict[int, float]:
        return {band * len(COLUMNS) + COLUMNS.index(column): weight for column, weight in weights.items()}

    def _product(self, one: dict[int, float], other: dict[int, float]) -> float:
        return float(sum(a * b * self.products[i, j] for i, a in one.items() for j, b in other.items()))


def _spread(calls: Calls, columns: Mask, band: Places, bands: int) -> tuple[Counted, Summed]:
    """Return how many people there are in each band, and the sums over people of their counts times each other."""
    begin, size = begins(calls["person"]), bands * columns.shape[1]
    people, products = np.zeros(bands, dtype=np.int64), np.zeros((size, size))
    for some in chunks_of_people(begin, bands):
        cells = Cells.of(begin[some], band[some], columns[some], bands)
        people += np.bincount(cells.band, minlength=bands)
        wide = np.zeros((int(cells.person[-1]) + 1, bands, columns.shape[1]))
        wide[cells.person, cells.band] = cells.counts
        flat = wide.reshape(len(wide), size)
        products += flat.T @ flat
    return people, products


def _in_time(limits: Limits, calls: Calls) -> Mask:
    fits: Mask = calls["day"] <= last_days(limits.term, calls["purchase"])
    if limits.start_after is not None:
        fits &= calls["day"] >= last_days(limits.start_after, calls["purchase"])
    return fits


def within_limit(person: UInt64Array, day: Days, forced: Mask, limit: MaxAttempts) -> Mask:
    """Say of each call whether it stays under a limit on the number of calls.

    The calls are in the order of person and day. A call stays if fewer than `count` of the person's calls that stay
    were made in the window before it, (day - within, day]. A forced call stays whatever came before it, and counts.

    The first calls of all people are looked at together, then their second, and so on; for each person the last
    `count` days that stayed are remembered, of which the oldest decides.
    """
    stays = np.ones(len(day), dtype=np.bool_)
    starts = np.flatnonzero(np.append([True], person[1:] != person[:-1])[: len(person)])
    sizes = np.diff(np.append(starts, len(person)))
    busy = np.argsort(-sizes, kind="stable")[: int((sizes > limit.count).sum())]
    starts, sizes = starts[busy], sizes[busy]
    earliest = first_days(limit.within, day)
    recent = np.full((len(busy), limit.count), _NEVER, dtype=np.int64)
    turn = np.zeros(len(busy), dtype=np.intp)
    for place in range(int(sizes.max()) if len(sizes) else 0):
        people = np.arange(int(np.searchsorted(-sizes, -place, side="left")))
        call = starts[people] + place
        stay = forced[call] | (recent[people, turn[people]] <= earliest[call])
        stays[call] = stay
        people = people[stay]
        recent[people, turn[people]] = day[call[stay]]
        turn[people] = (turn[people] + 1) % limit.count
    return stays


def _columns(calls: Calls) -> npt.NDArray[Any]:
    ended = [(calls["ended"] & flag) > 0 for flag in _FLAGS]
    return np.stack([np.ones(len(calls), dtype=np.bool_), *ended], axis=1)


def _counted(columns: Mask, band: Places, which: Mask, bands: int) -> Counted:
    counts = [np.bincount(band[which & columns[:, column]], minlength=bands) for column in range(columns.shape[1])]
    return np.stack(counts, axis=1)
