"""Sets of millions of numbers or ids that a batch is held against, exact and small.

A probe goes to a bitmap first, which says «certainly not» for nearly all, and only what is left is looked up in
the sorted keys. That costs some ten nanoseconds a probe and about ten bytes a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.set_loops import NumberBlocks, TextPositions, in_blocks, number_blocks, number_positions

UInt64Array = npt.NDArray[np.uint64]
IntpArray = npt.NDArray[np.intp]

_SLOTS_A_KEY = 16
_LARGEST_BITMAP = 27
_MANY = 200_000
_BYTES_A_NUMBER = 40


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
        marks[numbers & np.uint64(len(marks) - 1)] = True
        return cls(numbers, np.packbits(marks, bitorder="little"))

    def __len__(self) -> int:
        return len(self.numbers)

    def positions(self, probes: UInt64Array) -> IntpArray:
        """Return the position of each probe in `numbers`, -1 where it is not in the set."""
        return number_positions(self.numbers, self._bitmap, probes)

    def contains(self, probes: UInt64Array) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        return self.positions(probes) >= 0


@dataclass(frozen=True)
class NumberMap:
    """A set of phone numbers that lie close together, such as a register: one bit for each number of a block.

    A probe costs two look-ups, whether it is in the set or not. Blocks without a number take no room.
    """

    _blocks: NumberBlocks

    def __len__(self) -> int:
        return self._blocks.size

    def contains(self, probes: UInt64Array) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        return in_blocks(self._blocks, probes)


def number_set(numbers: UInt64Array) -> NumberSet | NumberMap:
    """Make a set of numbers in any order, which are sorted where they are.

    A map where many lie close together, sorted keys otherwise.
    """
    blocks = number_blocks(numbers, _BYTES_A_NUMBER) if len(numbers) >= _MANY else None
    return NumberSet.of_sorted(unique_sorted(numbers)) if blocks is None else NumberMap(blocks)


def unique_sorted(numbers: UInt64Array) -> UInt64Array:
    """Sort numbers, where they are, and give each once."""
    numbers.sort()
    first = np.ones(len(numbers), dtype=np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return numbers if first.all() else numbers[first]


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

    def contains(self, probes: pl.Series) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        return self.positions(probes) >= 0
