"""`balansfilter.decide` on frames as people have them: columns of anything, and arguments of any kind."""

from __future__ import annotations

import decimal
import traceback
import uuid
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

import balansfilter
from balansfilter.errors import BalansfilterError, SourceError, UsageError
from tests.brandfolder import AS_OF, BrandFolder
from tests.engines.test_frames import CALLS, KINDS, NOBODY, answers, as_kind

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
compute = pytest.importorskip("pyarrow.compute")

SECRET = "Jan Jansen 0612345678"
MIXED = [1, SECRET, {"a": SECRET}]
ANSWERS = [
    (None, "customer", date(2028, 1, 1)),
    ("expired", None, date(2022, 1, 1)),
    ("invalid_phone", None, None),
]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    brand = BrandFolder(tmp_path)
    brand.write_policy()
    return brand.policy_file


def in_pandas(**columns: Any) -> Any:
    return as_kind("pandas", CALLS).assign(**columns)


def in_pyarrow(**columns: Any) -> Any:
    table = as_kind("pyarrow", CALLS)
    for name, column in columns.items():
        table = table.drop_columns(name) if name in table.column_names else table
        table = table.append_column(name, column)
    return table


# --- columns that nobody asks for -----------------------------------------------------------------------------------

UNASKED: dict[str, Callable[[], Any]] = {
    "pandas, mixed": lambda: in_pandas(naast=MIXED),
    "pandas, objects": lambda: in_pandas(naast=[object()] * 3),
    "pandas, complex": lambda: in_pandas(naast=[1 + 2j] * 3),
    "pandas, sparse": lambda: in_pandas(naast=pd.arrays.SparseArray([0, 0, 1])),
    "pandas, periods": lambda: in_pandas(naast=pd.period_range("2026-01", periods=3, freq="M")),
    "polars, objects": lambda: CALLS.with_columns(pl.Series("naast", [object()] * 3, dtype=pl.Object)),
    "pyarrow, decimals": lambda: in_pyarrow(naast=pa.array([decimal.Decimal(1)] * 3, pa.decimal256(60, 0))),
    "pyarrow, run ends": lambda: in_pyarrow(naast=compute.run_end_encode(pa.array(["a"] * 3))),
    "pyarrow, months": lambda: in_pyarrow(naast=pa.array([(1, 2, 3)] * 3, pa.month_day_nano_interval())),
    "pyarrow, unions": lambda: in_pyarrow(
        naast=pa.UnionArray.from_sparse(pa.array([0] * 3, pa.int8()), [pa.array([1] * 3)])
    ),
}


@pytest.mark.parametrize("frame", UNASKED.values(), ids=UNASKED)
def test_a_column_that_nobody_asks_for_may_hold_anything_and_comes_back(frame: Callable[[], Any], policy: Path) -> None:
    given = frame()
    found = balansfilter.decide(given, policy, objections=NOBODY, as_of=AS_OF)
    assert type(found) is type(given)
    kind = next(kind for kind in KINDS if kind in type(given).__module__)
    assert answers(kind, found) == ANSWERS
    assert str(found["naast"]) == str(given["naast"])
    assert list(getattr(found, "column_names", found.columns))[-3:] == ["reason", "basis", "callable_until"]


@pytest.mark.parametrize("value", ["INTERVAL 1 MONTH", "union_value(a := 1)", "'101'::BIT", "1::HUGEINT"])
def test_nor_does_a_relation_lose_a_type_that_only_a_database_knows(value: str, policy: Path) -> None:
    calls = as_kind("duckdb", CALLS).project(f"*, {value} AS naast")
    found = balansfilter.decide(calls, policy, objections=NOBODY, as_of=AS_OF, order_by="klantnummer")
    assert answers("duckdb", found) == ANSWERS
    if not value.endswith(
        ("BIT", "HUGEINT")
    ):  # of which DuckDB makes bytes, and a decimal, as soon as it hands them out
        assert found.select("naast").types == calls.select("naast").types
        assert found.select("naast").fetchall() == calls.select("naast").fetchall()


