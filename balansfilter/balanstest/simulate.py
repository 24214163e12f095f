"""What other terms, start delays and frequencies would mean: for today's list, for a year, and in the past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from itertools import chain, groupby
from pathlib import Path

import numpy as np

from balansfilter.balanstest.bands import Bands
from balansfilter.balanstest.call_history import OBJECTION_WINDOW, HistoryQuestion, PastCalls
from balansfilter.balanstest.callable_people import CallablePeople, CountedList
from balansfilter.balanstest.calls import Calls, in_order_of_person
from balansfilter.balanstest.candidates import DEFAULT_TERMS, OWN, Candidate, Limits, Own, combined, own_limits
from balansfilter.balanstest.expected import TURN_AT, Added, Turn, Year, added_by, thin_bands, turn_of, year_of
from balansfilter.balanstest.figures import FigureSection
from balansfilter.balanstest.overview import Overview, count_bands
from balansfilter.balanstest.read_calls import policy_with_history, read_history
from balansfilter.balanstest.simulated import Avoided, Simulated, Simulation
from balansfilter.balanstest.telling import notes_on_simulation
from balansfilter.balanstest.under_limits import CountsUnderLimits
from balansfilter.errors import PolicyError, UsageError
from balansfilter.frozen import dataclass
from balansfilter.native.parallel import WORKERS, in_order
from balansfilter.policy.law import load_law
from balansfilter.policy.model import Balanstest, MaxAttempts, Policy
from balansfilter.policy.site import Site, work_folder
from balansfilter.policy.values import Span
from balansfilter.publish.folders import as_output_error


@dataclass(frozen=True)
class Trial:
    """What is tried out, and how it is judged."""

    terms: tuple[Span, ...] = DEFAULT_TERMS
    """The candidate terms, growing."""
    start_after: tuple[Span | Own | None, ...] = (OWN,)
    max_attempts: tuple[MaxAttempts | Own | None, ...] = (OWN,)
    calls_per_year: float | None = None
    """How often a customer is called a year; as in the history unless given."""
    turn_at: float = TURN_AT

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every combination."""
        return combined(self.terms, self.start_after, self.max_attempts)


def simulate(  # noqa: PLR0913 - each is a choice of the caller
    configs: Path,
    site: Site,
    brand: str,
    as_of: date,
    trial: Trial | None = None,
    *,
    since: date | None = None,
    until: date | None = None,
    objection_window: Span = OBJECTION_WINDOW,
    policy: Policy | None = None,
) -> Simulation:
    """Try other limits out on today's call list and on the history. No approval is asked for.

    :param since: the first day of the history that counts.
    :param until: the last day of the history that counts; unless given, the last whose objection window has passed.
    :param policy: the policy; that of the brand's file unless given.
    :raises UsageError: the terms do not grow.
    :raises PolicyError: the policy has no balanstest or no call history, or the law gives it no customer ground.
    :raises SourceError: a source cannot be used.
    """
    trial = trial or Trial()
    bands = Bands(trial.terms)
    if trial.calls_per_year is not None and trial.calls_per_year <= 0:
        raise UsageError("a customer is called more than never: calls per year must be above 0")
    question = HistoryQuestion(configs, site, brand, as_of, since, objection_window, until, policy)
    of_brand = policy_with_history(question)
    question = replace(question, policy=of_brand)
    with ExitStack() as opened:
        scratch = opened.enter_context(work_folder(site))
        opened.enter_context(as_output_error("write in", scratch))
        # The list comes first: what it is held against is large, and leaves before the history is read.
        people = _callable_people(question, of_brand, trial, bands, scratch)
        history = opened.enter_context(read_history(question, scratch))
        replays = _replays(history, trial, bands)
        measured = count_bands(history, question, bands)
        return _simulation(question, history, trial, measured, people, replays)


def _callable_people(
    question: HistoryQuestion, policy: Policy, trial: Trial, bands: Bands, scratch: Path
) -> list[CallablePeople]:
    if not policy.balanstests:
        raise PolicyError(f"the policy of {policy.brand} has no balanstest whose term could be another")
    law = load_law(policy.law, question.configs)
    if "customer" not in law.grounds(policy.sector, question.as_of):
        since = law.since(policy.sector, question.as_of)
        raise PolicyError(
            f"no term makes anybody callable on {question.as_of}: under `law: {law.name}` the sector {policy.sector}"
            f" has had no customer ground since {since} — simulate for an earlier day with --as-of"
        )
    call_list = CountedList(question.configs, question.site, policy, question.as_of, law, scratch)
    return call_list.count(trial.candidates, bands)


