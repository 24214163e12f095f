"""What was counted, as it is shown: figures by band, in the series of a section."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

import polars as pl

from balansfilter.balanstest.bands import Band, months
from balansfilter.balanstest.call_history import Outcomes
from balansfilter.balanstest.counting import PEOPLE_SERIES, PeopleSeries, Scope, SectionTally
from balansfilter.balanstest.moments import MEASURES, OUTCOMES, Moments, Summed
from balansfilter.balanstest.pace import HistorySpan, Pace
from balansfilter.balanstest.rates import Rate
from balansfilter.frozen import dataclass

CallSeries = Literal["band", "cumulative"]
Series = CallSeries | PeopleSeries
CALL_SERIES: tuple[CallSeries, ...] = get_args(CallSeries)
UP_TO: tuple[Series, ...] = ("cumulative", "person_up_to")
"""The series that add up from the purchase on."""

_OF_ONE_CALL = {"first_call", "first_in_band"}
_RATE_PARTS = ("", "_rate", "_low", "_high")

SCHEMA = pl.Schema(
    {
        "brand": pl.String,
        "scope": pl.String,
        "name": pl.String,
        "series": pl.String,
        "band": pl.String,
        "after_months": pl.Int64,
        "up_to_months": pl.Int64,
        "calls": pl.Int64,
        "people": pl.Int64,
        **{
            f"{outcome}{part}": pl.Float64 if part else pl.Int64 for outcome in OUTCOMES for part in _RATE_PARTS
        },
        "too_few": pl.String,
        "per": pl.String,
        **{f"{outcome}_effect": pl.Float64 for outcome in OUTCOMES},
        "reached": pl.Int64,
        **{
            f"reached_{outcome}{part}": pl.Float64 if part else pl.Int64
            for outcome in OUTCOMES
            for part in (*_RATE_PARTS, "_effect")
        },
    }
)  # fmt: skip
"""The columns of an overview as a table; more may be added behind these, none changes its meaning.

