"""The lines of published lists: texts with one of a few tails behind them, written without a word about each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.held_loops import tallied
from balansfilter.native.instructions import eight_bytes
from balansfilter.native.loop import inlined, loop
from balansfilter.native.text_loops import extent
from balansfilter.native.view_parts import EIGHT, HALF, ONE, TWELVE, cell, put_cell, view
from balansfilter.native.views import MOST_BYTES, Buffers, Views

Codes = npt.NDArray[np.int32] | npt.NDArray[np.uint32]

_COMMA, _ZERO = np.uint8(44), np.uint8(48)
_TEN = np.uint64(10)
_ROOM = 8
"""Bytes behind the last line, which are read with it."""
_ONES, _HIGH_BITS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)


@loop
def _join(words, places, memory, tail_words, tail_places, codes, out, out_words):
    """Write lines, each a text and one of a few tails behind it, and the view of each."""
    to = np.uintp(0)
    for row in range(len(words)):
        begin = to
        to = put_cell(out, to, words, places, memory, row)
        to = put_cell(out, to, tail_words, tail_places, memory, codes[row])
        out_words[row, 0], out_words[row, 1] = view(out, begin, to - begin, np.uint64(begin) << HALF)


def joined(texts: pl.Series, tails: pl.Series, codes: Codes) -> pl.Series:
    """Return each text with one of a few tails behind it.

    :param texts: perhaps as bytes; so are then the tails, and what is returned.
    :param codes: for each text, the place of its tail.
    """
    if not _join.pays(len(texts)):
        return texts + tails.gather(codes)
    views, behind = Views.of(texts), Views.of(tails)
    size = extent(views).size + _bytes_of(behind, codes)
    if size > MOST_BYTES:
        return texts + tails.gather(codes)
    out, words = np.empty(size + _ROOM, np.uint8), np.empty_like(views.words)
    _join(*views.told, *behind.told[:2], codes, out, words)
    made = Views(words, Buffers.of(out[:size]))
    return made.binary(texts.name) if texts.dtype == pl.Binary else made.series(texts.name)


def _bytes_of(tails: Views, codes: Codes) -> int:
    """Return how many bytes the tails of lines have together."""
    return int(tallied(codes, len(tails)) @ tails.lengths.astype(np.int64))


@inlined
def _has(word, code):
    """Return bits if any of eight bytes is a certain one."""
    other = word ^ (np.uint64(code) * _ONES)
    return (other - _ONES) & ~other & _HIGH_BITS


@inlined
def _has_mark(word):
    """Return bits if any of eight bytes is a comma, a quote, a line feed or a carriage return."""
    return _has(word, 44) | _has(word, 34) | _has(word, 10) | _has(word, 13)


@loop
def _need_quotes(words, places, memory):
    """Whether any text is empty, or has a comma, a quote or a line end in it."""
    found, empty = np.uint64(0), False
    for row in range(len(words)):
        first, rest = words[row, 0], words[row, 1]
        at, length = cell(words, places, row)
        empty |= length == np.uintp(0)
        if length <= TWELVE:
            found |= _has_mark((first >> HALF) | (rest << HALF)) | _has_mark(rest >> HALF)
            continue
        place = np.uintp(0)
        while place + EIGHT < length:
            found |= _has_mark(eight_bytes(memory, at + place))
            place += EIGHT
        found |= _has_mark(eight_bytes(memory, at + length - EIGHT))
    return empty or found != np.uint64(0)


def need_quotes(texts: pl.Series) -> bool:
    """Return whether any text must be quoted in a list with commas: it is empty, or has a mark or a line end in it."""
    if _need_quotes.pays(len(texts)):
        return bool(_need_quotes(*Views.of(texts).told))
    return bool(each_needs_quotes(texts).any())


def each_needs_quotes(texts: pl.Series) -> pl.Series:
    """Return of each text whether it must be quoted in a list with commas."""
    return (texts == "") | texts.str.contains('[,"\r\n]')


@loop
def _number(numbers, words, places, memory, tail_words, tail_places, codes, out):
    """Write lines: each a number, a comma, a text, and one of a few tails behind it; and say how long they are."""
    to = np.uintp(0)
    for row in range(len(numbers)):
        left, size = numbers[row], ONE
        while left >= _TEN:
            left //= _TEN
            size += ONE
        left, digit = numbers[row], to + size
        while digit > to:
            digit -= ONE
            out[digit] = _ZERO + np.uint8(left % _TEN)
            left //= _TEN
        to += size
        out[to] = _COMMA
        to += ONE
        to = put_cell(out, to, words, places, memory, row)
        to = put_cell(out, to, tail_words, tail_places, memory, codes[row])
    return to


def numbered(numbers: pl.Series, texts: pl.Series, tails: pl.Series, codes: Codes) -> memoryview:
    """Return the bytes of lines: each a number, a comma, a text, and one of a few tails behind it.

    :param numbers: UInt64, in order.
    :param codes: for each line, the place of its tail.
    """
    if not _number.pays(len(numbers)):
        parts = pl.DataFrame([numbers.alias("0"), texts.alias("1"), tails.gather(codes).alias("2")])
        lines = parts.select(pl.format("{},{}{}", "0", "1", "2")).to_series()
        return memoryview("".join(lines).encode())
    views, behind = Views.of(texts), Views.of(tails)
    digits = len(str(numbers[-1]))
    size = len(numbers) * (digits + 1) + extent(views).size + _bytes_of(behind, codes)
    out = np.empty(size, np.uint8)
    made = _number(numbers.to_numpy(), *views.told, *behind.told[:2], codes, out)
    return out[:made].data