def _replays(history: PastCalls, trial: Trial, bands: Bands) -> list[list[CountsUnderLimits]]:
    """Replay the history under each candidate, for each balanstest."""
    tests = history.policy.balanstests
    replays = [[CountsUnderLimits.of(one.limits(test), bands) for test in tests] for one in trial.candidates]
    balanstest_of = history.balanstest_of()

    def of_part(unordered: Calls) -> list[list[CountsUnderLimits]]:
        calls = in_order_of_person(unordered)
        band = bands.of(calls["day"], calls["purchase"])
        window = balanstest_of[calls["product"]]
        tells = history.tells_balanstest
        mine = [window == place if tells else np.ones(len(calls), dtype=np.bool_) for place in range(len(tests))]
        return [
            [
                CountsUnderLimits.of_calls(one.limits(test), bands, calls, band, mine[place])
                for place, test in enumerate(tests)
            ]
            for one in trial.candidates
        ]

    with ThreadPoolExecutor(min(WORKERS, 3), thread_name_prefix="replay") as pool:
        for made in in_order(pool, of_part, history.parts(), 2):
            for replay, other in zip(chain.from_iterable(replays), chain.from_iterable(made), strict=True):
                replay.add(other)
    return replays


def _simulation(  # noqa: PLR0913 - what was measured comes together here
    question: HistoryQuestion,
    history: PastCalls,
    trial: Trial,
    measured: Overview,
    people: Sequence[CallablePeople],
    replays: Sequence[Sequence[CountsUnderLimits]],
) -> Simulation:
    simulated: list[Simulated] = []
    turns: list[tuple[str, Limits, Turn]] = []
    for place, test in enumerate(history.policy.balanstests):
        frequency = trial.calls_per_year or _calls_a_year(_section(measured, history, test))
        weighing = _Weighing(test, place, frequency, history, measured.bands)
        tried = zip(trial.candidates, people, replays, strict=True)
        seen = set()
        for _, curve in groupby(tried, key=lambda one: (str(one[0].start_after), str(one[0].max_attempts))):
            rows = list(weighing.weigh(curve))
            fixed = rows[0].limits.curve
            if fixed in seen:  # what was asked for is what the balanstest says itself
                continue
            seen.add(fixed)
            simulated += rows
            turns.append((test.id, rows[0].limits, turn_of([row.added for row in rows], trial.turn_at)))
    return Simulation(
        brand=question.brand,
        as_of=question.as_of,
        calls_per_year=trial.calls_per_year,
        simulated=tuple(simulated),
        turns=tuple(turns),
        measured=measured,
        notes=(*notes_on_simulation(history, trial.calls_per_year), *measured.notes),
    )


def _section(measured: Overview, history: PastCalls, test: Balanstest) -> FigureSection:
    """Return the section of the history that speaks of a balanstest."""
    if history.has_products:
        return next(one for one in measured.sections if one.scope == "balanstest" and one.name == test.id)
    return measured.overall


def _calls_a_year(section: FigureSection) -> float | None:
    """Return how often a person is called a year; None where no call names a person."""
    return section.pace.calls_a_year if section.pace else None


@dataclass(frozen=True)
class _Weighing:
    """The candidates for one balanstest."""

    test: Balanstest
    place: int
    frequency: float | None
    history: PastCalls
    bands: Bands

    def weigh(
        self, curve: Iterable[tuple[Candidate, CallablePeople, Sequence[CountsUnderLimits]]]
    ) -> Iterator[Simulated]:
        """Yield a line for each term of a curve, the shortest first."""
        known, all_bands = self.history.outcomes, self.bands.all
        before = 0
        for place, (candidate, callable_people, replays) in enumerate(curve):
            replay, people = replays[self.place], callable_people.customers[self.place]
            customers = int(people.sum())
            yield Simulated(
                balanstest=self.test.id,
                limits=candidate.limits(self.test),
                own=candidate.limits(self.test).key == own_limits(self.test).key,
                callable=callable_people.people,
                customers=customers,
                year=self._year(people, replay),
                pace=self.frequency,
                added=added_by(replay, place, all_bands[place], customers - before, known),
                avoided=Avoided.of(replay, known),
                thin=thin_bands(people, replay, known, all_bands),
            )
            before = customers

    def _year(self, people: np.ndarray, replay: CountsUnderLimits) -> Year | None:
        if self.frequency is None:
            return None
        return year_of(people, replay, self.frequency, self.history.outcomes)


__all__ = ["Added", "Simulated", "Simulation", "Trial", "Turn", "Year", "simulate"]
