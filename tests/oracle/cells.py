"""Reading the cells of a row: numbers, dates and spans of time, one at a time and in plain Python."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from balansfilter.policy.values import Span

WHITE_SPACE = "\t\n\v\f\r \x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""The characters with the Unicode property White_Space."""

YES = frozenset({"true", "1", "ja", "yes"})


def trimmed(cell: str | None) -> str:
    """Give a cell without the white space around it."""
    return (cell or "").strip(WHITE_SPACE)


# --- numbers ----------------------------------------------------------------------------------------------------

Number = tuple[str, str | None]
"""A valid number as E.164, and the country that it belongs to."""


@lru_cache(maxsize=1_000_000)
def number_in(cell: str, country: str) -> Number | None:
    """Give the number in a cell, or nothing where it holds no valid number, or anything besides a number."""
    text = trimmed(cell)
    if re.fullmatch(r"[0-9]+\.0", text):
        text = text[:-2]
    elif re.fullmatch(r"[^.]*\.00?", text):
        return None  # a decimal, or digits behind a dot: nobody knows
    text = "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in text)
    if not re.fullmatch(r"[-.() ]*\+?[-.() 0-9]*", text):
        return None
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return e164, phonenumbers.region_code_for_number(parsed)


# --- dates ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=100_000)
def date_in(cell: str, date_format: str) -> date | None:
    """Give the date in a cell, or nothing where it is not written exactly in the format."""
    text = trimmed(cell)
    try:
        moment = datetime.strptime(text, date_format)
    except ValueError:
        return None
    return moment.date() if moment.strftime(date_format) == text else None


def end_of(span: Span, day: date) -> date:
    """Give the last day of a span that is counted from a day."""
    return _moved(day, span, 1)


def start_of(span: Span, day: date) -> date:
    """Give the day that lies a span before a day."""
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
