"""Loops over texts that lie in one array of bytes, each known by where it starts and how long it is.

Places are unsigned, for numba looks behind each signed one whether it counts from the end; and a constant that is added
to one must be unsigned too, or their sum is a float.
"""

from __future__ import annotations

import numpy as np

from balansfilter.native.instructions import copy, copy_from_address, eight_bytes
from balansfilter.native.loop import apart, inlined, loop

_SPACE, _TAB, _CR = 32, 9, 13
_FIRST_BEYOND_ASCII = 0x80
_ONE, _TWO, _THREE, _FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)
_EIGHT, _TWELVE, _SIXTEEN = np.uintp(8), np.uintp(12), np.uintp(16)
_LOW = np.uint64(0xFFFFFFFF)
_MIXER, _OTHER_MIXER, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x9FB21C651E98DF25), np.uint64(32)

TOO_MANY = -1


@inlined
def copy_short(out, to, text, start, length):
    """Copy a text of usually few bytes: of sixteen or more the last eight may be copied twice."""
    if length > _SIXTEEN + _SIXTEEN or length < _EIGHT:
        copy(out, to, text, start, length)
        return
    done = np.uintp(0)
    while done + _EIGHT < length:
        copy(out, to + done, text, start + done, _EIGHT)
        done += _EIGHT
    copy(out, to + length - _EIGHT, text, start + length - _EIGHT, _EIGHT)


@inlined
def _is_space(code):
    return code == _SPACE or _TAB <= code <= _CR


@inlined
def without_space(text, start, end):
    """Return where a text begins and ends without the white space of ASCII around it."""
    while start < end and _is_space(text[start]):
        start += _ONE
    while start < end and _is_space(text[end - _ONE]):
        end -= _ONE
    return start, end


@loop
def trim(text, starts, lengths, trimmed_starts, trimmed_lengths):
    """Leave out the white space of ASCII around texts, and say whether there may be other white space."""
    beyond = False
    for row in range(len(starts)):
        place = np.uintp(starts[row])
        start, end = without_space(text, place, place + np.uintp(lengths[row]))
        if start < end:
            beyond |= text[start] >= _FIRST_BEYOND_ASCII or text[end - _ONE] >= _FIRST_BEYOND_ASCII
        trimmed_starts[row] = start
        trimmed_lengths[row] = end - start
    return beyond


@loop
def pack(text, starts, lengths, offsets, out):
    """Put texts one behind the other."""
    place = np.uintp(0)
    for row in range(len(starts)):
        length = np.uintp(lengths[row])
        offsets[row] = place
        copy_short(out, place, text, np.uintp(starts[row]), length)
        place += length
    offsets[len(starts)] = place


@loop
def unpack_views(views, bytes_of_views, buffers, offsets, out):
    """Put the texts of an Arrow column of views one behind the other.

    :param views: two words for each text: its length, then the text if it has at most twelve bytes; else four of its
        bytes, the number of its buffer, and its place in there.
    :param buffers: the addresses of the buffers.
    :param offsets: where each text goes.
    """
    for row in range(len(views)):
        length = np.uintp(views[row, 0] & _LOW)
        to = np.uintp(offsets[row])
        if length <= _TWELVE:
            copy(out, to, bytes_of_views, np.uintp(row) * _SIXTEEN + _FOUR, length)
        else:
            address = buffers[views[row, 1] & _LOW] + np.uintp(views[row, 1] >> np.uint64(32))
            copy_from_address(out, to, address, length)


@apart
def _last_bytes(text, start, length):
    """Return a text of at most seven bytes, the last one highest. Apart, for within `ends` it slows every text."""
    both = np.uint64(0)
    for i in range(length):
        both = (both >> np.uint64(8)) | (np.uint64(text[start + np.uintp(i)]) << np.uint64(56))
    return both


@inlined
def ends(text, start, length):
    """Return the first and the last eight bytes of a text, all of one of at most sixteen; short ones in one."""
    if length >= _EIGHT:
        return eight_bytes(text, start), eight_bytes(text, start + length - _EIGHT)
    if length and start + _EIGHT <= np.uintp(len(text)):
        return eight_bytes(text, start) << (np.uint64(64) - (np.uint64(length) << np.uint64(3))), np.uint64(0)
    return _last_bytes(text, start, length), np.uint64(0)


@inlined
def mixed(text, start, length, first, last):
    """Mix the bytes of a text into a number; every bit of the text reaches every half of it."""
    mixture = (first ^ np.uint64(length)) * _MIXER + last * _OTHER_MIXER
    place = _EIGHT
    while place + _EIGHT < length:
        mixture = (mixture ^ (mixture >> _HALF) ^ eight_bytes(text, start + place)) * _MIXER
        place += _EIGHT
    mixture = (mixture ^ (mixture >> _HALF)) * _OTHER_MIXER
    return mixture ^ (mixture >> _HALF)