def test_of_a_relation_the_numbers_that_may_not_be_called_are_blanked_and_rows_keep_their_order(tmp_path: Path) -> None:
    brand = BrandFolder(tmp_path)
    brand.write_policy({"call_list": {"columns": {"phone": ["telefoon", "vast"]}}})
    calls = pl.concat([CALLS, CALLS.with_columns(klantnummer="0" + pl.col("klantnummer"))]).with_columns(
        vast=pl.lit("0201234567")
    )
    given = as_kind("duckdb", calls.with_columns(pl.int_range(pl.len()).alias("naast")))
    told = balansfilter.decide(
        given, brand.policy_file, objections=NOBODY, as_of=AS_OF, order_by=["telefoon", "klantnummer"]
    )
    assert told.columns == [*calls.columns, "naast", "reason", "basis", "callable_until"]
    rows = told.select("klantnummer", "telefoon", "vast", "naast", "reason").fetchall()
    assert [row[3] for row in rows] == [3, 0, 4, 1, 5, 2]
    same = balansfilter.decide(
        calls.with_row_index("naast"), brand.policy_file, objections=NOBODY, as_of=AS_OF, order_by=["telefoon", "klantnummer"]
    )  # fmt: skip
    assert rows == same.select("klantnummer", "telefoon", "vast", "naast", "reason").rows()
    assert None in [row[1] for row in rows]


def test_the_tables_of_a_connection_are_not_taken_for_what_was_decided(policy: Path) -> None:
    pytest.importorskip("pyarrow")
    with duckdb.connect() as connection:
        for name in ("rows", "decided", "undecided", "told", "calls"):
            connection.execute(f"CREATE TABLE {name} AS SELECT 'K1' AS klantnummer, 'nobody' AS reason")
        connection.register("listed", CALLS.to_arrow())
        found = balansfilter.decide(
            connection.table("listed"), policy, objections=NOBODY, as_of=AS_OF, order_by="klantnummer"
        )
        assert answers("duckdb", found) == ANSWERS


@pytest.mark.parametrize("kind", ["pandas", "pyarrow"])
def test_two_columns_of_one_name_stop_nobody_who_does_not_ask_for_them(kind: str, policy: Path) -> None:
    names = [*CALLS.columns, "naast", "naast"]
    frame = _renamed(kind, CALLS.with_columns(a=pl.lit("een"), b=pl.lit("twee")), names)
    found = balansfilter.decide(frame, policy, objections=NOBODY, as_of=AS_OF)
    assert list(getattr(found, "column_names", found.columns)) == [*names, "reason", "basis", "callable_until"]
    reasons = found["reason"].to_list() if kind == "pandas" else found["reason"].to_pylist()
    assert reasons[1:] == ["expired", "invalid_phone"]
    twice = _renamed(kind, CALLS.with_columns(a=pl.lit("0612345678")), [*CALLS.columns, "telefoon"])
    with pytest.raises(SourceError, match="has 2 columns named 'telefoon'"):
        balansfilter.decide(twice, policy, objections=NOBODY, as_of=AS_OF)


def _renamed(kind: str, frame: pl.DataFrame, names: list[str]) -> Any:
    made = as_kind(kind, frame)
    return made.set_axis(names, axis=1) if kind == "pandas" else made.rename_columns(names)


# --- columns of mixed cells -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [in_pandas, lambda **columns: CALLS.with_columns(_objects(columns))])
def test_mixed_cells_are_read_as_those_of_a_sheet(frame: Callable[..., Any], policy: Path) -> None:
    moment = datetime(2026, 1, 1, 12, 0)
    calls = frame(
        klantnummer=["K1", 2, 3.0], telefoon=[612345678, "06-87654321", 687654322.0], laatste_aankoop=["2026-01-01", moment, None],
    )  # fmt: skip
    objections = pd.DataFrame({"telefoon": [None, "0611111111"], "klantnummer": [3, "X"]})
    found = balansfilter.decide(calls, policy, objections=objections, as_of=AS_OF)
    kind = "pandas" if frame is in_pandas else "polars"
    assert [reason for reason, *_ in answers(kind, found)] == [None, None, "objected"]
    assert list(found["telefoon"]) == [612345678, "06-87654321", 687654322.0]


def _objects(columns: dict[str, list[Any]]) -> list[pl.Series]:
    return [pl.Series(name, cells, dtype=pl.Object) for name, cells in columns.items()]


@pytest.mark.parametrize("kind", [float, "Int64"])
def test_objections_of_numbers_and_texts_protect(kind: Any, policy: Path) -> None:
    numbers = [
        *pd.Series([612345678], dtype=kind),
        "06 11223344",
        None,
        pd.NA,
        float("nan"),
        decimal.Decimal("687654321.0"),
    ]
    objections = pd.DataFrame({"telefoon": numbers, "klantnummer": ["", "", "K9", "K9", "K9", ""]})
    found = balansfilter.decide(CALLS, policy, objections=objections, as_of=AS_OF)
    assert found["reason"].to_list() == ["objected", "objected", "invalid_phone"]


