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
    last_of,
    mixed,
    part_of_cell,
    put_cell,
    same_middle,
    view,
)
from balansfilter.native.views import MOST_BYTES, SHORT, Buffers, Views
from balansfilter.native.without_queries import filled

_SPACE, _TAB, _CR = 32, 9, 13
_FIRST_BEYOND_ASCII = 0x80
_MOST_DIFFERENT = 1 << 13
_SLOTS = 1 << 14
_TWO, _THREE = np.uintp(2), np.uintp(3)
_WORDS_OF_A_SLOT = np.uintp(4)
_BYTES_OF_A_NUMBER = 8

TOO_MANY = -1


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
    """Return a column with an empty text for each null; the very same one where there is none."""
    if not texts.null_count() or not can_compact(len(texts)):
        return filled(texts, "")
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


@loop
def _code(words, places, memory, slots, codes, firsts):
    """Number each text as the first one like it, counted among the different ones.

    :param slots: four zeros for each slot; a power of two of slots, more than there may be different texts. One that
        is taken holds both ends of a text, its number plus one, and its address.
    :param codes: takes the number of each text.
    :param firsts: takes where the different texts stand first; how many there may be.
    :returns: how many different texts there are; `TOO_MANY` for more than there may be.
    """
    found, mask = np.uint64(0), np.uintp(len(slots)) // _WORDS_OF_A_SLOT - ONE
    for row in range(len(words)):
        first = words[row, 0]
        at, length = cell(words, places, row)
        last = last_of(words, row, memory, at, length)
        slot = np.uintp(mixed(first, last, memory, at, length)) & mask
        while True:
            here = slot * _WORDS_OF_A_SLOT
            number = slots[here + _TWO]
            if not number:
                if found == np.uint64(len(firsts)):
                    return TOO_MANY
                firsts[found] = row
                found += np.uint64(1)
                number = found
                slots[here], slots[here + ONE], slots[here + _TWO], slots[here + _THREE] = first, last, found, at
                break
            ends_alike = slots[here] == first and slots[here + ONE] == last
            if ends_alike and same_middle(memory, at, np.uintp(slots[here + _THREE]), length):
                break
            slot = (slot + ONE) & mask
        codes[row] = number - np.uint64(1)
    return np.int64(found)


def coded(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the different texts of a column, and which of them each cell is: few, in columns like dates."""
    if _code.pays(len(cells)):
        codes, firsts = np.empty(len(cells), np.uint32), np.empty(_MOST_DIFFERENT, np.int64)
        slots = np.zeros(_SLOTS * int(_WORDS_OF_A_SLOT), np.uint64)
        views = Views.of(cells)
        found = _code(*views.told, slots, codes, firsts)
        if found != TOO_MANY:
            return views.at(firsts[:found]).series(), pl.Series(codes)
    places: dict[str, int] = {}
    numbers = [places.setdefault(text, len(places)) for text in filled(cells, "")]
    return pl.Series(list(places), dtype=pl.String), pl.Series(numbers, dtype=pl.UInt32)


def first_ones(values: pl.Series, most: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]] | None:
    """Return where the different values of a column stand first, and which of them each is; None where they are many.

    :param values: texts, or numbers of 64 bits without a sign; none is null.
    :param most: how many different ones are few.
    """
    if not _code.pays(len(values)):
        firsts = values.arg_unique().sort()
        if len(firsts) > most:
            return None
        numbers = pl.int_range(len(firsts), dtype=pl.UInt32, eager=True)
        codes = values.replace_strict(values.gather(firsts), numbers, return_dtype=pl.UInt32)
        return firsts.to_numpy().astype(np.int64), codes.to_numpy()
    views = Views.of(values) if values.dtype == pl.String else _as_short_texts(values.to_numpy())
    places, codes_of = np.empty(most, np.int64), np.empty(len(values), np.uint32)
    slots = np.zeros(int(_WORDS_OF_A_SLOT) << (2 * most).bit_length(), np.uint64)
    found = _code(*views.told, slots, codes_of, places)
    return None if found == TOO_MANY else (places[:found], codes_of)


def _as_short_texts(numbers: npt.NDArray[np.uint64]) -> Views:
    """Return numbers as views of their eight bytes."""
    words = np.empty((len(numbers), 2), np.uint64)
    words[:, 0] = np.uint64(_BYTES_OF_A_NUMBER) | numbers << HALF
    words[:, 1] = numbers >> HALF
    return Views(words, Buffers.of())


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
