"""Spreadsheets give, cell by cell, the text that somebody would have typed."""

import hashlib
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlrd
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from specs import cells_of, opened_list, opened_objections

from balansfilter.errors import SourceError
from balansfilter.phone import read_numbers

HEADER = ("id", "tel", "dag")
ROW = ("1001", "0612345678", date(2026, 3, 1))


def xlsx(path: Path, *rows, sheets: dict | None = None) -> Path:
    """Write rows into the first sheet of a workbook; `sheets` are further ones."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd-mm-yyyy"})
    for name, cells in ({"Blad1": rows} | (sheets or {})).items():
        sheet = book.add_worksheet(name)
        for place, row in enumerate(cells):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(place, column, cell)
    book.close()
    return path


def openpyxl_file(path: Path, *rows) -> Path:
    """Write a workbook whose formulas were never worked out."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def xls(path: Path, *rows) -> Path:
    book = xlwt.Workbook()
    sheet, day = book.add_sheet("Blad1"), xlwt.easyxf(num_format_str="DD-MM-YYYY")
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, Exception):
                sheet.row(place).set_cell_error(column, 0x2A)
            elif cell is not None:
                sheet.write(place, column, cell, day) if isinstance(cell, date) else sheet.write(place, column, cell)
    book.save(str(path))
    return path


def ods_cell(cell) -> TableCell:
    if cell is None:
        return TableCell()
    if isinstance(cell, dict):
        made = TableCell(**{name: value for name, value in cell.items() if name != "text"})
        made.addElement(P(text=cell.get("text", "")))
        return made
    if isinstance(cell, date):
        made = TableCell(valuetype="date", datevalue=cell.isoformat())
    elif isinstance(cell, bool):
        made = TableCell(valuetype="boolean", booleanvalue=str(cell).lower())
    elif isinstance(cell, int | float):
        made = TableCell(valuetype="float", value=repr(cell))
    else:
        made = TableCell(valuetype="string")
    made.addElement(P(text=str(cell)))
    return made


def ods(path: Path, *rows) -> Path:
    document = OpenDocumentSpreadsheet()
    table = Table(name="Blad1")
    document.spreadsheet.addElement(table)
    for row in rows:
        line = TableRow()
        for cell in row:
            line.addElement(ods_cell(cell))
        table.addElement(line)
    document.save(str(path))
    return path


WRITERS = {"xlsx": xlsx, "xls": xls, "ods": ods}


