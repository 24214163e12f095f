"""Days as callers hand them over."""

from __future__ import annotations

from datetime import date, datetime

from balansfilter.errors import UsageError


def day_of(value: object) -> date:
    """Return the day that a caller means: a day, a moment without a time zone, or a text such as `2026-11-23`.

    :raises UsageError: it is none of these.
    """
    if isinstance(value, datetime) and str(value) != "NaT":  # which pandas takes for a moment
        if value.tzinfo is not None:
            raise UsageError(
                f"the day {value.isoformat()} has a time zone: say of which place it is the day, with .date()"
            )
        return value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    day = written_day(value) if isinstance(value, str) else None
    if day is None:
        raise UsageError(
            f"a day is a date, or a text such as 2026-11-23, and no {type(value).__name__} of another form"
        )
    return day


def written_day(text: str) -> date | None:
    """Return the day that is written as `2026-11-23`; None where a text is written in any other way."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None
