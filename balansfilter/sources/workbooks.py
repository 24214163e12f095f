"""Sheets of .xlsx, .xls and .ods: rows of cells, each with its own type."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from balansfilter.sources.error_cells import CellError
from balansfilter.sources.foreign import is_page, refuse_what_is_no_text
from balansfilter.sources.merged_cells import Area
from balansfilter.sources.sheet_xml import Places, beside_in_ods, beside_in_xlsx

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

    from balansfilter.errors import SourceError
    from balansfilter.sources.origin import Origin

Kind = Literal["xlsx", "xls", "ods"]
Cell = str | float | int | bool | date | datetime | time | timedelta | CellError | None
Row = list[Cell]

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_SAVE = "open it in a spreadsheet program, and save it as .xlsx or as CSV"
_AGAIN = "deliver it again; it was damaged or cut off on the way"


_SOME_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - a spreadsheet knows no zones


class Sheet(NamedTuple):
    """One sheet of a workbook, held in memory."""

    width: int
    """Columns up to the last cell that holds something."""
    rows: Iterator[Row]
    """Every row from the first of the sheet on, empty ones too."""
    merged: Sequence[Area] = ()
    """The cells that were merged into one."""
    hidden: frozenset[int] = frozenset()
    """The rows that are hidden, by hand or by a filter; numbered as a spreadsheet numbers them."""


class Workbook(Protocol):
    """An opened workbook."""

    @property
    def names(self) -> list[str]:
        """The names of its sheets."""

    def is_visible(self, name: str) -> bool:
        """Return whether somebody who opens the workbook sees a sheet."""

    def is_empty(self, name: str) -> bool:
        """Return whether nothing stands in a sheet."""

    def sheet(self, name: str) -> Sheet:
        """Read a sheet."""


def kind_of(path: Path, head: bytes, origin: Origin) -> Kind:
    """Return what a file is by its content, whatever it is called.

    :raises SourceError: it is no spreadsheet that can be read, with what it is.
    """
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise _protected(origin)
        return "xls"
    if head.startswith(_ZIP):
        return _kind_of_zip(path, origin)
    if is_page(head):
        raise origin.error("is a web page or XML that is called a spreadsheet", _SAVE)
    refuse_what_is_no_text(head, origin)
    raise origin.error("is no spreadsheet, but text or something else", "set format to csv if it is text")


def _kind_of_zip(path: Path, origin: Origin) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
            is_ods = "mimetype" in names and archive.read("mimetype").startswith(_ODS)
            manifest = archive.read("META-INF/manifest.xml") if is_ods else b""
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, EOFError):
        raise origin.error("is damaged: it cannot be read as a spreadsheet", _AGAIN) from None
    if b"encryption-data" in manifest:
        raise _protected(origin)
    if "xl/workbook.bin" in names:
        raise origin.error("is a binary workbook (.xlsb)", _SAVE)
    if not is_ods and "xl/workbook.xml" not in names:
        raise origin.error("is a zip archive and no spreadsheet", "unpack it first")
    return "ods" if is_ods else "xlsx"


def _protected(origin: Origin) -> SourceError:
    return origin.error("is protected with a password", "save it without one, where only those may read it who should")


def open_workbook(path: Path, kind: Kind, origin: Origin) -> Workbook:
    """Open a workbook.

    :raises SourceError: it is damaged, or protected with a password.
    """
    reader = _OldWorkbook if kind == "xls" else _NewWorkbook
    try:
        return reader(path, kind)
    except BaseException as error:  # noqa: BLE001 - see there
        raise _told(error, origin) from None


def read_sheet(workbook: Workbook, name: str, origin: Origin) -> Sheet:
    """Read a sheet of a workbook.

    :raises SourceError: it is damaged.
    """
    try:
        sheet = workbook.sheet(name)
    except BaseException as error:  # noqa: BLE001 - see there
        raise _told(error, origin) from None
    return sheet._replace(rows=_guarded(sheet.rows, origin))


def _guarded(rows: Iterator[Row], origin: Origin) -> Iterator[Row]:
    try:
        yield from rows
    except GeneratorExit:
        raise
    except BaseException as error:  # noqa: BLE001 - see there
        raise _told(error, origin) from None


def _told(error: BaseException, origin: Origin) -> BaseException:
    """Return the error to raise instead: readers fail at damaged files in any way, a panic in Rust included."""
    if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
        return error
    if type(error).__name__ == "PasswordError" or "encrypted" in str(error).lower():
        return _protected(origin)
    return origin.error("is damaged: it cannot be read as a spreadsheet", _AGAIN)


class _NewWorkbook:
    """.xlsx and .ods, read by calamine; what it does not give is looked up apart."""

    def __init__(self, path: Path, kind: Kind) -> None:
        from python_calamine import load_workbook

        self._path = path
        self._beside = beside_in_ods if kind == "ods" else beside_in_xlsx
        with path.open("rb") as file:  # a path would be judged by its name
            self._book = load_workbook(file)

    @property
    def names(self) -> list[str]:
        from python_calamine import SheetTypeEnum

        return [sheet.name for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]

    def is_visible(self, name: str) -> bool:
        from python_calamine import SheetVisibleEnum

        return any(
            sheet.name == name and sheet.visible == SheetVisibleEnum.Visible for sheet in self._book.sheets_metadata
        )

    def is_empty(self, name: str) -> bool:
        return self._book.get_sheet_by_name(name).start is None and not self._beside(self._path, name).odd

    def sheet(self, name: str) -> Sheet:
        sheet, beside = self._book.get_sheet_by_name(name), self._beside(self._path, name)
        width = 1 + max([sheet.end[1] if sheet.end else -1, *(column for _, column in beside.odd)])
        merged = [
            Area(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
        ]
        return Sheet(width, _with_odd(_cells(sheet), beside.odd, width), [*merged, *beside.merged], beside.hidden)


def _cells(sheet: CalamineSheet) -> Iterator[Row]:
    before: Row = [None] * (sheet.start[1] if sheet.start else 0)
    for row in sheet.iter_rows():
        yield before + [None if cell == "" else cell for cell in row]


def _with_odd(rows: Iterator[Row], odd: Places, width: int) -> Iterator[Row]:
    """Put odd cells in their places, also below the last row that holds anything else."""
    by_row: dict[int, dict[int, CellError | None]] = {}
    for (row, column), error in odd.items():
        by_row.setdefault(row, {})[column] = error
    place = -1
    for place, cells in enumerate(rows):
        full = cells + [None] * (width - len(cells))
        for column, error in by_row.pop(place, {}).items():
            full[column] = error or _before_midnight(full[column])
        yield full
    for below in range(place + 1, max(by_row, default=-1) + 1):
        found = by_row.get(below, {})
        yield [found.get(column) for column in range(width)]


def _before_midnight(cell: Cell) -> Cell:
    """Return a moment that was rounded up to midnight as one of the day that it is of."""
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell - timedelta(milliseconds=1)
    return cell


class _OldWorkbook:
    """.xls, read by xlrd."""

    def __init__(self, path: Path, kind: Kind) -> None:  # noqa: ARG002
        import xlrd

        # Formatting is asked for since merged cells and hidden rows come with it alone.
        self._book = xlrd.open_workbook(str(path), logfile=_Nowhere(), on_demand=True, formatting_info=True)

    @property
    def names(self) -> list[str]:
        return list(self._book.sheet_names())

    def is_visible(self, name: str) -> bool:
        visible = self._book.sheet_by_name(name).visibility == 0
        self._book.unload_sheet(name)
        return bool(visible)

    def is_empty(self, name: str) -> bool:
        return self.sheet(name).width == 0

    def sheet(self, name: str) -> Sheet:
        sheet, convert = self._book.sheet_by_name(name), self._converted
        rows = [[convert(cell.ctype, cell.value) for cell in sheet.row(place)] for place in range(sheet.nrows)]
        self._book.unload_sheet(name)
        width = max((place + 1 for row in rows for place, cell in enumerate(row) if cell is not None), default=0)
        merged = [Area(top + 1, left, bottom, right - 1) for top, bottom, left, right in sheet.merged_cells]
        hidden = frozenset(row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden)
        return Sheet(width, ((row + [None] * width)[:width] for row in rows), merged, hidden)

    def _converted(self, kind: int, value: str | float) -> Cell:
        import xlrd

        if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK) or value == "":
            return None
        if kind == xlrd.XL_CELL_ERROR:
            return CellError(xlrd.error_text_from_code.get(int(value), "unknown"))
        if kind == xlrd.XL_CELL_BOOLEAN:
            return bool(value)
        if kind == xlrd.XL_CELL_DATE and isinstance(value, float):
            return _moment(value, self._book.datemode)
        return value


def _moment(days: float, mode: Literal[0, 1]) -> Cell:
    import xlrd

    if 0 <= days < 1:
        return (_SOME_DAY + timedelta(days=days)).time()
    try:
        moment: datetime = xlrd.xldate_as_datetime(days, mode)
    except (xlrd.xldate.XLDateError, OverflowError, ValueError):
        return days
    return _before_midnight(moment) if days % 1 > 1 / 2 else moment


class _Nowhere:
    """Where xlrd may write what it thinks of a file: the words may hold cells of it."""

    def write(self, _: str) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Have nothing to write."""
