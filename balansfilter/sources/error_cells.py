"""Cells of a spreadsheet that hold an error, or a formula that was never worked out.

The reader of spreadsheets gives them as empty, and empty is not what they are: a number or a day that a formula could
not find is unknown. Most sheets have no formula at all, which a look at the bytes tells quickly.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, iterparse, parse

from balansfilter.frozen import dataclass

_IN_XLSX = re.compile(rb"""<(?:\w+:)?f[\s/>]|\bt\s*=\s*["']e["']""")
_IN_ODS = re.compile(rb"""formula\s*=|value-type\s*=\s*["']error["']""")
_PIECE, _OVERLAP = 1 << 20, 64
_ERROR_TEXT = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|FIELD!|BLOCKED!)|Err:\d+")
_MOST_REPEATED = 1 << 20


@dataclass(frozen=True)
class CellError:
    """What stands in a cell in place of a value."""

    told: str

    def __str__(self) -> str:
        """Return a text that nobody takes for nothing, a number, an id or a day."""
        return f"error: {self.told}"


NO_VALUE = CellError("formula without a value")
Places = dict[tuple[int, int], CellError]
"""Error cells by row and column, from 0."""


def errors_in_xlsx(path: Path, sheet: str) -> Places:
    """Return the error cells of a sheet of an .xlsx file."""
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        if not _holds(archive, part, _IN_XLSX):
            return {}
        with archive.open(part) as xml:
            return dict(_xlsx_errors(xml))


def errors_in_ods(path: Path, sheet: str) -> Places:
    """Return the error cells of a sheet of an .ods file."""
    with zipfile.ZipFile(path) as archive:
        if not _holds(archive, "content.xml", _IN_ODS):
            return {}
        with archive.open("content.xml") as xml:
            return dict(_ods_errors(xml, sheet))


def _holds(archive: zipfile.ZipFile, part: str, sign: re.Pattern[bytes]) -> bool:
    kept = b""
    with archive.open(part) as xml:
        while piece := xml.read(_PIECE):
            if sign.search(kept + piece):
                return True
            kept = piece[-_OVERLAP:]
    return False


def _name(tag: str) -> str:
    """Return the name of an element or attribute without its namespace, which has several spellings."""
    return tag.rpartition("}")[2]


def _elements(xml: IO[bytes]) -> Iterator[Element]:
    return parse(xml).iter()  # noqa: S314 - expat itself refuses entities that grow without end


def _events(xml: IO[bytes]) -> Iterator[tuple[str, Element]]:
    return iterparse(xml, events=("start", "end"))  # noqa: S314 - as above


def _given(element: Element) -> dict[str, str]:
    return {_name(key): value for key, value in element.attrib.items()}


# --- .xlsx ----------------------------------------------------------------------------------------------------


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part of the archive that holds a sheet."""
    parts = {name.lower(): name for name in archive.namelist()}
    with archive.open(parts["xl/workbook.xml"]) as xml:
        listed = [_given(found) for found in _elements(xml) if _name(found.tag) == "sheet"]
    wanted = next(entry["id"] for entry in listed if entry["name"] == sheet)
    with archive.open(parts["xl/_rels/workbook.xml.rels"]) as xml:
        targets = {found.get("Id"): found.get("Target", "") for found in _elements(xml)}
    return parts[posixpath.normpath(posixpath.join("/xl", targets[wanted])).lstrip("/").lower()]


def _xlsx_errors(xml: IO[bytes]) -> Iterator[tuple[tuple[int, int], CellError]]:
    row, column, rows = -1, -1, None
    for event, element in _events(xml):
        kind = _name(element.tag)
        if event == "start" and kind == "sheetData":
            rows = element
        elif event == "start" and kind == "row":
            row, column = int(element.get("r", row + 2)) - 1, -1
        elif event == "start" and kind == "c":
            column = _column_of(element.get("r", "")) if element.get("r") else column + 1
        elif event == "end" and kind == "c":
            if error := _xlsx_error(element):
                yield (row, column), error
        elif event == "end" and kind == "row" and rows is not None:
            rows.clear()


def _xlsx_error(cell: Element) -> CellError | None:
    parts = {_name(part.tag): part for part in cell}
    value = parts["v"].text if "v" in parts else None
    if cell.get("t") == "e":
        return CellError(value or "unknown")
    return NO_VALUE if "f" in parts and not value and cell.get("t") != "str" else None


def _column_of(address: str) -> int:
    place = 0
    for letter in re.sub("[^A-Z]", "", address.upper()):
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


# --- .ods -----------------------------------------------------------------------------------------------------


def _ods_errors(xml: IO[bytes], sheet: str) -> Iterator[tuple[tuple[int, int], CellError]]:
    row, inside, table = 0, False, None
    for event, element in _events(xml):
        kind = _name(element.tag)
        if event == "start" and kind == "table":
            row, inside, table = 0, _given(element).get("name") == sheet, element
        elif event == "end" and kind == "table":
            inside = False
        elif event == "end" and kind == "table-row" and table is not None:
            repeated = int(_given(element).get("number-rows-repeated", "1"))
            if inside:
                yield from _ods_row_errors(element, range(row, row + min(repeated, _MOST_REPEATED)))
            row += repeated
            table.clear()


def _ods_row_errors(element: Element, rows: range) -> Iterator[tuple[tuple[int, int], CellError]]:
    column = 0
    for cell in element:
        given = _given(cell)
        repeated = int(given.get("number-columns-repeated", "1"))
        if error := _ods_error(cell, given):
            places = range(column, column + min(repeated, _MOST_REPEATED))
            yield from (((row, place), error) for row in rows for place in places)
        column += repeated


def _ods_error(cell: Element, given: dict[str, str]) -> CellError | None:
    types = [value for key, value in cell.attrib.items() if _name(key) == "value-type"]
    text = "".join(cell.itertext()).strip()
    if "error" in types or ("formula" in given and _ERROR_TEXT.fullmatch(text)):
        return CellError(text or "unknown")
    return NO_VALUE if "formula" in given and not types else None
