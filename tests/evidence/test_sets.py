"""The sets that a list is held against, and the rows that compete for a number, against plain Python."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from balansfilter.engines.polars import duplicates
from balansfilter.engines.polars.duplicates import Contenders, contending
from balansfilter.evidence import lookup
from balansfilter.evidence.lookup import NumberSet, NumbersInMaking, TextSet, number_set
from balansfilter.evidence.register_index import layout_of
from balansfilter.native.bucket_loops import in_buckets
from tests.loops import both_ways

quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)
numbers = st.one_of(st.integers(1, 40), st.integers(31_600_000_000, 31_600_000_300), st.integers(1, 2**63))
texts = st.one_of(st.sampled_from(["K1", "k1", "K1 ", "00", "0", "", "é", "é"]), st.text(max_size=4))


def uint64(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.uint64)


@quick
@given(st.lists(numbers, max_size=80), st.lists(numbers, max_size=80))
@example([], [1])
@example([1], [0])
def test_a_number_set_is_a_set(kept: list[int], asked: list[int]) -> None:
    found = NumberSet.of(uint64(kept))
    probes = uint64([*asked, *kept, 0])
    assert len(found) == len(set(kept))
    assert found.contains(probes).tolist() == [int(probe) in set(kept) for probe in probes]
    places = found.positions(probes)
    assert [int(found.numbers[place]) for place in places if place >= 0] == [int(n) for n in probes if n in set(kept)]


def marked(found: NumberSet | TextSet, probes: Any) -> tuple[list[bool], list[int]]:
    """Return which probes are marked, where the last one was before, and the positions of those found."""
    hit = np.zeros(len(probes), np.bool_)
    hit[-1] = True
    positions = found.hits(probes, hit)
    return hit.tolist(), positions.tolist()


@quick
@given(st.lists(numbers, max_size=80), st.lists(numbers, max_size=80))
@example([], [1])
def test_numbers_of_a_set_are_marked_among_others(kept: list[int], asked: list[int]) -> None:
    found, probes = NumberSet.of(uint64(kept)), uint64([*asked, *kept, 0])
    places = [int(place) for place in found.positions(probes)]
    by_loop, plain = both_ways(lambda: marked(found, probes))
    assert by_loop == plain == ([place >= 0 for place in places[:-1]] + [True], [p for p in places if p >= 0])


close = st.lists(st.integers(31_600_000_000, 31_600_400_000), min_size=1, max_size=80)


@quick
@given(close, close)
@example([65_536], [65_535, 65_537, 0, 131_072])
def test_a_set_of_numbers_close_together_is_a_set_too(kept: list[int], asked: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "_MANY", 1)
        patch.setattr(lookup, "_BYTES_A_NUMBER", 1 << 30)
        found = number_set(uint64(kept))
    probes = uint64([*asked, *kept, 0, 1, 2**63])
    assert not isinstance(found, NumberSet)
    assert len(found) == len(set(kept))
    assert found.contains(probes).tolist() == [int(probe) in set(kept) for probe in probes]


LATER_ONES_LIE_BEFORE = [[(n << 16) + m for n in some for m in range(4)] for some in ((7, 4, 5), (6, 1, 2))]
LATER_ONES_LIE_FAR_APART = [[1, 2, 3, 4], [n << 22 for n in range(1, 9)]]


@quick
@given(
    st.lists(st.lists(st.one_of(numbers, close.map(min)), max_size=30), max_size=8), st.sampled_from([1, 8, 1 << 20])
)
@example(LATER_ONES_LIE_BEFORE, 1)
@example(LATER_ONES_LIE_FAR_APART, 1)
def test_a_set_hangs_on_what_is_in_it_and_not_on_how_that_came_in(parts: list[list[int]], many: int) -> None:
    kept = sorted({number for part in parts for number in part})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "_MANY", many)
        patch.setattr(lookup, "_BYTES_A_NUMBER", 4000)
        patch.setattr(lookup, "_AT_ONCE", 4)
        making = NumbersInMaking()
        for part in parts:
            making.add(uint64(part))
        made, at_once = making.made(), number_set(uint64(kept))
        assert [int(number) for part in made.parts() for number in part] == kept
        assert len(made) == len(kept)
        probes = uint64([*kept, *(number + 1 for number in kept), 0])
        assert made.contains(probes).tolist() == [int(probe) in set(kept) for probe in probes]
        assert layout_of(made) == layout_of(at_once)


@quick
@given(st.lists(texts, max_size=30), st.lists(texts, max_size=30))
def test_a_text_set_is_a_set_without_empty_texts(kept: list[str], asked: list[str]) -> None:
    found = TextSet.of(pl.Series([*kept, None], dtype=pl.String))
    probes = [*asked, *kept, ""]
    wanted = set(kept) - {""}
    assert len(found) == len(wanted)
    assert found.contains(pl.Series(probes, dtype=pl.String)).tolist() == [probe in wanted for probe in probes]


@quick
@given(st.lists(texts, max_size=40), st.lists(texts, max_size=40))
def test_texts_of_a_set_are_marked_among_others(kept: list[str], asked: list[str]) -> None:
    found, probes = TextSet.of(pl.Series(kept, dtype=pl.String)), pl.Series([*asked, *kept, ""], dtype=pl.String)
    places = [int(place) for place in found.positions(probes)]
    by_loop, plain = both_ways(lambda: marked(found, probes))
    assert by_loop == plain == ([place >= 0 for place in places[:-1]] + [True], [p for p in places if p >= 0])


anchors = st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2020, 1, 4)))
rivals = st.lists(st.tuples(st.integers(1, 6), anchors), max_size=40)


@quick
@given(rivals, st.integers(1, 20), st.integers(1, 9), st.sets(st.integers(1, 40)))
def test_the_latest_anchor_stays_and_of_equals_the_first(
    rows: list[tuple[int, date | None]], size: int, buckets: int, reached: set[int]
) -> None:
    best: dict[int, int] = {}
    for row, (number, anchor) in enumerate(rows):
        if row + 1 in reached:
            continue
        kept = best.get(number)
        if kept is None or (anchor or date.min) > (rows[kept][1] or date.min):
            best[number] = row
    frame = pl.DataFrame(
        {"row": range(1, len(rows) + 1), "first_number": [n for n, _ in rows], "decided_anchor": [a for _, a in rows]},
        schema={"row": pl.UInt64, "first_number": pl.UInt64, "decided_anchor": pl.Date},
    )
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_BUCKETS", buckets)
        with Contenders(Path(folder)) as contenders:
            for part in frame.iter_slices(size):
                contenders.add(contending(part))
            without = np.array(sorted(reached), dtype=np.uint64)
            contest = contenders.settled(without)
            with ThreadPoolExecutor(2) as pool:
                beside_each_other = contenders.settled(without, pool)
    left = [row for row in range(len(rows)) if row + 1 not in reached]
    assert contest.contenders == beside_each_other.contenders == len(left)
    assert contest.losers.tolist() == beside_each_other.losers.tolist()
    assert contest.losers.tolist() == [row + 1 for row in left if row not in best.values()]


@quick
@given(st.lists(st.tuples(st.integers(0, 1 << 60), st.integers(-5, 5)), max_size=60), st.integers(1, 9))
def test_rows_lie_in_the_bucket_of_their_number_in_their_order(rows: list[tuple[int, int]], buckets: int) -> None:
    numbers, anchors = np.array([n for n, _ in rows], np.uint64), np.array([a for _, a in rows], np.int32)
    places = np.arange(len(rows), dtype=np.uint64)
    wanted = sorted(((n, row, a) for row, (n, a) in enumerate(rows)), key=lambda one: one[0] % buckets)
    for made in both_ways(lambda: in_buckets(numbers, places, anchors, buckets)):
        assert made.rows.view(np.int64).tolist() == [list(one) for one in wanted]
        assert made.sizes.tolist() == [sum(n % buckets == bucket for n, _ in rows) for bucket in range(buckets)]
