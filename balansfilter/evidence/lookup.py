"""Sets of millions of numbers or ids that a batch is held against, exact and small.

A probe goes to a bitmap first, which says «certainly not» for nearly all, and only what is left is looked up in
the sorted keys. That costs some ten nanoseconds a probe and about ten bytes a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native import loops, loops_for
from balansfilter.native.texts import Bytes, Column, Offsets, Packed, Texts

UInt64Array = npt.NDArray[np.uint64]
IntpArray = npt.NDArray[np.intp]

_SLOTS_A_KEY = 16
_LARGEST_BITMAP = 27


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
        compiled = loops_for("set_loops", len(probes))
        if compiled is not None and len(self.numbers):
            found = np.empty(len(probes), dtype=np.intp)
            compiled.number_positions(self.numbers, self._bitmap, probes, found)
            return found
        found = np.full(len(probes), -1, dtype=np.intp)
        if not len(self.numbers):
            return found
        slots = probes & np.uint64(len(self._bitmap) * 8 - 1)
        hits = (self._bitmap[slots >> np.uint64(3)] >> (slots & np.uint64(7)).astype(np.uint8)) & np.uint8(1)
        likely = np.flatnonzero(hits)
        wanted = probes[likely]
        places = np.minimum(np.searchsorted(self.numbers, wanted), len(self.numbers) - 1)
        present = self.numbers[places] == wanted
        found[likely[present]] = places[present]
        return found

    def contains(self, probes: UInt64Array) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        return self.positions(probes) >= 0


@dataclass(frozen=True)
class NumberMap:
    """A set of phone numbers that lie close together, such as a register: one bit for each number of a block.

    A probe costs two look-ups, whether it is in the set or not. Blocks without a number take no room.
    """

    _first_block: int
    _places: npt.NDArray[np.int32]
    """For each block from the first to the last: its place in the bits; the empty one for a block without numbers."""
    _bits: npt.NDArray[np.uint8]
    _size: int

    @classmethod
    def of_sorted(cls, numbers: UInt64Array) -> Self:
        """Make a map of numbers that are sorted, each once."""
        first, last = int(numbers[0] >> _BLOCK_BITS), int(numbers[-1] >> _BLOCK_BITS)
        places = np.zeros(last - first + 1, dtype=np.int32)
        parts = [numbers[start : start + _PART] for start in range(0, len(numbers), _PART)]
        for part in parts:
            places[(part >> _BLOCK_BITS).astype(np.int64) - first] = 1
        taken = np.flatnonzero(places)
        places[taken] = np.arange(1, len(taken) + 1)
        bits = np.zeros((len(taken) + 1) * _BLOCK_BYTES, dtype=np.uint8)
        for part in parts:
            slots = _slots(places, part, (part >> _BLOCK_BITS).astype(np.int64) - first)
            marked = slots >> 3
            starts = np.flatnonzero(np.diff(marked, prepend=-1))
            bits[marked[starts]] |= np.bitwise_or.reduceat(np.uint8(1) << (slots & 7).astype(np.uint8), starts)
        return cls(first, places, bits, len(numbers))

    def __len__(self) -> int:
        return self._size

    def contains(self, probes: UInt64Array) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        compiled = loops_for("set_loops", len(probes))
        if compiled is not None:
            there = np.empty(len(probes), dtype=np.bool_)
            compiled.in_map(np.uint64(self._first_block), self._places, self._bits, probes, there)
            return there
        block = (probes >> _BLOCK_BITS).astype(np.int64) - self._first_block
        outside = (block < 0) | (block >= len(self._places))
        block[outside] = 0
        slots = _slots(self._places, probes, block)
        found = ((self._bits[slots >> 3] >> (slots & 7).astype(np.uint8)) & np.uint8(1)).view(np.bool_)
        found[outside] = False
        return np.asarray(found)


_BLOCK_BITS = np.uint64(16)
_BLOCK_BYTES = 1 << 13
_PART = 1 << 20
_MANY = 200_000
_BYTES_A_NUMBER = 40


def _slots(places: npt.NDArray[np.int32], numbers: UInt64Array, block: IntpArray) -> IntpArray:
    within = (numbers & np.uint64((1 << 16) - 1)).astype(np.int64)
    return np.asarray((places[block].astype(np.int64) << 16) | within)


def number_set(numbers: UInt64Array) -> NumberSet | NumberMap:
    """Make a set of numbers in any order, which are sorted where they are.

    A map where many lie close together, sorted keys otherwise.
    """
    compiled = loops_for("set_loops", len(numbers)) if len(numbers) >= _MANY else None
    found = _compiled_map(numbers, compiled) if compiled is not None else None
    if found is not None:
        return found
    ordered = unique_sorted(numbers)
    if len(ordered) >= _MANY:
        blocks = ordered >> _BLOCK_BITS
        spread = int(blocks[-1] - blocks[0])
        taken = int(np.count_nonzero(blocks[1:] != blocks[:-1])) + 1
        if taken * _BLOCK_BYTES + spread * 4 <= _BYTES_A_NUMBER * len(ordered):
            return NumberMap.of_sorted(ordered)
    return NumberSet.of_sorted(ordered)


def _compiled_map(numbers: UInt64Array, compiled: Any) -> NumberMap | None:
    """Make a map of numbers that need not be sorted; None where they lie too far apart."""
    first, last = int(numbers.min() >> _BLOCK_BITS), int(numbers.max() >> _BLOCK_BITS)
    if (last - first) * 4 > _BYTES_A_NUMBER * len(numbers):
        return None
    places = np.zeros(last - first + 1, dtype=np.int32)
    compiled.mark_blocks(numbers, np.uint64(first), places)
    taken = np.flatnonzero(places)
    if len(taken) * _BLOCK_BYTES + (last - first) * 4 > _BYTES_A_NUMBER * len(numbers):
        return None
    places[taken] = np.arange(1, len(taken) + 1)
    bits = np.zeros((len(taken) + 1) * _BLOCK_BYTES, dtype=np.uint8)
    size = compiled.set_bits(numbers, np.uint64(first), places, bits)
    return NumberMap(first, places, bits, size)


def unique_sorted(numbers: UInt64Array) -> UInt64Array:
    """Sort numbers, where they are, and give each once."""
    numbers.sort()
    first = np.ones(len(numbers), dtype=np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return numbers if first.all() else numbers[first]


def _loops() -> Any:
    return loops("set_loops")


class _TextTable(NamedTuple):
    text: Bytes
    offsets: Offsets
    slots: UInt64Array
    marks: Bytes
    """A bit for some bits of each hash: small enough to be near, it says «certainly not» for nearly all."""


@dataclass(frozen=True)
class TextSet:
    """A set of texts, such as customer ids. Hashes find the candidate, the texts themselves decide."""

    texts: pl.Series
    """Each once, in the order of their hashes."""
    _hashes: NumberSet
    _clashing: frozenset[str]

    @classmethod
    def of(cls, texts: pl.Series) -> Self:
        """Make a set of texts in any order, however often each occurs; nulls and empty texts are left out."""
        frame = texts.alias("text").to_frame().filter(pl.col("text") != "")
        frame = frame.with_columns(hash=pl.col("text").hash()).sort("hash")
        hashes = frame["hash"].to_numpy()
        is_new = np.ones(len(hashes), dtype=np.bool_)
        is_new[1:] = hashes[1:] != hashes[:-1]
        again = np.flatnonzero(~is_new)
        if len(again) and not (frame["text"].gather(again) == frame["text"].gather(again - 1)).all():
            return cls._of_clashing(frame.unique())
        frame = frame.filter(pl.Series(is_new))
        return cls(frame["text"].rechunk(), NumberSet.of_sorted(frame["hash"].to_numpy()), frozenset())

    @classmethod
    def _of_clashing(cls, different: pl.DataFrame) -> Self:
        """Make a set of different texts of which some have one hash."""
        ordered = different.sort("hash", "text")
        frame = ordered.unique("hash", keep="first", maintain_order=True)
        clashing = frozenset(ordered.join(frame, on="text", how="anti")["text"])
        return cls(frame["text"].rechunk(), NumberSet.of_sorted(frame["hash"].to_numpy()), clashing)

    def __len__(self) -> int:
        return len(self.texts) + len(self._clashing)

    @cached_property
    def _table(self) -> _TextTable:
        """The texts as the compiled loops look them up."""
        packed = Packed.of(self.texts)
        slots = np.zeros(1 << (2 * len(self.texts) + 1).bit_length(), np.uint64)
        marks = np.zeros(len(slots), np.uint8)
        _loops().fill_slots(packed.text, packed.offsets, slots, marks)
        return _TextTable(packed.text, packed.offsets, slots, marks)

    def positions(self, probes: Column) -> IntpArray:
        """Return the position of each probe in `texts`, -1 where it is not in the set.

        Two different texts with one 64-bit hash do not occur in practice; should they, the second is looked up among
        the clashing ones and given the position of the first, so that nobody is lost.
        """
        if isinstance(probes, Texts):
            if not self._clashing:
                found = np.empty(len(probes), dtype=np.intp)
                _loops().text_positions(probes.text, probes.starts, probes.lengths, *self._table, found)
                return found
            probes = probes.series()
        found = self._hashes.positions(probes.hash().to_numpy())
        likely = np.flatnonzero(found >= 0)
        if not len(likely):
            return found
        wanted = probes.gather(likely)
        same = (self.texts.gather(found[likely]) == wanted).to_numpy()
        if self._clashing:
            same |= wanted.is_in(list(self._clashing)).to_numpy()
        found[likely[~same]] = -1
        return found

    def contains(self, probes: Column) -> npt.NDArray[np.bool_]:
        """Say of each probe whether it is in the set."""
        return self.positions(probes) >= 0