@inlined
def same(text, start, other_text, other, length):
    """Whether two texts of one length are the same."""
    if length < _EIGHT:
        for i in range(length):
            if text[start + np.uintp(i)] != other_text[other + np.uintp(i)]:
                return False
        return True
    place = np.uintp(0)
    while place + _EIGHT < length:
        if eight_bytes(text, start + place) != eight_bytes(other_text, other + place):
            return False
        place += _EIGHT
    last = length - _EIGHT
    return eight_bytes(text, start + last) == eight_bytes(other_text, other + last)


@loop
def code(text, starts, lengths, slots, codes, firsts):
    """Number each text as the first one like it, counted among the different ones.

    :param slots: four zeros for each slot; a power of two of slots, more than there may be different texts. One that is
        taken holds both ends of a text, its length, and its number plus one.
    :param codes: takes the number of each text.
    :param firsts: takes where the different texts stand first; how many there may be.
    :returns: how many different texts there are; `TOO_MANY` for more than there may be.
    """
    found, mask = np.uint64(0), np.uintp(len(slots) - 1)
    for row in range(len(starts)):
        start, length = np.uintp(starts[row]), np.uintp(lengths[row])
        first, last = ends(text, start, length)
        slot = (np.uintp(mixed(text, start, length, first, last)) << _TWO) & mask
        while True:
            number = slots[slot + _THREE]
            if not number:
                if found == np.uint64(len(firsts)):
                    return TOO_MANY
                firsts[found] = row
                found += np.uint64(1)
                number = found
                slots[slot], slots[slot + _ONE], slots[slot + _TWO], slots[slot + _THREE] = first, last, length, found
                break
            if slots[slot] == first and slots[slot + _ONE] == last and slots[slot + _TWO] == length:
                other = np.uintp(starts[firsts[number - np.uint64(1)]])
                if length <= _SIXTEEN or same(text, start, text, other, length):
                    break
            slot = (slot + _FOUR) & mask
        codes[row] = number - np.uint64(1)
    return np.int64(found)


@loop
def gather(text, offsets, places, new_offsets, out):
    """Put some of the texts that lie one behind the other once more one behind the other."""
    to = np.uintp(0)
    for row in range(len(places)):
        start = np.uintp(offsets[places[row]])
        length = np.uintp(offsets[places[row] + 1]) - start
        new_offsets[row] = to
        copy(out, to, text, start, length)
        to += length
    new_offsets[len(places)] = to


_COMMA, _QUOTE, _LF, _ZERO = np.uint8(44), np.uint8(34), np.uint8(10), np.uint8(48)


@loop
def needs_quotes(text, offsets):
    """Whether any text has to be quoted in a list with commas: it is empty, or has a comma, quote or line end in it."""
    found = False
    for code in text:
        found |= code == _COMMA or code == _QUOTE or code == _LF or code == _CR
    for row in range(len(offsets) - 1):
        found |= offsets[row] == offsets[row + 1]
    return found


@loop
def number_lines(numbers, ids, id_offsets, tails, tail_offsets, codes, out):
    """Write lines: each a number, a comma, an id, and one of a few tails behind it; and say how long they are."""
    place = np.uintp(0)
    for row in range(len(numbers)):
        left, size = numbers[row], np.uintp(1)
        while left > np.uint64(9):
            left //= np.uint64(10)
            size += _ONE
        left, at = numbers[row], place + size
        while at > place:
            at -= _ONE
            out[at] = _ZERO + np.uint8(left % np.uint64(10))
            left //= np.uint64(10)
        place += size
        out[place] = _COMMA
        place += _ONE
        begin = np.uintp(id_offsets[row])
        length = np.uintp(id_offsets[row + 1]) - begin
        copy(out, place, ids, begin, length)
        place += length
        begin = np.uintp(tail_offsets[codes[row]])
        length = np.uintp(tail_offsets[codes[row] + 1]) - begin
        copy(out, place, tails, begin, length)
        place += length
    return place


@loop
def join(text, starts, lengths, tails, tail_offsets, codes, line_offsets, out):
    """Write lines: each a text, and one of a few tails behind it.

    :param tails: the bytes of all tails, one behind the other.
    :param tail_offsets: where each begins, and the last one ends.
    :param codes: for each line, the number of its tail.
    :param line_offsets: takes where each line begins, and the last one ends.
    """
    place = np.uintp(0)
    for row in range(len(starts)):
        line_offsets[row] = place
        length = np.uintp(lengths[row])
        copy(out, place, text, np.uintp(starts[row]), length)
        place += length
        begin = np.uintp(tail_offsets[codes[row]])
        length = np.uintp(tail_offsets[codes[row] + 1]) - begin
        copy(out, place, tails, begin, length)
        place += length
    line_offsets[len(starts)] = place
