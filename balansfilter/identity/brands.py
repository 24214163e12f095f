"""To which brand an objection was made, as its file writes it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.wording.spelling import NullWords, in_plain_signs, without_layout

_ALL = frozenset({"*", "all", "alle", "all brands", "alle merken"})
_ALIKE = 0.7
_BETWEEN = re.compile(r"[;|,]")


def brand_name(text: str) -> str:
    """Return a brand's id or name as names are compared: in NFC, whatever its case and white space."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


class MadeTo(NamedTuple):
    """To whom objections were made, one entry a cell."""

    ours: pl.Series
    """Whether an objection is made to this brand, or to all."""
    unknown: pl.Series
    """Whether a name in a cell that is not ours is of no brand that is known: in force, as long as nobody knows it."""


@dataclass(frozen=True)
class Brands:
    """The names by which objections may name this brand, and the others of the group."""

    ours: frozenset[str]
    """The brand's id and name, as they are compared."""
    others: frozenset[str] = frozenset()
    """The ids and names of the site's other brands, and of those elsewhere in the group."""

    @classmethod
    def of(cls, own: Iterable[str], others: Iterable[str] = ()) -> Brands:
        """Take names as people write them; a name that two brands bear is this brand's."""
        ours = frozenset(brand_name(name) for name in own)
        return cls(ours, frozenset(brand_name(name) for name in others) - ours)

    def made_to(self, cells: pl.Series, null_words: NullWords) -> MadeTo:
        """Read cells that name a brand, several of them, or all; an empty cell names all."""
        if not len(cells):
            return MadeTo(*(pl.Series(dtype=pl.Boolean) for _ in range(2)))
        written = cells.unique()
        bare = zip(in_plain_signs(written), without_layout(written), strict=True)
        read = [(True, False) if null_words.hold(tight) else self._read(text) for text, tight in bare]
        ours, unknown = (pl.Series([one[n] for one in read], dtype=pl.Boolean) for n in (0, 1))
        return MadeTo(*(cells.replace_strict(written, answers, return_dtype=pl.Boolean) for answers in (ours, unknown)))

    def beside_ours(self, cells: pl.Series) -> frozenset[str]:
        """Return the unknown names that stand in one cell with ours, and so are of another brand.

        One that looks like ours may be no more than a slip of the pen, and stays unknown.
        """
        found = (self._parts(text) for text in in_plain_signs(cells.unique()))
        others = {name for parts in found if parts & self.ours for name in parts - self.ours - self.others - _ALL}
        return frozenset(name for name in others if not any(_look_alike(name, own) for own in self.ours))

    def knowing(self, names: Iterable[str]) -> Brands:
        """Return these brands with more names of others."""
        return Brands(self.ours, self.others | (frozenset(names) - self.ours))

    def _read(self, text: str) -> tuple[bool, bool]:
        """Say of a cell whether it is ours, and if not, whether a name in it is unknown."""
        parts = self._parts(text)
        ours = not parts or not parts.isdisjoint(self.ours | _ALL)
        return ours, not ours and bool(parts - self.others)

    def _parts(self, text: str) -> set[str]:
        """Return the names in a cell: the whole is tried first, then its parts."""
        whole = brand_name(text)
        if whole in self.ours | self.others | _ALL:
            return {whole}
        return {brand_name(part) for part in _BETWEEN.split(text)} - {""}


def _look_alike(name: str, other: str) -> bool:
    """Whether two names differ so little that one may be meant for the other."""
    bare, own = (re.sub(r"[\W_]", "", text) for text in (name, other))
    return bare in own or own in bare or SequenceMatcher(None, bare, own).ratio() > _ALIKE
