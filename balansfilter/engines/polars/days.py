"""Spans of time counted from whole columns of days."""

from __future__ import annotations

from datetime import date

import polars as pl

from balansfilter.policy.values import Span

_MOST_DAYS = 200_000


def ends(days: pl.Series, span: Span) -> pl.Series:
    """Return the last day of a span from each day. A list holds few different days, so each is counted from once."""
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date) or (last - first).days > _MOST_DAYS:
        return days.dt.offset_by(offset(span))
    counted = pl.date_range(first, last, eager=True).dt.offset_by(offset(span))
    return counted.gather((days.to_physical() - (first - date(1970, 1, 1)).days).cast(pl.UInt32))


def offset(span: Span) -> str:
    """Write a span as Polars does; it counts months and years in one step and clamps to the month's end, as a Span."""
    unit = {"days": "d", "weeks": "w", "months": "mo", "years": "y"}[span.unit]
    return f"{span.count}{unit}"
