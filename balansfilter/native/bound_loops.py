"""The least and the greatest text of a column, by their bytes, as both Parquet and Polars order texts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.native.instructions import eight_bytes, reversed_bytes
from balansfilter.native.loop import inlined, loop
from balansfilter.native.view_parts import EIGHT, LOW, TWELVE, cell
from balansfilter.native.views import Views

_FOUR = np.uintp(4)


class TextBounds(NamedTuple):
    """The ends of a column of text."""

    least: bytes
    greatest: bytes


@inlined
def _beginning(words, row, memory, at):
    """Return the first twelve bytes of a text as two numbers that have its order, with zeros behind a shorter one."""
    return reversed_bytes(words[row, 0]) & LOW, reversed_bytes(eight_bytes(memory, at + _FOUR))


@inlined
def _comes_before(memory, at, length, other, its_length):
    """Whether a text is less than another one with the same beginning."""
    shared, place = min(length, its_length), TWELVE
    while place < shared:
        near = min(place, shared - EIGHT)
        mine, its = eight_bytes(memory, at + near), eight_bytes(memory, other + near)
        if mine != its:
            return reversed_bytes(mine) < reversed_bytes(its)
        place += EIGHT
    return length < its_length


@inlined
def _note(bound, row, at, length):
    """Keep a text in memory: were it chosen between without a branch, each row would wait for the one before."""
    bound[0], bound[1], bound[2] = row, at, length


@loop
def _bound(words, places, memory, least, greatest):
    """Write of the least and the greatest text which row it is, its address and its length.

    The first and the last one are taken for them until there are others: none, where texts ascend, as ids often do.
    """
    start, last = np.uint64(0), np.uint64(len(words) - 1)
    at, length = cell(words, places, start)
    low, low_next = _beginning(words, start, memory, at)
    _note(least, start, at, length)
    at, length = cell(words, places, last)
    high, high_next = _beginning(words, last, memory, at)
    _note(greatest, last, at, length)
    for row in range(start, last + np.uint64(1)):
        at, length = cell(words, places, row)
        first, following = _beginning(words, row, memory, at)
        if first < low or (
            first == low
            and following <= low_next
            and (following < low_next or _comes_before(memory, at, length, least[1], least[2]))
        ):
            low, low_next = first, following
            _note(least, row, at, length)
        if first > high or (
            first == high
            and following >= high_next
            and (following > high_next or _comes_before(memory, greatest[1], greatest[2], at, length))
        ):
            high, high_next = first, following
            _note(greatest, row, at, length)


def bounds_of(texts: pl.Series) -> TextBounds:
    """Return the least and the greatest of texts: at least one, and none of them null."""
    if not _bound.pays(len(texts)):
        return TextBounds(str(texts.min()).encode(), str(texts.max()).encode())
    least, greatest = np.empty(3, np.uint64), np.empty(3, np.uint64)
    _bound(*Views.of(texts).told, least, greatest)
    return TextBounds(*(str(texts[int(bound[0])]).encode() for bound in (least, greatest)))
