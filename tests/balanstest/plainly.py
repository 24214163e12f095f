"""Every figure of an overview out of rows, in plain Python: people, series, design effects and the pace.

Nothing here comes from the program: people are joined with sets, shares are counted row by row, and the variance of a
share by person is summed up over the people one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from scipy.stats import norm

from tests.balanstest.generated import (
    BALANSTEST_OF,
    BALANSTESTS,
    EDGES,
    MOST_SHARED,
    Call,
    band_place,
    labels,
    why_left_out,
)

OUTCOMES = ("conversions", "objections", "complaints")
FLAG = {"conversions": "converted", "objections": "objected", "complaints": "complained"}
Person = Hashable
_Z = float(norm.ppf(0.975))


def persons_of(calls: list[Call]) -> dict[int, Person]:
    """Return the person of each call by its row; who is named by nothing is a row."""
    named = [call.names for call in calls]
    edges = {(names[0], names[1]) for names in named if len(names) == 2}
    numbers_of, ids_of = defaultdict(set), defaultdict(set)
    for one, number in edges:
        numbers_of[one].add(number)
    shared = {one for one, numbers in numbers_of.items() if len(numbers) > MOST_SHARED}
    for one, number in edges:
        if one not in shared:
            ids_of[number].add(one)
    joined: dict[Hashable, set[Hashable]] = {}
    for number, ids in ids_of.items():
        if len(ids) <= MOST_SHARED:
            group = set().union(*(joined.get(one, {one}) for one in ids), joined.get(number, {number}))
            for member in group:
                joined[member] = group
    found: dict[int, Person] = {}
    for call, names in zip(calls, named, strict=True):
        name = names[1] if len(names) == 2 and names[0] in shared else names[0] if names else None
        group = joined.get(name, {name})
        found[call.row] = min(map(repr, group)) if names else ("row", call.row)
    return found


def shared_by_many(calls: list[Call]) -> int:
    """Count the ids and numbers that join nobody."""
    edges = {tuple(call.names) for call in calls if len(call.names) == 2}
    numbers_of, ids_of = defaultdict(set), defaultdict(set)
    for one, number in edges:
        numbers_of[one].add(number)
    shared = {one for one, numbers in numbers_of.items() if len(numbers) > MOST_SHARED}
    for one, number in edges:
        if one not in shared:
            ids_of[number].add(one)
    return len(shared) + sum(len(ids) > MOST_SHARED for ids in ids_of.values())


@dataclass(frozen=True)
class Counted:
    """Counts of calls or of people: how many, how many with each outcome, and the design effect of that share."""

    of: int
    counts: tuple[int, ...]
    effects: tuple[float, ...]


def of_calls(calls: list[Call], person: dict[int, Person]) -> Counted:
    grouped: dict[Person, list[Call]] = defaultdict(list)
    for call in calls:
        grouped[person[call.row]].append(call)
    counts, effects = [], []
    for flag in FLAG.values():
        count, n, k = sum(getattr(call, flag) for call in calls), len(calls), len(grouped)
        counts.append(count)
        if k < 2 or not 0 < count < n:
            effects.append(1.0)
            continue
        # With p = count / n: the sum of (y - p m)² is that of (n y - count m)² / n², and n p (1 - p) is count (n - count) / n.
        own = ((sum(getattr(call, flag) for call in mine), len(mine)) for mine in grouped.values())
        squares = sum((n * y - count * m) ** 2 for y, m in own)
        effects.append(max(float(Fraction(k * squares, (k - 1) * n * count * (n - count))), 1.0))
    return Counted(len(calls), tuple(counts), tuple(effects))


def of_people(people: list[list[Call]]) -> Counted:
    counts = tuple(sum(any(getattr(call, flag) for call in mine) for mine in people) for flag in FLAG.values())
    return Counted(len(people), counts, (1.0,) * 3)


def limits(count: int, of: int, effect: float) -> list[float]:
    """Return a share with Wilson's limits on so many calls as they are worth, from the roots of its equation."""
    p, m, z = count / of, of / effect, _Z
    low, high = sorted(np.roots([1 + z * z / m, -(2 * p + z * z / m), p * p]).real)
    return [p, 0.0 if count == 0 else low, 1.0 if count == of else high]


@dataclass(frozen=True)
class Line:
    """One line of an overview."""

    scope: str
    name: str
    series: str
    band: str
    calls: int | None
    people: int
    all: Counted
    reached: Counted


