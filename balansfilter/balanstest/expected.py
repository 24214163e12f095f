"""What a year of calling would bring under a candidate, what its last months add, and where the curve turns.

A year is that of today's list: every customer who may be called on the as-of date is called as often as people were
in the history, and every call ends as calls in the customer's band did.

*   Calls a year of one customer: today's pace, which is the calls of the history by the time in which people were at
    risk of one (:mod:`balansfilter.balanstest.pace`). Where the candidate limits the frequency, times the share of the
    calls that the limit would have left. The pace is taken as known: it adds nothing to the intervals.
*   Conversions, objections and complaints a year: over the bands, customers x calls a year x the rate of the band, from
    the calls of the history that the candidate would have left. The interval is that of the sum of the bands (MOVER,
    out of their Wilson intervals, with the correlation that bands have because they hold the same people).
*   The ratio of the last band: objections (or complaints) for each conversion among those calls that the candidate
    allows and the one with the term before it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from balansfilter.balanstest.bands import Band
from balansfilter.balanstest.call_history import Outcomes
from balansfilter.balanstest.moments import OUTCOMES, Counted
from balansfilter.balanstest.rates import Interval, Rate, ratio, weighted_sum
from balansfilter.balanstest.under_limits import CountsUnderLimits
from balansfilter.frozen import dataclass

TURN_AT = 1.0
"""A band turns the curve where it has more than so many objections and complaints for each conversion."""


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
    effect: float
    """The design effect of the share that objections and complaints have in them and conversions together."""

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
    conversion, and at 95 % so, in this band, if the whole interval of the ratio lies above that.
    """

    status: Status
    at: float
    band: Band | None
    """The band that turns it (`turns`), that seems to (`unclear`), or that has too few calls to tell (`too_few`)."""
    last: Band | None
    """The band before it, or the last of all; its end is the longest term before the turn. None for none."""
    unsure: tuple[Band, ...]
    """Bands before it whose ratio is no higher, but whose interval reaches above: it may turn there already."""
    looked_at: int
    """In how many bands it was looked for, one after another."""


def year_of(people: Counted, replay: CountsUnderLimits, calls_a_person: float, known: Outcomes) -> Year:
    """Estimate a year.

    :param people: customers who may be called, by band.
    :param calls_a_person: calls a year of one customer, before the candidate limits the frequency.
    """
    in_time, kept = int(replay.in_time[:, 0].sum()), int(replay.kept[:, 0].sum())
    each = calls_a_person * (kept / in_time if in_time else 1.0)
    needed = [band for band, count in enumerate(people) if count]
    weights = [int(people[band]) * each for band in needed]
    estimates = [
        _of_bands(replay, outcome, needed, weights) if getattr(known, outcome) else None for outcome in OUTCOMES
    ]
    return Year(int(people.sum()) * each, *estimates)


def _of_bands(
    replay: CountsUnderLimits, outcome: str, bands: Sequence[int], weights: Sequence[float]
) -> Interval | None:
    """Return the sum of the bands' rates, each times its weight; None where one had no calls."""
    rates = [found for band in bands if (found := replay.rate(band, outcome).interval) is not None]
    if len(rates) < len(bands):
        return None
    correlation = [[replay.correlation(one, other, outcome) for other in bands] for one in bands]
    return weighted_sum(list(zip(weights, rates, strict=True)), correlation)


def thin_bands(people: Counted, replay: CountsUnderLimits, known: Outcomes, bands: Sequence[Band]) -> tuple[Band, ...]:
    """Return the bands with customers in them but too few calls to speak of their rates."""
    outcomes = [outcome for outcome in OUTCOMES if getattr(known, outcome)]
    return tuple(
        band
        for place, band in enumerate(bands)
        if people[place] and not all(replay.rate(place, outcome).carries for outcome in outcomes)
    )


def added_by(replay: CountsUnderLimits, place: int, band: Band, people: int, known: Outcomes) -> Added:
    """Return what the last band of a candidate adds."""
    rates = {outcome: replay.rate(place, outcome) if getattr(known, outcome) else None for outcome in OUTCOMES}

    def per_conversion(*trouble: str) -> Interval | None:
        counted = tuple(outcome for outcome in trouble if rates[outcome] is not None)
        converted = rates["conversions"]
        if converted is None or not counted:
            return None
        effect = replay.effect_of_ratio(place, counted, "conversions")
        return ratio(sum(_count(rates[outcome]) for outcome in counted), converted.count, effect)

    return Added(
        band,
        people,
        int(replay.kept[place, 0]),
        **rates,
        objections_per_conversion=per_conversion("objections"),
        complaints_per_conversion=per_conversion("complaints"),
        trouble_per_conversion=per_conversion("objections", "complaints"),
        effect=replay.effect_of_ratio(place, ("objections", "complaints"), "conversions"),
    )


def _count(rate: Rate | None) -> int:
    return rate.count if rate else 0


def turn_of(curve: Sequence[Added], at: float) -> Turn:
    """Find where a curve turns: candidates that differ only in their term, the shortest first."""
    last: Band | None = None
    unsure: list[Band] = []
    for place, added in enumerate(curve, start=1):
        if added.conversions is None or added.objections is None:
            return Turn("unknown", at, None, None, (), 0)
        if added.too_few:
            return Turn("too_few", at, added.band, last, tuple(unsure), place)
        conversions, trouble = added.conversions.count, added.objections.count + _count(added.complaints)
        if trouble > at * conversions:
            clear = _least(trouble, conversions, added.effect) > at
            return Turn("turns" if clear else "unclear", at, added.band, last, tuple(unsure), place)
        found = added.trouble_per_conversion
        if found is None or found.high is None or found.high > at:
            unsure.append(added.band)
        last = added.band
    return Turn("does_not_turn", at, None, last, tuple(unsure), len(curve))


def _least(count: int, per: int, effect: float) -> float:
    """Return the lower limit of a ratio, also where nothing of the other was counted."""
    found = Rate(count, count + per, effect).interval
    return found.low / (1 - found.low) if found and found.low < 1 else float("inf")
