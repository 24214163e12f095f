"""Which values of a column are alike: each different one is found once, and every row told which of them it has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.coded_texts import CodedTexts
from balansfilter.native.loop import loop
from balansfilter.native.view_parts import HALF, ONE, cell, last_of, mixed, same_middle
from balansfilter.native.views import Buffers, Views, ViewsOfChunk, is_known
from balansfilter.native.without_queries import cells_at

_TWO, _THREE = np.uintp(2), np.uintp(3)
_MOST_DIFFERENT = 1 << 13
_WORDS_OF_A_SLOT = np.uintp(4)
_LOOKED_AT = 4096
"""Values at the beginning of a column, by whose repetitions it is guessed how many different ones it has."""
_REPEATED = 3
"""How often each value of a column stands there on average, at least, where there are few."""
_VERY_FEW = 1 << 11
"""So many at most are looked for first, for the memory in which they are noted is quick."""
_BYTES_OF_A_NUMBER = 8
TOO_MANY = -1


@loop
def _code(words, places, memory, known, first_known, start, found, null, slots, codes, firsts):
    """Number each text of a chunk as the first one like it, counted among the different ones; null is one of those.

    :param known: the address of bits that say which are not null; 0 where none is.
    :param first_known: which of the bits is that of the first text.
    :param start: how many texts come before those of the chunk.
    :param found: how many different ones there are among those.
    :param null: takes the number of null, plus one.
    :param slots: four zeros for each slot; a power of two of slots, more than there may be different texts. One that
        is taken holds both ends of a text, its number plus one, and its address.
    :param codes: takes the number of each text.
    :param firsts: takes where the different texts stand first; how many there may be.
    :returns: how many different texts there are; `TOO_MANY` for more than there may be.
    """
    found, mask = np.uint64(found), np.uintp(len(slots)) // _WORDS_OF_A_SLOT - ONE
    for row in range(len(words)):
        if known and not is_known(memory, known, np.uint64(first_known + row)):
            if not null[0]:
                if found == np.uint64(len(firsts)):
                    return TOO_MANY
                firsts[found] = start + row
                found += np.uint64(1)
                null[0] = found
            codes[row] = null[0] - np.uint64(1)
            continue
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
                firsts[found] = start + row
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


def coded(cells: pl.Series) -> CodedTexts:
    """Return a column of few different texts, such as of dates, by which of them each cell is.

    :param cells: in several pieces perhaps.
    """
    if _code.pays(len(cells)):
        found = _first_ones(list(Views.chunks(cells)), _MOST_DIFFERENT)
        if found is not None:
            return CodedTexts(cells_at(cells, found[0]), found[1])
    places: dict[str | None, int] = {}
    numbers = [places.setdefault(text, len(places)) for text in cells]
    return CodedTexts(pl.Series(list(places), dtype=pl.String), np.array(numbers, np.uint32))


def coded_if_few(cells: pl.Series) -> CodedTexts | None:
    """Return a column by which of a few different texts each cell is; None where they are many, or the column short."""
    if not _code.pays(len(cells)):
        return None
    found = few_ones(cells)
    return None if found is None else CodedTexts(cells_at(cells, found[0]), found[1])


def first_ones(values: pl.Series, most: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]] | None:
    """Return where the different values of a column stand first, and which of them each is; None where they are many.

    :param values: texts, null among them perhaps, or numbers of 64 bits without a sign.
    :param most: how many different ones are few.
    """
    if not _code.pays(len(values)):
        firsts = values.arg_unique().sort()
        if len(firsts) > most:
            return None
        numbers = pl.int_range(len(firsts), dtype=pl.UInt32, eager=True)
        codes = values.replace_strict(values.gather(firsts), numbers, return_dtype=pl.UInt32)
        return firsts.to_numpy().astype(np.int64), codes.to_numpy()
    if values.dtype == pl.String:
        chunks = list(Views.chunks(values))
    else:
        chunks = [ViewsOfChunk(_as_short_texts(values.to_numpy()), 0, 0, 0)]
    return _first_ones(chunks, most)


def _first_ones(
    chunks: Sequence[ViewsOfChunk], most: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]] | None:
    """Return where the different texts of chunks stand first, and which of them each is; None for too many of them."""
    firsts, codes = np.empty(most, np.int64), np.empty(sum(len(chunk.views) for chunk in chunks), np.uint32)
    slots = 1 << (2 * most - 1).bit_length()  # at least two for each that may be noted
    noted, null = np.zeros(slots * int(_WORDS_OF_A_SLOT), np.uint64), np.zeros(1, np.uint64)
    start = found = 0
    for views, known, first, _ in chunks:
        found = _code(*views.told, known, first, start, found, null, noted, codes[start : start + len(views)], firsts)
        if found == TOO_MANY:
            return None
        start += len(views)
    return firsts[:found], codes


def few_ones(values: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]] | None:
    """Return what :func:`first_ones` does, for a column in which each value stands some times; None for any other.

    Whether it is one is guessed from its beginning first: most columns of many values say so there.
    """
    if len(values) > _LOOKED_AT:
        repeated = _LOOKED_AT**2 // len(values)  # as often as by chance, were each there twice on average
        if first_ones(values.head(_LOOKED_AT), _LOOKED_AT - repeated) is None:
            return None
    most = len(values) // _REPEATED
    return first_ones(values, min(most, _VERY_FEW)) or (first_ones(values, most) if most > _VERY_FEW else None)


def _as_short_texts(numbers: npt.NDArray[np.uint64]) -> Views:
    """Return numbers as views of their eight bytes."""
    words = np.empty((len(numbers), 2), np.uint64)
    words[:, 0] = np.uint64(_BYTES_OF_A_NUMBER) | numbers << HALF
    words[:, 1] = numbers >> HALF
    return Views(words, Buffers.of())
