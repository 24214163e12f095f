"""Plain values, walked without surprises: what is absent or of another kind is simply not there.

The checks across fields look at plain values, not at the model: they find their problems in a policy that has
others as well, for which no model can be made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any

from balansfilter.frozen import dataclass
from balansfilter.policy.values import Span
from balansfilter.policy.yaml_file import REFUSED, ValuePath


@dataclass(frozen=True)
class Tree:
    """A value and the path to it."""

    value: Any
    path: ValuePath = ()

    def __bool__(self) -> bool:
        """Whether something is here; null is nothing."""
        return self.value is not None

    def __truediv__(self, key: str) -> Tree:
        """Go down to a key; to nothing where there is no such key."""
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        return Tree(inner, (*self.path, key))

    def items(self) -> list[Tree]:
        """Return the entries of a list; none where it is no list."""
        entries = self.value if isinstance(self.value, tuple | list) else ()
        return [Tree(entry, (*self.path, n)) for n, entry in enumerate(entries)]

    def pairs(self) -> list[tuple[str, Tree]]:
        """Return the keys and values of a mapping; none where it is no mapping."""
        entries = self.value if isinstance(self.value, dict) else {}
        return [(key, Tree(entry, (*self.path, key))) for key, entry in entries.items()]

    def texts(self) -> Iterator[Tree]:
        """Yield every text here and below."""
        if isinstance(self.value, str):
            yield self
        for inner in [*self.items(), *(inner for _, inner in self.pairs())]:
            yield from inner.texts()

    @property
    def text(self) -> str | None:
        """The text without the spaces around it, None where it is no text."""
        return self.value.strip() if isinstance(self.value, str) else None

    @property
    def span(self) -> Span | None:
        """The span, None where it is none."""
        return Span.parse(self.value) if isinstance(self.value, str) else None

    @property
    def day(self) -> date | None:
        """The day, None where it is none; in JSON a day is a text."""
        if isinstance(self.value, str):
            with suppress(ValueError):
                return date.fromisoformat(self.value)
        return self.value if isinstance(self.value, date) else None

    @property
    def refused(self) -> bool:
        """Whether something stands here that could not be read, and was told."""
        return self.value is REFUSED
