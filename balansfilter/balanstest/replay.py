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

import numpy as np
import numpy.typing as npt

from balansfilter.balanstest.bands import Bands, Days, Places, first_days, last_days
from balansfilter.balanstest.calls import COMPLAINED, CONVERTED, NOBODY, OBJECTED, Calls
from balansfilter.balanstest.candidates import Limits
from balansfilter.balanstest.people import Counted
from balansfilter.engine.membership import UInt64Array
from balansfilter.policy.model import MaxAttempts

Mask = npt.NDArray[np.bool_]

COLUMNS = ("calls", "conversions", "objections", "complaints")
_NEVER = np.iinfo(np.int32).min


@dataclass
class Replay:
    """Counts, one line a band and one column for each of :data:`COLUMNS`."""

    limits: Limits
    bands: Bands
    made: Counted
    """As the calls were made."""
    in_time: Counted
    """Without those that the term or the start delay prevents."""
    kept: Counted
    """Without those that the frequency prevents either."""

    @classmethod
    def of(cls, limits: Limits, bands: Bands) -> Replay:
        """Begin a replay."""
        shape = (len(bands), len(COLUMNS))
        made, in_time, kept = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        return cls(limits, bands, made, in_time, kept)

    def add(self, calls: Calls, band: Places, mine: Mask) -> None:
        """Replay the calls of one part, which are in the order of person and day.

        :param mine: which of the calls are under the balanstest.
        """
        in_time = mine & self._in_time(calls)
        kept = in_time.copy()
        if self.limits.max_attempts is not None:
            seen = np.flatnonzero((in_time | ~mine) & (calls["person"] != NOBODY))
            goes_on = within_limit(calls["person"][seen], calls["day"][seen], ~mine[seen], self.limits.max_attempts)
            kept[seen[~goes_on]] = False
        self.made += _counted(calls, band, mine, len(self.bands))
        self.in_time += _counted(calls, band, in_time, len(self.bands))
        self.kept += _counted(calls, band, kept, len(self.bands))

    def _in_time(self, calls: Calls) -> Mask:
        fits: Mask = calls["day"] <= last_days(self.limits.term, calls["purchase"])
        if self.limits.start_after is not None:
            fits &= calls["day"] >= last_days(self.limits.start_after, calls["purchase"])
        return fits


def in_order_of_person(calls: Calls) -> Calls:
    """Sort the calls of one part by person and day; of one day the first in the history comes first."""
    return calls[np.lexsort((calls["row"], calls["day"], calls["person"]))]


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


def _counted(calls: Calls, band: Places, counts: Mask, bands: int) -> Counted:
    of_band, ended = band[counts], calls["ended"][counts]
    columns = [of_band, *(of_band[(ended & flag) > 0] for flag in (CONVERTED, OBJECTED, COMPLAINED))]
    return np.stack([np.bincount(column, minlength=bands) for column in columns], axis=1)
