"""How old a source is, and whether it is too old, too small or much smaller than the last time. Pure functions."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from balansfilter.errors import Problem

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from balansfilter.policy.values import Share, Span
    from balansfilter.sources.interface import Fingerprint

_DATE_IN_NAME = re.compile(r"(?<!\d)(?:(\d{4})-(\d{2})-(\d{2})|(\d{4})(\d{2})(\d{2}))(?!\d)")


def snapshot_day(
    path: str, modified: float, how: date | Literal["modified", "filename"], zone: ZoneInfo
) -> date | Problem:
    """Give the day that a file speaks of.

    `modified` is the time of the last change in seconds since 1970, and counts in the time zone `zone`. With
    ``filename`` it is the one date, ``2026-03-01`` or ``20260301``, in the file's name; a name without one, or with two
    different ones, is a problem.
    """
    if how == "modified":
        return datetime.fromtimestamp(modified, zone).date()
    if how != "filename":
        return how
    days = dates_in(PurePath(path).name)
    if len(days) == 1:
        return days.pop()
    told = "no date" if not days else f"{len(days)} different dates"
    return Problem(
        file=path,
        path="snapshot_on",
        message=f"the file's name holds {told}",
        hint="name it with one date such as 2026-03-01 or 20260301, or set snapshot_on to `modified` or a date",
    )


def dates_in(name: str) -> set[date]:
    """Give the dates that are written in a file's name as YYYY-MM-DD or YYYYMMDD; other digits are passed over."""
    found = set()
    for match in _DATE_IN_NAME.finditer(name):
        year, month, day = (int(part) for part in match.groups() if part)
        try:
            found.add(date(year, month, day))
        except ValueError:
            continue
    return found


def check_freshness(fingerprint: Fingerprint, max_age: Span | None, as_of: date) -> Problem | None:
    """Tell when a source is older than it may be on the as-of date; one of a later day is never too old."""
    if max_age is None or as_of <= max_age.after(fingerprint.snapshot_on):
        return None
    days = (as_of - fingerprint.snapshot_on).days
    return Problem(
        file=_place(fingerprint),
        path=fingerprint.role,
        message=f"is of {fingerprint.snapshot_on}, {_counted(days, 'day')} before {as_of}; it may be {max_age} old",
        hint="deliver a newer file, or say in snapshot_on which day it speaks of",
    )


def check_min_rows(fingerprint: Fingerprint, min_rows: int) -> Problem | None:
    """Tell when a source has fewer rows than it must have."""
    if fingerprint.rows >= min_rows:
        return None
    return Problem(
        file=_place(fingerprint),
        path=fingerprint.role,
        message=f"has {_counted(fingerprint.rows, 'row')}; at least {min_rows} are wanted",
        hint="deliver the whole file, or lower min_rows",
    )


def check_shrink(  # noqa: PLR0913
    fingerprint: Fingerprint, rows: int, before: int | None, max_shrink: Share, which: str = "", *, few: int = 0
) -> Problem | None:
    """Tell when a source lost more than a share of its rows since the last published run (None: there was none).

    :param which: which rows are meant, such as those in force; all unless given.
    :param few: so many rows may go in any case.
    """
    if before is None or before - rows <= few or not max_shrink.exceeded_by(before - rows, before):
        return None
    told = f"{_counted(rows, 'row')} {which}".strip()
    return Problem(
        file=_place(fingerprint),
        path=fingerprint.role,
        message=f"has {told}, {before} in the last published run: it shrank by more than {max_shrink}",
        hint="find out where the rows went; if they may go, raise max_shrink",
    )


def _place(fingerprint: Fingerprint) -> str:
    first, *others = fingerprint.files
    return f"{first.path} and {len(others)} more" if others else first.path


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
