"""How what somebody types becomes a value of the policy, and how a value is shown. Pure.

A reply that cannot be one raises :class:`UnclearError` with one sentence in the language of the interview.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from balansfilter.frozen import dataclass
from balansfilter.policy.base import BALANSTEST_PATTERN
from balansfilter.policy.consistency import says_nothing
from balansfilter.policy.values import ShareOrCount, Span
from balansfilter.policy.yaml_file import has_control
from balansfilter.wording.catalogue import Wording

Value = Any
"""A plain value of a policy: text, whole number, true or false, list of texts, or None where a key is left out."""

_UNITS = {
    "days": ("day", "days", "dag", "dagen", "d"),
    "weeks": ("week", "weeks", "weken", "w"),
    "months": ("month", "months", "maand", "maanden", "mnd", "m"),
    "years": ("year", "years", "jaar", "jaren", "jr", "y"),
}


class UnclearError(ValueError):
    """A reply that cannot be used; its text says so in the language of the interview."""


class Reply(ABC):
    """One kind of answer."""

    lines: ClassVar[bool] = False
    """Whether it goes on until an empty line."""

    @abstractmethod
    def read(self, typed: str, words: Wording) -> Value:
        """Return the value.

        :raises UnclearError: the reply cannot be one.
        """

    @abstractmethod
    def show(self, value: Value, words: Wording) -> str:
        """Write a value as somebody would type it."""


def unclear(words: Wording, name: str, /, **values: object) -> UnclearError:
    """Make the error of a reply from the catalogue."""
    return UnclearError(words(f"init.unclear.{name}", **values))


def tidy(text: str) -> str:
    """Return a text with single spaces, and one line end between paragraphs."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "\n".join(part for part in paragraphs if part)


def said(text: str, words: Wording) -> str:
    """Return an answer that says something.

    :raises UnclearError: it is nothing, a placeholder, or has control marks.
    """
    if not text.strip():
        raise unclear(words, "empty")
    if says_nothing(text):
        raise unclear(words, "placeholder")
    if any(has_control(line) for line in tidy(text).split("\n")):
        raise unclear(words, "control")
    return tidy(text)


@dataclass(frozen=True)
class Line(Reply):
    """A short text."""

    def read(self, typed: str, words: Wording) -> Value:
        """Return the text."""
        return said(typed, words).replace("\n", " ")

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Return it as it is."""
        return str(value)


@dataclass(frozen=True)
class Prose(Reply):
    """An answer in full sentences, over as many lines as it takes."""

    lines: ClassVar[bool] = True

    def read(self, typed: str, words: Wording) -> Value:
        """Return the text with its lines joined."""
        return said(typed, words)

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Return it as it is."""
        return str(value)


@dataclass(frozen=True)
class Several(Reply):
    """A list of texts, one a line."""

    lines: ClassVar[bool] = True

    def read(self, typed: str, words: Wording) -> Value:
        """Return the texts."""
        return [said(line.lstrip("-•* "), words) for line in (typed.splitlines() if typed.strip() else [""])]

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Return them one a line."""
        return "\n".join(value)


@dataclass(frozen=True)
class Identifier(Reply):
    """The id of a balanstest, which no other has."""

    taken: Sequence[str] = ()

    def read(self, typed: str, words: Wording) -> Value:
        """Return the id."""
        text = typed.strip()
        if not re.fullmatch(BALANSTEST_PATTERN[1:-1], text):
            raise unclear(words, "identifier")
        if text in self.taken:
            raise unclear(words, "identifier_taken", name=text)
        return text

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Return it as it is."""
        return str(value)


@dataclass(frozen=True)
class Choice(Reply):
    """One of some values, by its number, its label or the value itself."""

    labels: Mapping[str, str]
    """The label of each value, in order."""

    def read(self, typed: str, words: Wording) -> Value:
        """Return the value that was chosen."""
        text = typed.strip().casefold()
        for number, (value, label) in enumerate(self.labels.items(), start=1):
            if text in (str(number), value.casefold(), label.casefold()):
                return value
        raise unclear(words, "choice", last=len(self.labels))

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Return its number and label."""
        return f"{list(self.labels).index(value) + 1} {self.labels[value]}"

    def listed(self) -> list[str]:
        """Return the choices with their numbers."""
        return [f"{number}  {label}" for number, label in enumerate(self.labels.values(), start=1)]


@dataclass(frozen=True)
class YesNo(Reply):
    """Yes or no."""

    def read(self, typed: str, words: Wording) -> Value:
        """Return true or false."""
        text = typed.strip().casefold()
        if text in ("j", "ja", "y", "yes"):
            return True
        if text in ("n", "nee", "no"):
            return False
        raise unclear(words, "yes_no")

    def show(self, value: Value, words: Wording) -> str:
        """Return yes or no."""
        return words("init.yes" if value else "init.no")


@dataclass(frozen=True)
class Duration(Reply):
    """A span of time, such as `24 months`, in either language."""

    def read(self, typed: str, words: Wording) -> Value:
        """Return the span as a policy writes it."""
        found = re.fullmatch(r"([1-9][0-9]{0,4})\s*([a-z]+)", typed.strip().casefold())
        unit = next((unit for unit, names in _UNITS.items() if found and found[2] in names), None)
        if found is None or unit is None:
            raise unclear(words, "span")
        return str(Span(f"{found[1]} {unit}"))

    def show(self, value: Value, words: Wording) -> str:
        """Return it in words."""
        return words.span(str(value))


@dataclass(frozen=True)
class Count(Reply):
    """A whole number."""

    lowest: int = 1
    highest: int = 1000

    def read(self, typed: str, words: Wording) -> Value:
        """Return the number."""
        text = typed.strip()
        if not re.fullmatch(r"[0-9]{1,6}", text) or not self.lowest <= int(text) <= self.highest:
            raise unclear(words, "count", lowest=self.lowest, highest=self.highest)
        return int(text)

    def show(self, value: Value, words: Wording) -> str:  # noqa: ARG002 - as every reply
        """Return it as it is."""
        return str(value)


@dataclass(frozen=True)
class Limit(Reply):
    """A count or a share, such as `20` or `5%`."""

    def read(self, typed: str, words: Wording) -> Value:
        """Return it as a policy writes it: a count as a number, a share as text."""
        text = typed.strip().replace(",", ".").replace(" ", "")
        if ShareOrCount.parse(text) is None:
            raise unclear(words, "limit")
        return int(text) if text.isdigit() else text

    def show(self, value: Value, words: Wording) -> str:
        """Return it with the marks of the language."""
        return words.formats.amount(str(value)) if "%" in str(value) else str(value)
