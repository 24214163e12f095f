"""How what somebody types about a file becomes a value of the policy: paths, columns, products and dates. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations

from balansfilter.frozen import dataclass
from balansfilter.interview.date_formats import is_usable
from balansfilter.interview.replies import Reply, Value, YesNo, said, unclear
from balansfilter.interview.roles import plain_name
from balansfilter.policy.date_format import ISO_8601, mistakable
from balansfilter.policy.model import as_columns
from balansfilter.wording.catalogue import Wording

_DATE_LETTERS = {"jjjj": "%Y", "yyyy": "%Y", "mm": "%m", "dd": "%d", "m": "%-m", "d": "%-d"}
_TIME = re.compile(r"(uu?|hh?):mm(:ss)?")
_UNNAMED = re.compile(r"column ([A-Z]+)")
"""What a column of a workbook without a name is called."""


@dataclass(frozen=True)
class DateFormat(Reply):
    """How dates are written: `%d-%m-%Y`, `dd-mm-jjjj`, `d-m-jjjj u:mm` or `iso8601`; several with commas between."""

    def read(self, typed: str, words: Wording) -> Value:
        """Return the format as strftime says it; of several, a list."""
        formats = [
            _as_strftime(text.strip()) for text in re.split("[,;] " if "%" in typed else "[,;]", typed.strip(" ,;"))
        ]
        if not all(text and is_usable(text) for text in formats):
            raise unclear(words, "date_format")
        if len(set(formats)) < len(formats) or any(mistakable(*pair) for pair in combinations(formats, 2)):
            raise unclear(words, "date_formats")
        return formats if len(formats) > 1 else formats[0]

    def show(self, value: Value, words: Wording) -> str:
        """Return it as people write it."""
        letters = words("init.year_letters"), words("init.hour_letter")
        return ", ".join(_as_letters(text, *letters) for text in as_columns(value))


def _as_strftime(text: str) -> str:
    if "%" in text or text == ISO_8601:
        return text
    timed = _TIME.sub(_time, text.casefold()).replace("t%", "T%")
    return re.sub(r"jjjj|yyyy|mm|dd|\bm\b|\bd\b", lambda found: _DATE_LETTERS[found[0]], timed)


def _time(found: re.Match[str]) -> str:
    return ("%H" if len(found[1]) == len("uu") else "%-H") + ":%M" + (":%S" if found[2] else "")


def _as_letters(text: str, year: str, hour: str) -> str:
    day = (("%Y", year), ("%m", "mm"), ("%d", "dd"), ("%-m", "m"), ("%-d", "d"))
    for part, letters in (*day, ("%H", hour * 2), ("%-H", hour), ("%M", "mm"), ("%S", "ss")):
        text = text.replace(part, letters)
    return text


def shown_name(name: str, words: Wording) -> str:
    """Return the name of a column on one line; of one without a name, its letter in the language of the reader."""
    unnamed = _UNNAMED.fullmatch(name)
    return words("init.unnamed", letter=unnamed[1]) if unnamed else " ".join(name.split())


@dataclass(frozen=True)
class Products(Reply):
    """Product codes with a comma between them, numbers from the list that was shown, or `*` for all."""

    known: Sequence[str] = ()

    def read(self, typed: str, words: Wording) -> Value:
        """Return the codes, or `*`."""
        if typed.strip() == "*":
            return "*"
        parts = [part.strip() for part in typed.split(",") if part.strip()]
        codes = [self._named(part) for part in parts]
        if not codes or "*" in codes:
            raise unclear(words, "products")
        return [said(code, words) for code in dict.fromkeys(codes)]

    def _named(self, part: str) -> str:
        is_place = part.isdecimal() and part not in self.known and 1 <= int(part) <= len(self.known)
        return self.known[int(part) - 1] if is_place else part

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Return the codes with a comma between them."""
        return "*" if value == "*" else ", ".join(value)


@dataclass(frozen=True)
class ColumnNames(Reply):
    """One column or several, by name or by the number that was shown."""

    names: Sequence[str]
    several: bool = False

    def read(self, typed: str, words: Wording) -> Value:
        """Return the name; of several, a list."""
        text = typed.strip()
        parts = [text] if self._found(text, words) or not self.several else text.split(",")
        found = [self._found(part.strip(), words) for part in parts]
        if not text or None in found:
            raise unclear(words, "columns" if self.several else "column", last=len(self.names))
        chosen = list(dict.fromkeys(name for name in found if name is not None))
        return chosen if len(chosen) > 1 else chosen[0]

    def _found(self, text: str, words: Wording) -> str | None:
        if text in self.names:
            return text
        if text.isdecimal() and 1 <= int(text) <= len(self.names):
            return self.names[int(text) - 1]
        alike = [
            name for name in self.names if plain_name(text) in {plain_name(name), plain_name(shown_name(name, words))}
        ]
        return alike[0] if len(alike) == 1 else None

    def show(self, value: Value, words: Wording) -> str:
        """Return the names with a comma between them."""
        return ", ".join(shown_name(name, words) for name in as_columns(value))


@dataclass(frozen=True)
class Proposed(Reply):
    """Yes for what is proposed, or no."""

    value: Value

    def read(self, typed: str, words: Wording) -> Value:
        """Return the proposal, or None."""
        return self.value if YesNo().read(typed, words) else None

    def show(self, value: Value, words: Wording) -> str:
        """Return yes or no."""
        return YesNo().show(value is not None, words)


@dataclass(frozen=True)
class FileName(Reply):
    """The path of a file, as a policy names it."""

    look: Callable[[str], object]
    """Looks at the file, or refuses it with an :class:`UnclearError`."""

    def read(self, typed: str, words: Wording) -> Value:
        """Return the path."""
        path = said(typed, words)
        self.look(path)
        return path

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Return it as it is."""
        return str(value)
