"""The catalogue of one language: texts by a dotted name, such as `terms.rows`, and how they are filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from balansfilter.frozen import dataclass
from balansfilter.wording.formats import Formats, Language

Text = str | Mapping[str, str]
"""A text, or its forms by number: `one` and `other`."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C, where PyYAML has it: a run waits for it."""

FORMS = frozenset({"one", "other"})
"""The forms that Dutch and English have; both have the same."""


@dataclass(frozen=True)
class Wording:
    """The words of one language, and how it writes numbers and days."""

    language: Language
    texts: Mapping[str, Text]
    formats: Formats

    def __call__(self, name: str, /, **values: object) -> str:
        """Return a text with its values filled in.

        :raises KeyError: there is no such text, or a value is missing: a bug, never something of a user.
        """
        text = self.texts[name]
        if not isinstance(text, str):
            raise KeyError(f"{name} depends on a number")
        return text.format(**values)

    def counted(self, name: str, count: int, /, **values: object) -> str:
        """Return a text in the form for a number, which is filled in as `count`."""
        text = self.texts[name]
        if isinstance(text, str):
            raise KeyError(f"{name} does not depend on a number")
        return text[self.formats.plural(count)].format(count=self.formats.number(count), **values)

    def span(self, text: str) -> str:
        """Write a span of time that stands in a policy, such as `24 months`."""
        count, unit = text.split(" ")
        return self.counted(f"terms.spans.{unit.removesuffix('s')}", int(count))


@cache
def load_wording(language: Language) -> Wording:
    """Read the catalogue of a language from the files that come with the program."""
    texts: dict[str, Text] = {}
    folder = resources.files(__package__) / language
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            tree = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - safe, as its name says
            texts |= _flat(tree, file.name.removesuffix(".yaml"))
    return Wording(language, texts, Formats(language))


def _flat(tree: Mapping[str, Any], name: str) -> Iterator[tuple[str, Text]]:
    for key, value in tree.items():
        inner = f"{name}.{key}"
        if isinstance(value, str) or value.keys() == FORMS:
            yield inner, value
        else:
            yield from _flat(value, inner)
