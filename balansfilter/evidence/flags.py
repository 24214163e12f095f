"""Cells as people write them: the different ones of a column, and which say yes."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from balansfilter.native.coding_loops import coded
from balansfilter.native.without_queries import filled
from balansfilter.wording.spelling import USUAL_NULL_WORDS, NullWords, without_layout

YES = ("true", "1", "1.0", "ja", "j", "yes", "y", "waar", "t", "x", "aan")
NO = ("false", "0", "0.0", "nee", "n", "no", "onwaar", "f", "uit")


class Flags(NamedTuple):
    """What a column of yes or no says."""

    yes: pl.Series
    unclear: pl.Series
    """Whether there is a word in the cell that is neither; such a cell says no."""


def different(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the different texts of a column, without the white space around them, and which of them each cell is.

    Texts that differ only in that white space may be given twice.
    """
    found = coded(cells)
    return filled(found.different, "").str.strip_chars(), pl.Series(found.codes)


def read_flags(cells: pl.Series, null_words: NullWords = USUAL_NULL_WORDS) -> Flags:
    """Read cells as yes or no; an empty one says no."""
    texts, places = different(cells)
    words = without_layout(texts).str.to_lowercase()
    yes = words.is_in(YES)
    unclear = ~(yes | words.is_in(NO) | null_words.are_in(words))
    return Flags(yes.gather(places), unclear.gather(places))


def read_yes(cells: pl.Series) -> pl.Series:
    """Say of cells whether they say yes; anything but a known yes is no."""
    return read_flags(cells).yes
