"""Reading the cells of a row: dates and spans of time, one at a time and in plain Python."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.oracle.writing import is_nothing, trimmed

if TYPE_CHECKING:
    from balansfilter.policy.values import Span

# --- dates ------------------------------------------------------------------------------------------------------


AMSTERDAM = "Europe/Amsterdam"
_TIMES = ("", *(f"{mark}%H:%M{rest}" for mark in "T " for rest in ("", ":%S", ":%S.%f", ":%S,%f")))
_ISO = tuple(
    f"%Y-%m-%d{time}{offset}" for time in _TIMES for offset in (("", "%z", " %z") if time else ("",))
)  # fmt: skip
_NOTHING = {"", "null", "\\n", "n/a", "na", "none", "nan", "-", "n.v.t.", "nvt", "leeg", "onbekend", "geen"}
_NO_DAYS = {(0, 0, 0), (1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1970, 1, 1)}
_LENGTHS = {"Y": (4,), "-m": (2, 1), "-d": (2, 1), "-H": (2, 1), "f": range(9, 0, -1), "3f": (3,), "6f": (6,)}


def date_in(
    cell: str | None, formats: str | Iterable[str], zone: str = AMSTERDAM, more: Iterable[str] = ()
) -> date | None:
    """Return the date in a cell, or nothing where it is not written exactly in a format, or is two days in two."""
    days = {day for _, day in _readings(trimmed(cell), formats, zone)}
    return days.pop() if len(days) == 1 and not says_no_date(cell, formats, zone, more) else None


@lru_cache(maxsize=100_000)
def _no_date(text: str, formats: tuple[str, ...], zone: str, more: tuple[str, ...]) -> bool:
    days = [day for reading in _readings(text, formats, zone) for day in reading]
    if days:
        return any((day.year, day.month, day.day) in _NO_DAYS for day in days)
    return is_nothing(text, more) or _spells_no_day(text)


def says_no_date(
    cell: str | None, formats: str | Iterable[str], zone: str = AMSTERDAM, more: Iterable[str] = ()
) -> bool:
    """Tell whether a cell is empty, or holds a word or a day that stands for none."""
    return _no_date(trimmed(cell), _tuple(formats), zone, tuple(more))


def _tuple(formats: str | Iterable[str]) -> tuple[str, ...]:
    return (formats,) if isinstance(formats, str) else tuple(formats)


def _readings(text: str, formats: str | Iterable[str], zone: str) -> set[tuple[date, date]]:
    """Return the days that a text may be: as it is written, and in the zone."""
    found = set()
    for one in _tuple(formats):
        for way in _ISO if one == "iso8601" else (one,):
            for parts in _matched(text, way):
                day = _day_of(parts, zone)
                if day is not None:
                    found.add(day)
    return found


def _matched(text: str, rest: str) -> Iterator[dict[str, str]]:
    """Yield each way in which a text is written as a format says."""
    if not rest:
        if not text:
            yield {}
    elif rest[0] != "%":
        if text[:1] == rest[0]:
            yield from _matched(text[1:], rest[1:])
    elif rest.startswith("%.f"):
        yield from _matched(text, rest[3:])
        if text[:1] == ".":
            yield from _matched(text[1:], "%f" + rest[3:])
    elif rest.startswith("%."):
        if text[:1] == ".":
            yield from _matched(text[1:], "%" + rest[2:])
    elif rest.startswith("%z"):
        for length in (6, 5, 3, 1):
            if _is_offset(text[:length]) and len(text) >= length:
                yield from ({"z": text[:length], **more} for more in _matched(text[length:], rest[2:]))
    else:
        part = rest[1:3] if rest[1] in "-36" else rest[1]
        for length in _LENGTHS.get(part, (2,)):
            digits = text[:length]
            if len(digits) == length and digits.isascii() and digits.isdigit():
                yield from ({part[-1]: digits, **more} for more in _matched(text[length:], rest[1 + len(part) :]))


def _is_offset(text: str) -> bool:
    sign, hour, minute = text[:1], text[1:3], text[3:].removeprefix(":") or "00"
    digits = hour + minute
    if text == "Z":
        return True
    return sign in ("+", "-") and len(digits) == 4 and digits.isascii() and digits.isdigit() and _is_time(hour, minute)


def _is_time(hour: str, minute: str, second: str = "0") -> bool:
    return int(hour) < 24 and int(minute) < 60 and int(second) < 60


def _day_of(parts: dict[str, str], zone: str) -> tuple[date, date] | None:
    clock = [parts.get(part, "0") for part in "HMS"]
    try:
        day = date(*(int(parts[part]) for part in "Ymd"))
    except ValueError:
        return None
    if not _is_time(*clock):
        return None
    if "z" not in parts or (day.year, day.month, day.day) in _NO_DAYS:
        return day, day
    sign, digits = parts["z"][0], parts["z"][1:].replace(":", "").ljust(4, "0")
    offset = timedelta() if sign == "Z" else timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    moment = datetime.combine(day, time(*map(int, clock)), UTC)
    try:
        return day, (moment + offset if sign == "-" else moment - offset).astimezone(ZoneInfo(zone)).date()
    except OverflowError:
        return None


def _spells_no_day(text: str) -> bool:
    if re.fullmatch("0{8}|0{12}|0{14}", text):
        return True
    clock = r"[T ]\d{1,2}:\d\d(:\d\d([.,]\d+)?)?( ?[AP]M)?( ?(Z|[+-]\d\d(:?\d\d)?))?"
    day = re.sub(f"{clock}$", "", text, flags=re.ASCII | re.IGNORECASE)
    if re.fullmatch("[0-9]{8}", day):
        cut = [(day[:4], day[4:6], day[6:]), (day[4:], day[2:4], day[:2]), (day[4:], day[:2], day[2:4])]
    elif len(parts := re.split("[-/. ]", day)) == 3 and all(re.fullmatch("[0-9]{1,4}", part) for part in parts):
        first, middle, last = parts
        cut = [(first, middle, last), (last, middle, first), (last, first, middle)]
    else:
        return False
    sized = [parts for parts in cut if len(parts[0]) == 4 and max(len(parts[1]), len(parts[2])) <= 2]
    return any(tuple(map(int, parts)) in _NO_DAYS for parts in sized)


def end_of(span: Span, day: date) -> date:
    """Return the last day of a span that is counted from a day."""
    return _moved(day, span, 1)


def start_of(span: Span, day: date) -> date:
    """Return the day that lies a span before a day."""
    return _moved(day, span, -1)


def _moved(day: date, span: Span, sign: int) -> date:
    try:
        if span.unit in ("days", "weeks"):
            return day + sign * timedelta(days=span.count * (7 if span.unit == "weeks" else 1))
        months = day.year * 12 + day.month - 1 + sign * span.count * (12 if span.unit == "years" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError):
        return date.max if sign > 0 else date.min
