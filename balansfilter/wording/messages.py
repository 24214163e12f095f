"""What the program tells an operator, in another language than English: errors, hints, warnings, headings.

The source writes every sentence once, in English, with its values in it. The catalogue of a language holds the sentence
as a template, `{0}` and `{1}` standing for the values in their order, and what it is in that language:

    cannot write {0}: {1}          kan {0} niet schrijven: {1}
    {0} row{1} ({2})               {0} {1:s=rijen|=rij} ({2})

A sentence may be put together of others, and the values of one may be sentences as well; `recognised` finds out which.
What no template knows stays English: a value is never lost, and English is never made of anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from balansfilter.errors import Problem
from balansfilter.wording.recognised import Messages

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from balansfilter.wording.formats import Language

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
