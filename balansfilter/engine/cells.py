"""Cells as people write them, read into dates and yes or no. What cannot be read is told apart from what is empty."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import polars as pl

from balansfilter.compiled.texts import Column, coded
from balansfilter.spelling import USUAL_NULL_WORDS, NullWords, without_layout

YES = ("true", "1", "1.0", "ja", "j", "yes", "y", "waar", "t", "x", "aan")
NO = ("false", "0", "0.0", "nee", "n", "no", "onwaar", "f", "uit")


class Flags(NamedTuple):
    """What a column of yes or no says."""

    yes: pl.Series
    unclear: pl.Series
    """Whether there is a word in the cell that is neither; such a cell says no."""


class Dates(NamedTuple):
    """The dates of a column of cells."""

    day: pl.Series
    """The date of each cell; null where it is empty or unreadable."""
    empty: pl.Series
    """Whether the cell is empty."""
    unreadable: pl.Series
    """Whether there is text in the cell that is not a date in the format."""


def read_dates(cells: Column, date_format: str) -> Dates:
    """Read cells as dates, without the white space around them.

    A date counts only if it is written exactly in the format: written out again it must give the same text.
    A list holds few different dates, so each is read once.
    """
    texts, places = different(cells)
    days = _exact_days(texts, date_format)
    empty = texts == ""
    return Dates(*(told.gather(places) for told in (days, empty, days.is_null() & ~empty)))


def different(cells: Column) -> tuple[pl.Series, pl.Series]:
    """Give the different texts of a column, without the white space around them, and which of them each cell is.

    Texts that differ only in that white space may be given twice.
    """
    texts, places = coded(cells)
    return texts.str.strip_chars(), places


def _exact_days(texts: pl.Series, date_format: str) -> pl.Series:
    """Read different texts as dates, of the years 1 to 9999 only, which is as far as anybody else reads them."""
    moments = texts.str.to_datetime(date_format, strict=False, time_unit="us")
    same = moments.dt.to_string(date_format) == texts
    days = moments.dt.date()
    return days.set(~(same & days.is_between(date.min, date.max)).fill_null(False), None)


def read_flags(cells: Column, null_words: NullWords = USUAL_NULL_WORDS) -> Flags:
    """Read cells as yes or no; an empty one says no."""
    texts, places = different(cells)
    words = without_layout(texts).str.to_lowercase()
    yes = words.is_in(YES)
    unclear = ~(yes | words.is_in(NO) | null_words.are_in(words))
    return Flags(yes.gather(places), unclear.gather(places))


def read_yes(cells: Column) -> pl.Series:
    """Say of cells whether they say yes; anything but a known yes is no."""
    return read_flags(cells).yes
