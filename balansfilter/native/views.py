"""Columns of text as loops see them: Arrow's string views, which Polars hands over and takes without a copy.

A view is two words: the length of the text and its first four bytes, then its other bytes where it has at most twelve,
zeros behind them; else the number of its buffer, and its place in there. Two short texts are thus the same if their
views are. The bytes of a buffer must be proved UTF-8 before a view that points into it becomes a cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.native.lending import WORDS_OF_A_VIEW, lent, taken_over
from balansfilter.native.loop import MEMORY, inlined, loop
from balansfilter.native.view_parts import LOW, TWELVE
from balansfilter.native.without_queries import filled

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

_NO_ADDRESSES, _NO_SIZES = np.empty(0, np.uint64), np.empty(0, np.int64)
SHORT = 12
"""Bytes of the longest text that stands in its view."""
MOST_BYTES = (1 << 31) - 1
"""The largest buffer that a view may point into."""


@inlined
def is_known(memory, known, place):
    """Return 1 where a bit says that a view is not null, else 0.

    :param known: the address of the bits; 0 where no view is null.
    """
    byte = np.uint64(memory[np.uintp(known) + np.uintp(place >> np.uint64(3))]) if known else np.uint64(0xFF)
    return (byte >> (place & np.uint64(7))) & np.uint64(1)


@loop
def _take(words, memory, known, first, buffers, out):
    """Take the views of a chunk, and empty texts for those that are null.

    :param known: the address of bits that say which are not; 0 where none is null.
    :param first: which of the bits is that of the first view.
    :param buffers: how many come before those of the chunk.
    """
    for row in range(len(words)):
        there = is_known(memory, known, np.uint64(first + row))
        is_far = (words[row, 0] & LOW) > TWELVE
        shift = np.uint64(buffers) if is_far else np.uint64(0)
        out[row, 0], out[row, 1] = words[row, 0] * there, (words[row, 1] + shift) * there


class _BytesOf:
    """Bytes somewhere in memory, for numpy: an array of them keeps what owns them."""

    def __init__(self, owner: object, address: int, size: int) -> None:
        self._owner = owner
        self.__array_interface__ = {"shape": (size,), "typestr": "|u1", "data": (address, True), "version": 3}


class Buffers(NamedTuple):
    """The bytes that views point into."""

    addresses: Words
    sizes: npt.NDArray[np.int64]
    owner: object
    """Keeps them alive."""

    @classmethod
    def of(cls, *arrays: Bytes) -> Buffers:
        """Return arrays of bytes as buffers."""
        addresses = np.array([array.ctypes.data for array in arrays], np.uint64)
        return cls(addresses, np.array([array.nbytes for array in arrays], np.int64), arrays)

    def arrays(self) -> list[Bytes]:
        """Return them as arrays of bytes, which keep the owner."""
        pairs = zip(self.addresses.tolist(), self.sizes.tolist(), strict=True)
        return [np.asarray(_BytesOf(self.owner, *pair)) if pair[1] else np.empty(0, np.uint8) for pair in pairs]


@dataclass(frozen=True, repr=False)
class Views:
    """A column of text."""

    words: Words
    """Two a row, contiguous."""
    buffers: Buffers

    def __len__(self) -> int:
        return len(self.words)

    @classmethod
    def of(cls, texts: pl.Series) -> Views:
        """Return the views of a column of text as they lie in memory; a null is an empty text."""
        chunks = list(cls.chunks(texts if _take.pays(len(texts)) else filled(texts, "").rechunk()))
        if len(chunks) == 1 and not chunks[0].nulls:
            return chunks[0].views
        words = np.empty((sum(len(chunk.views) for chunk in chunks), WORDS_OF_A_VIEW), np.uint64)
        each = [chunk.views.buffers for chunk in chunks]
        start = before = 0
        for views, known, first, _ in chunks:
            _take(views.words, MEMORY, known, first, before, words[start : start + len(views)])
            start, before = start + len(views), before + len(views.buffers.addresses)
        addresses = np.concatenate([_NO_ADDRESSES, *(buffers.addresses for buffers in each)])
        sizes = np.concatenate([_NO_SIZES, *(buffers.sizes for buffers in each)])
        return cls(words, Buffers(addresses, sizes, each))

    @classmethod
    def chunks(cls, texts: pl.Series) -> Iterator[ViewsOfChunk]:
        """Yield the views of each piece in which a column of text lies, those of nulls among them."""
        given = texts.alias("")  # a name with a zero in it cannot be handed over
        for piece in given.get_chunks() if given.n_chunks() > 1 else [given]:
            taken = taken_over(piece) if len(piece) else None
            if taken is not None:
                views = cls(np.asarray(taken), Buffers(*taken.buffers(), taken))
                yield ViewsOfChunk(views, *taken.known(), piece.null_count())

    @property
    def told(self) -> tuple[Words, Words, Any]:
        """What a loop is told of them: the words, the addresses of the words and of each buffer, and all memory."""
        return self.words, np.append(np.uint64(self.words.ctypes.data), self.buffers.addresses), MEMORY

    @property
    def lengths(self) -> npt.NDArray[np.uint32]:
        """How many bytes each text has: what a view begins with."""
        return self.words.view(np.uint32)[:, 0]

    def at(self, places: npt.NDArray[np.int64]) -> Views:
        """Return those in some places."""
        return Views(self.words[places], self.buffers)

    def replaced(self, places: npt.NDArray[np.intp], others: Views) -> Views:
        """Return them with others in some places."""
        words, put = self.words.copy(), others.words.copy()
        put[others.lengths > SHORT, 1] += np.uint64(len(self.buffers.addresses))
        words[places] = put
        mine, theirs = self.buffers, others.buffers
        addresses = np.concatenate([mine.addresses, theirs.addresses])
        return Views(words, Buffers(addresses, np.concatenate([mine.sizes, theirs.sizes]), (mine.owner, theirs.owner)))

    def series(self, name: str = "") -> pl.Series:
        """Return them as a column of Polars; the bytes must be UTF-8."""
        return self._given(name, b"vu", pl.String)

    def binary(self, name: str = "") -> pl.Series:
        """Return them as a column of Polars, as bytes."""
        return self._given(name, b"vz", pl.Binary)

    def _given(self, name: str, form: bytes, kind: type[pl.DataType]) -> pl.Series:
        if not len(self):
            return pl.Series(name, [], kind)
        addresses, sizes, _ = self.buffers
        return lent(form, len(self), [self.words.ctypes.data, *addresses.tolist(), sizes.ctypes.data], self).alias(name)


class ViewsOfChunk(NamedTuple):
    """The views of one of the pieces in which a column lies."""

    views: Views
    known: int
    """The address of bits that say which of them are not null; 0 where none is."""
    first: int
    """Which of the bits is that of the first view."""
    nulls: int
    """How many are null; what their views hold means nothing."""
