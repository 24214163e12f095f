"""What the XML of a sheet tells beside the cells that the reader of spreadsheets gives.

Error cells it gives as empty, and a moment within half a millisecond of midnight as the next day. Of rows that are
hidden, and in .ods of cells that were merged, it says nothing. Most sheets have none of these, which a look at the
bytes tells quickly.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, iterparse, parse

from balansfilter.sources.error_cells import NO_VALUE, CellError
from balansfilter.sources.merged_cells import Area

_ODD_IN_XLSX = re.compile(rb"""<(?:\w+:)?f[\s/>]|\bt\s*=\s*["']e["']""")
_NEARLY_A_DAY = re.compile(rb"99999999")
_HIDDEN_IN_XLSX = re.compile(rb"""hidden\s*=\s*["'](?:1|true)""")
_ROW_OF_XLSX = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_NUMBER_OF_ROW = re.compile(rb"""\br\s*=\s*["'](\d+)""")
_ODD_IN_ODS = re.compile(
    rb"""formula\s*=|value-type\s*=\s*["']error["']|visibility\s*=\s*["'][cf]|-spanned\s*=\s*["'](?!1["'])"""
)
_PIECE, _OVERLAP = 1 << 20, 64
_ERROR_TEXT = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|FIELD!|BLOCKED!)|Err:\d+")
_MOST_REPEATED = 1 << 20
_ROUNDED_UP = 1 - 0.0005 / 86400
"""From this part of a day on, the reader of spreadsheets takes a moment for midnight: it knows whole milliseconds."""

Places = dict[tuple[int, int], CellError | None]
"""Odd cells by row and column, from 0: with an error, or None for a moment that the reader rounds up to midnight."""


class Beside(NamedTuple):
    """What a sheet has beside its cells."""

    odd: Places
    hidden: frozenset[int] = frozenset()
    """The rows that are hidden, by hand or by a filter; numbered as a spreadsheet numbers them."""
    merged: Sequence[Area] = ()
    """The cells that were merged; only of .ods."""


def beside_in_xlsx(path: Path, sheet: str) -> Beside:
    """Return what a sheet of an .xlsx file has beside its cells."""
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        signs = _found(archive, part, _ODD_IN_XLSX, _NEARLY_A_DAY, _HIDDEN_IN_XLSX)
        odd, hidden = Places(), frozenset[int]()
        if signs - {_HIDDEN_IN_XLSX}:
            with archive.open(part) as xml:
                odd = dict(_odd_in_xlsx(xml))
        if _HIDDEN_IN_XLSX in signs:
            with archive.open(part) as xml:
                hidden = frozenset(_hidden_in_xlsx(xml))
        return Beside(odd, hidden)


def beside_in_ods(path: Path, sheet: str) -> Beside:
    """Return what a sheet of an .ods file has beside its cells."""
    with zipfile.ZipFile(path) as archive:
        if not _found(archive, "content.xml", _ODD_IN_ODS):
            return Beside({})
        odd, hidden, merged = Places(), set[int](), list[Area]()
        with archive.open("content.xml") as xml:
            for rows, element in _ods_rows(xml, sheet):
                if _given(element).get("visibility", "visible") != "visible":
                    hidden.update(row + 1 for row in rows)
                for columns, cell in _ods_cells(element):
                    if error := _ods_error(cell, _given(cell)):
                        odd.update(((row, column), error) for row in rows for column in columns)
                    merged += _ods_area(cell, rows.start, columns.start)
        return Beside(odd, frozenset(hidden), merged)


def _found(archive: zipfile.ZipFile, part: str, *signs: re.Pattern[bytes]) -> set[re.Pattern[bytes]]:
    """Return which signs a part of the archive holds; once all are found, it is read no further."""
    found, kept = set[re.Pattern[bytes]](), b""
    with archive.open(part) as xml:
        while len(found) < len(signs) and (piece := xml.read(_PIECE)):
            text = kept + piece
            found.update(sign for sign in signs if sign not in found and sign.search(text))
            kept = piece[-_OVERLAP:]
    return found


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


def _odd_in_xlsx(xml: IO[bytes]) -> Iterator[tuple[tuple[int, int], CellError | None]]:
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
            parts = {_name(part.tag): part for part in element}
            value = parts["v"].text if "v" in parts else None
            error = _xlsx_error(element, value, has_formula="f" in parts)
            if error or _is_rounded_up(element, value):
                yield (row, column), error
        elif event == "end" and kind == "row" and rows is not None:
            rows.clear()


def _xlsx_error(cell: Element, value: str | None, *, has_formula: bool) -> CellError | None:
    if cell.get("t") == "e":
        return CellError(value or "unknown")
    return NO_VALUE if has_formula and not value and cell.get("t") != "str" else None


def _is_rounded_up(cell: Element, value: str | None) -> bool:
    """Whether a number would be rounded up to midnight, if it is a moment; most are none, and are let through here."""
    if not value or "99999999" not in value or cell.get("t", "n") != "n":
        return False
    return float(value) % 1 >= _ROUNDED_UP


def _hidden_in_xlsx(xml: IO[bytes]) -> Iterator[int]:
    number, text = 0, b""
    while piece := xml.read(_PIECE):
        text += piece
        end = max(text.rfind(b"<"), 0)
        for tag in _ROW_OF_XLSX.findall(text[:end]):
            given = _NUMBER_OF_ROW.search(tag)
            number = int(given[1]) if given else number + 1
            if _HIDDEN_IN_XLSX.search(tag):
                yield number
        text = text[end:]


def _column_of(address: str) -> int:
    place = 0
    for letter in re.sub("[^A-Z]", "", address.upper()):
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


# --- .ods -----------------------------------------------------------------------------------------------------


def _ods_rows(xml: IO[bytes], sheet: str) -> Iterator[tuple[range, Element]]:
    """Yield the rows of a sheet, each with its places: a row may stand for several that are alike."""
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
                yield range(row, row + min(repeated, _MOST_REPEATED)), element
            row += repeated
            table.clear()


def _ods_cells(row: Element) -> Iterator[tuple[range, Element]]:
    column = 0
    for cell in row:
        repeated = int(_given(cell).get("number-columns-repeated", "1"))
        yield range(column, column + min(repeated, _MOST_REPEATED)), cell
        column += repeated


def _ods_area(cell: Element, row: int, column: int) -> Iterator[Area]:
    """Yield the cells that were merged into this one, if any were."""
    given = _given(cell)
    high, wide = (int(given.get(f"number-{way}-spanned", "1")) for way in ("rows", "columns"))
    if high > 1 or wide > 1:
        yield Area(row + 1, column, row + high, column + wide - 1)


def _ods_error(cell: Element, given: dict[str, str]) -> CellError | None:
    types = [value for key, value in cell.attrib.items() if _name(key) == "value-type"]
    text = "".join(cell.itertext()).strip()
    if "error" in types or ("formula" in given and _ERROR_TEXT.fullmatch(text)):
        return CellError(text or "unknown")
    return NO_VALUE if "formula" in given and not types else None
