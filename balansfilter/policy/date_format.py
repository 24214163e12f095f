"""How dates are written: a format as strftime says it, or ISO 8601, made into the pattern that a cell must match."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

ISO_8601 = "iso8601"
"""The word for a date, or a date and a time of day, as ISO 8601 writes them."""

_HOUR, _SIXTY = "[01][0-9]|2[0-3]", "[0-5][0-9]"
_OFFSET = f"Z|[+-](?:{_HOUR})(?::?{_SIXTY})?"
_PARTS = {
    "%Y": "(?P<year>[0-9]{4})",
    "%m": "(?P<month>[0-9]{2})",
    "%-m": "(?P<month>[0-9]{1,2})",
    "%d": "(?P<day>[0-9]{2})",
    "%-d": "(?P<day>[0-9]{1,2})",
    "%H": f"(?P<hour>{_HOUR})",
    "%-H": f"(?P<hour>[0-9]|{_HOUR})",
    "%M": f"(?P<minute>{_SIXTY})",
    "%S": f"(?P<second>{_SIXTY})",
    "%f": "[0-9]{1,9}",
    "%.f": r"(?:\.[0-9]{1,9})?",
    **{f"%{n}f": f"[0-9]{{{n}}}" for n in (3, 6, 9)},
    **{f"%.{n}f": rf"\.[0-9]{{{n}}}" for n in (3, 6, 9)},
    "%z": f"(?P<offset>{_OFFSET})",
    "%:z": f"(?P<offset>{_OFFSET})",
}
_ISO_PATTERN = "{%Y}-{%m}-{%d}(?:[T ]{%H}:{%M}(?::{%S}(?:[.,][0-9]{1,9})?)?(?: ?{%z})?)?"  # as databases print it, too
_PART = re.compile(r"%(?:[-:]|\.?[0-9]?)?[A-Za-z%]?")
_VARYING = frozenset({"%-m", "%-d", "%-H", "%f", "%.f", "%z", "%:z"})
"""Parts that may be longer or shorter, so that no digit may follow them at once."""
_NEEDED = {"Y": "the year (%Y)", "m": "the month (%m)", "d": "the day (%d)"}
_REFUSED = {
    "%y": "has a year of two digits (%y), which may be of either century",
    "%Z": "has a time zone by name (%Z), which is not one moment",
}
_EXAMPLE = "write, for example, %Y-%m-%d, %-d-%-m-%Y or iso8601"


def wrong_with_format(text: str) -> tuple[str, str] | None:
    """Return what is wrong with a format and what to do; None where it tells year, month and day in one way."""
    if text == ISO_8601:
        return None
    if re.sub(r"[^a-z0-9]", "", text.lower()) in ("iso", ISO_8601):
        return "is not how this format is named", f"write {ISO_8601}"
    parts = _PART.findall(text)
    message = _wrong_part(parts) or _missing_part(parts) or _wrong_place(text)
    return (message, _EXAMPLE) if message else None


def _wrong_part(parts: Sequence[str]) -> str | None:
    if refused := [_REFUSED[part] for part in parts if part in _REFUSED]:
        return refused[0]
    if unknown := [part for part in parts if part not in _PARTS]:
        return f"has {unknown[0]}, which is not one of %Y %m %-m %d %-d %H %M %S %f %z"
    kinds = [part[-1] for part in parts]
    twice = [part for part, kind in zip(parts, kinds, strict=True) if kinds.count(kind) > 1]
    return f"has {twice[0]} twice" if twice else None


def _missing_part(parts: Sequence[str]) -> str | None:
    kinds = {part[-1] for part in parts}
    if missing := [name for kind, name in _NEEDED.items() if kind not in kinds]:
        return f"lacks {' and '.join(missing)}"
    if kinds & set("HMSfz") and not {"H", "M"} <= kinds:
        return "has a part of a time, without the hour (%H) and the minute (%M)"
    return "has a fraction without the second (%S)" if "f" in kinds and "S" not in kinds else None


def _wrong_place(text: str) -> str | None:
    if re.search(r"[0-9]", _PART.sub("", text)):
        return "has a digit of its own"
    parts = _pieces(text)
    for part, after in pairwise(parts):
        if part in _VARYING and after in _PARTS and not after.endswith("z"):
            return f"has {after} right behind {part}, which has no length of its own"
    return None


def _pieces(text: str) -> list[str]:
    """Return the parts of a format and the text between them, in order."""
    return [piece for piece in re.split(f"({_PART.pattern})", text) if piece]


@lru_cache(maxsize=1000)
def pattern_of(date_format: str) -> str:
    """Return the regular expression of the cells that are written in a format, for any library.

    Its groups are `year`, `month` and `day`, and as far as the format tells them `hour`, `minute`, `second` and
    `offset`. Whether there is such a day is not the pattern's to say.
    """
    if date_format == ISO_8601:
        return "^" + re.sub(r"\{(%.)\}", lambda part: _PARTS[part[1]], _ISO_PATTERN) + "$"
    return "^" + "".join(_PARTS.get(piece) or re.escape(piece) for piece in _pieces(date_format)) + "$"


@lru_cache(maxsize=1000)
def is_padded(date_format: str) -> bool:
    """Return whether each part has one length, so that any strptime reads what matches the pattern."""
    return date_format != ISO_8601 and set(_PART.findall(date_format)) <= {"%Y", "%m", "%d", "%H", "%M", "%S"}


@lru_cache(maxsize=1000)
def day_format(date_format: str, zone: ZoneInfo) -> str:
    """Return how strftime writes a day without a time of its own, so that the format reads it as that day in the zone.

    The time is noon, so that no change of the zone's offset from UTC makes it another day.
    """
    offset = datetime(2000, 1, 1, 12, tzinfo=zone).strftime("%z")
    return _written(date_format, {"H": "12", "M": "00", "S": "00", "z": offset})


def _written(date_format: str, digits: Mapping[str, str]) -> str:
    """Return a format with digits in the place of its parts."""
    if date_format == ISO_8601:
        return _written("%Y-%m-%d", digits)
    return "".join(_digits(piece, digits) if piece in _PARTS else piece for piece in _pieces(date_format))


def _digits(part: str, digits: Mapping[str, str]) -> str:
    if not part.endswith("f"):
        return digits.get(part[-1], part)
    count = re.search(r"[0-9]", part)
    return ("." if "." in part else "") + "0" * int(count[0] if count else 3)


# --- formats side by side -------------------------------------------------------------------------------------


def mistakable(one: str, other: str) -> bool:
    """Return whether some text of our time is one day in one format, and another day in the other."""
    return any(_in_doubt(text, b, day) for a, b in ((one, other), (other, one)) for day, text in _written_days(a))


def _in_doubt(text: str, date_format: str, meant: date) -> bool:
    day = written_day(text, date_format)
    return day is not None and day != meant and 1900 <= day.year <= 2100


@lru_cache(maxsize=100)
def _written_days(date_format: str) -> list[tuple[date, str]]:
    days = [date(year, month, day) for year in (2001, 2012, 2026) for month in range(1, 13) for day in range(1, 13)]
    midnight = {"H": "00", "M": "00", "S": "00", "z": "Z"}
    return [
        (day, _written(date_format, {"Y": f"{day:%Y}", "m": f"{day:%m}", "d": f"{day:%d}", **midnight})) for day in days
    ]


def written_day(text: str, date_format: str) -> date | None:
    """Return the day that stands in a text, whatever its offset; None where it is not written in the format."""
    found = re.fullmatch(pattern_of(date_format), text)
    try:
        return date(*(int(found[part]) for part in ("year", "month", "day"))) if found else None
    except ValueError:
        return None
