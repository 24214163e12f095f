"""libphonenumber as the judge: what a cell means, read the slow way, and cells to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import phonenumbers
from phonenumbers import PhoneMetadata

from balansfilter.phone.metadata import regions_by_calling_code, valid_numbers

if TYPE_CHECKING:
    import random

FORMATS = (
    "{national}",
    "{trunk}{national}",
    "({trunk}{national_head}) {national_tail}",
    "{trunk}{national_head}-{national_tail}",
    "{code}{national}",
    "+{code}{national}",
    "+{code} {national_head} {national_tail}",
    "(+{code}) {national_head}.{national_tail}",
    "+{code}{trunk}{national}",
    "{idd}{code}{national}",
    "{idd} {code} {trunk}{national}",
    "{national}.0",
    "\u00a0{trunk}{national_head}\u2009{national_tail}\t",
    "{trunk}{national} / {national}",
    "{trunk}{national} {trunk}{national}",
    "O{national}",
    "{trunk}{national} (na 18u)",
    "+{code}{national}0",
    "+{code}{shorter}",
    "{trunk}{shorter}",
    "{trunk}{national}5",
    "+{trunk}{national}",
    "+{idd}{code}{national}",
)


def expected(cell: str, default_country: str) -> int | None:
    """The E.164 digits that libphonenumber finds in a cell, or None."""
    try:
        number = phonenumbers.parse(cell, default_country)
    except phonenumbers.NumberParseException:
        return None
    return int(digits(number)) if phonenumbers.is_valid_number(number) else None


def digits(number: phonenumbers.PhoneNumber) -> str:
    """The E.164 digits of a number."""
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def nationals(calling_code: int, chance: random.Random, count: int) -> list[str]:
    """National significant numbers on, at and next to the boundaries of what is valid, of every length."""
    found: set[str] = set()
    for length, spans in valid_numbers(calling_code).by_length.items():
        for low, high in chance.sample(spans, min(count, len(spans))):
            for value in (low - 1, low, chance.randrange(low, high), high - 1, high):
                if 0 <= value < 10**length:
                    found.add(f"{value:0{length}d}")
    return sorted(found)


def main_country(calling_code: int) -> str:
    """The first region of a calling code."""
    return regions_by_calling_code()[calling_code][0]


def cells(national: str, country: str, calling_code: int) -> list[str]:
    """One number, written and damaged in every way."""
    metadata = PhoneMetadata.metadata_for_region(country)
    trunk = (metadata.national_prefix if metadata else None) or "0"
    prefix = metadata.international_prefix if metadata else "00"
    parts = {
        "national": national,
        "national_head": national[:2],
        "national_tail": national[2:],
        "shorter": national[:-1],
        "trunk": trunk,
        "code": calling_code,
        "idd": prefix if prefix and prefix.isdecimal() else "00",
    }
    return [form.format(**parts) for form in FORMATS]
