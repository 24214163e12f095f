"""What a cell says of a person, whatever its layout: words for nothing, ids, countries, brands, yes and no."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from phonenumbers import SUPPORTED_REGIONS

WHITE_SPACE = "\t\n\v\f\r \x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""The characters with the Unicode property White_Space."""
QUOTES = "'\u2018\u2019"
_LOOKS = {"\u2212": "-", "\u2043": "-", **{chr(0xFEE0 + ord(sign)): sign for sign in "0123456789+().-/"}}
"""Signs that look like a plain one, beside the dashes."""

NULL_WORDS = frozenset((
    "", "null", "\\n", "n/a", "na", "none", "nan", "-", "n.v.t.", "nvt", "leeg", "onbekend", "geen", "(null)", "<null>",
    "[null]",
))  # fmt: skip


def trimmed(cell: str | None) -> str:
    """Return a cell without the white space around it."""
    return (cell or "").strip(WHITE_SPACE)


@lru_cache(maxsize=200_000)
def plain(cell: str | None) -> str:
    """Return a cell as it looks: plain spaces, plain dashes and digits, nothing invisible, no guard of an export."""
    signs = []
    for sign in unicodedata.normalize("NFC", cell or ""):
        if sign in WHITE_SPACE:
            signs.append(" ")
        elif unicodedata.category(sign) not in ("Cc", "Cf"):
            signs.append(_LOOKS.get(sign, "-" if unicodedata.category(sign) == "Pd" else sign))
    return _unguarded("".join(signs).strip())


def _unguarded(text: str) -> str:
    """Take off '… and ="…", where a program put them around a text, or one within the other."""
    for _ in range(2):
        if text[:1] in QUOTES and text:
            text = text[1:-1] if len(text) > 1 and text[-1] in QUOTES else text[1:]
        if len(text) > 2 and text.startswith('="') and text.endswith('"'):
            text = text[2:-1]
    return text.strip()


@lru_cache(maxsize=200_000)
def bare(cell: str | None) -> str:
    """Return a cell without any layout."""
    return _unguarded(plain(cell).replace(" ", ""))


def word(cell: str | None) -> str:
    """Return a cell as words are compared."""
    return bare(cell).casefold()


def is_nothing(cell: str | None, more: Iterable[str] = ()) -> bool:
    """Whether a cell is empty or a word for nothing, of the usual ones and those of a source."""
    return word(cell) in NULL_WORDS or word(cell) in {word(one) for one in more}


YES = frozenset(["true", "1", "1.0", "ja", "j", "yes", "y", "waar", "t", "x", "aan"])
NO = frozenset(["false", "0", "0.0", "nee", "n", "no", "onwaar", "f", "uit"])


def says_yes(cell: str | None) -> bool:
    """Whether a cell says yes; any other word is no yes."""
    return word(cell) in YES


def is_unclear(cell: str | None, more: Iterable[str] = ()) -> bool:
    """Whether a word is neither yes nor no."""
    return word(cell) not in YES | NO and not is_nothing(cell, more)


# --- ids --------------------------------------------------------------------------------------------------------


def id_in(cell: str | None, more: Iterable[str] = ()) -> str:
    """Return the id in a cell, without layout; empty for none."""
    text = bare(cell)
    return "" if is_nothing(cell, more) or re.fullmatch(r"0+(\.0)?", text) else text


@lru_cache(maxsize=200_000)
def key_of(text: str) -> str:
    """Return what is the same of all ways to write an id: its zeros, case, braces and `.0` do not matter."""
    if (head := _salesforce(text)) is not None:
        return head.lstrip("0")
    if re.fullmatch(r"\{[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}", text):
        text = text[1:-1]
    if re.fullmatch(r"[0-9]+\.0", text):
        text = text[:-2]
    return text.upper().lstrip("0")


_RECORDS = re.compile("00[1-9A-Za-z]|0[1-9A-Za-z][0-9A-Za-z]|500|701|80[0126]|[aA][0-9A-Za-z]{2}")
_TRIPLES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def _salesforce(text: str) -> str | None:
    """Return the fifteen characters of a Salesforce id, in their own case, which the last three of 18 tell."""
    if len(text) not in (15, 18) or not (text.isascii() and text.isalnum()) or not _RECORDS.match(text):
        return None
    head = text[:15]
    if len(text) == 18:
        capitals = [1 << n & _TRIPLES.find(sign) for sign in text[15:].upper() for n in range(5)]
        if any(sign not in _TRIPLES for sign in text[15:].upper()):
            return None
        if any(capital and not sign.isalpha() for sign, capital in zip(head, capitals, strict=True)):
            return None
        head = "".join(sign.upper() if c else sign.lower() for sign, c in zip(head, capitals, strict=True))
    if head.isdigit():
        return None
    told_apart = any(sign.isupper() for sign in head) and any(sign.islower() for sign in head)
    return head if told_apart or head[6] == "0" else None


