"""Cells as people write them: the different ones of a column, and which say yes."""

from __future__ import annotations

import polars as pl

from balansfilter.compiled.texts import Column, coded

YES = ("true", "1", "ja", "yes")


def different(cells: Column) -> tuple[pl.Series, pl.Series]:
    """Give the different texts of a column, without the white space around them, and which of them each cell is.

    Texts that differ only in that white space may be given twice.
    """
    texts, places = coded(cells)
    return texts.str.strip_chars(), places


def read_yes(cells: Column) -> pl.Series:
    """Say of cells whether they say yes; anything but a known yes is no."""
    texts, places = different(cells)
    return texts.str.to_lowercase().is_in(YES).gather(places)
