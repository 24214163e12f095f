"""Days as callers hand them over."""

from __future__ import annotations

from datetime import date, datetime

from balansfilter.errors import UsageError


def day_of(value: object) -> date:
    """Return the day that a caller means: a day, a moment without a time zone, or a text such as `2026-11-23`.

    :raises UsageError: it is none of these.
    """
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise UsageError(
                f"the day {value.isoformat()} has a time zone: say of which place it is the day, with .date()"
            )
        return value.date()
    if isinstance(value, date):
        return value
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise UsageError(
            f"a day is a date, or a text such as 2026-11-23, and no {type(value).__name__} of another form"
        )
    return day
