"""`balansfilter.decide`: whatever kind of frame comes in, every row is decided as in a run, and the kind goes out."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

import balansfilter
from balansfilter.errors import SourceError, UsageError
from tests.brandfolder import AS_OF, BrandFolder
from tests.engines.made import ANSWER, decided, decisions_of, frame_of, lenient_case, ran

QUICK = (1, 4, 3008)
SLOW = range(3000, 3000 + int(os.environ.get("BALANSFILTER_SEEDS", "40")))
KINDS = ("polars", "lazy", "pandas", "pyarrow", "duckdb")


def as_kind(kind: str, frame: pl.DataFrame) -> Any:
    """Return a frame of a kind; the column `place` tells its order."""
    if kind == "lazy":
        return frame.lazy()
    if kind == "pandas":
        pandas = pytest.importorskip("pandas")
        return pandas.DataFrame(frame.to_dict(as_series=False))
    if kind == "pyarrow":
        return pytest.importorskip("pyarrow").table(frame.to_dict(as_series=False))
    if kind == "duckdb":
        pytest.importorskip("pyarrow")
        connection = duckdb.connect()
        connection.register("calls", frame.to_arrow())
        return connection.table("calls")
    return frame


def answers(kind: str, found: Any) -> list[tuple[Any, ...]]:
    """Return what a frame says of its rows, as plain values."""
    if kind == "lazy":
        assert isinstance(found, pl.LazyFrame)
        found = found.collect()
    if kind == "pandas":
        rows = found[list(ANSWER)].to_dict("records")
    elif kind == "pyarrow":
        rows = found.select(list(ANSWER)).to_pylist()
    elif kind == "duckdb":
        assert isinstance(found, duckdb.DuckDBPyRelation)
        rows = [dict(zip(ANSWER, row, strict=True)) for row in found.select(*ANSWER).fetchall()]
    else:
        rows = found.select(ANSWER).to_dicts()
    return [tuple(_plain(row[name]) for name in ANSWER) for row in rows]


def _plain(value: Any) -> Any:
    if value is None or value != value or str(value) == "NaT":
        return None
    return value.date() if isinstance(value, datetime) else value


def _agree(seed: int, rows: int, folder: Path) -> None:
    case = lenient_case(seed, rows, folder)
    expected = decisions_of(case, ran(case)).rows()
    frame = frame_of(case.call_rows, case.call_list.columns).with_row_index("place")
    assert len(expected) == frame.height
    for kind in KINDS:
        order_by = "place" if kind == "duckdb" else None
        assert answers(kind, decided(case, as_kind(kind, frame), order_by=order_by)) == expected, kind


@pytest.mark.parametrize("seed", QUICK)
def test_every_kind_of_frame_is_decided_as_a_run_decides(seed: int, tmp_path: Path) -> None:
    _agree(seed, 200, tmp_path)


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("seed", SLOW)
def test_every_kind_of_frame_is_decided_as_a_run_decides_on_many_lists(seed: int, tmp_path: Path) -> None:
    _agree(seed, 400, tmp_path)


# --- a frame by hand ----------------------------------------------------------------------------------------------

CALLS = pl.DataFrame(
    {
        "klantnummer": ["K1", "K2", "K3"],
        "telefoon": ["0612345678", "0687654321", "niet"],
        "laatste_aankoop": [date(2026, 1, 1), date(2020, 1, 1), date(2026, 1, 1)],
    }
)
UNREAD = pl.DataFrame(
    {
        "klantnummer": ["K1", "K2", "K3", "K4", "K5", "K6"],
        "telefoon": [
            "06-12345671 06-12345672",
            "0687654321 (werk)",
            "0612345672",
            "0612345672 thuis",
            "",
            "0612 of 345671",
        ],
        "vast": ["020-1234561", "020-1234562", "020-1234563", "020-1234564", "020-1234562", "020-1234566"],
        "laatste_aankoop": [date(2026, 1, 1)] * 6,
    }
)
"""Each row has a number to call. The first is hit by its id, the second by a number in a cell that cannot be read."""
OBJECTED = pl.DataFrame({"telefoon": ["0687654321"], "klantnummer": ["K1"]})
NOBODY = pl.DataFrame({"telefoon": ["0611111111"], "klantnummer": [""]})


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    brand = BrandFolder(tmp_path)
    brand.write_policy()
    return brand.policy_file


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_that_comes_in_goes_out(kind: str, policy: Path) -> None:
    frame = as_kind(kind, CALLS)
    order_by = "klantnummer" if kind == "duckdb" else None
    found = balansfilter.decide(frame, policy, objections=NOBODY, as_of=AS_OF, order_by=order_by)
    assert type(found) is type(frame)
    assert answers(kind, found) == [
        (None, "customer", date(2028, 1, 1)),
        ("expired", None, date(2022, 1, 1)),
        ("invalid_phone", None, None),
    ]


def test_a_policy_may_be_an_object(policy: Path) -> None:
    read = balansfilter.load_policy(policy)
    found = balansfilter.decide(CALLS, read, objections=NOBODY, as_of=AS_OF)
    assert found.equals(balansfilter.decide(CALLS, policy, objections=NOBODY, as_of=AS_OF))


def test_an_objection_reaches_the_other_rows_of_the_person(policy: Path) -> None:
    calls = pl.concat([CALLS.head(1), CALLS.head(1).with_columns(telefoon=pl.lit("0612345679"))])
    objections = pl.DataFrame({"telefoon": ["+31 6 12345678"], "klantnummer": [None]})
    found = balansfilter.decide(calls, policy, objections=objections, as_of=AS_OF)
    assert found["reason"].to_list() == ["objected", "objected"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_objection_is_held_against_cells_that_cannot_be_read(kind: str, tmp_path: Path) -> None:
    brand = BrandFolder(tmp_path)
    brand.write_policy({"call_list": {"columns": {"phone": ["telefoon", "vast"]}}})
    order_by = "klantnummer" if kind == "duckdb" else None
    found = balansfilter.decide(
        as_kind(kind, UNREAD), brand.policy_file, objections=OBJECTED, as_of=AS_OF, order_by=order_by
    )
    assert [reason for reason, *_ in answers(kind, found)] == [*["objected"] * 5, None]


@pytest.mark.parametrize("kind", ["polars", "duckdb"])
def test_an_objection_reaches_by_a_call_though_nobody_in_the_list_is_named(kind: str, tmp_path: Path) -> None:
    brand = BrandFolder(tmp_path)
    columns = {"phone": "telefoon", "customer_id": "klantnummer", "called_on": "gebeld"}
    brand.write_policy({"contacts": {"path": "data/contacts.csv", "columns": columns}})
    contacts = pl.DataFrame({"telefoon": ["0612345678"], "klantnummer": ["K9"], "gebeld": ["2026-01-02"]})
    objections = pl.DataFrame({"telefoon": [""], "klantnummer": ["K9"]})
    order_by = "klantnummer" if kind == "duckdb" else None
    found = balansfilter.decide(
        as_kind(kind, CALLS),
        brand.policy_file,
        objections=objections,
        contacts=contacts,
        as_of=AS_OF,
        order_by=order_by,
    )
    assert [reason for reason, *_ in answers(kind, found)] == ["objected", "expired", "invalid_phone"]


def test_a_relation_without_an_order_needs_one(policy: Path) -> None:
    with pytest.raises(UsageError, match="order_by"):
        balansfilter.decide(as_kind("duckdb", CALLS), policy, objections=NOBODY, as_of=AS_OF)
    same = pl.concat([CALLS, CALLS])
    with pytest.raises(UsageError, match="tell all rows apart"):
        balansfilter.decide(same, policy, objections=NOBODY, as_of=AS_OF, order_by="klantnummer")


def test_objections_that_protect_nobody_are_refused(policy: Path) -> None:
    objections = pl.DataFrame({"telefoon": ["06-123"], "klantnummer": [""]})
    with pytest.raises(SourceError, match="cannot be used") as found:
        balansfilter.decide(CALLS, policy, objections=objections, as_of=AS_OF)
    assert "06-123" not in str(found.value)


def test_a_frame_without_a_column_is_refused(policy: Path) -> None:
    with pytest.raises(SourceError, match="laatste_aankoop"):
        balansfilter.decide(CALLS.drop("laatste_aankoop"), policy, objections=NOBODY, as_of=AS_OF)


def test_a_frame_that_has_a_column_of_an_answer_is_refused(policy: Path) -> None:
    with pytest.raises(UsageError, match="reason"):
        balansfilter.decide(CALLS.with_columns(reason=pl.lit("")), policy, objections=NOBODY, as_of=AS_OF)


def test_each_file_of_objections_is_one_frame(policy: Path) -> None:
    with pytest.raises(UsageError, match="names 1 files of objections, and 2"):
        balansfilter.decide(CALLS, policy, objections=[NOBODY, NOBODY], as_of=AS_OF)


def test_what_is_no_frame_is_refused(policy: Path) -> None:
    with pytest.raises(UsageError, match="no frame"):
        balansfilter.decide([1, 2], policy, objections=NOBODY, as_of=AS_OF)
