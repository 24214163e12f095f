"""How old a source is, and whether it is too old, too small or much smaller than the last time. It reads no file."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from balansfilter.errors import Problem, SourceError
from balansfilter.frozen import dataclass
from balansfilter.sources.partitions import partition_folders
from balansfilter.wording.plural import counted, rows_told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from balansfilter.policy.model import SourceFile
    from balansfilter.policy.values import Share, Span
    from balansfilter.sources.interface import Fingerprint

_DATE_IN_NAME = re.compile(r"(?<!\d)(?:(\d{4})-(\d{2})-(\d{2})|(\d{4})(\d{2})(\d{2}))(?!\d)")


def snapshot_day(
    path: str, modified: float, how: date | Literal["modified", "filename", "newest"], zone: ZoneInfo
) -> date | Problem:
    """Return the day that a file speaks of.

    `modified` is the time of the last change in seconds since 1970, and counts in the time zone `zone`. With
    ``filename`` it is the one date, ``2026-03-01`` or ``20260301``, in the folders of a partitioned table, or else in
    the file's name; a name without one, or with two different ones, is a problem. With ``newest`` the rows say it once
    they are read; until then it is as with ``modified``.
    """
    if how == "modified" or how == "newest":  # noqa: PLR1714 - narrows the type
        return datetime.fromtimestamp(modified, zone).date()
    if how != "filename":
        return how
    days = dates_in(partition_folders(path)) or dates_in(PurePath(path).name)
    if len(days) == 1:
        return days.pop()
    dates = "no date" if not days else f"{len(days)} different dates"
    return Problem(
        file=path,
        path="snapshot_on",
        message=f"the file's name holds {dates}",
        hint="name it with one date such as 2026-03-01 or 20260301, or set snapshot_on to `modified` or a date",
    )


def snapshot_of(paths: Sequence[Path], spec: SourceFile, zone: ZoneInfo) -> date:
    """Return the day that files speak of, that of the oldest, without reading them.

    :raises SourceError: the name of a file does not tell it.
    """
    days = [snapshot_day(str(path), path.stat().st_mtime, spec.snapshot_on, zone) for path in paths]
    if problems := [day for day in days if isinstance(day, Problem)]:
        raise SourceError("the day of a source is not known:", problems)
    return min(day for day in days if isinstance(day, date))


def dates_in(name: str) -> set[date]:
    """Return the dates that are written in a file's name as YYYY-MM-DD or YYYYMMDD; other digits are passed over."""
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
        message=f"is of {fingerprint.snapshot_on}, {_days(days)} before {as_of}; it may be {max_age} old",
        hint="deliver a newer file, or say in snapshot_on which day it speaks of",
    )


def age_warning(fingerprint: Fingerprint, warn_after: Span, max_age: Span | None, as_of: date) -> str | None:
    """Return a warning where a list of objections is older than it should be on the as-of date, though not too old."""
    if as_of <= warn_after.after(fingerprint.snapshot_on):
        return None
    days = (as_of - fingerprint.snapshot_on).days
    refused = f", and refused after {max_age.after(fingerprint.snapshot_on)}" if max_age else ""
    return (
        f"{_place(fingerprint)}: {fingerprint.role}: is of {fingerprint.snapshot_on}, {_days(days)} before "
        f"{as_of}{refused}: whoever objected since is not on it — deliver a newer file, or, where nobody objected "
        "since, say so with `balansfilter objections confirm`"
    )


def check_min_rows(fingerprint: Fingerprint, min_rows: int) -> Problem | None:
    """Tell when a source has fewer rows than it must have."""
    if fingerprint.rows >= min_rows:
        return None
    return Problem(
        file=_place(fingerprint),
        path=fingerprint.role,
        message=f"has {rows_told(fingerprint.rows)}; wanted: at least {min_rows:,}",
        hint="deliver the whole file, or lower min_rows",
    )


@dataclass(frozen=True)
class Lasting:
    """What of a source does not grow much fewer from one day to the next, unless the source is not whole."""

    count: str
    """What the manifest calls the number of them."""
    told: Callable[[int], str]
    """Tells a number of them."""
    hint: str
    """What to do about fewer."""
    few: int = 0
    """So many may go in any case."""


def check_shrink(  # noqa: PLR0913
    fingerprint: Fingerprint, lasting: Lasting, found: int, before: int, max_shrink: Share, *, rechecked: bool = False
) -> Problem | None:
    """Tell when a source lost more than a share of what lasts in it.

    :param before: how many it held in the last published run.
    :param rechecked: whether it was in a recheck of the list of that run.
    """
    if before - found <= lasting.few or not max_shrink.exceeded_by(before - found, before):
        return None
    when = "in a later recheck" if rechecked else "in the last published run"
    return Problem(
        file=_place(fingerprint),
        path=fingerprint.role,
        message=f"has {lasting.told(found)}, {before:,} {when}: it shrank by more than {max_shrink}",
        hint=lasting.hint,
    )


def check_closed(fingerprint: Fingerprint, sha256: str | None) -> Problem | None:
    """Tell when an archive is not the one that was closed (None: it is no archive)."""
    if sha256 is None or fingerprint.sha256 == sha256:
        return None
    return Problem(
        file=_place(fingerprint),
        path=fingerprint.role,
        message=f"is not the archive that was closed: its SHA-256 is {fingerprint.sha256}",
        hint="put the archive back; or look what was changed, and write the new digest in closed.sha256",
    )


def no_newest(fingerprint: Fingerprint, as_of: date) -> Problem:
    """Tell that no objection of a list says of which day the list is."""
    return Problem(
        file=_place(fingerprint),
        path=fingerprint.role,
        message=f"has no objection with a readable day up to {as_of}, so `snapshot_on: newest` gives none",
        hint="mend the dates or the date format, or set snapshot_on to `modified`, `filename` or a date",
    )


def _place(fingerprint: Fingerprint) -> str:
    first, *others = fingerprint.files
    return f"{first.path} and {len(others)} more" if others else first.path


def _days(days: int) -> str:
    return counted(days, "{count} day", "{count} days")
