"""Rows that name a value hold it, and rows that name none hold none: with compiled loops and without."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.native.held_loops import held_by
from tests.loops import both_ways

VALUES = np.array([7, 0, 9, 3, 9, 0xFFFFFFFF], np.uint32)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=50), st.sampled_from([0, 4, 9, 0xFFFFFFFF]))
def test_rows_hold_what_they_name(places: list[int], none: int) -> None:
    named = [int(VALUES[place]) for place in places]
    for held in both_ways(lambda: held_by(np.array(places, np.uint32), VALUES, none)):
        assert held.known.tolist() == [value != none for value in named]
        assert held.values.tolist() == [value for value in named if value != none]
