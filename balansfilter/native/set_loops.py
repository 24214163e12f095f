"""Sets of numbers and of texts: looked up in loops, and made in them."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.loop import inlined, loop
from balansfilter.native.text_loops import compacted
from balansfilter.native.view_parts import ONE, cell, last_of, mixed, same_middle
from balansfilter.native.views import Bytes, Views, Words

Positions = npt.NDArray[np.intp]

_PLACE, _TAG = np.uint64(0xFFFFFFFF), np.uint64(0xFFFFFFFF00000000)
_BLOCK_BITS, _IN_BLOCK = np.uint64(16), np.uint64(0xFFFF)
_BLOCK_BYTES = 1 << 13
_BYTES_OF_A_PLACE = 4
_MARK_BITS = np.uint64(28)


# --- numbers ------------------------------------------------------------------------------------------------------


@loop
def _number_positions(numbers, bitmap, probes, found):
    mask, size = np.uint64(len(bitmap)) * np.uint64(8) - np.uint64(1), np.uintp(len(numbers))
    for row in range(len(probes)):
        probe = probes[row]
        slot = probe & mask
        found[row] = -1
        if not (bitmap[slot >> np.uint64(3)] >> np.uint8(slot & np.uint64(7))) & np.uint8(1):
            continue
        place, left = np.uintp(0), size
        while left > ONE:
            half = left >> ONE
            place += half if numbers[place + half] <= probe else np.uintp(0)
            left -= half
        if numbers[place] == probe:
            found[row] = place


def number_positions(numbers: Words, bitmap: Bytes, probes: Words) -> Positions:
    """Return the position of each probe among sorted numbers, -1 where it is not there.

    :param bitmap: a bit for each value of a number's last bits; a power of two of bytes.
    """
    if not len(numbers):
        return np.full(len(probes), -1, np.intp)
    if not _number_positions.pays(len(probes)):
        places = np.minimum(np.searchsorted(numbers, probes), len(numbers) - 1)
        return np.where(numbers[places] == probes, places, -1)
    found = np.empty(len(probes), np.intp)
    _number_positions(numbers, bitmap, probes, found)
    return found


class NumberBlocks(NamedTuple):
    """A bit for each number of the blocks in which numbers of a set lie."""

    first: int
    """The first block; there are `1 << 16` numbers in each."""
    places: npt.NDArray[np.int32]
    """For each block from the first to the last: its place in the bits; that of an empty one for others."""
    bits: Bytes
    size: int
    """How many numbers there are."""


@loop
def _mark_blocks(numbers, first_block, places):
    """Mark the blocks in which numbers lie."""
    for number in numbers:
        places[(number >> _BLOCK_BITS) - first_block] = 1


@loop
def _set_bits(numbers, first_block, places, bits):
    """Set the bit of each number in the blocks of a map, and say how many there are."""
    found = 0
    for number in numbers:
        slot = (np.uint64(places[(number >> _BLOCK_BITS) - first_block]) << _BLOCK_BITS) | (number & _IN_BLOCK)
        mark = np.uint8(1) << np.uint8(slot & np.uint64(7))
        found += (bits[slot >> np.uint64(3)] & mark) == np.uint8(0)
        bits[slot >> np.uint64(3)] |= mark
    return found


def number_blocks(numbers: Words, most: int) -> NumberBlocks | None:
    """Return the blocks of numbers in any order, of which there is one at least.

    None where they lie too far apart for at most so many bytes a number.
    """
    first, last = int(numbers.min() >> _BLOCK_BITS), int(numbers.max() >> _BLOCK_BITS)
    room = most * len(numbers) - (last - first) * _BYTES_OF_A_PLACE
    if room < 0:
        return None
    places, compiled = np.zeros(last - first + 1, np.int32), _set_bits.pays(len(numbers))
    if compiled:
        _mark_blocks(numbers, np.uint64(first), places)
    else:
        places[(numbers >> _BLOCK_BITS) - np.uint64(first)] = 1
    taken = np.flatnonzero(places)
    if len(taken) * _BLOCK_BYTES > room:
        return None
    places[taken] = np.arange(1, len(taken) + 1)
    bits = np.zeros((len(taken) + 1) * _BLOCK_BYTES, np.uint8)
    if compiled:
        return NumberBlocks(first, places, bits, _set_bits(numbers, np.uint64(first), places, bits))
    slots = _slots(places, numbers, numbers >> _BLOCK_BITS, first)
    np.bitwise_or.at(bits, slots >> 3, np.uint8(1) << (slots & 7).astype(np.uint8))
    return NumberBlocks(first, places, bits, int(np.bitwise_count(bits).sum()))


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


def _slots(places: npt.NDArray[np.int32], numbers: Words, block: Words, first: int) -> Positions:
    """Return the place of each number's bit."""
    there = places[block - np.uint64(first)].astype(np.int64)
    return np.asarray((there << 16) | (numbers & _IN_BLOCK).astype(np.int64))


