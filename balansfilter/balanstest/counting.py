"""Counts a history: for each section the calls and the people by band, in one pass over the parts.

Beside the series of calls there are four of people, which do not suffer from it that who objects is not called again:
at each person's first call, at the first call in each band, ever (by the band of the first call), and ever up to the
end of each band.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from balansfilter.balanstest.bands import Bands, Days, Places
from balansfilter.balanstest.call_history import PastCalls
from balansfilter.balanstest.calls import NOBODY, OBJECTED, Calls, begins, in_order_of_person, repeated
from balansfilter.balanstest.moments import (
    MEASURES,
    Cells,
    Flags,
    Moments,
    Summed,
    by_band,
    chunks_of_people,
    measures_of,
)
from balansfilter.balanstest.pace import HistorySpan, PaceSums
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.native.parallel import WORKERS, in_order

Scope = Literal["all", "balanstest", "product"]
PeopleSeries = Literal["first_call", "first_in_band", "person", "person_up_to"]
PEOPLE_SERIES: tuple[PeopleSeries, ...] = ("first_call", "first_in_band", "person", "person_up_to")


@dataclass
class SectionTally:
    """What was counted of one section."""

    calls: Moments
    """By the band of the call."""
    up_to: Moments
    """Up to the end of each band."""
    people: dict[PeopleSeries, Summed]
    """People by band, and those of them for whom each measure holds: bands x measures; the first is all of them."""
    pace: PaceSums

    @classmethod
    def none(cls, bands: int) -> Self:
        """Return the counts of no calls."""
        people = {series: np.zeros((bands, len(MEASURES))) for series in PEOPLE_SERIES}
        return cls(Moments.none(bands), Moments.none(bands), people, PaceSums())

    @classmethod
    def of(cls, calls: OfPeople, bands: int, when: HistorySpan) -> Self:
        """Count the calls of whole people."""
        made = cls.none(bands)
        for some in chunks_of_people(calls.begin, bands):
            made.count(calls.part(some), bands, when)
        return made

    def add(self, other: Self) -> None:
        """Add the counts of other people."""
        self.calls.add(other.calls)
        self.up_to.add(other.up_to)
        for series in PEOPLE_SERIES:
            self.people[series] += other.people[series]
        self.pace.add(other.pace)

    def count(self, calls: OfPeople, bands: int, when: HistorySpan) -> None:
        """Count the calls of a few whole people."""
        cells = Cells.of(calls.begin, calls.band, calls.measures, bands)
        before = cells.before()
        in_band, up_to = Moments.in_and_up_to(cells, before, bands)
        self.calls.add(in_band)
        self.up_to.add(up_to)
        first = np.flatnonzero(calls.begin)
        named = calls.named[first]
        if not named.any():
            return
        of_named = named[cells.person]
        first_band, last_line = calls.band[first], np.append(cells.starts[1:], len(cells.person)) - 1
        ever = (before[last_line] + cells.counts[last_line])[named] > 0
        fresh = ((cells.counts > 0) & (before == 0))[of_named]
        firsts = cells.first[of_named]
        self.people["first_call"] += by_band(first_band[named], calls.measures[first][named], bands)
        self.people["person"] += by_band(first_band[named], ever, bands)
        self.people["person_up_to"] += by_band(cells.band[of_named], fresh, bands).cumsum(axis=0)
        self.people["first_in_band"] += by_band(calls.band[firsts], calls.measures[firsts], bands)
        last = np.append(first[1:], len(calls.begin)) - 1
        days = calls.day[first[named]], calls.day[last[named]]
        objected = calls.measures[last[named], MEASURES.index("objections")]
        self.pace.add(PaceSums.of((last - first + 1)[named], *days, objected, when))


@dataclass(frozen=True)
class OfPeople:
    """Calls of whole people, in the order of person and day, by column."""

    begin: Flags
    """Whether a call is the first of somebody."""
    named: Flags
    """Whether it names somebody."""
    day: Days
    band: Places
    measures: Flags

    @classmethod
    def of(cls, person: UInt64Array, day: Days, band: Places, measures: Flags) -> Self:
        """Return calls of whole people, with who is called first and who is named told apart."""
        return cls(begins(person), person != NOBODY, day, band, measures)

    def part(self, some: slice) -> OfPeople:
        """Return some of them."""
        return OfPeople(self.begin[some], self.named[some], self.day[some], self.band[some], self.measures[some])


@dataclass
class HistoryCounts:
    """What was counted of a history, by section."""

    tallies: dict[tuple[Scope, int], SectionTally]
    """By scope and place of the name among those of the scope."""
    names: dict[Scope, tuple[str, ...]]
    repeated: int
    """Calls that say the same as another in every field that was read."""

    def in_order(self, scope: Scope) -> list[int]:
        """Return the places of the names of a scope as they are shown: products by name."""
        names = self.names[scope]
        return sorted(range(len(names)), key=names.__getitem__) if scope == "product" else list(range(len(names)))


def count_calls(history: PastCalls, bands: Bands) -> HistoryCounts:
    """Count a history that was read."""
    names, sections = _sections(history)
    ignore = OBJECTED if history.joined else 0
    when = history.timeline

    def of_part(unordered: Calls) -> tuple[list[tuple[Products, SectionTally]], int]:
        calls = in_order_of_person(unordered)
        band = bands.of(calls["day"], calls["purchase"])
        measures = measures_of(calls["ended"])
        made = []
        for products in sections:
            mine = _about(calls["product"], products, len(history.products))
            person, day = calls["person"][mine], calls["day"][mine]
            of_people = OfPeople.of(person, day, band[mine], measures[mine])
            made.append((products, SectionTally.of(of_people, len(bands), when)))
        return made, repeated(calls, ignore=int(ignore))

    tallies, again = {products: SectionTally.none(len(bands)) for products in sections}, 0
    with ThreadPoolExecutor(min(WORKERS, 3), thread_name_prefix="count") as pool:
        for made, more in in_order(pool, of_part, history.parts(), 2):
            again += more
            for products, tally in made:
                tallies[products].add(tally)
    by_section = {place: tallies[products] for products, places in sections.items() for place in places}
    return HistoryCounts(by_section, names, again)


Products = tuple[int, ...]
"""Products by their places among those of the history."""


def _sections(history: PastCalls) -> tuple[dict[Scope, tuple[str, ...]], dict[Products, list[tuple[Scope, int]]]]:
    """Return the names of the sections of each scope, and the sections by the products that they are about.

    Sections about the same products, such as a balanstest for one product and that product, are counted once.
    """
    groups = dict(_groups(history))
    sections: dict[Products, list[tuple[Scope, int]]] = {}
    for scope, (names, group_of) in groups.items():
        for place in range(len(names)):
            products = tuple(np.flatnonzero(group_of == place).tolist())
            sections.setdefault(products, []).append((scope, place))
    return {scope: names for scope, (names, _) in groups.items()}, sections


def _groups(history: PastCalls) -> Iterator[tuple[Scope, tuple[tuple[str, ...], npt.NDArray[np.int32]]]]:
    """Yield the names of the sections of each scope, and the section of each product; -1 for none."""
    products = history.products
    yield "all", (("",), np.zeros(len(products), dtype=np.int32))
    if history.has_products:
        yield "balanstest", (tuple(test.id for test in history.policy.balanstests), history.balanstest_of())
        yield "product", (products, np.arange(len(products), dtype=np.int32))


def _about(product: npt.NDArray[np.uint16], products: Products, known: int) -> slice | npt.NDArray[np.intp]:
    """Return the places of the calls about some products."""
    if len(products) == known:
        return slice(None)
    wanted = np.zeros(known, dtype=np.bool_)
    wanted[list(products)] = True
    return np.flatnonzero(wanted[product])
