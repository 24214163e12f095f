"""Columns of types that nobody asked for: they keep no list from being read, and are published as far as can be."""

from pathlib import Path

import duckdb
import polars as pl
import pytest
from specs import cells_of, opened_list

from balansfilter.errors import SourceError

FILES = Path(__file__).parent / "parquet"
STRANGE = {
    "interval": ("INTERVAL 3 DAY", "3 days"),
    "list of intervals": ("[INTERVAL 3 DAY]", "[3 days]"),
    "struct with an interval": ("{'a': INTERVAL 3 DAY}", "{'a': 3 days}"),
    "variant": ("7::VARIANT", "7"),
}
ORDINARY = ["MAP {'a': 1}", "TIME '03:04:05'", "'abc'::BLOB", "union_value(a := 1)"]
UUID, JSON = "12345678-90ab-cdef-1234-567890abcdef", '{"a": "K9"}'
TEXTS = {"UUID": (f"'{UUID}'::UUID", UUID), "JSON": (f"'{JSON}'::JSON", JSON)}


def table(path: Path, value: str, rows: int = 3, name: str = "looptijd") -> Path:
    query = f"SELECT 'K' || i AS id, {value} AS \"{name}\", '061234567' || i AS tel, DATE '2026-03-01' AS dag FROM range({rows}) t(i)"
    duckdb.execute(f"COPY ({query}) TO '{path}'")
    return path


@pytest.mark.parametrize(("value", "text"), STRANGE.values(), ids=STRANGE)
def test_a_type_that_only_a_database_reads_goes_through_as_text(value, text, tmp_path):
    path = table(tmp_path / "a.parquet", value)
    with opened_list(path) as source:
        (chunk,) = source.chunks()
    assert source.header == ("id", "looptijd", "tel", "dag")
    assert chunk.cells["tel"].to_list() == ["0612345670", "0612345671", "0612345672"]
    assert chunk.frame is not None
    assert chunk.frame["looptijd"].to_list() == [text] * 3
    assert chunk.frame.schema["dag"] == pl.Date
    assert len(source.warnings) == 1
    assert "the column 'looptijd' of type" in source.warnings[0]
    assert source.fingerprint.rows == 3


def test_rows_stay_in_order_however_many(tmp_path):
    path = table(tmp_path / "a.parquet", "to_days(i::INT)", rows=300_000)
    with opened_list(path, columns={"customer_id": "id", "phone": "tel", "last_purchase_on": "dag"}) as source:
        ids = [id_ for chunk in source.chunks() for id_ in chunk.cells["id"]]
    assert ids == [f"K{i}" for i in range(300_000)]


def test_other_rows_than_the_file_says_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pl.LazyFrame, "collect_batches", lambda *_args, **_how: iter([]))
    path = table(tmp_path / "a.parquet", "to_days(i::INT)")
    with pytest.raises(SourceError, match="is damaged"), opened_list(path) as source:
        list(source.chunks())


@pytest.mark.parametrize("value", ORDINARY)
def test_a_type_without_a_plain_text_is_carried_as_it_is(value, tmp_path):
    path = table(tmp_path / "a.parquet", value)
    with opened_list(path) as source:
        (chunk,) = source.chunks()
    assert chunk.frame is not None
    assert chunk.frame.equals(pl.read_parquet(path))
    assert source.warnings == ()


def test_a_column_that_cannot_be_carried_is_left_out_and_named():
    with opened_list(FILES / "decimal256.parquet") as source:
        (chunk,) = source.chunks()
    assert source.header == ("id", "tel", "dag")
    assert chunk.cells["id"].to_list() == ["K1", "K2"]
    assert [warning.partition(": ")[2] for warning in source.warnings] == [
        "the column 'saldo', a decimal of 60 digits, cannot be read and is left out"
    ]


def test_a_column_that_cannot_be_carried_may_not_be_asked_for():
    with pytest.raises(SourceError, match="has a column 'saldo' of type decimal of 60 digits"):
        opened_list(FILES / "decimal256.parquet", columns={"customer_id": "saldo", "phone": "tel"})


def test_names_that_differ_in_case_or_hold_signs_go_through(tmp_path):
    path = tmp_path / "een 'lijst' [1].parquet"
    made = tmp_path / "made.parquet"
    duckdb.execute(
        f"COPY (SELECT 'K' AS id, '0612345678' AS tel, DATE '2026-03-01' AS dag, 1 AS \"a \"\"b\"\" c\", INTERVAL 1 DAY AS \"l'd\") TO '{made}'"
    )
    made.rename(path)
    with opened_list(path) as source:
        (chunk,) = source.chunks()
    assert chunk.frame is not None
    assert chunk.frame.rows()[0][3:] == (1, "1 day")
    assert source.header == ("id", "tel", "dag", 'a "b" c', "l'd")


def test_an_interval_is_no_id(tmp_path):
    path = table(tmp_path / "a.parquet", "INTERVAL 3 DAY", name="verlopen")
    read = cells_of(opened_list(path, columns={"customer_id": "id", "phone": "tel", "last_purchase_on": "verlopen"}))
    assert read["verlopen"] == ["3 days"] * 3  # a text like another: it is no day, and counts as unreadable


