"""Loops that look numbers and texts up in the sets of :mod:`balansfilter.evidence.lookup`."""

from __future__ import annotations

import numpy as np

from balansfilter.native.loop import inlined, loop
from balansfilter.native.text_loops import ends, mixed, same

_ONE = np.uintp(1)
_PLACE, _TAG = np.uint64(0xFFFFFFFF), np.uint64(0xFFFFFFFF00000000)
_BLOCK_BITS, _IN_BLOCK = np.uint64(16), np.uint64(0xFFFF)

_MARK_BITS = np.uint64(28)


@loop
def number_positions(numbers, bitmap, probes, found):
    """Return the position of each probe among sorted numbers, -1 where it is not there.

    :param bitmap: a bit for each value of a number's last bits; a power of two of bytes.
    """
    mask, size = np.uint64(len(bitmap)) * np.uint64(8) - np.uint64(1), np.uintp(len(numbers))
    for row in range(len(probes)):
        probe = probes[row]
        slot = probe & mask
        found[row] = -1
        if not (bitmap[slot >> np.uint64(3)] >> np.uint8(slot & np.uint64(7))) & np.uint8(1):
            continue
        place, left = np.uintp(0), size
        while left > _ONE:
            half = left >> _ONE
            place += half if numbers[place + half] <= probe else np.uintp(0)
            left -= half
        if numbers[place] == probe:
            found[row] = place


@loop
def mark_blocks(numbers, first_block, places):
    """Mark the blocks in which numbers lie."""
    for number in numbers:
        places[(number >> _BLOCK_BITS) - first_block] = 1


@loop
def set_bits(numbers, first_block, places, bits):
    """Set the bit of each number in the blocks of a map, and say how many there are."""
    found = 0
    for number in numbers:
        slot = (np.uint64(places[(number >> _BLOCK_BITS) - first_block]) << _BLOCK_BITS) | (number & _IN_BLOCK)
        mark = np.uint8(1) << np.uint8(slot & np.uint64(7))
        found += (bits[slot >> np.uint64(3)] & mark) == np.uint8(0)
        bits[slot >> np.uint64(3)] |= mark
    return found


@loop
def in_map(first_block, places, bits, probes, found):
    """Say of each probe whether its bit is set in the blocks of a map."""
    for row in range(len(probes)):
        block = (probes[row] >> _BLOCK_BITS) - first_block  # below the first block this is larger than any
        found[row] = False
        if block < np.uint64(len(places)):
            slot = (np.uint64(places[block]) << _BLOCK_BITS) | (probes[row] & _IN_BLOCK)
            found[row] = (bits[slot >> np.uint64(3)] >> np.uint8(slot & np.uint64(7))) & np.uint8(1)


@inlined
def _mark(hashed, marks):
    """Return the byte and the bit that stand for a hash."""
    place = (hashed >> _MARK_BITS) & (np.uint64(len(marks)) * np.uint64(8) - np.uint64(1))
    return np.uintp(place >> np.uint64(3)), np.uint8(1) << np.uint8(place & np.uint64(7))


@loop
def fill_slots(text, offsets, slots, marks):
    """Put texts, all different, into slots, a power of two and more than texts: a part of the hash, the place + 1.

    :param marks: takes a bit for each; a power of two of bytes.
    """
    mask = np.uintp(len(slots) - 1)
    for row in range(len(offsets) - 1):
        start = np.uintp(offsets[row])
        length = np.uintp(offsets[row + 1]) - start
        hashed = mixed(text, start, length, *ends(text, start, length))
        slot = np.uintp(hashed) & mask
        while slots[slot]:
            slot = (slot + _ONE) & mask
        slots[slot] = (hashed & _TAG) | np.uint64(row + 1)
        byte, bit = _mark(hashed, marks)
        marks[byte] |= bit


@loop
def text_positions(text, starts, lengths, known, offsets, slots, marks, found):
    """Return the position of each text among the known ones, -1 where it is not there.

    :param known: the bytes of the known texts, one behind the other, from the `offsets` on.
    :param slots: as :func:`fill_slots` filled them; and so for `marks`.
    """
    mask = np.uintp(len(slots) - 1)
    for row in range(len(starts)):
        start, length = np.uintp(starts[row]), np.uintp(lengths[row])
        hashed = mixed(text, start, length, *ends(text, start, length))
        found[row] = -1
        byte, bit = _mark(hashed, marks)
        if not marks[byte] & bit:
            continue
        slot = np.uintp(hashed) & mask
        while slots[slot]:
            if (slots[slot] ^ hashed) & _TAG == np.uint64(0):
                place = np.uintp((slots[slot] & _PLACE) - np.uint64(1))
                other = np.uintp(offsets[place])
                if np.uintp(offsets[place + _ONE]) - other == length and same(text, start, known, other, length):
                    found[row] = place
                    break
            slot = (slot + _ONE) & mask
