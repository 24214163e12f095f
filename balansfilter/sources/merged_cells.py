"""Cells of a sheet that were merged into one.

A spreadsheet keeps what is written there in the first of them, and has the others empty. Down the rows it is meant for
each row, and is put there. Across columns nobody can tell which one it is meant for; nor what is meant where cells
reach out of the header, or where something else lies hidden behind them. There an error takes its place, for an empty
cell would be a person without an id, or an objection that is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from balansfilter.frozen import dataclass
from balansfilter.sources.error_cells import CellError

if TYPE_CHECKING:
    from balansfilter.sources.workbooks import Cell, Row


class Area(NamedTuple):
    """Cells that were merged; rows are numbered as a spreadsheet numbers them, columns from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class MergeError(CellError):
    """A merged cell of which cannot be told what stands in it."""


ACROSS = MergeError("a cell that is merged with one of another column")
BEHIND = MergeError("a merged cell with something else hidden behind it")
HEADER = MergeError("a cell that is merged with the header")


def spread(
    rows: Iterable[tuple[int, Row]], areas: Sequence[Area], header_row: int, named: Sequence[int]
) -> Iterator[tuple[int, Row]]:
    """Yield rows with what their merged cells stand for.

    :param rows: those below the header that hold something, each with its number.
    :param named: the columns that the policy names: in no other column an error takes the place of a cell.
    """
    waiting = sorted((area for area in areas if area.bottom > header_row), reverse=True)
    begun: list[tuple[Area, Cell]] = []
    for number, cells in rows:
        begun = [(area, cell) for area, cell in begun if area.bottom >= number]
        while waiting and waiting[-1].top <= number:
            area = waiting.pop()
            if area.bottom >= number:
                begun.append((area, _standing_in(area, number, cells)))
        for area, cell in begun:
            _put(area, cell, cells, header_row, named)
        yield number, cells


def _standing_in(area: Area, number: int, cells: Row) -> Cell:
    """Return what stands in merged cells; the row that they begin in has it, and is passed over where it is empty."""
    return cells[area.left] if area.top == number and area.left < len(cells) else None


def _put(area: Area, standing: Cell, cells: Row, header_row: int, named: Sequence[int]) -> None:
    """Put what stands in merged cells into one of the rows that they cover."""
    covered = cells[area.left : area.right + 1]
    if area.top > header_row and standing is None and not any(cell is not None for cell in covered):
        return
    for column, cell in enumerate(covered, start=area.left):
        if area.top <= header_row:
            unclear: MergeError | None = HEADER
        elif column > area.left:
            unclear = ACROSS
        else:
            unclear = BEHIND if cell is not None and cell != standing else None
        if unclear is None:
            cells[column] = standing
        elif column in named:
            cells[column] = unclear