WRONG: dict[str, tuple[list[Any], str]] = {
    "a fraction": (["0612345678", 0.5, SECRET], "has numbers with a fraction in column 'telefoon'"),
    "lost digits": (["0612345678", 1e16, SECRET], "has whole numbers in column 'telefoon' that its type cannot hold"),
    "a day": (["0612345678", date(2026, 1, 1), SECRET], "has days in column 'telefoon'"),
    "anything": (["0612345678", {SECRET}, SECRET], "has cells in column 'telefoon' that are no text, number or day"),
    "bytes": ([1, b"\xff" + SECRET.encode(), SECRET], "has cells in column 'telefoon' that are no text, number or day"),
}


@pytest.mark.parametrize(("cells", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_no_cell_of_a_sheet_is_refused_with_its_column_and_row(
    cells: list[Any], sentence: str, policy: Path
) -> None:
    told = refused(lambda: balansfilter.decide(in_pandas(telefoon=cells), policy, objections=NOBODY, as_of=AS_OF))
    assert f"call_list: {sentence}" in told
    assert "(first in row 2)" in told


@pytest.mark.parametrize("kind", ["pandas", "pyarrow"])
def test_a_uuid_is_an_id_as_it_is_written(kind: str, policy: Path) -> None:
    ids = [uuid.UUID(int=n) for n in range(1, 4)]
    made = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([one.bytes for one in ids], pa.binary(16)))
    calls = in_pandas(klantnummer=ids) if kind == "pandas" else in_pyarrow(klantnummer=made)
    objections = NOBODY.with_columns(klantnummer=pl.lit(str(ids[0]).upper()))
    found = balansfilter.decide(calls, policy, objections=objections, as_of=AS_OF)
    assert [reason for reason, *_ in answers(kind, found)] == ["objected", "expired", "invalid_phone"]


@pytest.mark.parametrize("lossless", ["true", "false"])
def test_so_is_one_of_a_relation_whatever_it_makes_of_it_in_arrow(lossless: str, policy: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"SET arrow_lossless_conversion = {lossless}")
        one = str(uuid.UUID(int=1))
        calls = connection.sql(
            f"SELECT '{one}'::UUID AS klantnummer, '0612345678' AS telefoon, DATE '2026-01-01' AS laatste_aankoop"
        )
        objections = connection.sql(f"SELECT '{one}'::UUID AS klantnummer, NULL::VARCHAR AS telefoon")
        found = balansfilter.decide(calls, policy, objections=objections, as_of=AS_OF, order_by="klantnummer")
        assert found.select("klantnummer::VARCHAR, reason").fetchall() == [(one, "objected")]


@pytest.mark.parametrize("kind", ["pyarrow", "duckdb"])
def test_of_json_the_text_inside_the_quotes_is_the_id(kind: str, policy: Path) -> None:
    made = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['"K1"', '"K2"', '"K3"']))
    calls: Any = in_pyarrow(klantnummer=made)
    if kind == "duckdb":
        calls = as_kind("duckdb", CALLS).project("to_json(klantnummer) AS klantnummer, telefoon, laatste_aankoop")
    objections = NOBODY.with_columns(klantnummer=pl.lit("K1"))
    order_by = "telefoon" if kind == "duckdb" else None
    found = balansfilter.decide(calls, policy, objections=objections, as_of=AS_OF, order_by=order_by)
    assert answers(kind, found)[0][0] == "objected"
    no_text = as_kind("duckdb", NOBODY).project("telefoon, to_json({'id': 'K9'}) AS klantnummer")
    told = refused(lambda: balansfilter.decide(CALLS, policy, objections=no_text, as_of=AS_OF))
    assert "objections[0]: has JSON in column 'klantnummer' that is no text" in told


# --- what cannot be had ---------------------------------------------------------------------------------------------


def refused(call: Callable[[], Any]) -> str:
    """Return what is told, which is an error of ours; nor does its traceback hold a cell."""
    with pytest.raises(BalansfilterError) as found:
        call()
    told = "".join(traceback.format_exception(found.value))
    assert SECRET not in told
    assert "0612345678" not in told
    assert "During handling" not in told
    assert found.value.exit_code != BalansfilterError.exit_code
    return str(found.value)


