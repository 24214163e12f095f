"""Rows of a sheet: each cell made into text by its own type, and told where it cannot be what it should be."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.sources.asked import Asked
from balansfilter.sources.error_cells import CellError
from balansfilter.sources.interface import Block, Chunk, OnBadRow
from balansfilter.sources.merged_cells import MergeError
from balansfilter.sources.origin import SHOWN, Origin, refusal
from balansfilter.sources.single_cells import as_text
from balansfilter.sources.workbooks import Cell, Row

if TYPE_CHECKING:
    from balansfilter.errors import Problem, SourceError

_EXACT = 10**15
"""From here on a spreadsheet keeps 15 digits of a number, and makes zeros of the others."""


@dataclass(frozen=True)
class ExcelRequest:
    """What is asked of each file."""

    asked: Asked
    sheet: str | None
    skip_rows: int
    header: bool
    on_bad_row: OnBadRow
    named: frozenset[str]
    """The columns that the policy names."""
    sheets_read: frozenset[str] | None
    """The sheets that sources of objections read, or leave; None where no objection can be lost."""
    is_call_list: bool


@dataclass(frozen=True, repr=False)
class ExcelBlock(Block):
    """Rows of one sheet."""

    numbered: list[tuple[int, Row]]
    request: ExcelRequest
    wanted: tuple[tuple[str, int], ...]
    """The columns that become cells: name and place."""
    origin: Origin
    first_row: int
    sheet: str
    has_merged: bool
    """Whether the sheet has merged cells, so that any column that the policy names may have an unclear one."""
    _judged: tuple[tuple[str, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        judged = self.request.named if self.has_merged else self.request.asked.who
        object.__setattr__(self, "_judged", tuple(one for one in self.wanted if one[0] in judged))

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
        return Chunk(row.filter(readable), row.filter(~readable), {column.name: column for column in columns})

    def _bad_rows(self) -> dict[int, list[Problem]]:
        """Return what is wrong with the cells of each row, by its place."""
        bad: dict[int, list[Problem]] = {}
        for place, (_, cells) in enumerate(self.numbered):
            for name, column in self._judged:
                if problem := self._wrong_with(cells[column], name, place):
                    bad.setdefault(place, []).append(problem)
        return bad

    def _wrong_with(self, cell: Cell, name: str, place: int) -> Problem | None:
        if cell is None or isinstance(cell, str):
            return None
        number, asked = self.numbered[place][0], self.request.asked
        if isinstance(cell, MergeError):
            where = f"{cell.told} in column {name!r}"
            message = f"row {number} of sheet {self.sheet!r} has {where}"
            return self.origin.problem(message, "unmerge the cells, and fill in each what belongs there", number)
        wrong = _wrong_with(cell, is_id=name in asked.ids) if name in asked.who else None
        if wrong is None:
            return None
        where = f"{wrong} in column {name!r}"
        message = f"row {self.first_row + place} of the data has {where}"
        return self.origin.problem(message, "mend the cell, and have ids and numbers kept as text", number)

    def _refused(self, bad: dict[int, list[Problem]]) -> SourceError:
        problems = [problem for problems in bad.values() for problem in problems]
        return refusal(self.origin.role, problems[:SHOWN])


def _wrong_with(cell: Cell, *, is_id: bool) -> str | None:
    """Return what makes a cell no id and no number; None where it may be one.

    An error may stand for a number: no text of it is one, and it counts as unreadable. As an id it would be somebody's.
    """
    if isinstance(cell, bool):
        return None
    if isinstance(cell, CellError):
        return "an error or a formula without a value" if is_id else None
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT:
            return "a number of more than 15 digits, which a spreadsheet cannot keep,"
        return None if float(cell).is_integer() else "a number with a fraction"
    return "a day or a time"
