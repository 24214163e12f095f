"""Typed columns as text: what somebody would have typed into a CSV file."""

from __future__ import annotations

from datetime import date

import polars as pl

from balansfilter.sources.asked import Asked

_EXACT_INTEGERS = {pl.Float16: 2**11, pl.Float32: 2**24, pl.Float64: 2**53}
"""From these on, a float no longer tells one whole number from the next."""
_PLAIN = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Datetime, pl.Null, pl.Binary)
_FIRST, _LAST = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))
_PER_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_FARTHEST = 2**63 - 1
"""A database's infinity, as a count of any unit."""


def is_plain(kind: pl.DataType) -> bool:
    """Return whether the cells of a type have one plain text."""
    return kind in _PLAIN or kind.is_numeric()


def as_text(column: pl.Series, asked: Asked) -> pl.Series:
    """Return a column as text; null is an empty cell.

    Days are written as the policy writes them; so is a moment at midnight, and any moment in a column of days, which
    stands for the day that it falls on in the site's time zone. Whole numbers in a column that the policy names are
    written without the zeros of their type.
    """
    kind, name = column.dtype, column.name
    if kind == pl.Date:
        text = _days_as_text(column, asked)
    elif isinstance(kind, pl.Datetime):
        text = _moments_as_text(column, kind, asked)
    elif kind == pl.Binary:
        text = column.cast(pl.String, strict=False)
    else:
        if kind.is_float():
            column = column.fill_nan(None)  # "not a number" is how a dataframe leaves a cell empty
        text = column.cast(pl.String)
        if name in asked.named and not kind.is_integer() and kind.is_numeric():
            text = text.str.replace(r"\.0+$", "")
    return text.alias(name)


def lost_digits(column: pl.Series) -> pl.Series | None:
    """Return which floats are so large that the number written may not be the one that was meant; None for none."""
    limit = next((limit for kind, limit in _EXACT_INTEGERS.items() if column.dtype == kind), None)
    return None if limit is None else (column.fill_nan(None).abs() >= limit).fill_null(False)


def has_fraction(column: pl.Series) -> pl.Series | None:
    """Return which numbers are not whole; None for a column that cannot hold any."""
    kind = column.dtype
    if kind.is_float():
        return (column.fill_nan(None) != column.fill_nan(None).floor()).fill_null(False) | column.is_infinite()
    if kind.is_decimal():
        return column.cast(pl.String).str.contains(r"\.0*[1-9]").fill_null(False)
    return None


def is_no_text(column: pl.Series) -> pl.Series | None:
    """Return which bytes are no UTF-8 text; None for a column that holds no bytes."""
    if column.dtype != pl.Binary:
        return None
    return column.cast(pl.String, strict=False).is_null() & column.is_not_null()


def _days_as_text(column: pl.Series, asked: Asked) -> pl.Series:
    number = column.to_physical()
    within = number.is_between(_FIRST, _LAST)
    return _with_far(
        column.set(~within, None).cast(pl.Datetime("us")).dt.strftime(asked.day_format(column.name)), number, within
    )


def _moments_as_text(column: pl.Series, kind: pl.Datetime, asked: Asked) -> pl.Series:
    number, unit = column.to_physical(), _PER_DAY[kind.time_unit]
    low, high = max((_FIRST + 1) * unit, 1 - _FARTHEST), min(_LAST * unit, _FARTHEST - 1)
    within = number.is_between(low, high) & (number.abs() < _FARTHEST)
    wall = column.set(~within, None)
    if kind.time_zone:
        wall = wall.dt.convert_time_zone(asked.time_zone.key).dt.replace_time_zone(None)
    text = wall.dt.strftime(asked.day_format(column.name))
    if column.name not in asked.days:
        midnight = (wall.to_physical() % unit == 0).fill_null(True)
        text = text.zip_with(midnight, wall.dt.strftime("%Y-%m-%dT%H:%M:%S%.f"))
    return _with_far(text, number, within)


def _with_far(text: pl.Series, number: pl.Series, within: pl.Series) -> pl.Series:
    """Write what lies beyond the calendar, such as a database's infinity, as a text that is no day."""
    if within.fill_null(True).all():
        return text
    far = pl.select(pl.when(number > 0).then(pl.lit("infinity")).otherwise(pl.lit("-infinity"))).to_series()
    return text.zip_with(within.fill_null(True), far)