# --- countries --------------------------------------------------------------------------------------------------

COUNTRIES: dict[str, tuple[str, ...]] = {
    "NL": ("NL", "NLD", "31", "Nederland", "Netherlands", "the Netherlands", "Holland"),
    "BE": ("BE", "BEL", "32", "België", "Belgium"),
    "DE": ("DE", "DEU", "49", "Duitsland", "Germany"),
    "GB": ("GB", "GBR", "UK", "44", "Verenigd Koninkrijk", "United Kingdom"),
    "FR": ("FR", "FRA", "33", "Frankrijk", "France"),
    "US": ("US", "USA", "1", "Verenigde Staten", "United States"),
    "IT": ("IT", "ITA", "39", "Italië", "Italy"),
    "LU": ("LU", "LUX", "352", "Luxemburg", "Luxembourg"),
    "CA": ("CA", "CAN", "Canada"),
    "GG": ("GG", "GGY", "Guernsey"),
    "NA": ("NA", "NAM", "264", "Namibië", "Namibia"),
}
"""How people write the countries of the random cases; of a shared calling code the main one."""


@lru_cache(maxsize=1)
def _spelt_countries() -> dict[str, str]:
    spelt = {}
    for code, ways in COUNTRIES.items():
        for way in ways:
            if way.isdigit():
                spelt |= {way: code, f"+{way}": code, f"00{way}": code}
            elif len(way) > 2 or way == "UK":
                spelt[_letters(way)] = code
    return spelt


def _letters(text: str) -> str:
    """Return the letters of a text, without accents."""
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", text.casefold()))


def country_in(cell: str | None, more: Iterable[str] = ()) -> str | None:
    """Return the code of the country in a cell; empty for none, nothing where nobody knows it."""
    text = word(cell).removesuffix(".0")
    if text != "na" and is_nothing(text, more):
        return ""
    if text.upper() in SUPPORTED_REGIONS:
        return text.upper()
    return _spelt_countries().get(text, _spelt_countries().get(_letters(text)))


# --- brands -----------------------------------------------------------------------------------------------------


def _name(text: str) -> str:
    return " ".join(plain(text).split()).casefold()


ALL_BRANDS = frozenset(("*", "all", "alle", "all brands", "alle merken"))


class Brands:
    """Which brands a file of objections may name."""

    def __init__(self, own: Iterable[str], others: Iterable[str], cells: Iterable[str | None]) -> None:
        self.own = {_name(name) for name in own}
        self.others = {_name(name) for name in others} - self.own
        beside = [names for cell in cells if (names := self._names(cell)) & self.own]
        self.others |= {name for names in beside for name in names - self.own - ALL_BRANDS if not self._is_slip(name)}

    def _names(self, cell: str | None) -> set[str]:
        whole = _name(cell or "")
        if whole in self.own | self.others | ALL_BRANDS:
            return {whole}
        return {name for part in re.split("[;|,]", whole) if (name := _name(part))}

    def _is_slip(self, name: str) -> bool:
        """Whether a name may be a slip of the pen for ours."""
        return any(_is_near(re.sub(r"[\W_]", "", name), re.sub(r"[\W_]", "", own)) for own in self.own)

    def is_made_to_us(self, cell: str | None, more: Iterable[str] = ()) -> bool:
        """Whether an objection counts: it names us, all, nobody, or a brand that nobody knows."""
        names = self._names(cell)
        return is_nothing(cell, more) or not names or bool(names & (self.own | ALL_BRANDS)) or bool(names - self.others)


def _is_near(name: str, own: str) -> bool:
    if name in own or own in name:
        return True
    row = list(range(len(own) + 1))
    for n, sign in enumerate(name, start=1):
        before, row[0] = row[0], n
        for m, other in enumerate(own, start=1):
            before, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, before + (sign != other))
    return row[-1] <= 2
