"""What loops over views are made of: where a cell is, a view of some bytes, the hash of a cell, whether two are one.

Addresses are unsigned, for numba looks behind each signed place whether it counts from the end; and a constant that is
added to one must be unsigned too, or their sum is a float.
"""

from __future__ import annotations

import numpy as np

from balansfilter.native.instructions import MIXING, copy, eight_bytes, put_eight_bytes
from balansfilter.native.loop import inlined

ONE, EIGHT, TWELVE = np.uintp(1), np.uintp(8), np.uintp(12)
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_THREE, _FOUR, _SIXTEEN = np.uint64(3), np.uint64(4), np.uint64(16)
_BITS_OF_A_WORD, _LAST_BIT = np.uint64(64), np.uint64(63)
MIXER, OTHER_MIXER = np.uint64(MIXING), np.uint64(0x9FB21C651E98DF25)


@inlined
def cell(words, places, row):
    """Return the address of a cell, and its length: without a branch, for the processor could not foresee it.

    :param places: the address of the words, and of each buffer.
    """
    rest = words[row, 1]
    length = np.uintp(words[row, 0] & LOW)
    is_far = length > TWELVE
    buffer = (rest & LOW) + np.uint64(1) if is_far else np.uint64(0)
    place = rest >> HALF if is_far else np.uint64(row) * _SIXTEEN + _FOUR
    return np.uintp(places[buffer] + place), length


@inlined
def put_cell(out, to, words, places, memory, row):
    """Write the text of a cell, and return the place behind it."""
    at, length = cell(words, places, row)
    copy(out, to, memory, at, length)
    return to + length


@inlined
def short_view(memory, at, length):
    """Return the view of at most twelve bytes."""
    first, rest = np.uint64(length), np.uint64(0)
    for i in range(length):
        byte, shift = np.uint64(memory[at + np.uintp(i)]), np.uint64(i) << np.uint64(3)
        if np.uint64(i) < _FOUR:
            first |= byte << (shift + HALF)
        else:
            rest |= byte << (shift - HALF)
    return first, rest


@inlined
def view(memory, at, length, rest):
    """Return the view of any bytes; `rest` is the second word where they are more than twelve."""
    if length > TWELVE:
        return np.uint64(length) | (eight_bytes(memory, at) << HALF), rest
    return short_view(memory, at, length)


@inlined
def part_of_cell(words, row, memory, start, begin, length):
    """Return the view of a part of a cell that begins at an address; `start` is the address of the cell."""
    return view(memory, begin, length, words[row, 1] + (np.uint64(begin - start) << HALF))


@inlined
def put_short(out, to, first, rest):
    """Write the text of the view of at most twelve bytes; sixteen bytes are written."""
    put_eight_bytes(out, to, (first >> HALF) | (rest << HALF))
    put_eight_bytes(out, to + EIGHT, rest >> HALF)


@inlined
def put_end(out, to, memory, end, length):
    """Write the last so many bytes of a text, at most eight, that has eight at least; eight bytes are written.

    :param end: the address behind the text.
    """
    # of no bytes the shift is none, and what is written is written over
    shift = (_BITS_OF_A_WORD - (np.uint64(length) << _THREE)) & _LAST_BIT
    put_eight_bytes(out, to, eight_bytes(memory, end - EIGHT) >> shift)


@inlined
def last_of(words, row, memory, at, length):
    """Return what tells a text beside its first word: the second one where it is short, else its last eight bytes."""
    return eight_bytes(memory, at + length - EIGHT) if length > TWELVE else words[row, 1]


@inlined
def mixed(first, last, memory, at, length):
    """Mix the bytes of a text into a number; every bit of the text reaches every half of it."""
    mixture = first * MIXER + last * OTHER_MIXER
    if length > TWELVE:
        place = np.uintp(_FOUR)
        while place + EIGHT < length:
            mixture = (mixture ^ (mixture >> HALF) ^ eight_bytes(memory, at + place)) * MIXER
            place += EIGHT
    mixture = (mixture ^ (mixture >> HALF)) * OTHER_MIXER
    return mixture ^ (mixture >> HALF)


@inlined
def same_middle(memory, at, other, length):
    """Whether two texts of one length, which begin with the same four bytes and end with the same eight, are one."""
    if length > TWELVE:
        place = np.uintp(_FOUR)
        while place + EIGHT < length:
            if eight_bytes(memory, at + place) != eight_bytes(memory, other + place):
                return False
            place += EIGHT
    return True
