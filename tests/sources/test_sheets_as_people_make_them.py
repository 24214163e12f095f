"""Merged cells, hidden rows and further sheets: what a person sees in a workbook is what is read of it, or is told."""

import zipfile
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from openpyxl.worksheet.cell_range import CellRange
from specs import cells_of, opened_list, opened_objections

from balansfilter.errors import SourceError

Rows = Sequence[Sequence[Any]]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0."""
HEADER = ("id", "tel", "dag")
DAY = "2026-03-01"
UNMERGE = "unmerge the cells, and fill in each what belongs there"


def xlsx(
    path: Path, rows: Rows, merged: Sequence[Area] = (), hidden: Collection[int] = (), sheets: dict | None = None
) -> Path:
    book = openpyxl.Workbook()
    for name, cells in ({"Blad1": rows} | (sheets or {})).items():
        sheet = book.create_sheet(name.removeprefix("-"))
        sheet.sheet_state = "hidden" if name.startswith("-") else "visible"
        for row in cells:
            sheet.append(row)
    book.remove(book.active)
    for top, left, bottom, right in merged:
        book["Blad1"].merged_cells.add(CellRange(None, left + 1, top + 1, right + 1, bottom + 1))
    for row in hidden:
        book["Blad1"].row_dimensions[row + 1].hidden = True
    book.save(path)
    return path


def xls(
    path: Path, rows: Rows, merged: Sequence[Area] = (), hidden: Collection[int] = (), sheets: dict | None = None
) -> Path:
    book = xlwt.Workbook()
    for name, cells in ({"Blad1": rows} | (sheets or {})).items():
        sheet = book.add_sheet(name.removeprefix("-"), cell_overwrite_ok=True)
        sheet.visibility = int(name.startswith("-"))
        for top, left, bottom, right in merged if name == "Blad1" else ():
            sheet.merge(top, bottom, left, right)
        for place, row in enumerate(cells):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(place, column, cell)
    for row in hidden:
        book.get_sheet("Blad1").row(row).hidden = True
    book.save(str(path))
    return path


def ods(
    path: Path, rows: Rows, merged: Sequence[Area] = (), hidden: Collection[int] = (), sheets: dict | None = None
) -> Path:
    document = OpenDocumentSpreadsheet()
    unseen = Style(name="weg", family="table")
    unseen.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(unseen)
    for name, cells in ({"Blad1": rows} | (sheets or {})).items():
        table = Table(name=name.removeprefix("-"), **({"stylename": "weg"} if name.startswith("-") else {}))
        document.spreadsheet.addElement(table)
        for place, row in enumerate(cells):
            line = TableRow(**({"visibility": "filter"} if place in hidden and name == "Blad1" else {}))
            table.addElement(line)
            for column, cell in enumerate(row):
                line.addElement(ods_cell(cell, place, column, merged if name == "Blad1" else ()))
    document.save(str(path))
    return path


def ods_cell(cell: Any, row: int, column: int, merged: Sequence[Area]) -> Any:
    form, given = TableCell, {} if cell is None else {"valuetype": "string"}
    for top, left, bottom, right in merged:
        if (row, column) == (top, left):
            given |= {"numberrowsspanned": bottom - top + 1, "numbercolumnsspanned": right - left + 1}
        elif top <= row <= bottom and left <= column <= right:
            form = CoveredTableCell
    made = form(**given)
    if cell is not None:
        made.addElement(P(text=str(cell)))
    return made


WRITERS = {"xlsx": xlsx, "xls": xls, "ods": ods}
every_kind = pytest.mark.parametrize("kind", WRITERS)


def made(folder: Path, kind: str, rows: Rows, **how: Any) -> Path:
    return WRITERS[kind](folder / f"a.{kind}", rows, **how)


# --- merged cells ---------------------------------------------------------------------------------------------


@every_kind
def test_what_is_merged_down_the_rows_stands_in_each_of_them(kind: str, tmp_path: Path) -> None:
    rows = [
        HEADER,
        ("1001", "0612345671", DAY),
        (None, "0612345672", None),
        (None, None, None),
        (None, "0612345673", DAY),
        ("1002", "0612345674", DAY),
    ]
    read = cells_of(opened_list(made(tmp_path, kind, rows, merged=[(1, 0, 4, 0), (1, 2, 2, 2)])))
    assert read == {
        "id": ["1001", "1001", "1001", "1002"],
        "tel": ["0612345671", "0612345672", "0612345673", "0612345674"],
        "dag": [DAY] * 4,
    }


@every_kind
def test_of_objections_each_row_of_a_merged_number_is_an_objection(kind: str, tmp_path: Path) -> None:
    rows = [("klant", "tel"), ("1001", "0612345671"), ("1002", None), ("1003", None)]
    path = made(tmp_path, kind, rows, merged=[(1, 1, 2, 1)])
    read = cells_of(opened_objections(path, {"customer_id": "klant", "phone": "tel"}))
    assert read["tel"] == ["0612345671", "0612345671", ""]


def told_of(path: Path, **how: Any) -> list[tuple[int, str, str]]:
    with pytest.raises(SourceError) as told:
        cells_of(opened_list(path, **how))
    return [(problem.line, problem.message, problem.hint) for problem in told.value.problems]


@every_kind
def test_what_is_merged_across_columns_is_refused_with_its_row(kind: str, tmp_path: Path) -> None:
    rows = [HEADER, ("1001", "0612345671", DAY), (), ("0612345672", None, DAY), ("1003", "0612345673", DAY)]
    path = made(tmp_path, kind, rows, merged=[(3, 0, 3, 1)])
    message = "row 4 of sheet 'Blad1' has a cell that is merged with one of another column in column 'tel'"
    assert told_of(path) == [(4, message, UNMERGE)]
    assert cells_of(opened_list(path, "drop"))["id"] == ["1001", "1003"]


@every_kind
def test_what_lies_hidden_behind_merged_cells_is_refused(kind: str, tmp_path: Path) -> None:
    rows = [HEADER, ("1001", "0612345671", DAY), ("1002", "0612345672", DAY), ("1001", "0612345673", DAY)]
    message = "row 3 of sheet 'Blad1' has a merged cell with something else hidden behind it in column 'id'"
    assert told_of(made(tmp_path, kind, rows, merged=[(1, 0, 3, 0)])) == [(3, message, UNMERGE)]


@every_kind
def test_a_row_that_is_merged_with_the_header_is_refused(kind: str, tmp_path: Path) -> None:
    rows = [HEADER, (None, "0612345671", DAY), ("1002", "0612345672", DAY)]
    message = "row 2 of sheet 'Blad1' has a cell that is merged with the header in column 'id'"
    assert told_of(made(tmp_path, kind, rows, merged=[(0, 0, 1, 0)])) == [(2, message, UNMERGE)]


@every_kind
def test_merged_cells_of_which_nothing_is_asked_are_left_as_they_are(kind: str, tmp_path: Path) -> None:
    rows = [
        ("Bellijst", None, None, None, None),
        (*HEADER, "naam", "plaats"),
        ("1001", "0612345671", DAY, "Jan", None),
        ("1002", "0612345672", DAY, None, None),
    ]
    path = made(tmp_path, kind, rows, merged=[(0, 0, 0, 4), (2, 3, 3, 4)])
    with opened_list(path, skip_rows=1) as source:
        source.ask_for(source.header)
        (chunk,) = source.chunks()
    assert chunk.cells.rows() == [("1001", "0612345671", DAY, "Jan", ""), ("1002", "0612345672", DAY, "Jan", "")]


def test_a_column_that_says_which_rows_count_is_named_too(tmp_path: Path) -> None:
    rows = [(*HEADER, "naam", "status"), ("1001", "0612345671", DAY, "Jan", None)]
    path = xlsx(tmp_path / "a.xlsx", rows, merged=[(1, 3, 1, 4)])
    source = opened_list(path, where={"status": {"take": ("nee",), "leave": ("",)}})
    source.ask_for(source.header)
    with pytest.raises(SourceError, match="merged with one of another column in column 'status'"):
        cells_of(source)


# --- hidden rows ----------------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize(
    ("hidden", "told"),
    [
        ({3}, "has 1 row that is hidden in the sheet, and is read like the others"),
        ({1, 3, 4}, "has 2 rows that are hidden in the sheet, and are read like the others"),
        ({0, 4}, None),
        ((), None),
    ],
)
def test_rows_of_a_call_list_that_are_hidden_are_read_and_told(
    kind: str, hidden: Collection[int], told: str | None, tmp_path: Path
) -> None:
    rows = [HEADER, ("1001", "0612345671", DAY), ("1002", None, None), ("1003", "0612345673", DAY), (None,) * 3]
    source = opened_list(made(tmp_path, kind, rows, hidden=hidden))
    assert cells_of(source)["id"] == ["1001", "1002", "1003"]
    assert [warning.split(": ")[2].split(" — ")[0] for warning in source.warnings] == ([told] if told else [])


@every_kind
def test_rows_of_objections_that_are_hidden_are_objections(kind: str, tmp_path: Path) -> None:
    source = opened_objections(
        made(tmp_path, kind, [("klant",), ("1001",), ("1002",)], hidden={1}), {"customer_id": "klant"}
    )
    assert (cells_of(source)["klant"], source.warnings) == (["1001", "1002"], ())


def test_hidden_rows_are_found_however_a_program_writes_them(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADER, ("1001", "x", DAY), ("1002", "x", DAY), ("1003", "x", DAY)], hidden={2})
    changed = change_part(path, 'r="3" hidden="1"', "spans='1:3' hidden = 'true'")
    source = opened_list(
        change_part(change_part(changed, '<row r="2"', "<row"), "</sheetData>", " " * (3 << 20) + "</sheetData>")
    )
    cells_of(source)
    assert "has 1 row that is hidden" in source.warnings[0]


def change_part(path: Path, old: str, new: str) -> Path:
    """Change the XML of the first sheet of a workbook."""
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in files[part]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data.replace(old.encode(), new.encode()) if name == part else data)
    return path


# --- a moment shortly before midnight -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
@pytest.mark.parametrize(
    ("days", "day"),
    [
        (45806.99999999999, "2025-05-29"),
        (45806.9999999949, "2025-05-29"),
        (45806.99999999, "2025-05-29"),
        (45807.0, "2025-05-30"),
        (45807.00000000001, "2025-05-30"),
    ],
)
def test_a_moment_shortly_before_midnight_is_of_its_own_day(kind: str, days: float, day: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        book.active.append(HEADER)
        book.active.append(("1001", "0612345671", days))
        book.active["C2"].number_format = "dd-mm-yyyy"
        book.save(path)
    else:
        old = xlwt.Workbook()
        sheet = old.add_sheet("Blad1")
        for row, cells in enumerate([HEADER, ("1001", "0612345671")]):
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell)
        sheet.write(1, 2, days, xlwt.easyxf(num_format_str="DD-MM-YYYY"))
        old.save(str(path))
    assert cells_of(opened_list(path))["dag"] == [day]


def test_a_number_that_is_no_moment_stays_what_it_is(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [(*HEADER, "x"), ("1001", "99999999", datetime(2026, 3, 1), 45806.99999999999)])
    source = opened_list(path)
    source.ask_for(["tel", "dag", "x"])
    assert cells_of(source) == {"tel": ["99999999"], "dag": [DAY], "x": ["45806.99999999999"]}


# --- further sheets -------------------------------------------------------------------------------------------

OCTOBER, NOVEMBER = [("klant", "tel"), ("1001", None)], [("tel", "klant", "x"), (None, "1002", None)]


@every_kind
def test_a_sheet_of_objections_that_no_source_reads_is_refused(kind: str, tmp_path: Path) -> None:
    sheets = {
        "Uitleg": [("De lijst van bezwaren",)],
        "November": [("Bezwaren",), (), *NOVEMBER],
        "December": [OCTOBER[0]],
    }
    path = made(tmp_path, kind, OCTOBER, sheets=sheets)
    columns = {"customer_id": "klant", "phone": "tel"}
    with pytest.raises(SourceError) as told:
        opened_objections(path, columns, sheet="Blad1", sheets_read=frozenset({"Blad1"}))
    (problem,) = told.value.problems
    assert problem.message == "has these columns on other sheets too, which nothing reads: 'November'"
    assert problem.hint.startswith("name each in `sheet` of a source of its own; or in `leave_sheets`")
    both = frozenset({"Blad1", "November"})
    assert cells_of(opened_objections(path, columns, sheet="November", skip_rows=2, sheets_read=both))["klant"] == [
        "1002"
    ]


@every_kind
def test_a_sheet_that_is_hidden_is_left_alone(kind: str, tmp_path: Path) -> None:
    path = made(tmp_path, kind, OCTOBER, sheets={"-Oud": NOVEMBER})
    read = cells_of(opened_objections(path, {"customer_id": "klant"}, sheet="Blad1", sheets_read=frozenset({"Blad1"})))
    assert read == {"klant": ["1001"]}


def test_of_a_list_without_objections_one_sheet_may_be_read(tmp_path: Path) -> None:
    rows = [HEADER, ("1001", "0612345671", DAY)]
    path = xlsx(tmp_path / "a.xlsx", rows, sheets={"Oud": rows})
    assert cells_of(opened_list(path, sheet="Blad1"))["id"] == ["1001"]
