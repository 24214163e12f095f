"""Sets of numbers that lie close together, such as a register: a bit for each number of the blocks that hold any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balansfilter.native.loop import loop
from balansfilter.native.views import Bytes, Words

BLOCK_BYTES = 1 << 13
"""The bits of the 65,536 numbers of a block."""
_BLOCK_BITS, _IN_BLOCK = np.uint64(16), np.uint64(0xFFFF)
_BYTES_OF_A_PLACE = 4
_BLOCKS_AT_ONCE = 512


class NumberBlocks(NamedTuple):
    """A bit for each number of the blocks in which numbers of a set lie."""

    first: int
    """The first block; there are `1 << 16` numbers in each."""
    places: npt.NDArray[np.int32]
    """For each block from the first to the last: its place in the bits; that of an empty one for others."""
    bits: Bytes
    """The blocks, an empty one first."""
    size: int
    """How many numbers there are."""

    @classmethod
    def lain_out(cls, blocks: Words, bits: Bytes, size: int) -> NumberBlocks:
        """Return blocks, ascending, whose bits lie in this order behind those of an empty one."""
        first = int(blocks[0])
        places = np.zeros(int(blocks[-1]) - first + 1, np.int32)
        places[blocks - blocks[0]] = np.arange(1, len(blocks) + 1)
        return cls(first, places, bits, size)

    @property
    def taken(self) -> Words:
        """The blocks that hold any number, ascending."""
        return np.flatnonzero(self.places).astype(np.uint64) + np.uint64(self.first)

    def runs(self) -> Iterator[tuple[Words, Bytes]]:
        """Yield the blocks that hold any number with their bits, some at a time, ascending."""
        taken, bits = self.taken, self.bits.reshape(-1, BLOCK_BYTES)
        for start in range(0, len(taken), _BLOCKS_AT_ONCE):
            some = taken[start : start + _BLOCKS_AT_ONCE]
            places = self.places[some - np.uint64(self.first)]
            in_order = bool(np.all(places[1:] - places[:-1] == 1))
            yield some, bits[places[0] : places[-1] + 1] if in_order else bits[places]

    def numbers(self) -> Iterator[Words]:
        """Yield the numbers, ascending, some at a time."""
        for blocks, bits in self.runs():
            slots = np.flatnonzero(np.unpackbits(bits.reshape(-1), bitorder="little")).astype(np.uint64)
            yield (blocks[slots >> _BLOCK_BITS] << _BLOCK_BITS) | (slots & _IN_BLOCK)


@loop
def _place_blocks(numbers, first_block, places, taken):
    """Assign each block in which numbers lie a place behind those taken, and return how many are."""
    for number in numbers:
        block = (number >> _BLOCK_BITS) - first_block
        if places[block] == 0:
            taken += 1
            places[block] = taken
    return taken


@loop
def _set_bits(numbers, first_block, places, bits):
    """Set the bit of each number in the blocks of a map, and say how many were not set."""
    found = 0
    for number in numbers:
        slot = (np.uint64(places[(number >> _BLOCK_BITS) - first_block]) << _BLOCK_BITS) | (number & _IN_BLOCK)
        mark = np.uint8(1) << np.uint8(slot & np.uint64(7))
        found += (bits[slot >> np.uint64(3)] & mark) == np.uint8(0)
        bits[slot >> np.uint64(3)] |= mark
    return found


class BlocksInMaking:
    """Blocks to which numbers are added, some at a time."""

    def __init__(self) -> None:
        """Begin without any."""
        self._first = self._taken = self._size = 0
        self._places = np.zeros(0, np.int32)
        self._bits = np.zeros(BLOCK_BYTES, np.uint8)

    def __len__(self) -> int:
        return self._size

    def take(self, numbers: Words, most: int) -> bool:
        """Return whether the blocks take at most so many bytes with these numbers as well; they get their places then.

        :param numbers: one at least.
        """
        first, last = int(numbers.min() >> _BLOCK_BITS), int(numbers.max() >> _BLOCK_BITS)
        if len(self._places):
            first, last = min(first, self._first), max(last, self._first + len(self._places) - 1)
        if (last - first + 1) * _BYTES_OF_A_PLACE > most:
            return False
        self._widen(first, last)
        before, self._taken = self._taken, self._place(numbers)
        if self.bytes <= most:
            return True
        self._places[self._places > before] = 0  # else blocks that nobody fills had a place, and no bits
        self._taken = before
        return False

    @property
    def bytes(self) -> int:
        """How many bytes the blocks take that have a place."""
        return len(self._places) * _BYTES_OF_A_PLACE + self._taken * BLOCK_BYTES

    def add(self, numbers: Words) -> None:
        """Add numbers that have their places."""
        self._make_room()
        if _set_bits.pays(len(numbers)):
            self._size += _set_bits(numbers, np.uint64(self._first), self._places, self._bits)
            return
        slots = np.unique(_slots(self._places, numbers, numbers >> _BLOCK_BITS, self._first))
        marks = np.uint8(1) << (slots & 7).astype(np.uint8)
        self._size += int(np.count_nonzero(self._bits[slots >> 3] & marks == 0))
        np.bitwise_or.at(self._bits, slots >> 3, marks)

    def made(self) -> NumberBlocks:
        """Return the blocks; every number that has its place was added."""
        return NumberBlocks(self._first, self._places, self._bits, self._size)

    def _widen(self, first: int, last: int) -> None:
        """Make places for the blocks from one to another, both included."""
        if last - first + 1 == len(self._places):
            return
        places = np.zeros(last - first + 1, np.int32)
        behind = self._first - first
        places[behind : behind + len(self._places)] = self._places
        self._first, self._places = first, places

    def _make_room(self) -> None:
        size = (self._taken + 1) * BLOCK_BYTES
        if not self._size:  # numpy asks for large pages before these are filled: small ones take four times as long
            self._bits = np.empty(size, np.uint8)
            self._bits.fill(0)
        elif size > len(self._bits):
            self._bits.resize(size, refcheck=False)  # in place: nobody else has seen it

    def _place(self, numbers: Words) -> int:
        if _place_blocks.pays(len(numbers)):
            return int(_place_blocks(numbers, np.uint64(self._first), self._places, self._taken))
        blocks = np.unique(numbers >> _BLOCK_BITS) - np.uint64(self._first)
        fresh = blocks[self._places[blocks] == 0]
        self._places[fresh] = np.arange(self._taken + 1, self._taken + len(fresh) + 1)
        return self._taken + len(fresh)


@loop
def _in_blocks(first_block, places, bits, probes, found):
    for row in range(len(probes)):
        block = (probes[row] >> _BLOCK_BITS) - first_block  # below the first block this is larger than any
        found[row] = False
        if block < np.uint64(len(places)):
            slot = (np.uint64(places[block]) << _BLOCK_BITS) | (probes[row] & _IN_BLOCK)
            found[row] = (bits[slot >> np.uint64(3)] >> np.uint8(slot & np.uint64(7))) & np.uint8(1)


def in_blocks(blocks: NumberBlocks, probes: Words) -> npt.NDArray[np.bool_]:
    """Say of each probe whether its bit is set."""
    first, places, bits, _ = blocks
    if _in_blocks.pays(len(probes)):
        there = np.empty(len(probes), np.bool_)
        _in_blocks(np.uint64(first), places, bits, probes, there)
        return there
    block = probes >> _BLOCK_BITS
    inside = (block >= np.uint64(first)) & (block < np.uint64(first + len(places)))
    slots = _slots(places, probes, np.where(inside, block, np.uint64(first)), first)
    return np.asarray(inside & ((bits[slots >> 3] >> (slots & 7).astype(np.uint8)) & np.uint8(1)).view(np.bool_))


def _slots(places: npt.NDArray[np.int32], numbers: Words, block: Words, first: int) -> npt.NDArray[np.int64]:
    """Return the place of each number's bit."""
    there = places[block - np.uint64(first)].astype(np.int64)
    return np.asarray((there << 16) | (numbers & _IN_BLOCK).astype(np.int64))
