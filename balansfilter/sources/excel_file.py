"""Spreadsheets: one sheet of a workbook, its header, and what else the workbook holds that matters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from balansfilter.policy.model import CallList
from balansfilter.sources.asked import Asked
from balansfilter.sources.disk import DiskFile
from balansfilter.sources.excel_block import ExcelBlock, ExcelRequest
from balansfilter.sources.file_kind import FileReader, Reading, same_header
from balansfilter.sources.header import column_problems, lacks_header
from balansfilter.sources.interface import Block
from balansfilter.sources.merged_cells import spread
from balansfilter.sources.names_or_data import data_problems
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.single_cells import as_text
from balansfilter.sources.workbooks import Cell, Row, Sheet, Workbook, kind_of, open_workbook, read_sheet
from balansfilter.wording.plural import counted

if TYPE_CHECKING:
    from balansfilter.errors import Problem
    from balansfilter.policy.model import InputFormat

_ROW_BYTES = 800
"""Bytes of memory that a row is taken to have, to turn the size of a block into rows."""
_HEADER_WITHIN = 100
"""Rows within which a header is looked for."""
_NAME_THEM = 'put a row with names above it; or set header to false, and name the columns "1", "2", …'


class ExcelFile:
    """One sheet of one workbook: its columns and its rows."""

    format: InputFormat = "excel"
    dialect = None
    schema = None

    def __init__(self, disk: DiskFile, request: ExcelRequest) -> None:
        """Read the sheet and find its header; SourceError tells what is wrong there."""
        self.disk = disk
        self.request = request
        self.origin: Origin = disk.origin
        self.warnings: tuple[str, ...] = ()
        kind = kind_of(disk.path, disk.head, disk.origin)
        self._workbook = open_workbook(disk.path, kind, disk.origin)
        self._name = self._sheet_meant()
        self._sheet = read_sheet(self._workbook, self._name, disk.origin)
        self._rows = _numbered(self._sheet, request.skip_rows)
        self._begun = list(islice(self._rows, _HEADER_WITHIN))
        if not self._begun:
            raise self.origin.error(
                "has nothing in the sheet", "deliver it again; even a list without rows has a header"
            )
        self._header_row, cells = self._begun[0]
        self.header = self._names_in(cells)
        self._wanted: tuple[str, ...] = ()

    @property
    def text_bytes(self) -> int:
        """How many bytes it has on disk."""
        return self.disk.identity.size

    def ask_for(self, columns: Sequence[str]) -> None:
        """Choose the columns that become cells; SourceError if the header does not have them, each once."""
        if problems := self._header_problems(columns):
            raise refusal(self.origin.role, problems)
        if left := [name for name in self._sheets_left() if self._has_rows(name, columns)]:
            raise self.origin.error(
                f"has these columns on other sheets too, which nothing reads: {_listed(left)}",
                "name each in `sheet` of a source of its own; or in `leave_sheets`, if nobody on it objected to this "
                "brand",
            )
        self._wanted = tuple(columns)

    def blocks(self, size: int, first_row: int) -> Iterator[Block]:
        """Yield the rows in blocks of about `size` bytes; they are numbered from `first_row`."""
        for _ in self.disk.hashing():
            pass  # read once more for the digest, and to prove that it is the file that was read
        wanted = tuple((name, self.header.index(name)) for name in self._wanted)
        rows, hidden = self._below_header(), 0
        while some := list(islice(rows, max(1, size // _ROW_BYTES))):
            yield ExcelBlock(some, self.request, wanted, self.origin, first_row, self._name, bool(self._sheet.merged))
            first_row += len(some)
            hidden += sum(number in self._sheet.hidden for number, _ in some) if self._sheet.hidden else 0
        if hidden and self.request.is_call_list:
            self.warnings = (str(self._told_of_hidden(hidden)),)

    def _below_header(self) -> Iterator[tuple[int, Row]]:
        names = int(self.request.header)
        rows = chain(self._begun[names:], self._rows)
        if not self._sheet.merged:
            return rows
        named = [place for place, name in enumerate(self.header) if name in self.request.named]
        return spread(rows, self._sheet.merged, self._header_row - 1 + names, named)

    def _told_of_hidden(self, rows: int) -> Problem:
        message = counted(
            rows,
            "has {count} row that is hidden in the sheet, and is read like the others",
            "has {count} rows that are hidden in the sheet, and are read like the others",
        )
        return self.origin.problem(message, "take rows that are not to be called out of the sheet")

    def _sheet_meant(self) -> str:
        names, wanted = self._workbook.names, self.request.sheet
        if wanted is None:
            filled = _filled(self._workbook)
            if len(filled) > 1:
                raise self.origin.error(f"has {len(filled)} sheets: {_listed(filled)}", "say in `sheet` which is meant")
            return filled[0]
        if wanted not in names:
            raise self.origin.error(f"has no sheet {wanted!r}, but {_listed(names)}", "say in `sheet` which is meant")
        return wanted

    def _sheets_left(self) -> Iterator[str]:
        """Yield the sheets that people see, and no source of objections reads."""
        if self.request.sheets_read is not None:
            read = self.request.sheets_read | {self._name}
            yield from (name for name in self._workbook.names if name not in read and self._workbook.is_visible(name))

    def _has_rows(self, sheet: str, columns: Iterable[str]) -> bool:
        """Whether a sheet has rows below a header with these columns."""
        rows = _numbered(read_sheet(self._workbook, sheet, self.origin), 0)
        header = (cells for _, cells in islice(rows, _HEADER_WITHIN) if set(self._names_in(cells)).issuperset(columns))
        found = next(header, None) is not None
        return found and (not self.request.header or next(rows, None) is not None)

    def _names_in(self, cells: Row) -> tuple[str, ...]:
        """Return the names of the columns of a sheet that begins with a row: their numbers, where it has no header."""
        if not self.request.header:
            return tuple(str(number) for number in range(1, len(cells) + 1))
        return tuple(_name(cell, place, self.request.asked) for place, cell in enumerate(cells))

    def _header_problems(self, wanted: Sequence[str]) -> list[Problem]:
        problems = column_problems(self.header, wanted, self.origin, self._header_row)
        asked = self.request.asked
        if not self.request.header:
            return problems
        if not problems:
            rows = [[as_text(cell, "", asked) for cell in cells] for _, cells in self._begun[1:]]
            return data_problems(self.header, asked.may_be_lost, rows, self.origin, self._header_row, _NAME_THEM)
        for number, cells in self._begun[1:]:
            if set(self._names_in(cells)).issuperset(wanted):
                message = (
                    f"has something else in row {self._header_row}; the names of the columns stand in row {number}"
                )
                return [self.origin.problem(message, f"set skip_rows to {number - 1}", self._header_row)]
        if lacks_header(self.header, wanted):
            message = "has no header: its first row seems to be a row of data"
            return [self.origin.problem(message, _NAME_THEM, self._header_row)]
        return problems


def _numbered(sheet: Sheet, skip_rows: int) -> Iterator[tuple[int, Row]]:
    """Yield the rows that hold something, each with its number in the sheet, but for those above the header."""
    for number, cells in enumerate(sheet.rows, start=1):
        if number > skip_rows and any(cell is not None for cell in cells):
            yield number, cells


def sheets_in(path: Path, role: str) -> tuple[str, ...]:
    """Return the sheets of a workbook in which something stands; the first one where nothing does.

    :raises SourceError: it is no spreadsheet that can be read.
    """
    origin = Origin(role, str(path))
    kind = kind_of(path, DiskFile(path, origin).head, origin)
    return tuple(_filled(open_workbook(path, kind, origin)))


def first_rows(path: Path, role: str, sheet: str, count: int = 200) -> list[Row]:
    """Return the first rows of a sheet, empty ones too.

    :raises SourceError: it is no spreadsheet that can be read.
    """
    origin = Origin(role, str(path))
    kind = kind_of(path, DiskFile(path, origin).head, origin)
    return list(islice(read_sheet(open_workbook(path, kind, origin), sheet, origin).rows, count))


def _filled(workbook: Workbook) -> list[str]:
    names = workbook.names
    return [name for name in names if len(names) == 1 or not workbook.is_empty(name)] or names[:1]


def _name(cell: Cell, place: int, asked: Asked) -> str:
    """Return the name of a column; one without a name is called after its letter."""
    return as_text(cell, "", asked).strip() or f"column {_letters(place)}"


def _letters(place: int) -> str:
    letters = ""
    while place >= 0:
        letters, place = chr(ord("A") + place % 26) + letters, place // 26 - 1
    return letters


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _look(disk: DiskFile, reading: Reading) -> ExcelFile:
    spec = reading.spec
    is_list = isinstance(spec, CallList)
    request = ExcelRequest(
        reading.asked,
        spec.sheet,
        spec.skip_rows,
        spec.header,
        reading.on_bad_row,
        reading.asked.named | spec.where.keys(),
        reading.sheets_read,
        is_call_list=is_list,
    )
    return ExcelFile(disk, request)


READER = FileReader(_look, same_header)
