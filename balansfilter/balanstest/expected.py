"""What a year of calling would bring under a candidate, what its last months add, and where the curve turns.

A year is that of today's list: every customer who may be called on the as-of date is called as often as people were
in the history, and every call ends as calls in the customer's band did.

*   Calls a year of one customer: the calls of the history, over its different people, over its years; a history shorter
    than a year counts as a year. Where the candidate limits the frequency, times the share of the calls that the limit
    would have left. The frequency is taken as known: it adds nothing to the intervals.
*   Conversions, objections and complaints a year: over the bands, customers x calls a year x the rate of the band, from
    the calls of the history that the candidate would have left. The interval is that of the sum of the bands (MOVER,
    out of their Wilson intervals).
*   The ratio of the last band: objections (or complaints) for each conversion among those calls that the candidate
    allows and the one with the term before it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from balansfilter.balanstest.bands import Band
from balansfilter.balanstest.history import Outcomes
from balansfilter.balanstest.people import Counted
from balansfilter.balanstest.rates import Interval, Rate, ratio, weighted_sum
from balansfilter.balanstest.replay import COLUMNS, Replay

OUTCOMES = COLUMNS[1:]


@dataclass(frozen=True)
class Year:
    """What a year would bring; an outcome is None where it is not known, or a band had no calls."""

    calls: float
    conversions: Interval | None
    objections: Interval | None
    complaints: Interval | None


@dataclass(frozen=True)
class Added:
    """What the last months of a term add: the calls after the term before it, up to and including this one."""

    band: Band
    people: int
    """Customers who may be called, and might not with the term before; of the first term all."""
    calls: int
    """Calls of the history in the band that the candidate would have left."""
    conversions: Rate | None
    objections: Rate | None
    complaints: Rate | None
    objections_per_conversion: Interval | None
    """None where it is not known, or there was no conversion; so is the other."""
    complaints_per_conversion: Interval | None
    trouble_per_conversion: Interval | None
    """Objections and complaints together; a call that ended in both counts twice."""

    @property
    def too_few(self) -> tuple[str, ...]:
        """Name the outcomes for which there were too few calls to speak of a rate."""
        rates = {outcome: getattr(self, outcome) for outcome in OUTCOMES}
        return tuple(outcome for outcome, rate in rates.items() if rate is not None and not rate.carries)


Status = Literal["turns", "unclear", "does_not_turn", "too_few", "unknown"]


@dataclass(frozen=True)
class Turn:
    """Where a curve turns: the first band that brings more trouble than it is worth.

    Trouble is objections and complaints together. A band turns the curve if it has more than `at` of them for each
    conversion, and surely so if the whole interval of the ratio lies above that.
    """

    status: Status
    at: float
    band: Band | None
    """The band that turns it (`turns`), that seems to (`unclear`), or that has too few calls to tell (`too_few`)."""
    last: Band | None
    """The band before it, or the last of all; its end is the longest term before the turn. None for none."""
    unsure: tuple[Band, ...]
    """Bands before it whose ratio is no higher, but whose interval reaches above: it may turn there already."""


def year_of(people: Counted, replay: Replay, calls_a_person: float, known: Outcomes) -> Year:
    """Estimate a year.

    :param people: customers who may be called, by band.
    :param calls_a_person: calls a year of one customer, before the candidate limits the frequency.
    """
    in_time, kept = int(replay.in_time[:, 0].sum()), int(replay.kept[:, 0].sum())
    each = calls_a_person * (kept / in_time if in_time else 1.0)
    needed = [band for band, count in enumerate(people) if count]
    estimates = {
        outcome: weighted_sum((int(people[band]) * each, rates[band]) for band in needed)
        for outcome in OUTCOMES
        if getattr(known, outcome) and (rates := _rates(replay, outcome, needed)) is not None
    }
    return Year(int(people.sum()) * each, *(estimates.get(outcome) for outcome in OUTCOMES))


def _rates(replay: Replay, outcome: str, needed: Sequence[int]) -> dict[int, Interval] | None:
    """Give the rate of each band that is needed; None where one had no calls."""
    column = COLUMNS.index(outcome)
    rates = {band: Rate(int(replay.kept[band, column]), int(replay.kept[band, 0])).interval for band in needed}
    found = {band: rate for band, rate in rates.items() if rate is not None}
    return found if len(found) == len(rates) else None


def thin_bands(people: Counted, replay: Replay, known: Outcomes, bands: Sequence[Band]) -> tuple[Band, ...]:
    """Give the bands with customers in them but too few calls to speak of their rates."""
    columns = [COLUMNS.index(outcome) for outcome in OUTCOMES if getattr(known, outcome)]
    thin = []
    for place, band in enumerate(bands):
        rates = [Rate(int(replay.kept[place, column]), int(replay.kept[place, 0])) for column in columns]
        if people[place] and not all(rate.carries for rate in rates):
            thin.append(band)
    return tuple(thin)


def added_by(replay: Replay, place: int, band: Band, people: int, known: Outcomes) -> Added:
    """Give what the last band of a candidate adds."""
    calls, *ended = (int(count) for count in replay.kept[place])
    rates = {
        outcome: Rate(count, calls) if getattr(known, outcome) else None
        for outcome, count in zip(OUTCOMES, ended, strict=True)
    }
    converted, objected, complained = (rates[outcome] for outcome in OUTCOMES)
    return Added(
        band,
        people,
        calls,
        **rates,
        objections_per_conversion=_ratio(_trouble(objected), converted),
        complaints_per_conversion=_ratio(_trouble(complained), converted),
        trouble_per_conversion=_ratio(_trouble(objected, complained), converted),
    )


def _trouble(*rates: Rate | None) -> int | None:
    """Count what is known of objections and complaints; None where nothing is."""
    known = [rate.count for rate in rates if rate is not None]
    return sum(known) if known else None


def _ratio(trouble: int | None, conversions: Rate | None) -> Interval | None:
    return None if trouble is None or conversions is None else ratio(trouble, conversions.count)


def turn_of(curve: Sequence[Added], at: float) -> Turn:
    """Find where a curve turns: candidates that differ only in their term, the shortest first."""
    last: Band | None = None
    unsure: list[Band] = []
    for added in curve:
        trouble = _trouble(added.objections, added.complaints)
        if added.conversions is None or added.objections is None or trouble is None:
            return Turn("unknown", at, None, None, ())
        if added.too_few:
            return Turn("too_few", at, added.band, last, tuple(unsure))
        conversions = added.conversions.count
        if trouble > at * conversions:
            surely = _least(trouble, conversions) > at
            return Turn("turns" if surely else "unclear", at, added.band, last, tuple(unsure))
        found = added.trouble_per_conversion
        if found is None or found.high is None or found.high > at:
            unsure.append(added.band)
        last = added.band
    return Turn("does_not_turn", at, None, last, tuple(unsure))


def _least(count: int, per: int) -> float:
    """Give the lower limit of a ratio, also where nothing of the other was counted."""
    found = Rate(count, count + per).interval
    return found.low / (1 - found.low) if found and found.low < 1 else float("inf")