@pytest.mark.parametrize("kind", WRITERS)
def test_each_cell_is_read_by_its_own_type(kind, tmp_path):
    rows = [
        HEADER,
        ROW,
        (1002, 612345679, datetime(2026, 3, 1)),
        ("00123", "06-12345670", "01-03-2026"),
        (" k 4", None, datetime(2026, 3, 1, 13, 5)),
        (True, 31612345678.0, None),
    ]
    path = WRITERS[kind](tmp_path / f"lijst.{kind}", *rows)
    with opened_list(path, date_format="%d-%m-%Y") as source:
        (chunk,) = source.chunks()
    assert chunk.cells.rows() == [
        ("1001", "0612345678", "01-03-2026"),
        ("1002", "612345679", "01-03-2026"),
        ("00123", "06-12345670", "01-03-2026"),
        (" k 4", "", "01-03-2026"),
        ("true", "31612345678", ""),
    ]
    assert (source.format, source.header, source.schema, source.dialect) == ("excel", HEADER, None, None)
    assert chunk.row.to_list() == [1, 2, 3, 4, 5]
    assert source.fingerprint.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_moments_and_times_in_other_columns_stay_whole(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", (*HEADER, "gebeld", "duur"))
    book = openpyxl.load_workbook(path)
    book.active.append(["1001", "x", None, datetime(2026, 3, 1, 13, 5, 6), time(13, 5)])
    book.active.append(["1002", "x", None, datetime(2026, 3, 1), timedelta(hours=30)])
    book.active.append(["1003", "x", None, 0.1, 12.0])
    book.save(path)
    with opened_list(path) as source:
        source.ask_for(["gebeld", "duur"])
        (chunk,) = source.chunks()
    assert chunk.cells.rows() == [
        ("2026-03-01T13:05:06", "13:05:00"),
        ("2026-03-01", "1 day, 6:00:00"),
        ("0.1", "12"),
    ]


def errors_xlsx(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for place, row in enumerate([HEADER, ("1001", None, None), ("1002", "0612345678", None)]):
        sheet.write_row(place, 0, row)
    sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    sheet.write_formula(1, 2, "=VLOOKUP(1,A:B,2)", None, "#N/A")
    sheet.write_formula(2, 2, '=DATE(2026,3,1)&""', None, "2026-03-01")
    book.close()
    return path


def errors_xls(path: Path) -> Path:
    return xls(path, HEADER, ("1001", ValueError(), ValueError()), ("1002", "0612345678", "2026-03-01"))


def errors_ods(path: Path) -> Path:
    old = {"formula": "of:=1/0", "valuetype": "float", "value": "0", "text": "#DIV/0!"}
    new = {"formula": "of:=X", "valuetype": "string", "stringvalue": "", "text": "Err:502"}
    right = {"formula": "of:=Y", "valuetype": "string", "stringvalue": "2026-03-01", "text": "2026-03-01"}
    return ods(path, HEADER, ("1001", old, new), ("1002", "0612345678", right))


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
def test_an_error_in_a_cell_is_never_empty(name, tmp_path):
    path = {"a.xlsx": errors_xlsx, "a.xls": errors_xls, "a.ods": errors_ods}[name](tmp_path / name)
    read = cells_of(opened_list(path))
    assert [text.startswith("error: ") for text in (read["tel"][0], read["dag"][0])] == [True, True]
    assert (read["id"], read["tel"][1], read["dag"][1]) == (["1001", "1002"], "0612345678", "2026-03-01")
    assert read_numbers(pl.Series([read["tel"][0]]), "NL").to_list() == [None]


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
def test_an_error_is_nobodys_id(name, tmp_path):
    path = {"a.xlsx": errors_xlsx, "a.xls": errors_xls, "a.ods": errors_ods}[name](tmp_path / name)
    columns = {"customer_id": "tel", "phone": "id", "last_purchase_on": "dag"}
    with pytest.raises(
        SourceError, match="row 1 of the data has an error or a formula without a value in column 'tel'"
    ):
        cells_of(opened_list(path, columns=columns))
    with opened_list(path, "drop", columns=columns) as source:
        (chunk,) = source.chunks()
    assert (chunk.row.to_list(), chunk.unreadable.to_list()) == ([2], [1])
    assert chunk.cells["tel"].to_list() == ["0612345678"]


def test_a_formula_that_was_never_worked_out_is_never_empty(tmp_path):
    path = openpyxl_file(
        tmp_path / "a.xlsx", HEADER, ["1001", "=A2", None], ["=A2", "0612345678", None], [None, None, "=B1"]
    )
    with pytest.raises(SourceError) as told:
        cells_of(opened_list(path))
    assert [(problem.line, problem.message.partition("row ")[2][:1]) for problem in told.value.problems] == [(3, "2")]
    read = cells_of(opened_list(path, "drop"))
    missing = "error: formula without a value"
    assert read == {"id": ["1001", ""], "tel": [missing, ""], "dag": ["", missing]}


def test_ods_rows_and_cells_that_are_repeated_keep_their_places(tmp_path):
    document = OpenDocumentSpreadsheet()
    table = Table(name="Blad1")
    document.spreadsheet.addElement(table)
    lines = [(HEADER, 1), (ROW, 2), ((), 3), (("1002", "0612345678", {"formula": "of:=1"}), 2), (ROW, 1)]
    for cells, repeated in lines:
        line = TableRow(numberrowsrepeated=repeated)
        for cell in cells:
            line.addElement(ods_cell(cell))
        table.addElement(line)
    document.save(str(tmp_path / "a.ods"))
    read = cells_of(opened_list(tmp_path / "a.ods"))
    missing = "error: formula without a value"
    assert read["dag"] == ["2026-03-01", "2026-03-01", missing, missing, "2026-03-01"]


@pytest.mark.parametrize("role", ["id", "tel"])
@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (1234567890123456, "more than 15 digits"),
        (31612345678901234, "more than 15 digits"),
        (12.5, "a fraction"),
        (date(2026, 3, 1), "a day or a time"),
    ],
)
def test_a_cell_that_lost_what_was_meant_is_refused_with_its_rows(role, cell, wrong, tmp_path):
    good = dict(zip(HEADER, ROW, strict=True))
    rows = [tuple(row.values()) for row in (good, good, good | {role: cell})]
    path = xlsx(tmp_path / "a.xlsx", HEADER, rows[0], (), rows[1], rows[2])
    with pytest.raises(SourceError, match=wrong) as told:
        cells_of(opened_list(path))
    (problem,) = told.value.problems
    assert (problem.line, problem.message.startswith("row 3 of the data has")) == (5, True)
    assert str(cell) not in str(told.value)
    assert cells_of(opened_list(path, "drop"))["id"] == ["1001"] * 2