def placed_calls(calls: list[Call], **days: date) -> list[Call]:
    return [call for call in calls if why_left_out(call, **days) is None]


def sections(placed: list[Call]) -> Iterator[tuple[str, str, list[Call]]]:
    yield "all", "", placed
    for test in BALANSTESTS:
        yield "balanstest", test["id"], [call for call in placed if BALANSTEST_OF[call.product] == test["id"]]
    for product in sorted({call.product for call in placed}):
        yield "product", product, [call for call in placed if call.product == product]


def plain_lines(calls: list[Call], edges: tuple[int, ...] = EDGES, **days: date) -> Iterator[Line]:
    """Yield what an overview holds, in the program's order."""
    placed = placed_calls(calls, **days)
    person = persons_of(placed)
    for scope, name, mine in sections(placed):
        for series in ("band", "cumulative", "first_call", "first_in_band", "person", "person_up_to"):
            for place, label in enumerate(labels(edges)):
                adds_up = series in ("cumulative", "person_up_to")
                told = label if not adds_up else "all" if place == len(edges) else f"0-{edges[place]}"
                yield Line(scope, name, series, told, *_line(series, place, mine, person, edges))


def by_person(calls: list[Call], person: dict[int, Person]) -> dict[Person, list[Call]]:
    """Return the calls of everybody who is named, in their order."""
    grouped: dict[Person, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: (call.called, call.row)):
        if call.names:
            grouped[person[call.row]].append(call)
    return grouped


def _line(
    series: str, place: int, mine: list[Call], person: dict[int, Person], edges: tuple[int, ...]
) -> tuple[int | None, int, Counted, Counted]:
    band = {call.row: band_place(call.bought, call.called, edges) for call in mine}
    if series in ("band", "cumulative"):
        wanted = [
            call for call in mine if band[call.row] == place or (series == "cumulative" and band[call.row] < place)
        ]
        people = len({person[call.row] for call in wanted if call.names})
        return len(wanted), people, of_calls(wanted, person), of_calls([c for c in wanted if c.reached], person)
    grouped = list(by_person(mine, person).values())
    if series == "person_up_to":
        chosen = [[call for call in calls if band[call.row] <= place] for calls in grouped]
        chosen = [calls for calls in chosen if calls]
    elif series == "first_in_band":
        chosen = [[call for call in calls if band[call.row] == place][:1] for calls in grouped]
        chosen = [calls for calls in chosen if calls]
    else:
        chosen = [calls for calls in grouped if band[calls[0].row] == place]
        chosen = [calls[:1] for calls in chosen] if series == "first_call" else chosen
    reached = [[call for call in calls if call.reached] for calls in chosen]
    reached = [calls for calls in reached if calls]
    calls = len(chosen) if series.startswith("first") else None
    return calls, len(chosen), of_people(chosen), of_people(reached)


def repeated(calls: list[Call], **days: date) -> int:
    """Count the calls that say the same as another."""
    placed = [call for call in placed_calls(calls, **days) if call.names]
    person = persons_of(placed_calls(calls, **days))
    different = {
        (
            *(person[call.row], call.number, call.called, call.bought, call.product),
            *(call.reached, call.converted, call.objected, call.complained),
        )
        for call in placed
    }
    return len(placed) - len(different)


def calls_a_year(calls: list[Call], person: dict[int, Person], first: date, last: date) -> float | None:
    """Return the calls a year of the people of these calls, in a history from a first to a last day."""
    people = by_person(calls, person).values()
    length = (last - first).days + 1
    spans = [((mine[-1].called - mine[0].called).days, len(mine)) for mine in people]
    gaps = [(span, number - 1) for span, number in spans if span]
    pooled = sum(span for span, _ in gaps) / sum(number for _, number in gaps) if gaps else 0.0
    total, days = 0, 0.0
    for mine, (span, number) in zip(people, spans, strict=True):
        gap = span / (number - 1) if span else pooled
        stopped = mine[-1].objected
        if stopped and not span and not pooled:
            continue
        edge = [(mine[0].called - first).days, 0 if stopped else (last - mine[-1].called).days]
        at_risk = span + sum(silence if silence <= 4 * gap else 0.75 * gap for silence in edge)
        total += number
        days += at_risk if stopped else max(at_risk, min(365.25, length))
    return total / (days / 365.25) if days else None
