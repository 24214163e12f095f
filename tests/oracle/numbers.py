"""Phone numbers in cells, one at a time, as libphonenumber reads them once the layout is off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from tests.oracle.writing import is_nothing, plain

_FEWEST_DIGITS_OF_UAN = 7
_MOST_DIGITS = 18
_ANSWERED = frozenset({
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.UAN,
})  # fmt: skip
"""The types of the numbers on which a person can be called."""


class Number(NamedTuple):
    """A valid number."""

    e164: str
    country: str | None
    callable: bool
    """Whether a person may answer it, who pays no more for that."""


@lru_cache(maxsize=1_000_000)
def number_in(cell: str | None, country: str) -> Number | None:
    """Return the number in a cell, or nothing where it holds no valid number, or anything besides a number."""
    text = plain(cell)
    if re.fullmatch(r"[0-9 ]+\.0", text):
        text = text[:-2]
    elif re.fullmatch(r"[^.]*\.00?", text):
        return None  # a decimal, or digits behind a dot: nobody knows
    if text.count("/") == 1:
        before, behind = ("".join(re.findall("[0-9]", part)) for part in text.split("/"))
        if 1 <= len(before) <= 6 <= len(behind):
            text = text.replace("/", "")
    if not re.fullmatch(r"[-.() ]*\+?[-.() 0-9]*", text) or _is_one_digit(text):
        return None
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return Number(e164, phonenumbers.region_code_for_number(parsed), _is_answered(parsed))


def _is_answered(number: PhoneNumber) -> bool:
    kind = phonenumbers.number_type(number)
    is_short = len(phonenumbers.national_significant_number(number)) < _FEWEST_DIGITS_OF_UAN
    return kind in _ANSWERED and not (kind == PhoneNumberType.UAN and is_short)


def _is_one_digit(text: str) -> bool:
    """Whether a text is one digit repeated, which stands for no number."""
    text = text[:-2] if re.fullmatch(r"[0-9]+\.0", text) else text
    return re.fullmatch(r"([0-9])\1*", re.sub("[-.() ]", "", text)) is not None


def is_written(cell: str | None, more: Iterable[str] = ()) -> bool:
    """Whether there is more in the cell of a number than a word for nothing."""
    return not is_nothing(cell, more) and not _is_one_digit(plain(cell))


def is_short(cell: str | None, country: str) -> bool:
    """Whether a cell holds a short number of a country, such as 112, which nobody can be called on."""
    digits = re.sub("[-.() ]", "", plain(cell))
    if not re.fullmatch("[0-9]{1,6}", digits):
        return False
    number = PhoneNumber(phonenumbers.country_code_for_region(country), int(digits))
    return bool(phonenumbers.is_valid_short_number_for_region(number, country))


def numbers_within(cell: str | None, countries: Iterable[str]) -> set[str]:
    """Return the numbers that may stand in a cell that is none, on which a person may answer.

    Digits that follow each other may be one, as long as no letter and no sign that divides two numbers is in between; a
    zero in brackets may be one of them or not.
    """
    texts = {plain(cell), plain(cell).replace("(0)", " ")}
    stretches = ["".join("\n" if sign.isalpha() or sign in ";|&" else sign for sign in text) for text in texts]
    rows = [re.findall(r"\+?[0-9]+", stretch) for text in stretches for stretch in text.split("\n")]
    pieces = {
        "".join(row[start:end])
        for row in rows
        for start in range(len(row))
        for end in range(start + 1, len(row) + 1)
        if len("".join(row[start:end]).replace("+", "")) <= _MOST_DIGITS and "+" not in "".join(row[start + 1 : end])
    }
    found = (number_in(piece, country) for piece in pieces for country in countries)
    return {number.e164 for number in found if number and number.callable}


def contradicts(number: Number, country: str) -> bool:
    """Whether a number is of another calling code than the country beside it."""
    parsed = phonenumbers.parse(number.e164, None)
    return bool(parsed.country_code != phonenumbers.country_code_for_region(country))
