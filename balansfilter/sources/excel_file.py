"""Spreadsheets: one sheet of a workbook, each cell made into text by its own type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.sources.asked import Asked
from balansfilter.sources.disk import DiskFile
from balansfilter.sources.error_cells import CellError
from balansfilter.sources.file_kind import FileReader, Reading, same_header
from balansfilter.sources.header import column_problems, lacks_header
from balansfilter.sources.interface import Block, Chunk, OnBadRow
from balansfilter.sources.origin import SHOWN, Origin, refusal
from balansfilter.sources.single_cells import as_text
from balansfilter.sources.workbooks import Cell, Row, Sheet, Workbook, kind_of, open_workbook, read_sheet

if TYPE_CHECKING:
    from balansfilter.errors import Problem, SourceError
    from balansfilter.policy.model import InputFormat

_ROW_BYTES = 800
"""Bytes of memory that a row is taken to have, to turn the size of a block into rows."""
_HEADER_WITHIN = 100
"""Rows within which a header is looked for."""
_EXACT = 10**15
"""From here on a spreadsheet keeps 15 digits of a number, and makes zeros of the others."""


@dataclass(frozen=True)
class ExcelRequest:
    """What is asked of each file."""

    asked: Asked
    sheet: str | None
    skip_rows: int
    on_bad_row: OnBadRow


class ExcelFile:
    """One sheet of one workbook: its columns and its rows."""

    format: InputFormat = "excel"
    dialect = None
    schema = None
    warnings: tuple[str, ...] = ()

    def __init__(self, disk: DiskFile, request: ExcelRequest) -> None:
        """Read the sheet and find its header; SourceError tells what is wrong there."""
        self.disk = disk
        self.request = request
        self.origin: Origin = disk.origin
        self._rows = self._numbered(self._sheet())
        self._begun = list(islice(self._rows, _HEADER_WITHIN))
        if not self._begun:
            raise self.origin.error(
                "has nothing in the sheet", "deliver it again; even a list without rows has a header"
            )
        self._header_row, cells = self._begun[0]
        self.header = tuple(_name(cell, place, self.request.asked) for place, cell in enumerate(cells))
        self._wanted: tuple[str, ...] = ()

    @property
    def text_bytes(self) -> int:
        """How many bytes it has on disk."""
        return self.disk.identity.size

    def ask_for(self, columns: Sequence[str]) -> None:
        """Choose the columns that become cells; SourceError if the header does not have them, each once."""
        if problems := self._header_problems(columns):
            raise refusal(self.origin.role, problems)
        self._wanted = tuple(columns)

    def blocks(self, size: int, first_row: int) -> Iterator[Block]:
        """Yield the rows in blocks of about `size` bytes; they are numbered from `first_row`."""
        for _ in self.disk.hashing():
            pass  # read once more for the digest, and to prove that it is the file that was read
        rows = chain(self._begun[1:], self._rows)
        wanted = tuple((name, self.header.index(name)) for name in self._wanted)
        while some := list(islice(rows, max(1, size // _ROW_BYTES))):
            yield ExcelBlock(some, self.request, wanted, self.origin, first_row)
            first_row += len(some)

    def _sheet(self) -> Sheet:
        kind = kind_of(self.disk.path, self.disk.head, self.origin)
        workbook = open_workbook(self.disk.path, kind, self.origin)
        names, wanted = workbook.names, self.request.sheet
        if wanted is None:
            filled = _filled(workbook)
            if len(filled) > 1:
                raise self.origin.error(f"has {len(filled)} sheets: {_listed(filled)}", "say in `sheet` which is meant")
            wanted = filled[0]
        elif wanted not in names:
            raise self.origin.error(f"has no sheet {wanted!r}, but {_listed(names)}", "say in `sheet` which is meant")
        return read_sheet(workbook, wanted, self.origin)

    def _numbered(self, sheet: Sheet) -> Iterator[tuple[int, Row]]:
        """Yield the rows that hold something, each with its number in the sheet, but for those above the header."""
        for number, cells in enumerate(sheet.rows, start=1):
            if number > self.request.skip_rows and any(cell is not None for cell in cells):
                yield number, cells

    def _header_problems(self, wanted: Sequence[str]) -> list[Problem]:
        problems = column_problems(self.header, wanted, self.origin, self._header_row)
        if not problems:
            return []
        for number, cells in self._begun[1:]:
            names = {_name(cell, place, self.request.asked) for place, cell in enumerate(cells)}
            if names.issuperset(wanted):
                message = (
                    f"has something else in row {self._header_row}; the names of the columns stand in row {number}"
                )
                return [self.origin.problem(message, f"set skip_rows to {number - 1}", self._header_row)]
        if lacks_header(self.header, wanted):
            message = "has no header: its first row seems to be a row of data"
            return [self.origin.problem(message, "put the names of the columns above it", self._header_row)]
        return problems


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


@dataclass(frozen=True, repr=False)
class ExcelBlock(Block):
    """Rows of one sheet."""

    numbered: list[tuple[int, Row]]
    request: ExcelRequest
    wanted: tuple[tuple[str, int], ...]
    """The columns that become cells: name and place."""
    origin: Origin
    first_row: int
    _who: tuple[tuple[str, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        who = tuple((name, place) for name, place in self.wanted if name in self.request.asked.who)
        object.__setattr__(self, "_who", who)

    @property
    def rows(self) -> int:
        """Rows in it."""
        return len(self.numbered)

    def parse(self) -> Chunk:
        """Make the wanted columns into text."""
        bad = self._bad_rows()
        if bad and self.request.on_bad_row == "stop":
            raise self._refused(bad)
        kept = [cells for place, (_, cells) in enumerate(self.numbered) if place not in bad]
        row = pl.int_range(self.first_row, self.first_row + self.rows, dtype=pl.UInt64, eager=True).alias("row")
        readable = pl.Series([place not in bad for place in range(self.rows)], dtype=pl.Boolean)
        columns = [
            pl.Series(name, [as_text(cells[place], name, self.request.asked) for cells in kept], dtype=pl.String)
            for name, place in self.wanted
        ]
        return Chunk(row.filter(readable), row.filter(~readable), pl.DataFrame(columns))

    def _bad_rows(self) -> dict[int, list[str]]:
        """Return what is wrong with the ids and numbers of each row, by its place."""
        bad: dict[int, list[str]] = {}
        for place, (_, cells) in enumerate(self.numbered):
            for name, column in self._who:
                if wrong := _wrong_with(cells[column], is_id=name in self.request.asked.ids):
                    bad.setdefault(place, []).append(f"{wrong} in column {name!r}")
        return bad

    def _refused(self, bad: dict[int, list[str]]) -> SourceError:
        problems = [
            self.origin.problem(
                f"row {self.first_row + place} of the data has {wrong}",
                "mend the cell, and have ids and numbers kept as text",
                self.numbered[place][0],
            )
            for place, wrongs in bad.items()
            for wrong in wrongs
        ]
        return refusal(self.origin.role, problems[:SHOWN])


def _wrong_with(cell: Cell, *, is_id: bool) -> str | None:
    """Return what makes a cell no id and no number; None where it may be one.

    An error may stand for a number: no text of it is one, and it counts as unreadable. As an id it would be somebody's.
    """
    if cell is None or isinstance(cell, str | bool):
        return None
    if isinstance(cell, CellError):
        return "an error or a formula without a value" if is_id else None
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT:
            return "a number of more than 15 digits, which a spreadsheet cannot keep,"
        return None if float(cell).is_integer() else "a number with a fraction"
    return "a day or a time"


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
    return ExcelFile(disk, ExcelRequest(reading.asked, spec.sheet, spec.skip_rows, reading.on_bad_row))


READER = FileReader(_look, same_header)
