"""How what somebody types about a file becomes a value of the policy: paths, columns, products and dates. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from balansfilter.interview.dates import is_usable
from balansfilter.interview.replies import Reply, Value, said, unclear
from balansfilter.interview.roles import plain_name
from balansfilter.wording.catalogue import Wording

_DATE_LETTERS = {"j": "%Y", "y": "%Y", "m": "%m", "d": "%d"}


@dataclass(frozen=True)
class DateFormat(Reply):
    """How dates are written: `%d-%m-%Y`, or `dd-mm-jjjj`."""

    def read(self, typed: str, words: Wording) -> Value:
        """Give the format as strftime says it."""
        text = typed.strip()
        if "%" not in text:
            text = re.sub(r"jjjj|yyyy|mm|dd", lambda found: _DATE_LETTERS[found[0][0]], text.casefold())
        if not text or not is_usable(text):
            raise unclear(words, "date_format")
        return text

    def show(self, value: Value, words: Wording) -> str:
        """Give it as people write it."""
        year = words("init.year_letters")
        return str(value).replace("%Y", year).replace("%m", "mm").replace("%d", "dd")


@dataclass(frozen=True)
class Products(Reply):
    """Product codes with a comma between them, numbers from the list that was shown, or `*` for all."""

    known: Sequence[str] = ()

    def read(self, typed: str, words: Wording) -> Value:
        """Give the codes, or `*`."""
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
        """Give the codes with a comma between them."""
        return "*" if value == "*" else ", ".join(value)


@dataclass(frozen=True)
class ColumnNames(Reply):
    """One column or several, by name or by the number that was shown."""

    names: Sequence[str]
    several: bool = False

    def read(self, typed: str, words: Wording) -> Value:
        """Give the name; of several, a list."""
        text = typed.strip()
        parts = [text] if self._found(text) or not self.several else text.split(",")
        found = [self._found(part.strip()) for part in parts]
        if not text or None in found:
            raise unclear(words, "columns" if self.several else "column", last=len(self.names))
        chosen = list(dict.fromkeys(name for name in found if name is not None))
        return chosen if len(chosen) > 1 else chosen[0]

    def _found(self, text: str) -> str | None:
        if text in self.names:
            return text
        if text.isdecimal() and 1 <= int(text) <= len(self.names):
            return self.names[int(text) - 1]
        alike = [name for name in self.names if plain_name(name) == plain_name(text)]
        return alike[0] if len(alike) == 1 else None

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Give the names with a comma between them."""
        return value if isinstance(value, str) else ", ".join(value)


@dataclass(frozen=True)
class FileName(Reply):
    """The path of a file, as a policy names it."""

    look: Callable[[str], object]
    """Looks at the file; raises :class:`UnclearError` where it cannot be read."""

    def read(self, typed: str, words: Wording) -> Value:
        """Give the path."""
        path = said(typed, words)
        self.look(path)
        return path

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Give it as it is."""
        return str(value)
