"""Countries as people write them beside a phone number: NL, NLD, 31, +31, 0031, Nederland, the Netherlands."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import polars as pl

from balansfilter.phone.metadata import known_countries, regions_by_calling_code
from balansfilter.wording.spelling import USUAL_NULL_WORDS, NullWords, folded, without_layout

_CALLING_CODE = re.compile(r"(?:\+|00)?([1-9][0-9]{0,2})")
_LANGUAGES = ("nl", "en")
_ALSO = {
    "uk": "GB", "engeland": "GB", "england": "GB", "schotland": "GB", "scotland": "GB", "wales": "GB",
    "grootbrittannie": "GB", "greatbritain": "GB", "usa": "US", "vs": "US", "holland": "NL",
}  # fmt: skip
"""Names that the lists of names lack."""
UNKNOWN = "?"


def read_countries(cells: pl.Series, null_words: NullWords) -> pl.Series:
    """Return the ISO alpha-2 code of the country in each cell; empty where there is none, `?` where it is unknown.

    A calling code that several countries share stands for the main one.
    """
    if not len(cells):
        return pl.Series(dtype=pl.String)
    written = cells.unique()
    read = [_country(text, null_words) for text in without_layout(written.fill_null(""))]
    return cells.replace_strict(written, pl.Series(read, dtype=pl.String), return_dtype=pl.String)


def country_of(text: str) -> str | None:
    """Return the ISO alpha-2 code of the country that a text names; None where it names none that is known."""
    code = _country(folded(text), USUAL_NULL_WORDS)
    return code if code not in ("", UNKNOWN) else None


def _country(text: str, null_words: NullWords) -> str:
    """Read one text without layout."""
    text = text.removesuffix(".0")
    if null_words.hold(text, country=True):
        return ""
    if text.upper() in known_countries():
        return text.upper()
    if code := _CALLING_CODE.fullmatch(text):
        return regions_by_calling_code().get(int(code[1]), (UNKNOWN,))[0]
    return _by_name().get(_bare(text), UNKNOWN)


@cache
def _by_name() -> dict[str, str]:
    """Return the countries by their names in Dutch and English, and by their codes of three letters."""
    from babel.core import Locale, get_global

    names = dict(_ALSO)
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in known_countries():
                names[_bare(name)] = code
    for code, meant in get_global("territory_aliases").items():
        if len(code) == 3 and code.isalpha() and meant[0] in known_countries():
            names[_bare(code)] = meant[0]
    return names


def _bare(name: str) -> str:
    """Return the letters of a name, without accents, signs and a leading article."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z]", "", letters).removeprefix("the").removeprefix("het")