BROKEN: dict[str, Callable[[], Any]] = {
    "lazy": lambda: CALLS.lazy().with_columns(pl.lit(SECRET).cast(pl.Int64)),
    "lazy, of a file that is gone": lambda: pl.scan_csv("/nowhere/at/all.csv"),
    "duckdb": lambda: as_kind("duckdb", CALLS).project("* REPLACE (error(telefoon)::VARCHAR AS telefoon)"),
    "duckdb, an interval": lambda: as_kind("duckdb", CALLS).project("* REPLACE (INTERVAL 1 DAY AS laatste_aankoop)"),
    "duckdb, two of one name": lambda: as_kind("duckdb", CALLS).project("*, telefoon"),
    "pandas, periods": lambda: in_pandas(laatste_aankoop=pd.period_range("2026-01", periods=3, freq="M")),
    "pyarrow, months": lambda: in_pyarrow(laatste_aankoop=pa.array([(1, 2, 3)] * 3, pa.month_day_nano_interval())),
}


@pytest.mark.parametrize("frame", BROKEN.values(), ids=BROKEN)
def test_a_frame_that_cannot_be_had_is_told_without_its_cells(frame: Callable[[], Any], policy: Path) -> None:
    given = frame()
    order_by = "klantnummer" if isinstance(given, duckdb.DuckDBPyRelation) else None
    refused(lambda: balansfilter.decide(given, policy, objections=NOBODY, as_of=AS_OF, order_by=order_by))
    refused(lambda: balansfilter.decide(CALLS, policy, objections=given, as_of=AS_OF))


def test_a_column_whose_cells_have_no_order_orders_nothing(policy: Path) -> None:
    calls = in_pandas(naast=MIXED)
    told = refused(
        lambda: balansfilter.decide(calls, policy, objections=NOBODY, as_of=AS_OF, order_by=["klantnummer", "naast"])
    )
    assert told == "`order_by` names a column whose cells have no order"


def test_a_bug_is_told_by_its_kind_and_place(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("balansfilter.pipeline.frames.in_polars.decide", fails)
    with pytest.raises(BalansfilterError) as found:
        balansfilter.decide(CALLS, policy, objections=NOBODY, as_of=AS_OF)
    assert str(found.value).startswith("this is a bug: ValueError in test_frames_as_they_come.py:")
    assert SECRET not in "".join(traceback.format_exception(found.value))


# --- arguments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_of", [str(AS_OF), datetime(2026, 11, 23, 2, 0), pd.Timestamp("2026-11-23 02:00")])
def test_a_day_may_be_given_as_schedulers_have_it(as_of: Any, policy: Path) -> None:
    found = balansfilter.decide(CALLS, policy, objections=NOBODY, as_of=as_of)
    assert answers("polars", found) == ANSWERS


ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"as_of": "23-11-2026"}, "a day is a date, or a text such as 2026-11-23"),
    ({"as_of": 20261123}, "a day is a date"),
    ({"as_of": None}, "a day is a date"),
    ({"as_of": pd.NaT}, "a day is a date"),
    ({"as_of": pd.Timestamp("2026-11-23", tz="UTC")}, "has a time zone"),
    ({"register_on": "gisteren"}, "a day is a date"),
    ({"timezone": "Amsterdam"}, "`timezone` is no time zone"),
    ({"timezone": 1}, "`timezone` is a text, and no int"),
    ({"brands": "zondag"}, "`brands` is a list of texts, and no str"),
    ({"brands": [1]}, "`brands` is a text, and no int"),
    ({"order_by": 5}, "`order_by` is the name of a column, or a list of names"),
    ({"order_by": []}, "`order_by` is the name of a column, or a list of names"),
    ({"objections": None}, "a NoneType is no frame"),
    ({"contacts": NOBODY}, "the policy names no contacts: name them there, or leave `contacts` out"),
    ({"register": NOBODY}, "the policy names no register: name it there, or leave `register` out"),
]


@pytest.mark.parametrize(("wrong", "sentence"), ARGUMENTS, ids=[str(n) for n in range(len(ARGUMENTS))])
def test_an_argument_of_another_kind_is_refused_in_a_sentence(
    wrong: dict[str, Any], sentence: str, policy: Path
) -> None:
    given: dict[str, Any] = {"objections": NOBODY, "as_of": AS_OF, **wrong}
    with pytest.raises(UsageError) as found:
        balansfilter.decide(CALLS, policy, **given)
    assert sentence in str(found.value)


def test_so_is_what_is_no_policy() -> None:
    with pytest.raises(UsageError, match="`policy` is a path, and no int"):
        balansfilter.decide(CALLS, 1, objections=NOBODY, as_of=AS_OF)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="`path` is a path, and no int"):
        balansfilter.load_policy(1)  # type: ignore[arg-type]


def test_the_path_of_a_policy_may_be_a_text(policy: Path) -> None:
    assert balansfilter.load_policy(str(policy)) == balansfilter.load_policy(policy)
