"""Rows have one case exactly where they agree in their flags, in what their texts mean, and in the latest of the days."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.native.case_loops import NO_DAY, CaseColumn, CaseNumbers
from tests.loops import loops_for

DAYS = [NO_DAY, -719_162, 0, 20_000, 20_001, 2_932_896]
ROWS = st.lists(st.tuples(st.sampled_from([0, 1, 1 << 31]), st.integers(0, 4), st.integers(0, 5)), max_size=60)
WORDS = np.array([0, 1, 2, 3, 3], np.uint64)


@settings(deadline=None, max_examples=100)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_rows_of_all_parts_have_one_number_where_they_are_of_one_case(parts: list[list[tuple[int, int, int]]]) -> None:
    numbers, known = CaseNumbers(), {}
    with loops_for(compiled=True):
        for rows in parts:
            flags, word, day = (np.array([row[n] for row in rows], np.uint32) for n in range(3))
            columns = [
                CaseColumn(word, WORDS, np.full(len(WORDS), NO_DAY, np.int32)),
                CaseColumn(day, np.zeros(len(DAYS), np.uint64), np.array(DAYS, np.int32)),
                CaseColumn(day[::-1].copy(), np.zeros(len(DAYS), np.uint64), np.array(DAYS, np.int32)),
            ]
            found = numbers.of(flags, columns)
            assert found is not None
            latest = [max(DAYS[one], DAYS[other]) for one, other in zip(day, day[::-1], strict=True)]
            told = list(zip(flags.tolist(), WORDS[word].tolist(), latest, strict=True))
            fresh = [row for row, case in enumerate(told) if case not in known and case not in told[:row]]
            assert found[1].tolist() == fresh
            for row, case in enumerate(told):
                assert known.setdefault(case, len(known)) == found[0][row]
