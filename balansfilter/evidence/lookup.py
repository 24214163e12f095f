"""Sets of millions of numbers or ids that a batch is held against, exact and small.

A probe goes to a bitmap first, which says «certainly not» for nearly all, and only what is left is looked up in
the sorted keys. That costs some ten nanoseconds a probe and about ten bytes a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.native.block_loops import BlocksInMaking, NumberBlocks, in_blocks
from balansfilter.native.set_loops import Marks, TextPositions, number_hits, number_positions

UInt64Array = npt.NDArray[np.uint64]
IntpArray = npt.NDArray[np.intp]

_SLOTS_A_KEY = 16
_LARGEST_BITMAP = 27
_MANY = 200_000
_BYTES_A_NUMBER = 40
_LARGE, _BYTES_OF_MANY = 1 << 29, 8
"""A map of more bytes than this may take no more than sorted numbers would."""
_AT_ONCE = 1 << 22
"""Numbers that are worked on at a time."""


@dataclass(frozen=True)
class NumberSet:
    """A set of phone numbers, as E.164 integers."""

    numbers: UInt64Array
    """Sorted, each once."""
    _bitmap: npt.NDArray[np.uint8]
    """One bit for each value of a number's last bits: numbers lie close together, and so do their slots."""

    @classmethod
    def of(cls, numbers: UInt64Array) -> Self:
        """Make a set of numbers in any order, however often each occurs."""
        return cls.of_sorted(unique_sorted(numbers.copy()))

    @classmethod
    def of_sorted(cls, numbers: UInt64Array) -> Self:
        """Make a set of numbers that are sorted, each once."""
        bits = min(max((len(numbers) * _SLOTS_A_KEY).bit_length(), 16), _LARGEST_BITMAP)
        marks = np.zeros(1 << bits, dtype=np.bool_)
        for some in _parts(numbers):
            marks[some & np.uint64(len(marks) - 1)] = True
        return cls(numbers, np.packbits(marks, bitorder="little"))

    def __len__(self) -> int:
        return len(self.numbers)

    def parts(self) -> Iterator[UInt64Array]:
        """Yield the numbers, ascending, some at a time."""
        return _parts(self.numbers)

    def positions(self, probes: UInt64Array) -> IntpArray:
        """Return the position of each probe in `numbers`, -1 where it is not in the set."""
        return number_positions(self.numbers, self._bitmap, probes)

    def hits(self, probes: UInt64Array, hit: Marks) -> IntpArray:
        """Mark the probes that are in the set, and return the positions of those in `numbers`, in their order."""
        return number_hits(self.numbers, self._bitmap, probes, hit)

    def contains(self, probes: UInt64Array) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        return self.positions(probes) >= 0


@dataclass(frozen=True)
class NumberMap:
    """A set of phone numbers that lie close together, such as a register: one bit for each number of a block.

    A probe costs two look-ups, whether it is in the set or not. Blocks without a number take no room.
    """

    blocks: NumberBlocks

    def __len__(self) -> int:
        return self.blocks.size

    def parts(self) -> Iterator[UInt64Array]:
        """Yield the numbers, ascending, some at a time."""
        return self.blocks.numbers()

    def contains(self, probes: UInt64Array) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        return in_blocks(self.blocks, probes)


class NumbersInMaking:
    """Numbers in any order, however often each occurs, of which a set is made while they come in.

    What fits into a map does not wait for the others, so that a register of hundreds of millions of numbers is never
    in memory number by number. Which form the set gets hangs on what is in it, and not on how that came in.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._blocks = BlocksInMaking()
        self._waiting = np.empty(0, np.uint64)
        self._count, self._enough = 0, _MANY

    def add(self, numbers: UInt64Array) -> None:
        """Add numbers."""
        if not self._count and len(numbers) >= self._enough and self._settled(numbers):
            return
        end = self._count + len(numbers)
        if end > len(self._waiting):
            self._waiting.resize(max(end, self._count + self._count // 2), refcheck=False)  # nobody else has seen it
        self._waiting[self._count : end] = numbers
        self._count = end
        if end >= self._enough and self._settled(self._waiting[:end]):
            self._waiting, self._count = np.empty(0, np.uint64), 0

    def _settled(self, numbers: UInt64Array) -> bool:
        """Take numbers into the map, if they lie close enough together; if not, they wait for more."""
        if not self._blocks.take(numbers, _room(len(self._blocks) + len(numbers))):
            self._enough = 2 * len(numbers)
            return False
        self._blocks.add(numbers)
        self._enough = _MANY
        return True

    def made(self) -> NumberSet | NumberMap:
        """Return the set: a map where many numbers lie close together, sorted numbers otherwise."""
        self._waiting.resize(self._count, refcheck=False)
        waiting = unique_sorted(self._waiting)
        most = len(self._blocks) + len(waiting)
        if most >= _MANY and (not len(waiting) or self._blocks.take(waiting, _room(most))):
            self._blocks.add(waiting)
            waiting = waiting[:0]
            if len(self._blocks) >= _MANY and self._blocks.bytes <= _room(len(self._blocks)):
                return NumberMap(self._blocks.made())
        if not len(self._blocks):
            return NumberSet.of_sorted(waiting)
        return NumberSet.of_sorted(unique_sorted(np.concatenate([waiting, *self._blocks.made().numbers()])))


def number_set(numbers: UInt64Array) -> NumberSet | NumberMap:
    """Make a set of numbers in any order: a map where many lie close together, sorted numbers otherwise."""
    making = NumbersInMaking()
    making.add(numbers)
    return making.made()


def _room(count: int) -> int:
    """Return how many bytes a map of so many numbers may take."""
    return min(_BYTES_A_NUMBER * count, max(_LARGE, _BYTES_OF_MANY * count))


def unique_sorted(numbers: UInt64Array) -> UInt64Array:
    """Sort numbers, where they are, and give each once."""
    numbers.sort()
    kept, last = 0, np.empty(0, np.uint64)
    for some in _parts(numbers):
        first = np.ones(len(some), dtype=np.bool_)
        np.not_equal(some[1:], some[:-1], out=first[1:])
        first[:1] = some[:1] != last if len(last) else True
        last = some[-1:].copy()
        fresh = some[first]
        numbers[kept : kept + len(fresh)] = fresh
        kept += len(fresh)
    return numbers[:kept]


def _parts(numbers: UInt64Array) -> Iterator[UInt64Array]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


@dataclass(frozen=True)
class TextSet:
    """A set of texts, such as customer ids."""

    texts: pl.Series
    """Each once."""
    _positions: TextPositions

    @classmethod
    def of(cls, texts: pl.Series) -> Self:
        """Make a set of texts in any order, however often each occurs; nulls and empty texts are left out."""
        found = TextPositions(texts.filter(texts != "").unique(maintain_order=True))
        return cls(found.texts, found)

    def __len__(self) -> int:
        return len(self.texts)

    def positions(self, probes: pl.Series) -> IntpArray:
        """Return the position of each probe in `texts`, -1 where it is not in the set."""
        return self._positions.of(probes)

    def hits(self, probes: pl.Series, hit: Marks) -> IntpArray:
        """Mark the probes that are in the set, and return the positions of those in `texts`, in their order."""
        return self._positions.hits(probes, hit)

    def contains(self, probes: pl.Series) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        return self.positions(probes) >= 0
