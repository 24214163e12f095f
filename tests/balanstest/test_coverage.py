"""Intervals hold the truth as often as they say, shares of people stay level where time does nothing, and the pace.

Histories are drawn with a known truth, and counted by the program's own counting; a seed makes them the same each time.
"""

from __future__ import annotations

import numpy as np
import pytest

from balansfilter.balanstest.bands import month_bands
from balansfilter.balanstest.calls import CALL, OBJECTED
from balansfilter.balanstest.counting import OfPeople, SectionTally
from balansfilter.balanstest.moments import measures_of
from balansfilter.balanstest.pace import HistorySpan
from balansfilter.balanstest.rates import difference

PEOPLE, SHARE, ROUNDS = 600, 0.03, 2000
YEAR = 365


def inclined(rng: np.random.Generator, people: int, rho: float) -> np.ndarray:
    """Return how likely each person is to object at a call: people differ by an intraclass correlation."""
    if not rho:
        return np.full(people, SHARE)
    spread = (1 - rho) / rho
    return rng.beta(SHARE * spread, (1 - SHARE) * spread, people)


def calls_of(person: np.ndarray, day: np.ndarray, purchase: np.ndarray, objected: np.ndarray) -> np.ndarray:
    order = np.lexsort((day, person))
    calls = np.zeros(len(person), dtype=CALL)
    calls["person"], calls["day"], calls["purchase"] = person[order] + 1, day[order], purchase[order]
    calls["ended"] = objected[order] * OBJECTED
    return calls


def tallied(calls: np.ndarray, months: tuple[int, ...], when: HistorySpan) -> SectionTally:
    bands = month_bands(months)
    columns = OfPeople.of(
        calls["person"], calls["day"], bands.of(calls["day"], calls["purchase"]), measures_of(calls["ended"])
    )
    return SectionTally.of(columns, len(bands), when)


def called(rng: np.random.Generator, each: int, rho: float, *, stops: bool, people: int = PEOPLE) -> np.ndarray:
    """Draw a history: each person is called so often, a month apart, until an objection where calls stop at it."""
    likely = np.repeat(inclined(rng, people, rho), each).reshape(people, each)
    objected = rng.random((people, each)) < likely
    made = np.ones_like(objected)
    if stops:
        made[:, 1:] = np.cumsum(objected, axis=1)[:, :-1] == 0
    person, turn = np.nonzero(made)
    return calls_of(person, (10 + 30 * turn).astype(np.int32), np.zeros(len(person), np.int32), objected[made])


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize("rho", [0, 0.05, 0.15])
@pytest.mark.parametrize("each", [1, 2, 4, 12])
def test_an_interval_holds_the_truth(each: int, rho: float, stops: bool) -> None:
    """At least 93 of 100 intervals, of a band and of all calls, hold the share that a very long history shows."""
    when = HistorySpan(0, 400)
    truth = tallied(called(np.random.default_rng(1), each, rho, stops=stops, people=1_000_000), (6,), when)
    told = {name: [getattr(truth, name).rate(band, "objections").interval.value for band in (0, 1)[: 1 + (each > 6)]]
            for name in ("calls", "up_to")}  # fmt: skip
    held = {name: [0] * len(values) for name, values in told.items()}
    for seed in range(ROUNDS):
        rng = np.random.default_rng([2, each, int(rho * 100), stops, seed])
        tally = tallied(called(rng, each, rho, stops=stops), (6,), when)
        for name, values in told.items():
            for band, value in enumerate(values):
                found = getattr(tally, name).rate(band, "objections").interval
                held[name][band] += found.low <= value <= found.high
    assert min(hits for counts in held.values() for hits in counts) >= 0.93 * ROUNDS, held


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("rho", [0, 0.05, 0.15])
def test_the_interval_of_a_difference_holds_the_truth(rho: float) -> None:
    """Between two bands of the same people, where time does nothing and calls go on: the difference is nothing."""
    held = 0
    for seed in range(ROUNDS):
        tally = tallied(called(np.random.default_rng([3, seed]), 12, rho, stops=False), (6,), HistorySpan(0, 400))
        early, late = (tally.calls.rate(band, "objections").interval for band in (0, 1))
        found = difference(late, early)
        held += found.low <= 0 <= found.high
    assert held >= 0.93 * ROUNDS


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize(("rho", "people"), [(0.05, 2_000_000), (0.15, 400_000)])
def test_people_stay_level_where_time_does_nothing(rho: float, people: int) -> None:
    """People who differ are first called in any band, then twice more, and never after an objection.

    The calls of late bands seem to go better, because who objected is not called again; the first calls of people, and
    the share of them that ever objected, do not.
    """
    rng, each = np.random.default_rng(4), 3
    likely = np.repeat(inclined(rng, people, rho), each).reshape(people, each)
    objected = rng.random((people, each)) < likely
    made = np.ones_like(objected)
    made[:, 1:] = np.cumsum(objected, axis=1)[:, :-1] == 0
    start = 15 + 182 * rng.integers(0, 6, people) * (rng.random(people) < 0.5)
    person, turn = np.nonzero(made)
    day = (start[person] + 365 * turn).astype(np.int32)
    tally = tallied(
        calls_of(person, day, np.zeros(len(day), np.int32), objected[made]), (6, 12, 18, 24, 30), HistorySpan(0, 2000)
    )
    first, ever = (tally.people[name] for name in ("first_call", "person"))
    for counts, expected in ((first, SHARE), (ever, (objected.any(axis=1)).mean())):
        shares = counts[:, 3] / counts[:, 0]
        assert shares == pytest.approx(expected, rel=0.05)
    per_call = [tally.calls.rate(band, "objections").interval for band in (0, 2)]
    assert difference(per_call[1], per_call[0]).high < 0


