"""The overviews and the simulated terms behind a brand's documents: read from its call history once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cmp_to_key
from pathlib import Path
from typing import Literal

from balansfilter.balanstest import Bands, Overview, Simulation, Trial, overview, simulate
from balansfilter.balanstest.candidates import DEFAULT_TERMS
from balansfilter.frozen import dataclass
from balansfilter.policy.law import Law
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site
from balansfilter.policy.values import Span

Missing = Literal["not_asked", "no_history", "no_purchase_day", "no_customer_ground"]


@dataclass(frozen=True)
class Measured:
    """What the call history says; None where it says nothing, and why not."""

    overview: Overview | None
    simulation: Simulation | None
    no_overview: Missing | None
    no_simulation: Missing | None


@dataclass(frozen=True)
class FiguresAsked:
    """Which bands and which calls the figures are of."""

    bands: Bands | None = None
    """The bands; those of the terms that are tried out unless given."""
    since: date | None = None
    """The first day of which calls count."""


AS_USUAL = FiguresAsked()


def measure(  # noqa: PLR0913 - each is a choice of the caller
    configs: Path,
    site: Site,
    policy: Policy,
    as_of: date,
    law: Law,
    *,
    wanted: bool = True,
    asked: FiguresAsked = AS_USUAL,
) -> Measured:
    """Read the call history of a brand, and simulate terms where the law has a customer ground that day.

    :param wanted: False for documents without them.
    :param asked: the bands, and from when on calls count.
    :raises BalansfilterError: the history, or for the simulation the call list, cannot be used.
    """
    missing = _missing(policy) if wanted else "not_asked"
    if missing:
        return Measured(None, None, missing, missing)
    terms = candidate_terms(test.max_term for test in policy.balanstests)
    bands, since = asked.bands or Bands(terms), asked.since
    if "customer" not in law.grounds(policy.sector, as_of):
        made = overview(configs, site, policy.brand, as_of, bands=bands, since=since)
        return Measured(made, None, None, "no_customer_ground")
    simulation = simulate(configs, site, policy.brand, as_of, Trial(terms), since=since)
    same = bands == simulation.measured.bands
    made = simulation.measured if same else overview(configs, site, policy.brand, as_of, bands=bands, since=since)
    return Measured(made, simulation, None, None)


def _missing(policy: Policy) -> Missing | None:
    if policy.contacts is None:
        return "no_history"
    return "no_purchase_day" if policy.contacts.columns.last_purchase_on is None else None


def candidate_terms(own: Iterable[Span]) -> tuple[Span, ...]:
    """Return the terms that are tried out, growing: the balanstests' own, and the usual ones beside them.

    A term of days and one of months may each be the longer one, depending on the calendar; of such two the first stays.
    """
    terms: list[Span] = []
    for term in (*own, *DEFAULT_TERMS):
        if all(term.longer_than(other) != other.longer_than(term) for other in terms):
            terms.append(term)
    return tuple(sorted(terms, key=cmp_to_key(_longer)))


def _longer(one: Span, other: Span) -> int:
    return 1 if one.longer_than(other) else -1
