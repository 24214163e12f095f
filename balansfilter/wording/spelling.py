"""How people and programs write one and the same thing: layout that is no content, and words for nothing.

What is dropped here is dropped on every side of a comparison, so that an objection and a call list that speak of one
person agree however either was exported.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

_INVISIBLE = r"[\p{Cc}\p{Cf}]"
"""Control, zero-width and directional characters, soft hyphens and byte order marks; not the white space among them."""
_SPACE = r"[\s\u{85}]"
_DASH = r"[\p{Pd}\u{2212}\u{2043}]"
"""Hyphens and dashes of any kind, the minus sign and the hyphen bullet."""
_FULL_WIDTH = {chr(0xFEE0 + ord(sign)): sign for sign in "0123456789+()./"}
_LAID_OUT = r"[^!-~]|^['=]"
"""Only such a cell can hold layout: the others are made of the visible signs of ASCII."""
_GUARD = r"^['’‘]"
_GUARDED = r"^['’‘](.*?)['’‘]?$"
_FORMULA = r'^="(.*)"$'
"""How a program keeps a spreadsheet from reading a text as a number: '06… or ="06…"."""

_WORDS = ("null", r"\n", "n/a", "na", "none", "nan", "-", "n.v.t.", "nvt", "leeg", "onbekend", "geen")
_BRACKETED = ("(null)", "<null>", "[null]")


_CELL = pl.col("cell")
_CAN_BE_LAID_OUT = _CELL.str.contains(_LAID_OUT).fill_null(False).arg_true()
_IN_PLAIN_SIGNS = (
    _CELL.str.normalize("NFC")
    .str.replace_all(_SPACE, " ")
    .str.replace_all(_INVISIBLE, "")
    .str.replace_all(_DASH, "-")
    .str.replace_many(_FULL_WIDTH)
    .str.strip_chars()
)
_IS_GUARDED = (_CELL.str.contains(_GUARD) | _CELL.str.starts_with("=")).any()
_UNGUARDED = (
    _CELL.str.replace(_GUARDED, "${1}").str.replace(_FORMULA, "${1}").str.replace(_GUARDED, "${1}").str.strip_chars()
)


def asked(cells: pl.Series, expression: pl.Expr) -> pl.Series:
    """Return what an expression over the column `cell` makes of cells: several steps in one go."""
    return cells.to_frame("cell").select(expression).to_series().alias(cells.name)


def without_layout(cells: pl.Series) -> pl.Series:
    """Return the cells without white space, invisible characters and export guards, in NFC; dashes become hyphens."""
    laid_out = asked(cells, _CAN_BE_LAID_OUT)
    if not len(laid_out):
        return cells
    bare = _unguarded(in_plain_signs(cells.gather(laid_out)).str.replace_all(_SPACE, ""))
    return cells.clone().scatter(laid_out, bare)


def in_plain_signs(cells: pl.Series) -> pl.Series:
    """Return the cells with their white space as plain spaces, trimmed, without invisible characters and guards."""
    return _unguarded(asked(cells, _IN_PLAIN_SIGNS))


def _unguarded(cells: pl.Series) -> pl.Series:
    """Return trimmed cells without what guarded them from a spreadsheet; a guard may stand within another."""
    return asked(cells, _UNGUARDED) if asked(cells, _IS_GUARDED)[0] else cells


def folded(text: str) -> str:
    """Return a text as it is compared: without layout, and whatever its case."""
    return str(without_layout(pl.Series([text], dtype=pl.String))[0]).casefold()


class NullWords:
    """The words that a source writes where there is nothing, compared without layout and case."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        """Take the usual words, and those that a policy adds."""
        self.more = frozenset(folded(word) for word in more)
        self._words = frozenset(("", *_WORDS, *_BRACKETED)) | self.more
        self._but_namibia = self._words - {"na"}
        self.expression = _CELL.str.to_lowercase().is_in(pl.lit(pl.Series(sorted(self._words))).implode())
        """Says of a column `cell` without layout what :meth:`are_in` does."""

    def __eq__(self, other: object) -> bool:
        """Whether two sources have the same words."""
        return isinstance(other, NullWords) and self._words == other._words

    def __hash__(self) -> int:
        """Return the hash of the words."""
        return hash(self._words)

    @property
    def with_digits(self) -> tuple[str, ...]:
        """The added words that hold a digit, which might be an id or a number elsewhere."""
        return tuple(sorted(word for word in self.more if any(sign.isdecimal() for sign in word)))

    def are_in(self, cells: pl.Series) -> pl.Series:
        """Say of cells without layout whether they are empty, or a word for nothing."""
        return asked(cells, self.expression)

    def hold(self, text: str, *, country: bool = False) -> bool:
        """Say of a text without layout whether it is empty, or a word for nothing.

        :param country: whether it names a country, so that NA is Namibia.
        """
        return text.casefold() in (self._but_namibia if country else self._words)


USUAL_NULL_WORDS = NullWords()
