"""Cells that each have a type of their own, as in a sheet: what somebody would have typed into a CSV file for one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balansfilter.sources.asked import Asked

_LONG = 10**21
"""A float from here on is written with an exponent."""


def as_text(cell: object, column: str, asked: Asked) -> str:
    """Return what somebody would have typed into a CSV file for a cell."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _LONG else repr(cell)
    if isinstance(cell, datetime):
        at_midnight = cell.time() == datetime.min.time()
        return _day_as_text(cell, asked.day_format(column)) if at_midnight or column in asked.days else cell.isoformat()
    return _day_as_text(cell, asked.day_format(column)) if isinstance(cell, date) else str(cell)


def _day_as_text(day: date, date_format: str) -> str:
    return day.strftime(date_format.replace("%Y", f"{day.year:04d}"))