def test_a_damaged_file_is_told_in_a_sentence(tmp_path):
    path = table(tmp_path / "a.parquet", "INTERVAL 3 DAY")
    data = path.read_bytes()
    path.write_bytes(data[:40] + bytes(20) + data[60:])
    with pytest.raises(SourceError, match=r"is damaged|cannot be read"):
        cells_of(opened_list(path))


def twice_named(path: Path, *names: str) -> Path:
    """Write a list whose columns have these names in the file, more than once too, and their places as cells."""
    made = ", ".join(f"'{place}' AS n{place}" for place in range(len(names)))
    duckdb.execute(f"COPY (SELECT {made}) TO '{path}' (COMPRESSION uncompressed)")
    data = path.read_bytes()
    for place, name in enumerate(names):
        assert len(name) == 2
        data = data.replace(f"n{place}".encode(), name.encode())
    path.write_bytes(data)
    return path


def test_columns_of_one_name_that_nobody_asks_for_move_no_other(tmp_path):
    path = twice_named(tmp_path / "a.parquet", "id", "op", "te", "op", "op", "la")
    with opened_list(path, columns={"customer_id": "id", "phone": "te", "last_purchase_on": "la"}) as source:
        (chunk,) = source.chunks()
    assert chunk.cells.select("id", "te", "la").rows() == [("0", "2", "5")]
    assert source.header == ("id", "op", "te", "op_2", "op_3", "la")
    assert chunk.frame is not None
    assert chunk.frame.rows() == [("0", "1", "2", "3", "4", "5")]
    assert [warning.partition(": ")[2] for warning in source.warnings] == [
        f"has another column named 'op', which is published as 'op_{number}'" for number in (2, 3)
    ]


def test_one_of_two_columns_of_one_name_may_not_be_asked_for(tmp_path):
    path = twice_named(tmp_path / "a.parquet", "id", "op", "te", "te", "la")
    with pytest.raises(SourceError, match="has 2 columns named 'te'"):
        opened_list(path, columns={"customer_id": "id", "phone": "te", "last_purchase_on": "la"})


# --- texts that Polars reads as bytes -------------------------------------------------------------------------------

WHO = {"customer_id": "looptijd", "phone": "tel", "last_purchase_on": "dag"}


@pytest.mark.parametrize("beside", ["NULL", "INTERVAL 3 DAY"])  # a file that Polars reads, and one that it does not
@pytest.mark.parametrize(("value", "text"), TEXTS.values(), ids=TEXTS)
def test_a_text_of_a_type_of_its_own_is_carried_as_text(value, text, beside, tmp_path):
    path = table(tmp_path / "a.parquet", f"CASE WHEN i > 0 THEN {value} END AS looptijd, {beside}", name="naast")
    with opened_list(path) as source:
        (chunk,) = source.chunks()
    assert source.schema["looptijd"] == pl.String
    assert chunk.frame is not None
    assert chunk.frame["looptijd"].to_list() == [None, text, text]
    assert not [warning for warning in source.warnings if "looptijd" in warning]


@pytest.mark.parametrize("beside", ["NULL", "INTERVAL 3 DAY"])
def test_a_uuid_is_an_id_as_it_is_written(beside, tmp_path):
    path = table(tmp_path / "a.parquet", f"'{UUID}'::UUID AS looptijd, {beside}", name="naast")
    assert cells_of(opened_list(path, columns=WHO))["looptijd"] == [UUID] * 3


@pytest.mark.parametrize("beside", ["NULL", "INTERVAL 3 DAY"])
def test_of_json_the_text_inside_the_quotes_is_the_id(beside, tmp_path):
    ids = """CASE i WHEN 0 THEN '"K9"' WHEN 1 THEN ' "K\\u0039 \\" " ' WHEN 2 THEN 'null' END::JSON"""
    path = table(tmp_path / "a.parquet", f"{ids} AS looptijd, {beside}", rows=4, name="naast")
    assert cells_of(opened_list(path, columns=WHO))["looptijd"] == ["K9", 'K9 " ', "", ""]


@pytest.mark.parametrize("value", ['{"id": "K9"}', "9", "true", '["K9"]'])
def test_json_that_is_no_text_is_no_id(value, tmp_path):
    path = table(tmp_path / "a.parquet", f"CASE WHEN i < 1 THEN '\"K1\"' ELSE '{value}' END::JSON")
    message = r"has JSON in column 'looptijd' that is no text, which is no id and no phone number \(first in row 2\)"
    with pytest.raises(SourceError, match=message):
        cells_of(opened_list(path, columns=WHO))


def test_json_that_is_no_text_is_read_as_it_stands_where_it_names_nobody(tmp_path):
    path = table(tmp_path / "a.parquet", "(i > 0)::JSON", name="klant")
    read = cells_of(opened_list(path, columns={"customer_id": "id", "phone": "tel", "active": "klant"}))
    assert read["klant"] == ["false", "true", "true"]