`scope` is `all`, `balanstest` or `product`, and `name` the id or the product code, empty for all. `series` is `band` or
`cumulative`, which are of calls: the second up to the end of the band, from the purchase on; or of people: `first_call`
(how each person's first call ended, by its band), `first_in_band` (how the first call to each person in the band
ended), `person` (whether any call to a person ended so, by the band of the first call) or `person_up_to` (whether any
call up to the end of the band did). `after_months` is 0 for the first band, and `up_to_months` null for the last.
`calls` is null in the last two series. `per` says what the rates are of, `call` or `person`: a share of the calls or
of the people from 0 to 1, with its 95 % Wilson interval on as many calls as they are worth by people, which is their
number over the design effect `_effect`. All are null where an outcome is not known, and the rate and its limits where
there was nothing to take a share of. `reached` counts the calls or the people that were reached, and `reached_` what
came of those; null where that is not known. `too_few` names the outcomes whose interval is wider than four percentage
points, with a space between them.
"""


@dataclass(frozen=True)
class Shares:
    """The share of each outcome among calls or people; None where it is not known how calls ended."""

    of: int
    conversions: Rate | None
    objections: Rate | None
    complaints: Rate | None

    @property
    def known(self) -> dict[str, Rate]:
        """The shares that are known, by outcome."""
        rates: dict[str, Rate | None] = {outcome: getattr(self, outcome) for outcome in OUTCOMES}
        return {outcome: rate for outcome, rate in rates.items() if rate is not None}


@dataclass(frozen=True)
class Figures:
    """What was counted in one band, or up to the end of it."""

    band: Band
    calls: int | None
    """None in the series of people over several calls."""
    people: int
    """Different people."""
    shares: Shares
    """Of all calls or people."""
    reached: Shares | None
    """Of those that were reached; None where that is not known."""

    @property
    def conversions(self) -> Rate | None:
        """The share that ended in a conversion; None where it is not known how calls ended."""
        return self.shares.conversions

    @property
    def objections(self) -> Rate | None:
        """The share that ended in an objection."""
        return self.shares.objections

    @property
    def complaints(self) -> Rate | None:
        """The share that ended in a complaint."""
        return self.shares.complaints

    @property
    def too_few(self) -> tuple[str, ...]:
        """The outcomes for which there were too few calls or people to speak of a rate."""
        return tuple(outcome for outcome, rate in self.shares.known.items() if not rate.carries)


@dataclass(frozen=True)
class FigureSection:
    """The overviews of all calls, or of those under one balanstest or about one product."""

    scope: Scope
    name: str
    """Id of the balanstest or code of the product; empty for all."""
    series: dict[Series, tuple[Figures, ...]]
    """One for each band, in order."""
    pace: Pace | None
    """How often people are called a year; None where nobody is named."""

    @property
    def bands(self) -> tuple[Figures, ...]:
        """The calls by band."""
        return self.series["band"]

    @property
    def cumulative(self) -> tuple[Figures, ...]:
        """The calls up to the end of each band."""
        return self.series["cumulative"]

    def lines(self) -> Iterator[tuple[Any, ...]]:
        """Yield the figures as lines of :data:`SCHEMA`, without the brand."""
        for series, figures in self.series.items():
            adds_up = series in UP_TO
            per = "call" if series in CALL_SERIES else "person"
            for one in figures:
                label = one.band.up_to_label if adds_up else one.band.label
                after = months(one.band.after) if one.band.after and not adds_up else 0
                up_to = months(one.band.up_to) if one.band.up_to else None
                rates = [getattr(one.shares, outcome) for outcome in OUTCOMES]
                reached = [getattr(one.reached, outcome) if one.reached else None for outcome in OUTCOMES]
                yield (
                    *(self.scope, self.name, series, label, after, up_to, one.calls, one.people),
                    *(cell for rate in rates for cell in _cells(rate)),
                    *(" ".join(one.too_few), per),
                    *(rate.effect if rate else None for rate in rates),
                    one.reached.of if one.reached else None,
                    *(cell for rate in reached for cell in (*_cells(rate), rate.effect if rate else None)),
                )


def _cells(rate: Rate | None) -> tuple[Any, ...]:
    if rate is None:
        return (None,) * 4
    found = rate.interval
    return (rate.count, found.value, found.low, found.high) if found else (rate.count, None, None, None)


def section_of(  # noqa: PLR0913 - what a section is made of
    scope: Scope, name: str, tally: SectionTally, bands: tuple[Band, ...], known: Outcomes, when: HistorySpan
) -> FigureSection:
    """Return a section out of what was counted of it."""
    people = tally.people
    in_band, up_to = people["first_in_band"], people["person_up_to"]
    series: dict[Series, tuple[Figures, ...]] = {
        "band": tuple(_of_calls(tally.calls, place, one, in_band, known) for place, one in enumerate(bands)),
        "cumulative": tuple(_of_calls(tally.up_to, place, one, up_to, known) for place, one in enumerate(bands)),
    }
    for one in PEOPLE_SERIES:
        of_band = enumerate(bands)
        series[one] = tuple(_of_people(people[one], place, band, known, one in _OF_ONE_CALL) for place, band in of_band)
    return FigureSection(scope, name, series, tally.pace.pace(when))


def _of_calls(moments: Moments, place: int, band: Band, people: Summed, known: Outcomes) -> Figures:
    def shares(*, reached: bool) -> Shares:
        rates = _known(known, lambda outcome: moments.rate(place, outcome, reached=reached))
        return Shares(moments.count(place, "reached" if reached else "calls"), **rates)

    calls = moments.count(place, "calls")
    return Figures(
        band, calls, int(people[place, 0]), shares(reached=False), shares(reached=True) if known.reached else None
    )


def _of_people(counted: Summed, place: int, band: Band, known: Outcomes, one_call: bool) -> Figures:  # noqa: FBT001
    counts = dict(zip(MEASURES, (int(count) for count in counted[place]), strict=True))
    people, reached = counts["calls"], counts["reached"]
    all_of_them = Shares(people, **_known(known, lambda outcome: Rate(counts[outcome], people)))
    of_reached = _known(known, lambda outcome: Rate(counts[f"{outcome}_reached"], reached))
    shares = Shares(reached, **of_reached) if known.reached else None
    return Figures(band, people if one_call else None, people, all_of_them, shares)


def _known(known: Outcomes, rate_of: Callable[[str], Rate]) -> dict[str, Rate | None]:
    return {outcome: rate_of(outcome) if getattr(known, outcome) else None for outcome in OUTCOMES}
