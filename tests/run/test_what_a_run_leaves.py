"""What a run leaves: lists in the shape of their source, private, the same every time; and nothing after a rehearsal."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import sys
import zipfile
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import duckdb
import openpyxl
import polars as pl
import pytest
import xlsxwriter

from balansfilter import native
from balansfilter.commands.check import check
from balansfilter.commands.explain import explain
from balansfilter.commands.verify import verify_list
from balansfilter.errors import OutputError, SourceError
from balansfilter.fs.private import sha256_file
from balansfilter.policy.loading import load_site
from balansfilter.publish import sheet_file
from balansfilter.wording.catalogue import load_wording
from tests.brandfolder import AS_OF, CALLS, BrandFolder, make_brand, merged, read_rows, snapshot, write_rows

CSV = {"call_list": {"csv": {"separator": ";", "encoding": "windows-1252"}, "date_format": "%d-%m-%Y"}}
DUTCH = (
    "klantnummer;naam;telefoon;laatste_aankoop\r\n"
    "0001;Café Noordzee;06-12345678;15-01-2026\r\n"
    ' 2 ;"Vries; de";"(06) 12345679";01-12-2025\r\n'
    "3;Zoë €;geheim;01-12-2025\r\n"
    "4;Dubois;0612345680;1-12-2025\r\n"
)


def test_a_list_goes_out_as_it_came_in_with_the_annotations_behind_it(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, merged(CSV, {"guards": {"max_unreadable": None}}))
    brand.calls.write_bytes(DUTCH.encode("windows-1252"))
    brand.run()
    assert (brand.current / "callable.csv").read_bytes().decode("windows-1252") == (
        "klantnummer;naam;telefoon;laatste_aankoop;basis;callable_until\r\n"
        "0001;Café Noordzee;06-12345678;15-01-2026;customer;2028-01-15\r\n"
        ' 2 ;"Vries; de";"(06) 12345679";01-12-2025;customer;2027-12-01\r\n'
    )
    nothing = {"product": "", "callable_until": ""}
    assert brand.dropped_rows() == [
        {"row": "3", "customer_id": "3", "reason": "invalid_phone", **nothing},
        {"row": "4", "customer_id": "4", "reason": "unreadable_date", **nothing},
    ]


def test_a_byte_order_mark_a_quoted_line_end_and_odd_quotes_stay(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, {"output": {"annotate": ["basis", "phone_e164"]}})
    text = (
        'klantnummer,"op""merking",telefoon,laatste_aankoop\n'
        'K1,"twee\nregels, en een komma",0612345678,2026-01-15\n'
        '"K2","",06-12345679,"2025-12-01"\n'
    )
    brand.calls.write_bytes(b"\xef\xbb\xbf" + text.encode())
    brand.run()
    wanted = (
        'klantnummer,"op""merking",telefoon,laatste_aankoop,basis,phone_e164\n'
        'K1,"twee\nregels, en een komma",0612345678,2026-01-15,customer,+31612345678\n'
        '"K2","",06-12345679,"2025-12-01",customer,+31612345679\n'
    )
    assert (brand.current / "callable.csv").read_bytes() == b"\xef\xbb\xbf" + wanted.encode()


def test_a_list_without_a_header_gets_none(tmp_path: Path) -> None:
    columns = {"customer_id": "1", "phone": ["2", "4"], "last_purchase_on": "3"}
    brand = make_brand(tmp_path, {"call_list": {"csv": {"header": False}, "columns": columns}})
    brand.calls.write_text("K1,0612345678,2026-01-15,\nK2,06 12345679,2026-01-16,geheim\n")
    brand.run()
    assert (brand.current / "callable.csv").read_text() == (
        "K1,0612345678,2026-01-15,,customer,2028-01-15\nK2,06 12345679,2026-01-16,,customer,2028-01-16\n"
    )


def test_a_column_that_an_added_one_would_hide_stops_the_run_unless_ours_gets_another_name(tmp_path: Path) -> None:
    calls = [("klantnummer", "basis", "telefoon", "laatste_aankoop"), ("K1", "oud", "0612345678", "2026-01-15")]
    brand = make_brand(tmp_path, calls=calls)
    for command in (brand.run, lambda: brand_problems(brand)):
        with pytest.raises(SourceError, match=r"has a column 'basis' itself.*annotate_as: \{basis: our_basis\}"):
            command()
    brand.write_policy({"output": {"annotate_as": {"basis": "grond"}}})
    assert brand_problems(brand) is None
    brand.run()
    assert (brand.current / "callable.csv").read_text() == (
        "klantnummer,basis,telefoon,laatste_aankoop,grond,callable_until\n"
        "K1,oud,0612345678,2026-01-15,customer,2028-01-15\n"
    )


def brand_problems(brand: BrandFolder) -> None:
    """Check the brand, and raise what is found."""
    for error in check(brand.configs, load_site(brand.configs), brand.brand, AS_OF).errors:
        raise error


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_added_columns_may_have_other_names_in_every_format(form: str, tmp_path: Path) -> None:
    names = {"basis": "grond", "phone_e164": "nummer"}
    output = {"format": form, "annotate": ["phone_e164", "basis"], "annotate_as": names}
    brand = make_brand(tmp_path, {"output": output})
    brand.run()
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "xlsx": sheet_of}[form]
    assert read(brand.current / f"callable.{form}").columns == [*CALLS[0], "nummer", "grond"]


def test_several_files_are_one_list_and_compressed_ones_are_read(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, {"call_list": {"path": "data/{brand}/bel-*"}})
    write_rows(brand.data / "bel-1.csv", [CALLS[0], ("A", "0612345671", "2026-01-01"), ("B", "x", "2026-01-01")])
    rows = write_rows(tmp_path / "rest.csv", [CALLS[0], ("C", "0612345673", "2026-01-01")]).read_bytes()
    (brand.data / "bel-2.csv.gz").write_bytes(gzip.compress(rows))
    brand.write_policy({"call_list": {"path": "data/{brand}/bel-*"}, "guards": {"max_unreadable": "50%"}})
    manifest = brand.run().manifest
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["A", "C"]
    assert [(row["row"], row["customer_id"]) for row in brand.dropped_rows()] == [("2", "B")]
    source = manifest["sources"][0]
    assert (source["role"], source["rows"], [file["rows"] for file in source["files"]]) == ("call_list", 3, [2, 1])


def test_a_list_comes_in_over_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brand = make_brand(tmp_path)
    text = b"klantnummer,telefoon,laatste_aankoop\nS1,0612345671,2026-01-01\n"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    manifest = brand.run(input="-").manifest
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["S1"]
    assert (manifest["sources"][0]["files"][0]["path"], manifest["sources"][0]["bytes"]) == ("-", len(text))
    assert [path.name for path in (brand.out / ".staging").iterdir()] == []


def test_rows_that_cannot_be_split_are_dropped_where_the_policy_says_so(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    brand.calls.write_text(brand.calls.read_text() + "K3,0612345670\nK4,0612345671,2026-01-01\n")
    with pytest.raises(SourceError) as told:
        brand.run()
    assert [problem.line for problem in told.value.problems] == [4]
    brand.write_policy({"call_list": {"on_bad_row": "drop"}, "guards": {"max_unreadable": "25%"}})
    brand.run()
    assert brand.dropped_rows() == [
        {"row": "3", "customer_id": "", "product": "", "reason": "unreadable_row", "callable_until": ""}
    ]
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["K1", "K2", "K4"]


# --- Parquet --------------------------------------------------------------------------------------------------------

TABLE = pl.DataFrame(
    {
        "klantnummer": [1, 2, 3],
        "telefoon": ["0612345678", "06-12345679", None],
        "laatste_aankoop": [date(2026, 1, 15), date(2025, 12, 1), date(2025, 12, 1)],
        "waarde": [1.5, None, 3.0],
    }
)


@pytest.fixture
def parquet(tmp_path: Path) -> BrandFolder:
    brand = make_brand(tmp_path, {"call_list": {"path": "data/{brand}/calls.parquet"}, "guards": {"max_unreadable": 1}})
    TABLE.write_parquet(brand.data / "calls.parquet")
    return brand


def test_parquet_comes_out_as_parquet_with_its_types(parquet: BrandFolder) -> None:
    manifest = parquet.run().manifest
    made = pl.read_parquet(parquet.current / "callable.parquet")
    assert made.select(TABLE.columns).equals(TABLE.head(2))
    assert made.schema == TABLE.schema | {"basis": pl.String, "callable_until": pl.Date}
    assert made["callable_until"].to_list() == [date(2028, 1, 15), date(2027, 12, 1)]
    assert [(row["row"], row["customer_id"], row["reason"]) for row in parquet.dropped_rows()] == [
        ("3", "3", "invalid_phone")
    ]
    dropped = pl.read_parquet(parquet.current / "dropped.parquet")
    types = {
        "row": pl.Int64,
        "customer_id": pl.String,
        "product": pl.String,
        "reason": pl.String,
        "callable_until": pl.Date,
    }
    assert dropped.schema == types
    assert manifest["outputs"]["dropped"] == {
        "name": "dropped.parquet",
        "sha256": sha256_file(parquet.current / "dropped.parquet"),
        "bytes": (parquet.current / "dropped.parquet").stat().st_size,
        "rows": 1,
    }
    assert (
        verify_list(parquet.configs, parquet.current / "manifest.json", load_site(parquet.configs), AS_OF).callable == 2
    )


def test_parquet_comes_out_as_csv_on_request(parquet: BrandFolder) -> None:
    changes = {"call_list": {"path": "data/{brand}/calls.parquet"}, "guards": {"max_unreadable": 1}}
    parquet.write_policy(merged(changes, {"output": {"format": "csv"}}))
    parquet.run()
    assert (parquet.current / "callable.csv").read_text() == (
        "klantnummer,telefoon,laatste_aankoop,waarde,basis,callable_until\n"
        "1,0612345678,2026-01-15,1.5,customer,2028-01-15\n2,06-12345679,2025-12-01,,customer,2027-12-01\n"
    )


def test_a_column_that_only_a_database_reads_is_published_as_text_and_told(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, {"call_list": {"path": "data/{brand}/calls.parquet"}})
    path = brand.data / "calls.parquet"
    rows = (
        "VALUES ('K1', '0612345678', DATE '2026-01-15', INTERVAL 3 DAY), ('K9', '0612345679', DATE '2026-01-15', NULL)"
    )
    duckdb.execute(f"COPY (FROM ({rows}) t(klantnummer, telefoon, laatste_aankoop, looptijd)) TO '{path}'")
    manifest = brand.run().manifest
    made = pl.read_parquet(brand.current / "callable.parquet")
    assert made.columns == ["klantnummer", "telefoon", "laatste_aankoop", "looptijd", "basis", "callable_until"]
    assert made["looptijd"].to_list() == ["3 days"]
    assert [row["customer_id"] for row in brand.dropped_rows()] == ["K9"]
    assert manifest["warnings"] == [f"{path}: the column 'looptijd' of type INTERVAL is published as text"]


def test_a_date_beyond_the_calendar_is_unreadable(tmp_path: Path) -> None:
    changes = {"call_list": {"path": "data/{brand}/calls.parquet"}, "guards": {"max_unreadable": 2}}
    brand = make_brand(tmp_path, changes)
    rows = "VALUES ('K1', '0612345678', 'infinity'::DATE), ('K2', '0612345679', '-infinity'::DATE), ('K3', '0612345670', DATE '2026-01-15')"
    duckdb.execute(
        f"COPY (FROM ({rows}) t(klantnummer, telefoon, laatste_aankoop)) TO '{brand.data / 'calls.parquet'}'"
    )
    brand.run()
    assert brand.reasons() == {"K1": "unreadable_date", "K2": "unreadable_date"}
    assert pl.read_parquet(brand.current / "callable.parquet")["klantnummer"].to_list() == ["K3"]


# --- spreadsheets ---------------------------------------------------------------------------------------------------


def sheet_of(path: Path) -> pl.DataFrame:
    """Read a published workbook, and make sure that each of its cells is text."""
    rows = list(openpyxl.load_workbook(path).active.iter_rows())
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} == {"s"}
    table = [[cell.value or "" for cell in row] for row in rows]
    return pl.DataFrame(table[1:], schema=table[0], orient="row")


@pytest.fixture
def sheet(tmp_path: Path) -> BrandFolder:
    brand = make_brand(tmp_path, {"call_list": {"path": "data/{brand}/calls.xlsx"}})
    book = xlsxwriter.Workbook(str(brand.data / "calls.xlsx"), {"default_date_format": "dd-mm-yyyy"})
    page = book.add_worksheet("Bellijst")
    page.write_row(0, 0, [*CALLS[0], "bedrag"])
    page.write_row(1, 0, ["00123", "0612345678", date(2026, 1, 15), 12.5])
    page.write_row(3, 0, [1002, 612345679, date(2025, 12, 1)])
    page.write_row(4, 0, ["K9", "0612345670", date(2025, 12, 1), 7])
    book.close()
    return brand


def test_a_spreadsheet_comes_out_as_a_spreadsheet_of_text(sheet: BrandFolder) -> None:
    manifest = sheet.run().manifest
    assert sheet_of(sheet.current / "callable.xlsx").rows() == [
        ("00123", "0612345678", "2026-01-15", "12.5", "customer", "2028-01-15"),
        ("1002", "612345679", "2025-12-01", "", "customer", "2027-12-01"),
    ]
    assert [(row["row"], row["customer_id"], row["reason"]) for row in sheet.dropped_rows()] == [
        ("3", "K9", "objected")
    ]
    published = manifest["outputs"]["callable"]
    data = (sheet.current / "callable.xlsx").read_bytes()
    assert published == {
        "name": "callable.xlsx", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "rows": 2,
    }  # fmt: skip


def test_a_published_spreadsheet_is_the_same_file_whenever_it_is_made(sheet: BrandFolder) -> None:
    first, second = sheet.run(), sheet.run()
    assert first.manifest["outputs"]["callable"] == second.manifest["outputs"]["callable"]
    with zipfile.ZipFile(sheet.current / "callable.xlsx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 31, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_spreadsheet_comes_out_in_another_format_on_request(form: str, sheet: BrandFolder) -> None:
    sheet.write_policy({"call_list": {"path": "data/{brand}/calls.xlsx"}, "output": {"format": form}})
    sheet.run()
    read = {"csv": partial(pl.read_csv, infer_schema=False), "parquet": pl.read_parquet}[form]
    made = read(sheet.current / f"callable.{form}")
    assert made["klantnummer"].to_list() == ["00123", "1002"]
    assert made["telefoon"].to_list() == ["0612345678", "612345679"]
    assert made.columns == [*CALLS[0], "bedrag", "basis", "callable_until"]


def test_csv_and_parquet_come_out_as_a_spreadsheet_on_request(tmp_path: Path, parquet: BrandFolder) -> None:
    changes = {"call_list": {"path": "data/{brand}/calls.parquet"}, "guards": {"max_unreadable": 1}}
    parquet.write_policy(merged(changes, {"output": {"format": "xlsx"}}))
    parquet.run()
    assert sheet_of(parquet.current / "callable.xlsx")["klantnummer"].to_list() == ["1", "2"]
    brand = make_brand(tmp_path, {"output": {"format": "xlsx"}}, brand="gazet")
    brand.run()
    assert sheet_of(brand.current / "callable.xlsx").rows() == [
        ("K1", "0612345678", "2026-01-15", "customer", "2028-01-15"),
        ("K2", "06-12345679", "2025-12-01", "customer", "2027-12-01"),
    ]


@pytest.mark.parametrize(
    ("limit", "most", "told"),
    [
        ("_MOST_ROWS", 1, "would have more than 1 rows"),
        ("_MOST_COLUMNS", 4, "would have 5 columns, and a sheet holds 4"),
        ("_MOST_LETTERS", 14, "would have a cell of more than 14 letters, in column 3"),
    ],
)
def test_what_does_not_fit_in_a_spreadsheet_is_not_published(
    limit: str, most: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_file, limit, most)
    calls = [("id", "tel", "dag" * 5), ("K1", "0612345678", "2026-01-15"), ("K2", "0612345679", "2026-01-15")]
    columns = {"customer_id": "id", "phone": "tel", "last_purchase_on": "dag" * 5}
    brand = make_brand(tmp_path, {"call_list": {"columns": columns}, "output": {"format": "xlsx"}}, calls=calls)
    with pytest.raises(OutputError, match=told):
        brand.run()
    assert not brand.current.exists()
    assert [path for path in brand.out.rglob("*") if path.is_file() and path.name != ".lock"] == []


@pytest.mark.parametrize("wanted", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_the_dropped_list_has_the_format_of_the_callable_one_or_the_one_that_is_asked_for(
    form: str, wanted: str, tmp_path: Path
) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "balansfilter.yaml").write_text("lang: nl\n", encoding="utf-8")
    changes = {"output": {"format": form, "dropped_format": None if wanted == form else wanted}}
    brand = make_brand(tmp_path, changes, calls=[*CALLS, ("K3", "0201234567", "2020-01-15")])
    outcome = brand.run()
    assert brand.dropped_rows() == [
        {"row": "3", "customer_id": "K3", "product": "", "reason": "expired", "callable_until": "2022-01-15"}
        | {"reason_label": load_wording("nl")("terms.reasons.expired.label")}
    ]
    assert outcome.lists["dropped"] == brand.current.resolve() / f"dropped.{wanted}"
    assert outcome.lists["callable"].name == f"callable.{form}"
    kept = outcome.lists["dropped"].read_bytes()
    brand.run()
    assert (brand.current / f"dropped.{wanted}").read_bytes() == kept


def test_a_dropped_list_that_no_sheet_holds_is_not_published_and_csv_is_the_way_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_file, "_MOST_ROWS", 2)
    objected = [("K3", "0687654321", "2026-01-15")] * 3
    changes = {"output": {"format": "xlsx"}, "objections_reach": "row"}
    brand = make_brand(tmp_path, changes, calls=[*CALLS, *objected])
    with pytest.raises(OutputError, match="the dropped list does not fit in a spreadsheet") as refused:
        brand.run()
    assert [(one.path, one.hint) for one in refused.value.problems] == [
        ("output.dropped_format", "set output.dropped_format to csv or parquet")
    ]
    assert not brand.current.exists()
    brand.write_policy(merged(changes, {"output": {"dropped_format": "csv"}}))
    brand.run()
    assert len(read_rows(brand.current / "dropped.csv")) == 3


# --- a list of no rows ----------------------------------------------------------------------------------------------

EMPTY = pl.DataFrame(schema=dict.fromkeys(CALLS[0], pl.String))


@pytest.mark.parametrize("compiled_from", [1, 10**9], ids=["compiled", "plain"])
@pytest.mark.parametrize("form", [None, "csv", "parquet", "xlsx"])
@pytest.mark.parametrize("given", ["csv", "parquet", "xlsx"])
def test_a_list_of_no_rows_comes_out_as_one(
    given: str, form: str | None, compiled_from: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "MANY", compiled_from)
    path = f"data/{{brand}}/leeg.{given}"
    changes = {"call_list": {"path": path, "min_rows": 0}, "guards": {"min_rows": 0}, "output": {"format": form}}
    brand = make_brand(tmp_path, changes)
    file = brand.data / f"leeg.{given}"
    {"csv": EMPTY.write_csv, "parquet": EMPTY.write_parquet, "xlsx": partial(write_sheet, EMPTY)}[given](file)
    manifest = brand.run().manifest
    assert (manifest["rows"], manifest["callable"], manifest["dropped"], manifest["reasons"]) == (0, 0, 0, {})
    name = f"callable.{form or given}"
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "xlsx": sheet_of}[form or given](brand.current / name)
    assert (read.columns, read.height) == ([*CALLS[0], "basis", "callable_until"], 0)
    assert (brand.dropped_rows(), brand.decisions().height) == ([], 0)
    assert (brand.current / "report.html").stat().st_size > 1000
    assert verify_list(brand.configs, brand.current / "manifest.json", load_site(brand.configs), AS_OF).callable == 0
    assert explain(brand.configs, load_site(brand.configs), brand.brand, AS_OF, "0612345678", None).rows == ()


def write_sheet(table: pl.DataFrame, path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet().write_row(0, 0, table.columns)
    book.close()


def test_csv_comes_out_as_parquet_on_request_with_its_text(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, {"output": {"format": "parquet", "annotate": ["callable_until", "phone_e164"]}})
    brand.run()
    made = pl.read_parquet(brand.current / "callable.parquet")
    assert made.rows() == [
        ("K1", "0612345678", "2026-01-15", date(2028, 1, 15), "+31612345678"),
        ("K2", "06-12345679", "2025-12-01", date(2027, 12, 1), "+31612345679"),
    ]


# --- the same, private, and nothing ---------------------------------------------------------------------------------


def test_two_runs_give_the_same_bytes_in_folders_of_their_own(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    first, second = brand.run(), brand.run()
    assert first.folder
    assert second.folder
    assert first.folder != second.folder
    for name in ("callable.csv", "dropped.csv"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert first.manifest["outputs"]["callable"] == second.manifest["outputs"]["callable"]
    assert brand.current.readlink() == Path("runs") / second.run_id
    assert second.manifest["previous"] == first.run_id


def test_lists_and_audit_are_for_their_owner_alone(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    brand.run()
    found = {
        path: stat.S_IMODE(path.lstat().st_mode)
        for folder in (brand.out.parent, brand.audit.parent)
        for path in (folder, *folder.rglob("*"))
        if not path.is_symlink()
    }
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in found.items() if path.is_file()} == {0o600}


@pytest.mark.parametrize("nights", [0, 1])
def test_a_rehearsal_writes_nothing_and_tells_the_difference(tmp_path: Path, nights: int) -> None:
    brand = make_brand(tmp_path)
    for _ in range(nights):
        brand.run()
    write_rows(brand.data / "objections.csv", [("telefoon", "klantnummer"), ("0612345678", "")])
    before = snapshot(tmp_path)
    outcome = brand.run(dry_run=True)
    assert snapshot(tmp_path) == before
    assert outcome.folder is None
    assert (outcome.manifest["callable"], outcome.manifest["reasons"]) == (1, {"objected": 1})
    assert (outcome.previous or {}).get("callable") == (2 if nights else None)


def test_the_manifest_says_what_was_made_of_what(tmp_path: Path) -> None:
    changes = {"objections": [{
        "path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon"}, "max_age": "2 days", "snapshot_on": AS_OF,
    }]}  # fmt: skip
    brand = make_brand(tmp_path, changes)
    manifest = brand.run().manifest
    assert (manifest["as_of"], manifest["valid_until"]) == ("2026-11-23", "2026-11-25")
    assert (manifest["rows"], manifest["callable"], manifest["dropped"]) == (2, 2, 0)
    assert [source["role"] for source in manifest["sources"]] == ["call_list", "objections[0]"]
    assert manifest["sources"][1]["in_force"] == 1
    prepared = next(event["body"] for event in brand.events() if event["event"] == "run.prepared")
    assert prepared["outputs"] == manifest["outputs"]
    assert read_rows(brand.current / "dropped.csv") == []
