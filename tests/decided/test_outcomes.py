"""Rows name their outcome by its place, and are told the same as if everything stood beside each of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.decided.outcomes import OUTCOME, UNREADABLE, DecidedRows, MadeOnce, RowOutcomes
from balansfilter.decision.reasons import reason_code

DAYS = st.none() | st.integers(0, 9000).map(lambda days: date(2010, 1, 1) + timedelta(days))
TOLD = st.tuples(
    st.sampled_from(["", "krant", 'week"blad']), st.integers(0, 12), st.integers(0, 3), st.none() | st.integers(0, 4), DAYS,
    DAYS,
)  # fmt: skip
MANY = st.lists(TOLD, min_size=1, max_size=40)


def outcomes_of(told: list[Any]) -> tuple[pl.DataFrame, RowOutcomes]:
    frame = pl.DataFrame(told, schema=OUTCOME, orient="row")
    return frame, RowOutcomes(frame)


def rows_of(outcomes: RowOutcomes, places: Any) -> DecidedRows:
    row = pl.int_range(1, len(places) + 1, dtype=pl.UInt64, eager=True).alias("row")
    persons = pl.DataFrame({"customer_id": [f"K{number}" for number in row]})
    return DecidedRows(row, persons, outcomes, np.asarray(places, np.uint32))


def codes(told: list[Any]) -> np.ndarray[Any, Any]:
    """Return the places of what was told, from 1, and that of a row that could not be split."""
    return np.arange(len(told) + 1, dtype=np.uint32)


@given(MANY)
def test_what_was_decided_is_told_of_each_row(told: list[Any]) -> None:
    frame, outcomes = outcomes_of(told)
    rows = rows_of(outcomes, outcomes.places(codes(told)))
    assert rows.told()[1:].equals(frame)
    assert rows.frame().columns == ["row", "customer_id", *OUTCOME.names()]
    (lost,) = rows.told()[:1].rows(named=True)
    assert lost["reason"] == reason_code("unreadable_row")
    assert (lost["product"], lost["basis"]) == ("", 0)
    assert all(lost[name] is None for name in ("window", "anchor", "callable_until"))


@given(MANY, st.data())
def test_a_dropped_row_keeps_what_was_not_decided_of_it(told: list[Any], data: st.DataObject) -> None:
    frame, outcomes = outcomes_of(told)
    decided = outcomes.places(codes(told))[1:]
    as_duplicates = outcomes.as_duplicates(decided)
    expected = frame.with_columns(reason=pl.lit(reason_code("duplicate"), pl.UInt8), basis=pl.lit(0, pl.UInt8))
    assert rows_of(outcomes, as_duplicates).told().equals(expected)
    before = data.draw(st.sampled_from([decided, as_duplicates]))
    reached = rows_of(outcomes, outcomes.as_reached(before)).told()
    assert reached.equals(
        expected.with_columns(reason=pl.lit(reason_code("objected"), pl.UInt8), callable_until=pl.lit(None, pl.Date))
    )


@given(MANY)
def test_rows_are_counted_by_what_is_told_of_them(told: list[Any]) -> None:
    frame, outcomes = outcomes_of(told)
    rows = rows_of(outcomes, outcomes.places(codes(told))[1:])
    by = ("window", "basis", "reason")
    expected = frame.group_by(by).len()
    assert rows.counted().sort(by).rows() == expected.select(*by, "len").sort(by).rows()


@given(MANY, st.integers(0, 45), st.integers(0, 45))
def test_some_of_the_rows_are_told_the_same(told: list[Any], at: int, height: int) -> None:
    _, outcomes = outcomes_of(told)
    rows = rows_of(outcomes, outcomes.places(codes(told)))
    assert rows.slice(at, height).frame().equals(rows.frame().slice(at, height))
    assert rows.dropped().frame().equals(rows.frame().filter(pl.col("reason") > 0))
    assert rows.dropped().height == int((rows.reason > 0).sum())


def test_a_list_without_rows_has_no_outcome_but_that_of_unreadable_ones() -> None:
    outcomes = RowOutcomes(pl.DataFrame(schema=OUTCOME))
    assert outcomes.frame.height == 1
    assert outcomes.reason[UNREADABLE] == reason_code("unreadable_row")
    rows = rows_of(outcomes, [UNREADABLE])
    assert rows.counted().rows() == [(None, 0, reason_code("unreadable_row"), 1)]
    nobody = np.empty(0, np.uint32)
    assert len(outcomes.as_reached(outcomes.as_duplicates(nobody))) == 0


@pytest.mark.parametrize("times", [1, 3])
def test_what_follows_from_outcomes_is_made_once(times: int) -> None:
    made = []
    lengths = MadeOnce(lambda outcomes: made.append(outcomes) or outcomes.frame.height)
    _, one = outcomes_of([("", 0, 1, 0, None, None)])
    _, other = outcomes_of([("", 0, 1, 0, None, None), ("", 3, 0, 0, None, None)])
    for outcomes, height in ((one, 4), (other, 7)):
        assert [lengths.of(outcomes) for _ in range(times)] == [height] * times
    assert made == [one, other]
