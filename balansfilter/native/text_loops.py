"""Columns of text, cell by cell: without white space, each different text once, apart from the bytes around them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.instructions import copy
from balansfilter.native.loop import inlined, loop
from balansfilter.native.view_parts import (
    HALF,
    LOW,
    ONE,
    TWELVE,
    cell,
    part_of_cell,
    put_cell,
    view,
)
from balansfilter.native.views import MOST_BYTES, SHORT, Buffers, Views
from balansfilter.native.without_queries import filled

_SPACE, _TAB, _CR = 32, 9, 13
_FIRST_BEYOND_ASCII = 0x80


class Extent(NamedTuple):
    """How much text a column has."""

    size: int
    """Bytes of all texts."""
    long: int
    """Bytes of those that do not stand in their views."""
    longest: int
    """Bytes of the longest one."""
    lie_behind_each_other: bool
    """Whether the texts, none of them short, are all that there is in one buffer, in their order."""


@loop
def _measure(words):
    size, long, longest, in_order = np.uint64(0), np.uint64(0), np.uint64(0), True
    for row in range(len(words)):
        length = words[row, 0] & LOW
        is_long = length > TWELVE
        in_order &= is_long and words[row, 1] == size << HALF
        size += length
        long += length if is_long else np.uint64(0)
        longest = max(longest, length)
    return np.int64(size), np.int64(long), np.int64(longest), in_order


def extent(views: Views) -> Extent:
    """Return how much text there is."""
    if _measure.pays(len(views)):
        size, long, longest, in_order = _measure(views.words)
    else:
        lengths = views.lengths.astype(np.int64)
        size, long, longest = (int(some.sum()) for some in (lengths, lengths[lengths > SHORT], lengths.max(initial=0)))
        begins = (np.cumsum(lengths) - lengths).astype(np.uint64)
        in_order = bool(((lengths > SHORT) & (views.words[:, 1] == begins << HALF)).all())
    in_order = in_order and len(views) > 0 and views.buffers.sizes.tolist() == [size]
    return Extent(size, long, longest, in_order)


@inlined
def _is_space(code):
    return code == _SPACE or _TAB <= code <= _CR


@inlined
def without_space(memory, start, end):
    """Return where a text begins and ends without the white space of ASCII around it."""
    while start < end and _is_space(memory[start]):
        start += ONE
    while start < end and _is_space(memory[end - ONE]):
        end -= ONE
    return start, end


@loop
def _trim(words, places, memory, out):
    """Leave out the white space of ASCII, and say whether there is any, and whether there may be other white space."""
    moved, beyond = False, False
    for row in range(len(words)):
        out[row, 0], out[row, 1] = words[row, 0], words[row, 1]
        start, length = cell(words, places, row)
        begin, end = without_space(memory, start, start + length)
        if begin < end:
            beyond |= memory[begin] >= _FIRST_BEYOND_ASCII or memory[end - ONE] >= _FIRST_BEYOND_ASCII
        if end - begin != length:
            moved = True
            out[row, 0], out[row, 1] = part_of_cell(words, row, memory, start, begin, end - begin)
    return moved, beyond


def without_nulls(texts: pl.Series) -> pl.Series:
    """Return a column in one chunk, with an empty text for each null; the very same one where it is that already."""
    if texts.null_count() == 0 and texts.n_chunks() == 1:
        return texts
    if not can_compact(len(texts)):
        return filled(texts, "").rechunk()
    return Views.of(texts).series(texts.name)


def trimmed(cells: pl.Series) -> pl.Series:
    """Return cells without the white space around them; a null is an empty text."""
    if not _trim.pays(len(cells)):
        return filled(cells, "").str.strip_chars()
    views = Views.of(cells)
    out = np.empty_like(views.words)
    moved, beyond = _trim(*views.told, out)
    if beyond:
        return without_nulls(cells).str.strip_chars()
    return Views(out, views.buffers).series(cells.name) if moved else without_nulls(cells)


def replaced(cells: pl.Series, places: npt.NDArray[np.intp], others: pl.Series) -> pl.Series:
    """Return cells with others in some places."""
    return Views.of(cells).replaced(places, Views.of(others)).series(cells.name)


@loop
def _compact(words, places, memory, out, to_words):
    """Put the texts that do not stand in their views one behind the other."""
    to = np.uintp(0)
    for row in range(len(words)):
        to_words[row, 0], to_words[row, 1] = words[row, 0], words[row, 1]
        at, length = cell(words, places, row)
        if length > TWELVE:
            copy(out, to, memory, at, length)
            to_words[row, 1] = np.uint64(to) << HALF
            to += length


def can_compact(rows: int) -> bool:
    """Return whether so many texts are compacted in a loop."""
    return bool(_compact.pays(rows))


def compacted(texts: pl.Series) -> pl.Series:
    """Return a column that keeps no more bytes alive than are its own: for what outlives the block it came from."""
    if not _compact.pays(len(texts)):
        return texts + ""
    views = Views.of(texts)
    size = extent(views).long
    if size > MOST_BYTES:
        return texts + ""
    out, words = np.empty(size, np.uint8), np.empty_like(views.words)
    _compact(*views.told, out, words)
    return Views(words, Buffers.of(out)).series(texts.name)


def size_of_all(texts: pl.Series) -> int:
    """Return how many bytes texts have together."""
    return extent(Views.of(texts)).size


def bytes_alike(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with alike."""
    different = (n for n, (mine, its) in enumerate(zip(one, other, strict=False)) if mine != its)
    return next(different, min(len(one), len(other)))


def all_bytes(texts: pl.Series) -> npt.NDArray[np.uint8]:
    """Return the bytes of texts, one behind the other; they may be columns of bytes as well."""
    if not _pack.pays(len(texts)):
        return np.frombuffer(b"".join(texts.cast(pl.Binary).drop_nulls()), np.uint8)
    views = Views.of(texts)
    return packed(views, extent(views))


def packed(views: Views, found: Extent) -> npt.NDArray[np.uint8]:
    """Return the bytes of texts, one behind the other.

    :param found: how much text there is.
    """
    if found.lie_behind_each_other:
        return views.buffers.arrays()[0]
    out = np.empty(found.size, np.uint8)
    _pack(*views.told, out)
    return out


def laid_out(lengths: npt.NDArray[np.unsignedinteger], text: npt.NDArray[np.uint8]) -> pl.Series:
    """Return texts that lie one behind the other.

    :param lengths: how many bytes each has, in numbers of any width.
    :param text: as :func:`all_bytes` gives it.
    """
    if not _lay_out.pays(len(lengths)):
        data, ends = text.tobytes(), np.cumsum(lengths, dtype=np.int64)
        texts = [data[end - length : end].decode() for length, end in zip(lengths.tolist(), ends.tolist(), strict=True)]
        return pl.Series(texts, dtype=pl.String)
    words = np.empty((len(lengths), 2), np.uint64)
    _lay_out(lengths.astype(np.uint32, copy=False), text, words)
    return Views(words, Buffers.of(text)).series()


@loop
def _lay_out(lengths, packed, out):
    at = np.uintp(0)
    for row in range(len(lengths)):
        length = np.uintp(lengths[row])
        out[row, 0], out[row, 1] = view(packed, at, length, np.uint64(at) << HALF)
        at += length


@loop
def _pack(words, places, memory, out):
    to = np.uintp(0)
    for row in range(len(words)):
        to = put_cell(out, to, words, places, memory, row)
