"""The decisions that Spark wrote, in files of rows that follow each other: whatever rows are asked for, all are found."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.engines.spark.on_cluster import PartDecisions
from balansfilter.errors import EngineError

ROWS = 40
PLAN: Any = SimpleNamespace(phones=("telefoon",))


def written(folder: Path, cuts: list[int]) -> PartDecisions:
    """Write decisions of forty rows, cut into files, some of them without rows."""
    row = pl.int_range(1, ROWS + 1, eager=True).alias("row")
    names = {"reason": pl.Int16, "basis": pl.Int16, "callable_until": pl.Date, "anchor": pl.Date, "window": pl.Int16}
    decisions = pl.DataFrame(row).with_columns(
        *(pl.lit(None, kind).alias(name) for name, kind in names.items()),
        first_number=pl.lit(None, pl.Int64),
        may_call_0=pl.lit(value=True),
    )
    for n, (start, end) in enumerate(pairwise([0, *sorted(cuts), ROWS])):
        decisions[start:end].write_parquet(folder / f"part-{n:05}.parquet")
    (folder / "_SUCCESS").touch()
    return PartDecisions.of(folder, PLAN)


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, ROWS), max_size=6), asked=st.tuples(st.integers(1, ROWS), st.integers(0, ROWS)))
def test_the_rows_that_are_asked_for_are_found_however_they_are_cut(
    cuts: list[int], asked: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, last = asked
    found = written(tmp_path_factory.mktemp("parts"), cuts).between(first, last)
    assert found["row"].to_list() == list(range(first, last + 1))
    assert found.schema["row"] == pl.UInt64


def test_a_folder_that_the_workers_did_not_finish_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="the same file system"):
        PartDecisions.of(tmp_path, PLAN)


def test_a_file_that_is_gone_when_it_is_read_back_publishes_nothing(tmp_path: Path) -> None:
    decisions = written(tmp_path, [20])
    (tmp_path / "part-00001.parquet").unlink()
    assert decisions.between(1, 20).height == 20
    with pytest.raises(EngineError, match="nothing is published"):
        decisions.between(19, 21)
