"""How often people are called a year: calls by the time in which they were at risk of a call, not by the whole history.

A person is at risk from the first call to the last, and before and after that as far as it fits the pace: the time up
to the begin or the end of the history counts where it is no longer than four of the person's mean gaps between calls;
where it is longer the person was not on the lists then, and three quarters of a mean gap count (half of one would be
right for calls at even intervals, a whole one for calls at random). Nobody counts for less than a year, or than the
history where that is shorter, so that three calls in a week are three a year. For who objected at the last call the
time ends there. Who was called on one day only is taken to have the mean gap of the others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import field

import numpy as np
import numpy.typing as npt

from balansfilter.balanstest.bands import Days
from balansfilter.frozen import dataclass

YEAR = 365.25
LONGEST_SILENCE = 4.0
"""In mean gaps between calls: a longer silence at either end of the history is no time at risk."""
EDGE = 0.75
"""In mean gaps: what counts before the first or after the last call of who was not on the lists then."""

Gaps = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pace:
    """How often people were called while they were at risk."""

    calls: int
    """Calls of the people who count."""
    person_years: float

    @property
    def calls_a_year(self) -> float:
        """Calls a year of one person."""
        return self.calls / self.person_years


@dataclass(frozen=True)
class HistorySpan:
    """The first and the last day of a history."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """How long the history is."""
        return self.last - self.first + 1

    @property
    def least(self) -> float:
        """The least time, in days, that a person counts for."""
        return min(YEAR, float(self.days))

    def at_risk(self, first: Days, last: Days, gap: Gaps, ended: npt.NDArray[np.bool_]) -> Gaps:
        """Return how many days each person was at risk."""
        span = (last - first).astype(np.float64)
        before = _reach((first - self.first).astype(np.float64), gap)
        after = np.where(ended, 0.0, _reach((self.last - last).astype(np.float64), gap))
        days: Gaps = span + before + after
        return np.where(ended, days, np.maximum(days, self.least))


def _reach(silence: Gaps, gap: Gaps) -> Gaps:
    return np.where(silence <= LONGEST_SILENCE * gap, silence, EDGE * gap)


@dataclass
class PaceSums:
    """Sums over people out of which their pace is worked out."""

    calls: int = 0
    days: float = 0.0
    gaps: int = 0
    gap_days: int = 0
    on_one_day: Counter[tuple[int, bool]] = field(default_factory=Counter)
    """People called on one day only, by that day and by whether they objected then."""
    calls_on_one_day: int = 0
    ended_on_one_day: int = 0
    """Calls of those people; of who objected that day apart."""

    @classmethod
    def of(
        cls, calls: npt.NDArray[np.int64], first: Days, last: Days, ended: npt.NDArray[np.bool_], when: HistorySpan
    ) -> PaceSums:
        """Sum up people: their calls, the days of the first and the last, and whether they objected at the last."""
        several = last > first
        number, span = calls[several], (last - first)[several]
        gap = span / (number - 1)
        days = when.at_risk(first[several], last[several], gap, ended[several])
        made = cls(int(number.sum()), float(days.sum()), int((number - 1).sum()), int(span.sum()))
        once = ~several
        for stopped in (False, True):
            mine = once & (ended == stopped)
            day, people = np.unique(first[mine], return_counts=True)
            made.on_one_day.update({(d, stopped): n for d, n in zip(day.tolist(), people.tolist(), strict=True)})
        made.calls_on_one_day = int(calls[once & ~ended].sum())
        made.ended_on_one_day = int(calls[once & ended].sum())
        return made

    def add(self, other: PaceSums) -> None:
        """Add the sums over other people."""
        self.calls += other.calls
        self.days += other.days
        self.gaps += other.gaps
        self.gap_days += other.gap_days
        self.on_one_day.update(other.on_one_day)
        self.calls_on_one_day += other.calls_on_one_day
        self.ended_on_one_day += other.ended_on_one_day

    def pace(self, when: HistorySpan) -> Pace | None:
        """Return the pace; None where nobody was at risk for a day."""
        calls, days = self.calls + self.calls_on_one_day, self.days
        gap = self.gap_days / self.gaps if self.gaps else 0.0
        if gap:
            calls += self.ended_on_one_day
        for (day, ended), people in self.on_one_day.items():
            if ended and not gap:
                continue
            place = np.array([day])
            days += people * float(when.at_risk(place, place, np.array([gap]), np.array([ended]))[0])
        return Pace(calls, days / YEAR) if days else None
