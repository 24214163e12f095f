"""Typed columns of Parquet in the roles of a policy: ids, numbers and days as people mean them."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from specs import ROLES, cells_of, opened_list, opened_objections

from balansfilter.errors import SourceError
from balansfilter.sources.parquet_types import noted_types

FILES = Path(__file__).parent / "parquet"

WHOLE = [
    pl.Series([1001, None], dtype=pl.Int64),
    pl.Series([1001.0, None], dtype=pl.Float64),
    pl.Series([1001.0, float("nan")], dtype=pl.Float32),
    pl.Series([Decimal("1001.0000000000"), None], dtype=pl.Decimal(38, 10)),
    pl.Series([Decimal(1001), None], dtype=pl.Decimal(12, 0)),
    pl.Series([b"1001", None]),
    pl.Series(["1001", None], dtype=pl.Categorical),
]
FRACTIONS = [
    pl.Series([1001.0, 1001.5]),
    pl.Series([1001.0, float("inf")]),
    pl.Series([Decimal("1001.00"), Decimal("1001.01")], dtype=pl.Decimal(20, 2)),
]


def written(tmp_path, **columns):
    path = tmp_path / "a.parquet"
    rows = len(next(iter(columns.values())))
    filled = {name: pl.Series(["x"] * rows) for name in ("id", "tel", "dag")} | columns
    pl.DataFrame(filled).write_parquet(path)
    return path


@pytest.mark.parametrize("column", WHOLE, ids=lambda column: str(column.dtype))
@pytest.mark.parametrize("role", ["id", "tel"])
def test_whole_numbers_are_ids_and_phone_numbers_without_the_zeros_of_their_type(column, role, tmp_path):
    assert cells_of(opened_list(written(tmp_path, **{role: column})))[role] == ["1001", ""]


@pytest.mark.parametrize("column", FRACTIONS, ids=lambda column: str(column.dtype))
@pytest.mark.parametrize("role", ["id", "tel"])
def test_a_number_with_a_fraction_is_nobodys(column, role, tmp_path):
    with pytest.raises(SourceError, match=rf"fraction in column '{role}'.*first in row 2"):
        cells_of(opened_list(written(tmp_path, **{role: column})))


def test_a_number_with_a_fraction_may_stand_in_any_other_column(tmp_path):
    path = written(tmp_path, bedrag=pl.Series([1.5, 2.0]))
    assert "bedrag" not in cells_of(opened_list(path))


def test_an_empty_float_in_objections_is_nobody(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"klant": [1001.0, float("nan")], "tel": ["", "0612999999"]}).write_parquet(path)
    read = cells_of(opened_objections(path, {"customer_id": "klant", "phone": "tel"}))
    assert read == {"tel": ["", "0612999999"], "klant": ["1001", ""]}


DAYS = [
    pl.Series([date(2026, 3, 1), None]),
    pl.Series([datetime(2026, 3, 1), None]),
    pl.Series([datetime(2026, 3, 1, 23, 59, 59), None], dtype=pl.Datetime("ms")),
    pl.Series([datetime(2026, 3, 1, 9), None], dtype=pl.Datetime("ns")),
    pl.Series([datetime(2026, 3, 1, 22, 59), None]).dt.replace_time_zone("UTC"),
    pl.Series([datetime(2026, 2, 28, 23), None], dtype=pl.Datetime("ns")).dt.replace_time_zone("UTC"),
    pl.Series([datetime(2026, 2, 28, 20), None]).dt.replace_time_zone("America/New_York"),
]


@pytest.mark.parametrize("column", DAYS, ids=lambda column: f"{column.dtype} {column[0]}")
def test_a_moment_in_a_column_of_days_is_its_day_in_the_time_zone_of_the_site(column, tmp_path):
    path = written(tmp_path, dag=column)
    assert cells_of(opened_list(path, date_format="%d-%m-%Y"))["dag"] == ["01-03-2026", ""]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pl.Series([date(2026, 3, 1)]), "01-03-2026 00:00"),
        (pl.Series([datetime(2026, 3, 1, 13, 5)]), "01-03-2026 13:05"),
    ],
)
def test_a_format_with_a_time_gets_one(column, text, tmp_path):
    path = written(tmp_path, dag=column)
    assert cells_of(opened_list(path, date_format="%d-%m-%Y %H:%M"))["dag"] == [text]


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz", "timestamp_ns"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_the_infinity_of_a_database_is_no_day_and_no_panic(kind, sign, tmp_path):
    path = tmp_path / "a.parquet"
    query = f"SELECT 'K' || i AS id, 'x' AS tel, CASE i WHEN 0 THEN '{sign}infinity'::{kind} WHEN 1 THEN '2026-03-01'::{kind} END AS dag FROM range(3) t(i)"
    duckdb.execute(f"COPY ({query}) TO '{path}'")
    assert cells_of(opened_list(path))["dag"] == [f"{sign}infinity", "2026-03-01", ""]


@pytest.mark.parametrize("name", ["int96", "dictionary", "date64"])
def test_days_as_other_programs_write_them(name):
    """Timestamps of twelve bytes, days in a dictionary, days counted in milliseconds: made with Arrow for C++."""
    assert cells_of(opened_list(FILES / f"{name}.parquet"))["dag"] == ["2026-03-01", ""]


@pytest.mark.parametrize("form", ["int96", "timestamp_micros", "timestamp_millis"])
def test_a_midnight_that_spark_wrote_in_amsterdam_is_that_day(form, tmp_path):
    """Written by Spark 4.3 with its session in Amsterdam, in each of its forms: 22:00Z in summer, 23:00Z in winter."""
    path = FILES / f"spark_{form}.parquet"
    days = ["2026-07-01", "2026-01-15", ""]
    for column in ("dag", "datum", "wand"):
        assert cells_of(opened_list(path, columns=ROLES | {"last_purchase_on": column}))[column] == days
    with opened_list(path) as source:
        frame = pl.concat([chunk.frame for chunk in source.chunks()])
        assert source.schema == frame.schema
    assert frame["dag"].dtype == pl.Datetime("ms" if form.endswith("millis") else "us", "UTC")
    assert frame["wand"].dtype == pl.Datetime("us")
    assert frame["dag"].dt.to_string("%FT%H:%M").to_list() == ["2026-06-30T22:00", "2026-01-14T23:00", None]


def test_days_in_milliseconds_and_moments_in_seconds_go_out_as_they_came_in(tmp_path):
    """Made with Arrow for C++, which calls the day date64, and keeps seconds as milliseconds."""
    path = FILES / "date64_and_seconds.parquet"
    for column in ("dag", "moment", "utc"):
        read = cells_of(opened_list(path, columns=ROLES | {"last_purchase_on": column}))
        assert read[column] == ["2026-03-01", ""]
    with opened_list(path) as source:
        (chunk,) = source.chunks()
    chunk.frame.write_parquet(tmp_path / "uit.parquet")
    types = "SELECT name, type, logical_type FROM parquet_schema('{}') WHERE name IN ('dag', 'moment', 'utc')"
    before, after = (duckdb.sql(types.format(file)).fetchall() for file in (path, tmp_path / "uit.parquet"))
    assert after == before
    assert [column[2].partition("(")[0] for column in before] == ["DateType", "TimestampType", "TimestampType"]
    assert "MILLIS" in before[1][2]
    assert pl.read_parquet(tmp_path / "uit.parquet").equals(
        pl.read_parquet(path).with_columns(pl.col("dag").cast(pl.Date))
    )


@pytest.mark.parametrize(
    ("key", "note"),
    [
        ("ARROW:schema", "onzin"),
        ("ARROW:schema", "b25maW4="),
        ("spark", "{"),
        ("spark", "[]"),
        ("spark", '{"fields": [1]}'),
    ],
)
def test_a_note_that_cannot_be_read_says_nothing(key, note, tmp_path):
    path, names = tmp_path / "a.parquet", {"spark": "org.apache.spark.sql.parquet.row.metadata"}
    schema = pl.DataFrame({"dag": [datetime(2026, 3, 1)]}, schema={"dag": pl.Datetime("ms")})
    noted = {names.get(key, key): note}
    duckdb.sql(f"COPY (FROM schema) TO '{path}' (FORMAT parquet, KV_METADATA {noted})")
    assert noted_types(path, schema.schema) == {}


@settings(deadline=None, max_examples=60)
@given(days=st.lists(st.dates() | st.none(), min_size=1, max_size=8))
def test_any_day_is_written_as_the_policy_writes_days(days, tmp_path_factory):
    path = written(tmp_path_factory.mktemp("days"), dag=pl.Series(days, dtype=pl.Date))
    assert cells_of(opened_list(path))["dag"] == [day.isoformat() if day else "" for day in days]
