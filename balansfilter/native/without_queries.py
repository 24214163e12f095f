"""What is done with columns of Polars one by one: to plan a query takes longer, and wakes the threads of Polars."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl


def framed(columns: Iterable[pl.Series]) -> pl.DataFrame:
    """Return columns as a frame, by their names: a list of columns would get another name for one without."""
    return pl.DataFrame({column.name: column for column in columns})


def filled(column: pl.Series, value: Any) -> pl.Series:
    """Return a column with a value for null; the very same one where there is none."""
    return column.fill_null(value) if column.null_count() else column


def kept(frame: pl.DataFrame, keep: pl.Series) -> pl.DataFrame:
    """Return the rows of a frame of which a mask without nulls says so."""
    return framed(column.filter(keep) for column in frame)


def cells_at(column: pl.Series, places: npt.NDArray[np.integer]) -> pl.Series:
    """Return the cells in some places of a column, counted from 0."""
    return column[pl.Series(places.astype(np.uint32, copy=False))]


def rows_at(frame: pl.DataFrame, places: npt.NDArray[np.integer]) -> pl.DataFrame:
    """Return the rows in some places of a frame, counted from 0."""
    return framed(cells_at(column, places) for column in frame)


def extended(frame: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a frame with those of another one behind them; the frame stays as it is."""
    return frame.clone().extend(more)


def only(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Return some of the columns of a frame, in this order."""
    return framed(frame[name] for name in names)


def without(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Return a frame without some of its columns, if it has them."""
    return framed(column for column in frame if column.name not in names)