# --- texts --------------------------------------------------------------------------------------------------------


@inlined
def _mark(hashed, marks):
    """Return the byte and the bit that stand for a hash."""
    place = (hashed >> _MARK_BITS) & (np.uint64(len(marks)) * np.uint64(8) - np.uint64(1))
    return np.uintp(place >> np.uint64(3)), np.uint8(1) << np.uint8(place & np.uint64(7))


@loop
def _fill_slots(words, places, memory, slots, marks):
    """Put texts, all different, into slots, a power of two and more than texts: a part of the hash, the place + 1.

    :param marks: takes a bit for each; a power of two of bytes.
    """
    mask = np.uintp(len(slots) - 1)
    for row in range(len(words)):
        at, length = cell(words, places, row)
        hashed = mixed(words[row, 0], last_of(words, row, memory, at, length), memory, at, length)
        slot = np.uintp(hashed) & mask
        while slots[slot]:
            slot = (slot + ONE) & mask
        slots[slot] = (hashed & _TAG) | np.uint64(row + 1)
        byte, bit = _mark(hashed, marks)
        marks[byte] |= bit


@loop
def _text_positions(words, places, memory, known, known_places, slots, marks, found):
    """Find the position of each text among the known ones, -1 where it is not there."""
    mask = np.uintp(len(slots) - 1)
    for row in range(len(words)):
        first = words[row, 0]
        at, length = cell(words, places, row)
        last = last_of(words, row, memory, at, length)
        hashed = mixed(first, last, memory, at, length)
        found[row] = -1
        byte, bit = _mark(hashed, marks)
        if not marks[byte] & bit:
            continue
        slot = np.uintp(hashed) & mask
        while slots[slot]:
            if (slots[slot] ^ hashed) & _TAG == np.uint64(0):
                place = np.uintp((slots[slot] & _PLACE) - np.uint64(1))
                if known[place, 0] == first:
                    other, _ = cell(known, known_places, place)
                    if last_of(known, place, memory, other, length) == last and same_middle(memory, at, other, length):
                        found[row] = place
                        break
            slot = (slot + ONE) & mask


class _Slots(NamedTuple):
    known: Views
    slots: Words
    marks: Bytes
    """A bit for some bits of each hash: small enough to be near, it says «certainly not» for nearly all."""


class TextPositions:
    """Where each of many different texts stands among them."""

    def __init__(self, texts: pl.Series) -> None:
        """Begin with texts without nulls, each once."""
        self.texts = compacted(texts).rechunk()

    def of(self, probes: pl.Series) -> Positions:
        """Return the position of each probe, -1 where it is none of them; a null is an empty text."""
        if _text_positions.pays(len(self.texts) + len(probes)):
            found = np.empty(len(probes), np.intp)
            known, slots, marks = self._slots
            _text_positions(*Views.of(probes).told, *known.told[:2], slots, marks, found)
            return found
        if not len(self.texts):
            return np.full(len(probes), -1, np.intp)
        (order, ordered), probes = self._ordered, probes.fill_null("")
        places = np.minimum(ordered.search_sorted(probes).to_numpy(), len(ordered) - 1)
        return np.where((ordered.gather(places) == probes).to_numpy(), order[places], -1)

    @cached_property
    def _slots(self) -> _Slots:
        known = Views.of(self.texts)
        slots = np.zeros(1 << (2 * len(known) + 1).bit_length(), np.uint64)
        marks = np.zeros(len(slots), np.uint8)
        _fill_slots(*known.told, slots, marks)
        return _Slots(known, slots, marks)

    @cached_property
    def _ordered(self) -> tuple[Positions, pl.Series]:
        order = self.texts.arg_sort().to_numpy().astype(np.intp)
        return order, self.texts.gather(order)
