"""The outcome of a simulation: a line for each balanstest and candidate, and where each curve turns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from balansfilter.balanstest.bands import Band
from balansfilter.balanstest.call_history import Outcomes
from balansfilter.balanstest.candidates import Limits, attempts_text
from balansfilter.balanstest.expected import Added, Turn, Year
from balansfilter.balanstest.moments import OUTCOMES
from balansfilter.balanstest.overview import Overview
from balansfilter.balanstest.rates import CONFIDENCE, MAX_WIDTH, Interval
from balansfilter.balanstest.telling import turn_sentence
from balansfilter.balanstest.under_limits import CountsUnderLimits
from balansfilter.frozen import dataclass

_RATIOS = ("objections_per_conversion", "complaints_per_conversion", "trouble_per_conversion")

SCHEMA = pl.Schema(
    {
        "brand": pl.String,
        "as_of": pl.Date,
        "balanstest": pl.String,
        "term": pl.String,
        "start_after": pl.String,
        "max_attempts": pl.String,
        "own": pl.Boolean,
        "callable": pl.Int64,
        "customers": pl.Int64,
        "calls_a_year": pl.Float64,
        **{f"{outcome}_a_year{part}": pl.Float64 for outcome in OUTCOMES for part in ("", "_low", "_high")},
        "band": pl.String,
        "band_people": pl.Int64,
        "band_calls": pl.Int64,
        **{f"band_{outcome}": pl.Int64 for outcome in OUTCOMES},
        **{f"{ratio}{part}": pl.Float64 for ratio in _RATIOS for part in ("", "_low", "_high")},
        **{f"{when}_{what}": pl.Int64 for when in ("made", "avoided") for what in ("calls", *OUTCOMES)},
        "too_few": pl.String,
        **{f"band_{outcome}_effect": pl.Float64 for outcome in OUTCOMES},
        "pace": pl.Float64,
    }
)
"""The columns of a simulation as a table; more may be added behind these, none changes its meaning.

`own` says that this is what the policy allows now. `callable` is everybody on the list who may be called with these
limits on every balanstest, on any ground; `customers` those of this balanstest who may because they are customers.
`_a_year` is an estimate with its 95 % interval. `band_` counts the calls of the history in the last band of the term,
`_per_conversion` their ratios. `made_` counts the calls of the history, `avoided_` those that these limits would have
prevented. `too_few` names the bands with customers but too few calls, with `; ` between them. `_effect` is the design
effect of the rates of that band by person. `pace` is how often a customer is called a year, before the frequency is
limited. Null: not known.
"""


@dataclass(frozen=True)
class Avoided:
    """What would not have been, out of all that the history holds of a balanstest. None where it is not known."""

    made: tuple[int, int | None, int | None, int | None]
    """Calls, conversions, objections and complaints in the history."""
    avoided: tuple[int, int | None, int | None, int | None]
    """Those of them that the limits would have prevented: calls, conversions lost, objections and complaints spared."""

    @classmethod
    def of(cls, replay: CountsUnderLimits, known: Outcomes) -> Avoided:
        """Compare a replay with what was."""
        made, kept = (table.sum(axis=0).tolist() for table in (replay.made, replay.kept))
        known_of = [getattr(known, outcome) is not None for outcome in OUTCOMES]
        spared = [before - after for before, after in zip(made, kept, strict=True)]
        return cls(_known(made, known_of), _known(spared, known_of))


def _known(counts: list[int], known: list[bool]) -> tuple[int, int | None, int | None, int | None]:
    conversions, objections, complaints = (
        count if is_told else None for count, is_told in zip(counts[1:], known, strict=True)
    )
    return counts[0], conversions, objections, complaints


@dataclass(frozen=True)
class Simulated:
    """One balanstest with other limits."""

    balanstest: str
    limits: Limits
    own: bool
    """Whether these are the limits that it has."""
    callable: int
    """People on the list who may be called if every balanstest had these limits, on any ground."""
    customers: int
    """Those of this balanstest who may be called as customers, which is what the limits decide."""
    year: Year | None
    """None where no call of the history names a person, so that nobody knows how often people were called."""
    pace: float | None
    """How often a customer is called a year, before the limits; None where nobody knows."""
    added: Added
    avoided: Avoided
    thin: tuple[Band, ...]
    """Bands with customers in them but too few calls in the history."""


@dataclass(frozen=True)
class Simulation:
    """What other limits would mean."""

    brand: str
    as_of: date
    calls_per_year: float | None
    """How often a customer is called a year, if it was given."""
    simulated: tuple[Simulated, ...]
    """By balanstest, then by start delay and frequency, then by term."""
    turns: tuple[tuple[str, Limits, Turn], ...]
    """For each curve the balanstest, the limits of its first line (all but the term are the curve's), and its turn."""
    measured: Overview
    """The overview that it rests on, with the terms as the ends of its bands."""
    notes: tuple[str, ...]

    def frame(self) -> pl.DataFrame:
        """Return the lines as one table; see :data:`SCHEMA`."""
        return pl.DataFrame([tuple(self._cells(one)) for one in self.simulated], schema=SCHEMA, orient="row")

    def _cells(self, one: Simulated) -> Iterator[Any]:
        limits, added = one.limits, one.added
        start = str(limits.start_after) if limits.start_after else None
        yield from (self.brand, self.as_of, one.balanstest, str(limits.term), start, attempts_text(limits.max_attempts))
        yield from (one.own, one.callable, one.customers, one.year.calls if one.year else None)
        for outcome in OUTCOMES:
            yield from _interval(getattr(one.year, outcome) if one.year else None)
        yield from (added.band.label, added.people, added.calls)
        rates = [getattr(added, outcome) for outcome in OUTCOMES]
        yield from (rate.count if rate else None for rate in rates)
        for ratio in _RATIOS:
            yield from _interval(getattr(added, ratio))
        yield from one.avoided.made
        yield from one.avoided.avoided
        yield "; ".join(band.label for band in one.thin)
        yield from (rate.effect if rate else None for rate in rates)
        yield one.pace

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; `figures` has the columns of :data:`SCHEMA`."""
        figures = self.frame().with_columns(pl.col("as_of").cast(pl.String)).to_dicts()
        return {
            "simulation": 1,
            "brand": self.brand,
            "as_of": self.as_of.isoformat(),
            "confidence": CONFIDENCE,
            "max_width": MAX_WIDTH,
            "calls_per_year": self.calls_per_year,
            "figures": figures,
            "turns": [_turn_json(*turn) for turn in self.turns],
            "notes": list(self.notes),
            "measured": self.measured.as_json(),
        }


def _interval(found: Interval | None) -> tuple[float | None, float | None, float | None]:
    return (found.value, found.low, found.high) if found else (None, None, None)


def _turn_json(balanstest: str, limits: Limits, turn: Turn) -> dict[str, Any]:
    return {
        "balanstest": balanstest,
        "start_after": str(limits.start_after) if limits.start_after else None,
        "max_attempts": attempts_text(limits.max_attempts),
        "status": turn.status,
        "at": turn.at,
        "band": turn.band.label if turn.band else None,
        "longest_term_before": str(turn.last.up_to) if turn.last else None,
        "unsure": [band.label for band in turn.unsure],
        "looked_at": turn.looked_at,
        "told": turn_sentence(turn),
    }
