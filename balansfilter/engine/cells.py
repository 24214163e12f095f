"""Cells as people write them, read into dates and yes or no. What cannot be read is told apart from what is empty."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

YES = ("true", "1", "ja", "yes")


class Dates(NamedTuple):
    """The dates of a column of cells."""

    day: pl.Series
    """The date of each cell; null where it is empty or unreadable."""
    empty: pl.Series
    """Whether the cell is empty."""
    unreadable: pl.Series
    """Whether there is text in the cell that is not a date in the format."""


def read_dates(cells: pl.Series, date_format: str) -> Dates:
    """Read trimmed cells as dates.

    A date counts only if it is written exactly in the format: written out again it must give the same text.
    A list holds few different dates, so each is read once.
    """
    texts = cells.unique()
    days = _exact_days(texts, date_format)
    day = cells.replace_strict(texts, days, default=None, return_dtype=pl.Date)
    empty = cells.str.len_bytes() == 0
    return Dates(day, empty, day.is_null() & ~empty)


def _exact_days(texts: pl.Series, date_format: str) -> pl.Series:
    moments = texts.str.to_datetime(date_format, strict=False, time_unit="us")
    same = moments.dt.to_string(date_format) == texts
    return moments.dt.date().set(~same.fill_null(False), None)


def read_yes(cells: pl.Series) -> pl.Series:
    """Say of trimmed cells whether they say yes; anything but a known yes is no."""
    texts = cells.unique()
    return cells.replace_strict(texts, texts.str.to_lowercase().is_in(YES), default=False, return_dtype=pl.Boolean)