def test_fifteen_digits_are_an_id(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", HEADER, (999_999_999_999_999, 0, None))
    assert cells_of(opened_list(path))["id"] == ["999999999999999"]


def test_long_numbers_elsewhere_are_no_reason_to_stop(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", (*HEADER, "saldo"), (*ROW, 1e18))
    with opened_list(path) as source:
        source.ask_for(["saldo"])
        (chunk,) = source.chunks()
    assert chunk.cells["saldo"].to_list() == ["1000000000000000000"]


def test_objections_with_an_error_for_an_id_are_refused(tmp_path):
    path = openpyxl_file(tmp_path / "a.xlsx", ["klant"], ["1001"], ["=VLOOKUP(1,A:B,2)"])
    with pytest.raises(SourceError, match="row 2 of the data has an error or a formula"):
        cells_of(opened_objections(path, {"customer_id": "klant"}))


# --- rows, titles and sheets ----------------------------------------------------------------------------------


def test_empty_rows_are_no_rows(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", (), (), HEADER, (), ROW, (), (), ("1002", None, None), (), ())
    assert cells_of(opened_list(path))["id"] == ["1001", "1002"]


def test_a_table_that_does_not_begin_in_the_corner(tmp_path):
    path = xlsx(
        tmp_path / "a.xlsx", (), (None, None, *HEADER), (None, None, *ROW), (None, None, *ROW, None, "aantekening")
    )
    with opened_list(path) as source:
        (chunk,) = source.chunks()
    assert source.header == ("column A", "column B", *HEADER, "column F", "column G")
    assert chunk.cells["id"].to_list() == ["1001", "1001"]


def with_title(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd-mm-yyyy"})
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 2, "Bellijst maart 2026")
    sheet.write(1, 0, "vertrouwelijk")
    sheet.write_row(3, 0, HEADER)
    for column, cell in enumerate(ROW):
        sheet.write(4, column, cell)
    book.close()
    return path


def test_a_title_above_the_header_is_told_with_the_row_of_the_header(tmp_path):
    with pytest.raises(SourceError) as told:
        opened_list(with_title(tmp_path / "a.xlsx"))
    (problem,) = told.value.problems
    assert problem.message == "has something else in row 1; the names of the columns stand in row 4"
    assert (problem.line, problem.hint) == (1, "set skip_rows to 3")


def test_rows_above_the_header_can_be_skipped(tmp_path):
    read = cells_of(opened_list(with_title(tmp_path / "a.xlsx"), skip_rows=3))
    assert read == {"id": ["1001"], "tel": ["0612345678"], "dag": ["2026-03-01"]}


def test_a_sheet_without_a_header_is_told(tmp_path):
    with pytest.raises(SourceError, match="has no header: its first row seems to be a row of data"):
        opened_list(xlsx(tmp_path / "a.xlsx", ("1001", "0612345678", "2026-03-01")))


def test_a_missing_column_is_told_with_the_row_of_the_header(tmp_path):
    with pytest.raises(SourceError) as told:
        opened_list(xlsx(tmp_path / "a.xlsx", (), ("id", "telefoon", "dag"), ROW))
    assert [(problem.line, problem.message) for problem in told.value.problems] == [(2, "has no column 'tel'")]


def test_the_only_filled_sheet_is_the_one(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", sheets={"Lijst": [HEADER, ROW], "Blad3": []})
    assert cells_of(opened_list(path))["id"] == ["1001"]


def test_of_several_sheets_one_is_named(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", HEADER, ROW, sheets={"Oud": [HEADER, ("9", "9", None)]})
    with pytest.raises(SourceError, match="has 2 sheets: 'Blad1', 'Oud' — say in `sheet` which"):
        opened_list(path)
    assert cells_of(opened_list(path, sheet="Oud"))["id"] == ["9"]
    with pytest.raises(SourceError, match="has no sheet 'Nieuw', but 'Blad1', 'Oud'"):
        opened_list(path, sheet="Nieuw")


@pytest.mark.parametrize("kind", WRITERS)
def test_a_sheet_with_nothing_in_it(kind, tmp_path):
    path = WRITERS[kind](tmp_path / f"a.{kind}")
    with pytest.raises(SourceError, match="has nothing in the sheet"):
        opened_list(path)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_header_alone_is_a_list_of_no_rows(kind, tmp_path):
    path = WRITERS[kind](tmp_path / f"a.{kind}", HEADER)
    with opened_list(path) as source:
        assert list(source.chunks()) == []
    assert source.fingerprint.rows == 0


def test_blocks_number_their_rows_on(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", HEADER, *[(f"{n}", "x", None) for n in range(25)])
    with opened_list(path, block_bytes=8000) as source:
        chunks = list(source.chunks())
    assert [len(chunk.row) for chunk in chunks] == [10, 10, 5]
    assert [n for chunk in chunks for n in chunk.row] == list(range(1, 26))


# --- what is no spreadsheet -----------------------------------------------------------------------------------


def protected_ods() -> dict[str, bytes]:
    manifest = b"<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    return {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": manifest}


def zipped(path: Path, files: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path.read_bytes()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NOT_SHEETS = {
    "HTML called .xls": (
        "a.xls",
        b"<html><body><table><tr><td>0612345678</table>",
        "is a web page or XML that is called",
    ),
    "a login page": ("a.xlsx", b"\n<!DOCTYPE html><p>Log in", "is a web page or XML that is called"),
    "XML of 2003": ("a.xls", b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "is a web page or XML"),
    "text called .xls": ("a.xls", b"id\ttel\n1001\t0612345678\n", "is no spreadsheet, but text"),
    "half a workbook": ("a.xlsx", b"PK\x03\x04" + bytes(200), "is damaged"),
    "half an old workbook": ("a.xls", OLE + bytes(700), "is damaged"),
    "a password": ("a.xlsx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "is protected with a password"),
    "a Parquet file": ("a.xlsx", b"PAR1" + bytes(30), "is a Parquet file"),
    "a PDF": ("a.ods", b"%PDF-1.7", "is a PDF document"),
    "an archive": ("a.xlsx", {"lijst.csv": b"id\n"}, "is a zip archive and no spreadsheet"),
    "a binary workbook": ("a.xlsx", {"xl/workbook.bin": b""}, "is a binary workbook"),
    "a protected ods": ("a.ods", protected_ods(), "is protected with a password"),
    "a workbook without sheets": ("a.xlsx", {"xl/workbook.xml": b"<workbook/>"}, "is damaged"),
    "an ods without content": ("a.ods", protected_ods() | {"META-INF/manifest.xml": b""}, "is damaged"),
}


@pytest.mark.parametrize(("name", "content", "told"), NOT_SHEETS.values(), ids=NOT_SHEETS)
def test_what_is_no_spreadsheet_is_told_in_one_sentence(name, content, told, tmp_path):
    data = zipped(tmp_path / "made.zip", content) if isinstance(content, dict) else content
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SourceError, match=told) as error:
        cells_of(opened_list(path))
    (problem,) = error.value.problems
    assert problem.hint


def test_a_workbook_is_known_by_what_it_is_and_not_by_its_name(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", HEADER, ROW).rename(tmp_path / "a.xls")
    assert cells_of(opened_list(path))["id"] == ["1001"]
    other = path.rename(tmp_path / "a.dat")
    assert cells_of(opened_list(other, format="excel"))["id"] == ["1001"]


def test_a_workbook_that_is_protected_the_old_way(tmp_path, monkeypatch):
    def protected(*_, **__):
        raise xlrd.XLRDError("Workbook is encrypted")

    monkeypatch.setattr(xlrd, "open_workbook", protected)
    with pytest.raises(SourceError, match="is protected with a password"):
        opened_list(xls(tmp_path / "a.xls", HEADER, ROW))


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_part_that_is_damaged_is_told_in_one_sentence(kind, tmp_path):
    path = WRITERS[kind](tmp_path / f"a.{kind}", HEADER, ROW)
    part = {"xlsx": "xl/worksheets/sheet1.xml", "ods": "content.xml"}[kind]
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    path.write_bytes(zipped(tmp_path / "made.zip", files | {part: files[part][: len(files[part]) // 2]}))
    with pytest.raises(SourceError):
        cells_of(opened_list(path))


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 10**15 - 1) | st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=12),
            st.integers(0, 10**15 - 1),
            st.dates(date(1901, 1, 1)),
        ),
        max_size=6,
    )
)
def test_any_sheet_reads_as_the_text_that_was_meant(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("sheet") / "a.xlsx"
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd-mm-yyyy"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    for place, (id_, number, day) in enumerate(rows, start=1):
        sheet.write_string(place, 0, id_) if isinstance(id_, str) else sheet.write_number(place, 0, id_)
        sheet.write_number(place, 1, number)
        sheet.write_datetime(place, 2, day)
    book.close()
    read = cells_of(opened_list(path)) or {name: [] for name in HEADER}
    assert read["id"] == [str(row[0]) for row in rows]
    assert read["tel"] == [str(row[1]) for row in rows]
    assert read["dag"] == [row[2].isoformat() for row in rows]