# --- the pace ---------------------------------------------------------------------------------------------------


def pace_of(days_of: list[np.ndarray], history: int) -> float:
    person = np.repeat(np.arange(len(days_of)), [len(days) for days in days_of])
    day = np.concatenate(days_of).astype(np.int32)
    calls = calls_of(person, day, np.zeros(len(day), np.int32), np.zeros(len(day), np.bool_))
    return tallied(calls, (6,), HistorySpan(0, history - 1)).pace.pace(HistorySpan(0, history - 1)).calls_a_year


@pytest.mark.parametrize("even", [False, True])
def test_a_burst_is_called_at_its_own_pace(even: bool) -> None:
    """Three hundred people, each called twelve times in one of three years: twelve calls a year, and not four."""
    rng = np.random.default_rng(5)
    days = []
    for n in range(300):
        inside = np.arange(12) * 30 + rng.integers(0, 30) if even else np.sort(rng.integers(0, YEAR, 12))
        days.append(inside + YEAR * (n % 3))
    assert pace_of(days, 3 * YEAR) == pytest.approx(12, rel=0.1)


def test_a_burst_that_begins_anywhere() -> None:
    rng = np.random.default_rng(6)
    days = [np.sort(rng.integers(0, YEAR, 12)) + rng.integers(0, 2 * YEAR) for _ in range(300)]
    assert pace_of(days, 3 * YEAR) == pytest.approx(12, rel=0.1)


@pytest.mark.parametrize("a_year", [2, 4, 12])
def test_steady_calls_have_their_own_pace(a_year: int) -> None:
    rng = np.random.default_rng(7)
    days = [np.sort(rng.integers(0, 3 * YEAR, rng.poisson(3 * a_year))) for _ in range(2000)]
    assert pace_of([one for one in days if len(one)], 3 * YEAR) == pytest.approx(a_year, rel=0.1)


def test_a_few_calls_in_a_week_are_not_carried_on_for_a_year() -> None:
    assert pace_of([np.array([500, 502, 506])] * 20, 3 * YEAR) == pytest.approx(3, rel=0.01)


def test_calls_that_stop_at_an_objection_do_not_slow_the_pace() -> None:
    rng = np.random.default_rng(8)
    person, day, objected = [], [], []
    for n in range(2000):
        start = rng.integers(0, 30) + YEAR * (n % 3)
        for turn in range(12):
            hit = rng.random() < 0.03
            person.append(n)
            day.append(start + 30 * turn)
            objected.append(hit)
            if hit:
                break
    calls = calls_of(*(np.array(column) for column in (person, day)), np.zeros(len(day), np.int32), np.array(objected))
    when = HistorySpan(0, 3 * YEAR)
    assert tallied(calls, (6,), when).pace.pace(when).calls_a_year == pytest.approx(12, rel=0.1)
