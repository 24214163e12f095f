"""What is done with columns of Polars one by one: to plan a query takes longer, and wakes the threads of Polars."""

from __future__ import annotations

from typing import Any

import polars as pl


def filled(column: pl.Series, value: Any) -> pl.Series:
    """Return a column with a value for null; the very same one where there is none."""
    return column.fill_null(value) if column.null_count() else column


def kept(frame: pl.DataFrame, keep: pl.Series) -> pl.DataFrame:
    """Return the rows of a frame of which a mask without nulls says so."""
    return pl.DataFrame([column.filter(keep) for column in frame])


def without(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Return a frame without some of its columns, if it has them."""
    return pl.DataFrame([column for column in frame if column.name not in names])
