"""Whether the calls and the people tell the same story of how an outcome goes with time.

Who objects is not called again, and who buys begins anew, so that the calls of a late band went to those who were left.
The first call of each person knows no such selection. The share of the calls and that of the first calls are compared
over the same two bands, the first and the last in which enough people were called for the first time. They tell
different stories if one rises or falls and the other does not, and that is more than chance: the change of the calls
lies outside the 95 % interval of that of the people.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from balansfilter.balanstest.bands import Band
from balansfilter.balanstest.figures import Figures, FigureSection
from balansfilter.balanstest.moments import OUTCOMES
from balansfilter.balanstest.rates import Interval, difference
from balansfilter.frozen import dataclass

ENOUGH_PEOPLE = 100
"""A band of which fewer people were called for the first time says too little of people."""

Course = Literal["rises", "falls", "level"]


@dataclass(frozen=True)
class RateChange:
    """How a share goes from one band to another."""

    first: Band
    last: Band
    before: Interval
    after: Interval

    @property
    def difference(self) -> Interval:
        """By how much it is more in the last band."""
        return difference(self.after, self.before)

    @property
    def course(self) -> Course:
        """Which way it goes, if that is more than chance."""
        found = self.difference
        return "rises" if found.low > 0 else "falls" if (found.high or 0.0) < 0 else "level"


@dataclass(frozen=True)
class Story:
    """An outcome of which the calls tell another story than the people."""

    outcome: str
    calls: RateChange
    people: RateChange | None
    """At the first call of each person; None where too few people were called for the first time in two bands."""


def stories_of(section: FigureSection) -> Iterator[Story]:
    """Yield the outcomes of which calls and people tell different stories, or of which only the calls tell one."""
    first_calls = section.series["first_call"]
    enough = [place for place, one in enumerate(first_calls) if one.people >= ENOUGH_PEOPLE]
    called = [place for place, one in enumerate(section.bands) if one.people >= ENOUGH_PEOPLE]
    for outcome in OUTCOMES:
        people = _change(first_calls, outcome, enough)
        calls = _change(section.bands, outcome, enough if people else called)
        if calls is not None and _differ(calls, people):
            yield Story(outcome, calls, people)


def _differ(calls: RateChange, people: RateChange | None) -> bool:
    if people is None:
        return calls.course != "level"
    found, high = people.difference, people.difference.high
    inside = found.low <= calls.difference.value and (high is None or calls.difference.value <= high)
    return calls.course != people.course and not inside


def _change(figures: tuple[Figures, ...], outcome: str, places: list[int]) -> RateChange | None:
    if len(places) < 2:
        return None
    first, last = figures[places[0]], figures[places[-1]]
    rates = [one.shares.known.get(outcome) for one in (first, last)]
    before, after = (rate.interval if rate else None for rate in rates)
    return RateChange(first.band, last.band, before, after) if before and after else None
