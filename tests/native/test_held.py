"""Rows that name a value hold it, and rows that name none hold none: with compiled loops and without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.native.held_loops import held_by, tallied, values_of
from tests.loops import both_ways

VALUES = np.array([7, 0, 9, 3, 9, 0xFFFFFFFF], np.uint32)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=50), st.sampled_from([0, 4, 9, 0xFFFFFFFF]))
def test_rows_hold_what_they_name(places: list[int], none: int) -> None:
    named = [int(VALUES[place]) for place in places]
    for held in both_ways(lambda: held_by(np.array(places, np.uint32), VALUES, none)):
        assert held.known.tolist() == [value != none for value in named]
        assert held.values.tolist() == [value for value in named if value != none]


@pytest.mark.parametrize("kind", [np.bool_, np.uint8, np.uint32, np.int32])
@pytest.mark.parametrize("of_places", [np.uint32, np.int32])
@settings(deadline=None, max_examples=20)
@given(named=st.lists(st.integers(0, 5), max_size=50))
def test_each_row_has_the_value_that_it_names(kind, of_places, named):
    values, places = VALUES.astype(kind), np.array(named, of_places)
    for found in both_ways(lambda: values_of(places, values)):
        assert found.dtype == kind
        assert found.tolist() == [values.tolist()[place] for place in named]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=50))
def test_rows_are_counted_by_what_they_name(named):
    for counts in both_ways(lambda: tallied(np.array(named, np.uint32), 6)):
        assert counts.tolist() == [named.count(place) for place in range(6)]
