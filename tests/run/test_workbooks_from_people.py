"""Whole runs on workbooks as people keep them: who is called is who they see in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from balansfilter.errors import SourceError
from tests.brandfolder import BrandFolder, make_brand

CALLS = [
    ("klantnummer", "telefoon", "laatste_aankoop"),
    ("K1", "0612345671", "2026-01-15"),
    ("K2", "0612345672", "2026-01-15"),
    ("K3", "0612345673", "2026-01-15"),
]
OBJECTIONS = [("telefoon", "klantnummer"), (None, "K1")]
COLUMNS = {"phone": "telefoon", "customer_id": "klantnummer"}


def workbook(path: Path, sheets: dict[str, list[Any]], merged: str = "", hidden: int = 0) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    first = book.worksheets[0]
    if merged:
        first.merge_cells(merged)
    if hidden:
        first.row_dimensions[hidden].hidden = True
    book.save(path)


def brand_of(
    root: Path,
    objections: dict[str, list[Any]],
    *named: str,
    contacts: dict[str, Any] | None = None,
    leave_sheets: Sequence[str] = (),
    **calls: Any,
) -> BrandFolder:
    path = "data/{brand}/objections.xlsx"
    sources = [
        {"path": path, "columns": dict(COLUMNS), "sheet": name, "leave_sheets": [*leave_sheets]} for name in named
    ]
    changes = {
        "call_list": {"path": "data/{brand}/calls.xlsx"},
        "objections": sources,
        "output": {"format": "csv"},
        "guards": {"max_unreadable": "100%"},
    }
    brand = make_brand(root, changes | ({"contacts": contacts} if contacts else {}))
    workbook(brand.data / "calls.xlsx", {"Lijst": CALLS}, **calls)
    workbook(brand.data / "objections.xlsx", objections)
    return brand


def called(brand: BrandFolder) -> list[str]:
    return [row["telefoon"] for row in brand.callable_rows()]


def test_an_objection_by_an_id_in_merged_cells_holds_for_each_row_of_it(tmp_path: Path) -> None:
    brand = brand_of(tmp_path, {"Bezwaren": OBJECTIONS}, "Bezwaren", merged="A2:A3")
    brand.run()
    assert called(brand) == ["0612345673"]


def test_an_id_that_is_merged_across_columns_stops_the_run(tmp_path: Path) -> None:
    brand = brand_of(tmp_path, {"Bezwaren": OBJECTIONS}, "Bezwaren", merged="A3:B3")
    told = brand.cli("--lang", "nl", "run", "--brand", brand.brand, "--as-of", "2026-11-23")
    assert told.returncode == 4
    text = " ".join(told.stderr.split())
    assert (
        "calls.xlsx:3: call_list: rij 3 van werkblad 'Lijst' heeft een cel die is samengevoegd met een cel van een "
        "andere kolom in kolom 'telefoon' — hef de samenvoeging op, en vul in elke cel in wat daar hoort te staan"
    ) in text
    assert not brand.current.exists()


def test_hidden_rows_of_the_list_are_told_by_run_and_check(tmp_path: Path) -> None:
    brand = brand_of(tmp_path, {"Bezwaren": OBJECTIONS}, "Bezwaren", hidden=3)
    told = brand.cli_run()
    assert (told.returncode, called(brand)) == (0, ["0612345672", "0612345673"])
    sentence = "has 1 row that is hidden in the sheet, and is read like the others"
    (warning,) = json.loads((brand.current / "manifest.json").read_text())["warnings"]
    assert sentence in warning
    checked = brand.cli("check", "--brand", brand.brand, "--as-of", "2026-11-23")
    assert [sentence in " ".join(text.split()) for text in (told.stderr, checked.stderr)] == [True, True]


def test_objections_on_a_new_sheet_stop_the_run_until_a_source_reads_them(tmp_path: Path) -> None:
    sheets = {"Oktober": OBJECTIONS, "November": [OBJECTIONS[0], (None, "K2")]}
    brand = brand_of(tmp_path / "one", sheets, "Oktober")
    told = brand.cli_run()
    assert told.returncode == 4
    assert "has these columns on other sheets too, which nothing reads: 'November'" in " ".join(told.stderr.split())
    both = brand_of(tmp_path / "both", sheets, "Oktober", "November")
    both.run()
    assert called(both) == ["0612345673"]


def test_a_sheet_that_is_named_to_be_left_may_be_there(tmp_path: Path) -> None:
    sheets = {"Courant": OBJECTIONS, "Zonnestroom": [OBJECTIONS[0], (None, "K2")]}
    brand = brand_of(tmp_path, sheets, "Courant", leave_sheets=["Zonnestroom"])
    brand.run()
    assert called(brand) == ["0612345672", "0612345673"]


def test_calls_on_another_sheet_may_hold_objections(tmp_path: Path) -> None:
    head = ("klant", "gebeld", "bezwaar")
    sheets = {"Oud": [head, ("K9", "2026-09-01", "nee")], "Nieuw": [head, ("K2", "2026-10-01", "ja")]}
    columns = {"customer_id": "klant", "called_on": "gebeld"}
    contacts = {"path": "data/{brand}/contacts.xlsx", "sheet": "Oud", "columns": columns}
    brand = brand_of(tmp_path, {"Bezwaren": OBJECTIONS}, "Bezwaren", contacts=contacts)
    workbook(brand.data / "contacts.xlsx", sheets)
    brand.run()
    objected = contacts | {"columns": columns | {"objected": "bezwaar"}}
    brand = brand_of(tmp_path, {"Bezwaren": OBJECTIONS}, "Bezwaren", contacts=objected)
    with pytest.raises(SourceError, match="on other sheets too, which nothing reads: 'Nieuw'"):
        brand.run()
