"""Cells at random: numbers of many countries in every format and with every damage, and dates around the cut-offs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from random import Random

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from balansfilter.policy.values import Span
from tests.oracle.cells import end_of, start_of

_TYPES = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.VOIP,
    PhoneNumberType.UAN,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
)
_SPACES = (" ", " ", "\u00a0", "\u2009", "\u202f", "\u3000", "  ")


# --- numbers ----------------------------------------------------------------------------------------------------


def valid_number(rng: Random, country: str) -> PhoneNumber:
    """Give a valid number of a country, of any type that it has."""
    while True:
        example = _example(country, rng.choice(_TYPES))
        if example is None:
            continue
        digits = phonenumbers.national_significant_number(example)
        kept = rng.randint(1, max(1, len(digits) - 4))
        text = digits[:kept] + "".join(rng.choices("0123456789", k=len(digits) - kept))
        try:
            number = phonenumbers.parse(f"+{example.country_code}{text}", None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number


@lru_cache(maxsize=1000)
def _example(country: str, kind: int) -> PhoneNumber | None:
    return phonenumbers.example_number_for_type(country, kind)


def written_number(rng: Random, number: PhoneNumber) -> str:
    """Write a number in one of the ways of people, programs and spreadsheets."""
    text = rng.choice(_WAYS_WITH_ZERO if _has_trunk_zero(number.country_code) else _WAYS)(rng, number)
    if rng.random() < 0.1:
        text = "".join(rng.choice(_SPACES) if sign == " " else sign for sign in text)
    if rng.random() < 0.03:
        place = rng.randrange(len(text) + 1)
        text = text[:place] + rng.choice((" ", "-", ".", "\u00a0", "(", ")")) + text[place:]
    return text


def _nsn(number: PhoneNumber) -> str:
    return phonenumbers.national_significant_number(number)


def _national(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


def _only_digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


_Way = Callable[[Random, PhoneNumber], str]

_WAYS: tuple[_Way, ...] = (
    lambda rng, n: _only_digits(_national(n)),
    lambda rng, n: _only_digits(_national(n)),
    lambda rng, n: _only_digits(_national(n)),
    lambda rng, n: _national(n),
    lambda rng, n: _national(n).replace(" ", "-"),
    lambda rng, n: _national(n).replace(" ", ""),
    lambda rng, n: "({}){}".format(*_national(n).split(" ", 1)) if " " in _national(n) else _national(n),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.E164),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.E164),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL).replace(" ", "."),
    lambda rng, n: f"(+{n.country_code}){_nsn(n)}",
    lambda rng, n: f"+{n.country_code}0{_nsn(n)}",
    lambda rng, n: f"00{n.country_code}{_nsn(n)}",
    lambda rng, n: f"00 {n.country_code} {_nsn(n)}",
    lambda rng, n: f"{n.country_code}{_nsn(n)}",
    lambda rng, n: f"{n.country_code}{_nsn(n)}.0",
    lambda rng, n: _nsn(n),
    lambda rng, n: _nsn(n),
    lambda rng, n: f"{_nsn(n)}.0",
    lambda rng, n: f"0{_nsn(n)}",
    lambda rng, n: f"0{_nsn(n)[:1]}-{_nsn(n)[1:]}",
    lambda rng, n: ".".join(_only_digits(_national(n))),
)


_WAYS_WITH_ZERO: tuple[_Way, ...] = (
    *_WAYS,
    lambda rng, n: f"+{n.country_code} (0){_nsn(n)}",
    lambda rng, n: f"+{n.country_code} (0) {_nsn(n)}",
    lambda rng, n: f"00{n.country_code}(0){_nsn(n)}",
)


@lru_cache(maxsize=1000)
def _has_trunk_zero(country_code: int) -> bool:
    """Whether the countries with a calling code dial a zero first, which people then write as (0)."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country_code]
    return bool(phonenumbers.ndd_prefix_for_region(regions[0], strip_non_digits=False) == "0")


