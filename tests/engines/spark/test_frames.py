"""`balansfilter.decide` on a frame of Spark: every row is decided as in a run, however it is cut up."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import balansfilter
from balansfilter.errors import SourceError, UsageError
from tests.brandfolder import AS_OF, BrandFolder
from tests.engines.made import ANSWER, decided, decisions_of, frame_of, lenient_case, ran
from tests.engines.test_frames import CALLS, NOBODY, OBJECTED, UNREAD

pytestmark = pytest.mark.spark
PARTS, MILLION = 64, 1_000_000


def on_spark(session: Any, frame: pl.DataFrame) -> Any:
    return session.createDataFrame(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))


def answers(found: Any, order: str) -> list[tuple[Any, ...]]:
    return pl.DataFrame(found.orderBy(order).select(*ANSWER).toArrow()).rows()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    brand = BrandFolder(tmp_path)
    brand.write_policy()
    return brand.policy_file


def test_a_random_list_in_many_parts_is_decided_as_a_run_decides(session: Any, tmp_path: Path) -> None:
    case = lenient_case(1, 200, tmp_path)
    expected = decisions_of(case, ran(case)).rows()
    frame = frame_of(case.call_rows, case.call_list.columns)
    places = frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    cut = on_spark(session, places).repartition(PARTS)
    found = decided(case, cut, order_by="place")
    assert len(expected) == frame.height
    assert answers(found, "place") == expected
    found.unpersist()


def test_the_columns_come_back_with_what_was_decided(session: Any, policy: Path) -> None:
    found = balansfilter.decide(
        on_spark(session, CALLS), policy, objections=NOBODY, as_of=AS_OF, order_by="klantnummer"
    )
    assert found.columns[: CALLS.width] == CALLS.columns
    assert answers(found, "klantnummer") == [
        (None, "customer", date(2028, 1, 1)),
        ("expired", None, date(2022, 1, 1)),
        ("invalid_phone", None, None),
    ]
    assert not session.catalog.listTables()


def test_an_objection_is_held_against_cells_that_cannot_be_read(session: Any, tmp_path: Path) -> None:
    brand = BrandFolder(tmp_path)
    brand.write_policy({"call_list": {"columns": {"phone": ["telefoon", "vast"]}}})
    calls = on_spark(session, UNREAD).repartition(PARTS)
    found = balansfilter.decide(calls, brand.policy_file, objections=OBJECTED, as_of=AS_OF, order_by="klantnummer")
    assert [reason for reason, *_ in answers(found, "klantnummer")] == [*["objected"] * 5, None]


def test_of_a_number_that_a_million_rows_have_the_latest_stays(session: Any, policy: Path) -> None:
    winner = MILLION // 2
    calls = session.range(0, MILLION, 1, 8).selectExpr(
        "concat('K', id) AS klantnummer",
        "'0612345678' AS telefoon",
        f"date_sub(DATE '2026-02-01', CASE WHEN id = {winner} THEN 0 ELSE 1 + CAST(id % 9 AS INT) END)"
        " AS laatste_aankoop",
        "id",
    )
    found = balansfilter.decide(calls, policy, objections=NOBODY, as_of=AS_OF, order_by="id")
    counted = {row["reason"]: row["count"] for row in found.groupBy("reason").count().collect()}
    assert counted == {None: 1, "duplicate": MILLION - 1}
    assert found.where("reason IS NULL").first()["klantnummer"] == f"K{winner}"
    found.unpersist()


def test_an_order_that_does_not_tell_rows_apart_is_refused(session: Any, policy: Path) -> None:
    frame = on_spark(session, pl.concat([CALLS, CALLS]))
    with pytest.raises(UsageError, match="order_by"):
        balansfilter.decide(frame, policy, objections=NOBODY, as_of=AS_OF)
    with pytest.raises(UsageError, match="tell all rows apart"):
        balansfilter.decide(frame, policy, objections=NOBODY, as_of=AS_OF, order_by="klantnummer")


def test_a_frame_that_cannot_be_read_is_refused(session: Any, policy: Path) -> None:
    frame = on_spark(session, CALLS)
    with pytest.raises(SourceError, match="laatste_aankoop"):
        balansfilter.decide(
            frame.drop("laatste_aankoop"), policy, objections=NOBODY, as_of=AS_OF, order_by="klantnummer"
        )
    named = frame.withColumnRenamed("klantnummer", "Reason")
    with pytest.raises(UsageError, match="has a column 'reason'"):
        balansfilter.decide(named, policy, objections=NOBODY, as_of=AS_OF, order_by="telefoon")
