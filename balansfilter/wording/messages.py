"""What the program tells an operator, in another language than English: errors, hints, warnings, headings.

The source writes every sentence once, in English, with its values in it. The catalogue of a language holds the sentence
as a template, `{0}` and `{1}` standing for the values in their order, and what it is in that language:

    cannot write {0}: {1}          kan {0} niet schrijven: {1}
    {0} row{1} ({2})               {0} {1:s=rijen|=rij} ({2})

A sentence is recognised by the template that has most of its letters; its values are taken out, told in the language as
well where they are sentences themselves, and put in. What no template knows stays English: a value is never lost, and
English is never made of anything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from balansfilter.errors import Problem

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from balansfilter.wording.formats import Language

_PLACE = re.compile(r"\{(\d+)\}")
_TARGET = re.compile(r"\{(\d+)(?::([^{}]*))?\}")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SPLITS = (" — ", "; ", ": ")
"""What joins sentences that were made apart, the widest first."""
_ONE_WORD = frozenset({"text", "empty", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"})
"""Values of one word that are ours. Any other may be the name of a column, which stays as it is."""
_DEPTH = 6
_FIGURE = re.compile(r"[+-]?(\d{1,3}(,\d{3})+(\.\d+)? ?%?|\d+\.\d+ ?%)")
_SEPARATORS = str.maketrans(",.", ".,")
_FEW_LETTERS = 10
"""A template of fewer, such as `{0} of {1}`, is held against what cannot be split any more."""


class _Template(NamedTuple):
    english: str
    longest: str
    """Its longest piece without a value, which every such sentence holds."""
    letters: int
    told: str


class Messages:
    """The catalogue of one language."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take a catalogue: each template, and what it is in the language."""
        self.texts = dict(texts) | {
            english[2:]: told[2:] for english, told in texts.items() if english.startswith("; ")
        }
        made = (_template(english, told) for english, told in self.texts.items() if _PLACE.search(english))
        templates = sorted(made, key=lambda one: -one.letters)
        self._strong = [one for one in templates if one.letters >= _FEW_LETTERS]
        self._weak = [one for one in templates if one.letters < _FEW_LETTERS]

    def translated(self, text: str, depth: int = 0) -> str:
        """Return a text in the language; parts that the catalogue does not know stay as they are."""
        if (told := self.texts.get(text)) is not None or (told := _figure(text)) is not None:
            return told
        if (told := self._filled(text, self._strong, depth)) is not None:
            return told
        for mark in _SPLITS:
            before, split, after = text.partition(mark)
            if split and depth < _DEPTH:
                return self.translated(before, depth + 1) + split + self.translated(after, depth + 1)
        return self._filled(text, self._weak, depth) or text

    def _filled(self, text: str, templates: Sequence[_Template], depth: int) -> str | None:
        for one in templates:
            if one.longest in text and (match := _pattern(one.english).fullmatch(text)):
                return _TARGET.sub(lambda place, found=match: self._value(place, found, depth), one.told)  # type: ignore[misc]
        return None

    def _value(self, place: re.Match[str], found: re.Match[str], depth: int) -> str:
        value, how = found[f"v{place[1]}"], place[2]
        if how == "raw":
            return value
        if how is not None:
            choices = dict(choice.split("=", 1) for choice in how.split("|"))
            return choices.get(value, value)
        if depth >= _DEPTH or (" " not in value.strip() and value not in _ONE_WORD):
            return _figure(value) or value
        return self.translated(value, depth + 1)


def _figure(value: str) -> str | None:
    """Return a value that is a share or a number of thousands with the separators of the language; None for another."""
    return value.translate(_SEPARATORS) if _FIGURE.fullmatch(value) else None


def _template(english: str, told: str) -> _Template:
    fixed = _PLACE.split(english)[::2]
    return _Template(english, max(fixed, key=len), sum(map(len, fixed)), told)


@cache
def _pattern(english: str) -> re.Pattern[str]:
    """Return what recognises a sentence; made only for the few of hundreds that a sentence may be one of."""
    pieces, seen = _PLACE.split(english), set[str]()
    pattern = re.escape(pieces[0])
    for number, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        pattern += (rf"(?P=v{number})" if number in seen else rf"(?P<v{number}>.*?)") + re.escape(piece)
        seen.add(number)
    return re.compile(pattern, re.DOTALL)


@cache
def load_messages(language: Language) -> Messages:
    """Read the catalogue of a language from the files that come with the program; English needs none."""
    texts: dict[str, str] = {}
    folder = resources.files(__package__) / language / "messages"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        texts |= _texts_in(file)
    return Messages(texts)


@cache
def command_texts(language: Language) -> Mapping[str, str]:
    """Read what click says of commands and options, in a language: each of its English texts, and what it is."""
    return _texts_in(resources.files(__package__) / language / "commands.yml")


@cache
def help_catalogue(language: Language) -> Mapping[str, str]:
    """Read the help of commands and options in a language: each English text of the source, and what it is."""
    return _texts_in(resources.files(__package__) / language / "help.yml")


def _texts_in(file: Traversable) -> dict[str, str]:
    """Read a file of English texts and what each is in another language."""
    texts: dict[str, str] = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - safe
    return texts


def translated(text: str, language: Language) -> str:
    """Return a text that the program tells, in a language; in English it is as it was."""
    if language == "en":
        return text
    return "\n".join(load_messages(language).translated(line) for line in text.split("\n"))


def translated_problem(problem: Problem, language: Language) -> Problem:
    """Return a problem, in a language; its place stays."""
    if language == "en":
        return problem
    return replace(problem, message=translated(problem.message, language), hint=translated(problem.hint, language))