def damaged_number(rng: Random, number: PhoneNumber) -> str:
    """Write a number such that it cannot be read, or such that it becomes another, or a doubtful one."""
    text = written_number(rng, number)
    place = rng.randrange(len(text) + 1)
    other = rng.choice("0123456789")
    return rng.choice(
        (
            "",
            "0",
            "-",
            "onbekend",
            "n.v.t.",
            "geen 06",
            f"{text} (na 18u)",
            f"{text} / {text}",
            f"{text},{text}",
            f"{text};{text}",
            f"{text} {text}",
            text.replace("0", "O", 1),
            text.replace("1", "l", 1),
            text[:-1],
            text[:-3],
            text[1:],
            text + other,
            text + other + other,
            text[:place] + other + text[place:],
            text[:place] + rng.choice("abcxyz*#/,:;?_~'") + text[place:],
            text[:place] + rng.choice("\u200b\u00ad\u2013\u2060\ufeff\t\u0660\uff10") + text[place:],
            text[:place] + "+" + text[place:],
            f"+{text}",
            f"++{text.lstrip('+')}",
            f"{text}+",
            f"tel:{text}",
            f"{text} x12",
            f"{text}.0",
            f"{text}.00",
            f"{_nsn(number)},0",
            f"{_nsn(number)[:1]}.{_nsn(number)[1:]}E+{len(_nsn(number)) - 1:02d}",
            f"00{text}",
            f"0{text}",
            "".join(chr(0xFF10 + int(sign)) if sign.isdigit() else sign for sign in text),
            "".join(rng.choices("0123456789", k=rng.randint(1, 16))),
            "".join(rng.choices("0123456789+-.() ", k=rng.randint(1, 16))),
        )
    )


def spaced(rng: Random, cell: str) -> str:
    """Put white space around a cell now and then."""
    if rng.random() < 0.95:
        return cell
    return rng.choice((" ", "  ", "\u00a0", "\t", "")) + cell + rng.choice((" ", "\u00a0", "\u2009", "\t"))


# --- dates ------------------------------------------------------------------------------------------------------


def day_near(rng: Random, as_of: date, spans: Sequence[Span]) -> date:
    """Give a day: mostly within two days of a cut-off of one of the spans, at a month's end, or anywhere."""
    roll = rng.random()
    if roll < 0.45 and spans:
        return start_of(rng.choice(spans), as_of) + timedelta(days=rng.randint(-4, 4))
    if roll < 0.55:
        return as_of + timedelta(days=rng.randint(-3, 3))
    day = as_of - timedelta(days=rng.randint(0, 2000))
    if roll < 0.65 and spans:
        span = rng.choice(spans)
        month_end = start_of(span, as_of).replace(day=1) + timedelta(days=31)
        day = month_end.replace(day=1) - timedelta(days=rng.choice((1, 2, 3)))
    return day


def date_cell(rng: Random, as_of: date, spans: Sequence[Span], date_format: str) -> str:
    """Write a day as a cell; a few are empty, and a few cannot be read."""
    roll = rng.random()
    if roll < 0.06:
        return ""
    day = day_near(rng, as_of, spans)
    if roll < 0.10:
        return _unreadable_date(rng, day, date_format)
    if roll < 0.12:
        day = rng.choice((date(1900, 1, 1), date(1969, 12, 31), date(9999, 12, 31), end_of(Span("2 years"), as_of)))
    return spaced(rng, written_day(rng, day, date_format))


def written_day(rng: Random, day: date, date_format: str) -> str:
    """Write a day, at any time where the format tells one."""
    return datetime.combine(day, time(rng.randrange(24), rng.randrange(60), rng.randrange(60))).strftime(date_format)


def _unreadable_date(rng: Random, day: date, date_format: str) -> str:
    return rng.choice(
        (
            f"{day.year}-{day.month}-{day.day}",
            f"{day.day}-{day.month}-{day.year}",
            f"{day.year}-02-30",
            f"{day.year}-13-01",
            "0000-00-00",
            "onbekend",
            "-",
            f"{day.strftime(date_format)} 00:00:00",
            f"{day.strftime(date_format)}x",
            day.strftime(date_format)[:-1],
            day.strftime("%d %B %Y"),
            day.strftime("%y-%m-%d"),
            day.strftime("%Y/%m/%d"),
            "44927",
        )
    )
