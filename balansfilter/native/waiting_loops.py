"""Columns of rows that are alike, in few bytes while they wait.

Few different texts, such as products and dates, lie once, and by their numbers in each row. Others lie without what all
of them begin with, as the customer ids of a part of a list do. Numbers lie as how far each is behind the least, as
phone numbers of one country do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.coded_texts import CodedTexts
from balansfilter.native.coding_loops import coded_if_few
from balansfilter.native.instructions import eight_bytes, put_eight_bytes
from balansfilter.native.loop import loop
from balansfilter.native.text_loops import Extent, bytes_alike, extent, packed
from balansfilter.native.view_parts import EIGHT, HALF, cell, put_end, view
from balansfilter.native.views import Buffers, Bytes, Views, Words

_LEAST_SHARED, _MOST_SHARED = 8, 16
"""Bytes of a beginning, which is compared as its first eight and its last eight."""
_MOST_LEFT = 8
"""Bytes behind it, which are moved as one number."""
_LOOKED_AT = 16
"""Texts by which it is guessed what all begin with."""
_ONE = np.uint64(1)
_MOST_BEHIND = (1 << 32) - 1

Behind = npt.NDArray[np.uint32]


# --- few texts ----------------------------------------------------------------------------------------------------


class FewTexts(NamedTuple):
    """Texts of which few are different."""

    codes: npt.NDArray[np.unsignedinteger]
    """Which of the different ones each is."""
    lengths: npt.NDArray[np.unsignedinteger]
    """How many bytes each of those has."""
    text: Bytes
    """Those bytes, one text behind the other."""


def few_texts(texts: pl.Series) -> CodedTexts | None:
    """Return texts of which few are different; None where many are, or it saves no bytes."""
    found = coded_if_few(texts)
    if found is None:
        return None
    size, of_code = extent(Views.of(found.different)).size, np.min_scalar_type(len(found.different)).itemsize
    saves = size + of_code * len(texts) <= int(texts.str.len_bytes().sum()) + len(texts)  # a byte for each length
    return found if saves else None


def codes_apart(texts: CodedTexts) -> FewTexts:
    """Return coded texts apart from memory in which other things lie as well, null as an empty text."""
    different = Views.of(texts.different)
    size = extent(different)
    lengths = different.lengths.astype(np.min_scalar_type(size.longest))
    return FewTexts(texts.codes.astype(np.min_scalar_type(len(different))), lengths, packed(different, size))


# --- texts that begin alike ---------------------------------------------------------------------------------------


class AlikeTexts(NamedTuple):
    """Texts that begin alike."""

    beginning: Bytes
    lengths: npt.NDArray[np.uint8]
    """How many bytes each has behind it; one number where all have as many."""
    rests: Bytes
    """Those bytes, one text behind the other, and a few more."""


@loop
def _take_rests(words, places, memory, shared, first, last, lengths, rests):
    """Write what each text has behind a beginning, and say whether all begin with it, and have little more.

    :param shared: the length of the beginning.
    :param first: its first eight bytes, as a number.
    :param last: its last eight bytes.
    :param rests: has room for eight bytes more than there are, if all begin so: of those before a text that is too
        short for that there may be more.
    """
    to, shared, room = np.uintp(0), np.uintp(shared), np.uintp(len(rests))
    for row in range(len(words)):
        at, length = cell(words, places, row)
        if length < shared or length > shared + EIGHT or to + EIGHT > room:
            return False
        if eight_bytes(memory, at) != first or eight_bytes(memory, at + shared - EIGHT) != last:
            return False
        left = length - shared
        put_end(rests, to, memory, at + length, left)
        lengths[row] = left
        to += left
    return True


def alike_texts(views: Views, found: Extent) -> AlikeTexts | None:
    """Return texts without their beginning; None where they do not all begin alike, or have much behind that.

    :param found: how much text there is.
    """
    rows = len(views)
    if not _take_rests.pays(rows):
        return None
    beginning = _guessed(views)
    left = found.size - rows * len(beginning)
    if len(beginning) < _LEAST_SHARED or left < 0 or found.longest - len(beginning) > _MOST_LEFT:
        return None
    lengths, rests = np.empty(rows, np.uint8), np.empty(left + _MOST_LEFT, np.uint8)
    if not _take_rests(*views.told, len(beginning), *_ends(beginning), lengths, rests):
        return None
    if found.size == rows * found.longest:
        lengths = lengths[:1].copy()
    return AlikeTexts(np.frombuffer(beginning, np.uint8), lengths, rests)


def _guessed(views: Views) -> bytes:
    """Return what some of the texts begin with, and most likely all."""
    last = len(views) - 1
    some = views.at(np.array([last * n // (_LOOKED_AT - 1) for n in range(_LOOKED_AT)])).series()
    least, greatest = (str(text).encode()[:_MOST_SHARED] for text in (some.min(), some.max()))
    return least[: bytes_alike(least, greatest)]


def _ends(beginning: bytes) -> tuple[np.uint64, np.uint64]:
    """Return the first eight bytes and the last eight as the loops take them."""
    first, last = np.frombuffer(beginning[:_LEAST_SHARED] + beginning[-_LEAST_SHARED:], np.uint64)
    return first, last


@loop
def _put_behind(shared, first, last, lengths, rests, out, out_words):
    """Write each text, its beginning first, and its view.

    :param out: has room for eight bytes more than there are.
    """
    at, to, shared = np.uintp(0), np.uintp(0), np.uintp(shared)
    every = np.uintp(len(lengths) - 1)
    for row in range(np.uintp(len(out_words))):
        left = np.uintp(lengths[min(row, every)])
        put_eight_bytes(out, to, first)
        put_eight_bytes(out, to + shared - EIGHT, last)
        put_eight_bytes(out, to + shared, eight_bytes(rests, at))
        out_words[row, 0], out_words[row, 1] = view(out, to, shared + left, np.uint64(to) << HALF)
        to += shared + left
        at += left


def texts_behind(rows: int, beginning: Bytes, lengths: npt.NDArray[np.uint8], rests: Bytes) -> pl.Series:
    """Return so many texts again, of what :class:`AlikeTexts` holds."""
    start = beginning.tobytes()
    if not _put_behind.pays(rows):
        data, left = rests.tobytes(), np.broadcast_to(lengths, rows)
        ends = np.cumsum(left, dtype=np.int64)
        texts = [start + data[end - size : end] for size, end in zip(left.tolist(), ends.tolist(), strict=True)]
        return pl.Series([text.decode() for text in texts], dtype=pl.String)
    size = len(rests) - _MOST_LEFT + rows * len(start)
    out, words = np.empty(size + _MOST_LEFT, np.uint8), np.empty((rows, 2), np.uint64)
    _put_behind(len(start), *_ends(start), lengths, rests, out, words)
    return Views(words, Buffers.of(out[:size])).series()


# --- numbers ------------------------------------------------------------------------------------------------------


@loop
def _span(numbers):
    """Return the least of the numbers that are not 0, less one, and the greatest."""
    least, most = ~np.uint64(0), np.uint64(0)
    for number in numbers:
        least, most = min(least, number - _ONE), max(most, number)  # one less than 0 is the greatest that there is
    return least, most


@loop
def _measure_behind(numbers, least, out):
    for row in range(len(numbers)):
        number = numbers[row]
        out[row] = np.uint32(number - least) if number else np.uint32(0)


@loop
def _add_to(behind, least, out):
    for row in range(len(behind)):
        number = np.uint64(behind[row])
        out[row] = number + least if number else np.uint64(0)


def near_numbers(numbers: Words) -> tuple[int, Behind] | None:
    """Return what is added to each number but 0, and what is left of it in four bytes; None where that is too much."""
    if not _measure_behind.pays(len(numbers)):
        return None
    least, most = _span(numbers)
    if most <= least or most - least > _MOST_BEHIND:
        return None
    out = np.empty(len(numbers), np.uint32)
    _measure_behind(numbers, least, out)
    return int(least), out


def numbers_of(least: int, behind: Behind) -> Words:
    """Return the numbers again."""
    if not _add_to.pays(len(behind)):
        return np.where(behind > 0, behind.astype(np.uint64) + np.uint64(least), np.uint64(0))
    out = np.empty(len(behind), np.uint64)
    _add_to(behind, np.uint64(least), out)
    return out
