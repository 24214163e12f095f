"""Columns of cells of any type, as a dataframe makes of a sheet's: each cell is read as one of a sheet is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import polars as pl

from balansfilter.sources.single_cells import as_text

if TYPE_CHECKING:
    from balansfilter.errors import Problem
    from balansfilter.sources.asked import Asked
    from balansfilter.sources.origin import Origin

_EXACT = 2**53
"""From here on a float no longer tells one whole number from the next."""
_AS_TEXT = "give it as text"


def mixed_as_text(column: pl.Series, asked: Asked) -> pl.Series:
    """Return a column of cells that have no problems as text."""
    cells = (_plain(cell, asked) for cell in column.to_list())
    return pl.Series(column.name, [as_text(cell, column.name, asked) for cell in cells], dtype=pl.String)


def mixed_problems(column: pl.Series, asked: Asked, origin: Origin) -> Iterator[Problem]:
    """Yield what is wrong with the cells of a column, each with the first row of it."""
    told: set[str] = set()
    for row, cell in enumerate(column.to_list(), start=1):
        wrong = _wrong_with(_plain(cell, asked), column.name, is_who=column.name in asked.who)
        if wrong is not None and wrong not in told:
            told.add(wrong)
            yield origin.problem(f"{wrong} (first in row {row})", _AS_TEXT)


def _wrong_with(cell: object, name: str, *, is_who: bool) -> str | None:
    if cell is not None and not isinstance(cell, str | bool | int | float | date):
        return f"has cells in column {name!r} that are no text, number or day"
    if not is_who:
        return None
    if isinstance(cell, date):
        return f"has days in column {name!r}, which are no ids and no phone numbers"
    if isinstance(cell, float) and not cell.is_integer():
        return f"has numbers with a fraction in column {name!r}, which are no ids and no phone numbers"
    if isinstance(cell, float) and abs(cell) >= _EXACT:
        return f"has whole numbers in column {name!r} that its type cannot hold"
    return None


def _plain(cell: object, asked: Asked) -> object:
    """Return a cell as one of the types that a sheet has; what cannot be one is left."""
    if isinstance(cell, np.generic) and not isinstance(cell, np.datetime64 | np.timedelta64):
        cell = cell.item()
    if isinstance(cell, float) and np.isnan(cell):
        return None
    if isinstance(cell, Decimal) and cell.is_finite():
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    if isinstance(cell, UUID):
        return str(cell)
    if isinstance(cell, datetime) and cell.tzinfo is not None:
        return cell.astimezone(asked.time_zone).replace(tzinfo=None)
    return _decoded(cell) if isinstance(cell, bytes) else cell


def _decoded(cell: bytes) -> object:
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell
