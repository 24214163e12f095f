"""What the values of a page of Parquet are made of.

Texts behind their lengths, or without what each shares with the one before it; codes in few bits; and differences.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.instructions import bits_needed, copy, eight_bytes, first_bit, put_eight_bytes
from balansfilter.native.loop import inlined, loop
from balansfilter.native.text_loops import all_bytes, bytes_alike, extent
from balansfilter.native.view_parts import EIGHT, ONE, TWELVE, cell, put_end, put_short
from balansfilter.native.views import Views

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]

_SLACK = 16
"""Bytes beyond the last value that a loop may write."""
_LENGTH_BYTES = np.uintp(4)
_EIGHT_BITS, _THREE, _SEVEN = 8, np.uint64(3), np.uint64(7)

DIFFERENCES = 128
"""Differences in a block."""
QUARTERS = 4
"""Miniblocks of a block, each with differences of one width."""
_IN_A_QUARTER = DIFFERENCES // QUARTERS
_MOST_OF_A_BLOCK = 10 + QUARTERS + 8 * DIFFERENCES
"""Bytes of a block in which every difference takes 64 bits."""
_BLOCK, _QUARTER, _FOUR = np.uintp(DIFFERENCES), np.uintp(_IN_A_QUARTER), np.uintp(QUARTERS)
_NO_BITS, _SIGN = np.uint64(0), np.uint64(63)
_MORE, _LOW_SEVEN = np.uint64(0x80), np.uint64(0x7F)
_WIDE, _WHOLE = np.uint64(57), np.uint64(64)
"""What is wider takes 64 bits: a word holds a difference behind up to seven bits of the one before it."""


@loop
def _put_behind_lengths(words, places, memory, out):
    to = np.uintp(0)
    for row in range(len(words)):
        at, length = cell(words, places, row)
        put_eight_bytes(out, to, np.uint64(length))
        to += _LENGTH_BYTES
        if length > TWELVE:
            copy(out, to, memory, at, length)
        else:
            put_short(out, to, words[row, 0], words[row, 1])
        to += length


def behind_lengths(texts: pl.Series) -> Bytes:
    """Return texts as bytes, each behind its length in 4 bytes, the lowest one first."""
    if not _put_behind_lengths.pays(len(texts)):
        lengths, data = texts.str.len_bytes().to_numpy().astype("<u4"), all_bytes(texts).tobytes()
        ends = np.cumsum(lengths, dtype=np.int64).tolist()
        each = zip(lengths.tolist(), ends, strict=True)
        made = b"".join(length.to_bytes(4, "little") + data[end - length : end] for length, end in each)
        return np.frombuffer(made, np.uint8)
    views = Views.of(texts)
    size = extent(views).size + int(_LENGTH_BYTES) * len(texts)
    out = np.empty(size + _SLACK, np.uint8)
    _put_behind_lengths(*views.told, out)
    return out[:size]


class FrontCoded(NamedTuple):
    """Texts, each without what it shares with the beginning of the one before it."""

    shared: Numbers
    """How many bytes each shares; none, the first."""
    left: Numbers
    """How many bytes each has behind that."""
    rests: Bytes
    """Those bytes, one text behind the other."""


@inlined
def _shared(memory, one, other, least):
    """Return how many bytes two texts begin with alike, the shorter of which has so many.

    Eight bytes are read of each: they are there, for the place of a text of up to twelve has room for twelve.
    """
    place = np.uintp(0)
    while place + EIGHT <= least:
        differ = eight_bytes(memory, one + place) ^ eight_bytes(memory, other + place)
        if differ:
            return place + np.uintp(first_bit(differ) >> _THREE)
        place += EIGHT
    place = least - EIGHT if least > EIGHT else np.uintp(0)
    differ = eight_bytes(memory, one + place) ^ eight_bytes(memory, other + place)
    return min(least, place + np.uintp(first_bit(differ) >> _THREE))


@loop
def _put_behind_shared(words, places, memory, shared, left, out):
    """Write what each text has behind what it shares with the one before, and return how many bytes that takes.

    :param out: has room for all texts, and eight bytes more.
    """
    to, before, length_before = np.uintp(0), np.uintp(places[0]), np.uintp(0)
    for row in range(len(words)):
        at, length = cell(words, places, row)
        alike = _shared(memory, at, before, min(length, length_before))
        rest = length - alike
        if rest > EIGHT or length < EIGHT:
            copy(out, to, memory, at + alike, rest)
        else:
            put_end(out, to, memory, at + length, rest)
        shared[row], left[row] = alike, rest
        to, before, length_before = to + rest, at, length
    return np.int64(to)


def front_coded(texts: pl.Series) -> FrontCoded:
    """Return texts without what each shares with the one before it."""
    if not _put_behind_shared.pays(len(texts)):
        data = [text.encode() for text in texts]
        alike = [bytes_alike(*two) for two in pairwise([b"", *data])]
        rests = b"".join(text[same:] for text, same in zip(data, alike, strict=True))
        left = [len(text) - same for text, same in zip(data, alike, strict=True)]
        return FrontCoded(np.array(alike, np.int64), np.array(left, np.int64), np.frombuffer(rests, np.uint8))
    views = Views.of(texts)
    shared, rest = np.empty(len(views), np.int64), np.empty(len(views), np.int64)
    out = np.empty(extent(views).size + _SLACK, np.uint8)
    return FrontCoded(shared, rest, out[: _put_behind_shared(*views.told, shared, rest, out)])


def not_shared(texts: pl.Series) -> FrontCoded:
    """Return texts with all that they have, shared with another or not."""
    lengths = Views.of(texts).lengths.astype(np.int64)
    return FrontCoded(np.zeros_like(lengths), lengths, all_bytes(texts))


@inlined
def _put_in_bits(out, to, bits, filled, number, width):
    """Write a number in so many bits behind those of the last byte, and return the place and the bits of its own last.

    Eight bytes are written. A number has up to 57 bits, or 64 where whole bytes come before it.

    :param bits: those of the last byte, `filled` of them.
    """
    bits |= number << filled
    filled += width
    put_eight_bytes(out, to, bits)
    whole = filled >> _THREE
    half = whole << np.uint64(2)  # twice, for no number is shifted by 64 bits at once
    return to + np.uintp(whole), bits >> half >> half, filled & _SEVEN


@loop
def _put_bits(codes, width, out):
    to, bits, filled = np.uintp(0), _NO_BITS, _NO_BITS
    for row in range(len(codes)):
        to, bits, filled = _put_in_bits(out, to, bits, filled, np.uint64(codes[row]), np.uint64(width))
    put_eight_bytes(out, to, bits)


def in_bits(codes: Codes, width: int) -> Bytes:
    """Return codes in so many bits each, the first in the lowest, up to a whole number of eight of them.

    :param width: 1 to 32; every code is below two to the power of it.
    """
    size = -(-len(codes) // _EIGHT_BITS) * width
    if not _put_bits.pays(len(codes)):
        bits = (codes[:, np.newaxis] >> np.arange(width, dtype=np.uint32)) & np.uint32(1)
        made = np.zeros(size, np.uint8)
        packed = np.packbits(bits.astype(np.uint8).reshape(-1), bitorder="little")
        made[: len(packed)] = packed
        return made
    out = np.empty(size + _SLACK, np.uint8)
    out[-(-len(codes) * width // _EIGHT_BITS) : size] = 0
    _put_bits(codes, width, out)
    return out[:size]


@inlined
def _put_zigzag(out, to, difference):
    """Write a difference as a number with a sign, in seven bits a byte, and return the place behind it."""
    left = (difference << np.uint64(1)) ^ (_NO_BITS - (difference >> _SIGN))
    while left >= _MORE:
        out[to] = np.uint8(left & _LOW_SEVEN | _MORE)
        left >>= _SEVEN
        to += ONE
    out[to] = np.uint8(left)
    return to + ONE


@inlined
def _put_quarter(out, to, numbers, begin, end, least, width):
    """Write some differences, less the least one of their block, in so many bits each, and zeros for what is missing.

    :returns: the place behind them.
    """
    behind, bits, filled = to + _FOUR * np.uintp(width), _NO_BITS, _NO_BITS
    for place in range(begin, end):
        number = numbers[place + ONE] - numbers[place] - least
        to, bits, filled = _put_in_bits(out, to, bits, filled, number, width)
    while to < behind:
        put_eight_bytes(out, to, bits)
        bits = _NO_BITS
        to += EIGHT
    return behind


@loop
def _put_differences(numbers, out):
    """Write the blocks, and return how many bytes they take."""
    to, count = np.uintp(0), np.uintp(len(numbers) - 1)
    for start in range(np.uintp(0), count, _BLOCK):
        stop = min(start + _BLOCK, count)
        least_step = np.int64(numbers[start + ONE] - numbers[start])
        for place in range(start, stop):
            least_step = min(least_step, np.int64(numbers[place + ONE] - numbers[place]))
        least = np.uint64(least_step)
        to = _put_zigzag(out, to, least)
        widths, to = to, to + _FOUR
        for quarter in range(_FOUR):
            begin = min(start + quarter * _QUARTER, stop)
            end = min(begin + _QUARTER, stop)
            most = _NO_BITS
            for place in range(begin, end):
                most = max(most, numbers[place + ONE] - numbers[place] - least)
            width = bits_needed(most)
            width = width if width <= _WIDE else _WHOLE
            out[widths + quarter] = np.uint8(width)
            to = _put_quarter(out, to, numbers, begin, end, least, width)
    return np.int64(to)


def differences(numbers: Numbers) -> Bytes:
    """Return the differences between numbers, at least one, as the blocks of Parquet's DELTA_BINARY_PACKED.

    They are counted modulo two to the power of 64, and take few bits where each number is near the one before it.
    """
    counted = np.ascontiguousarray(numbers).view(np.uint64)
    if not _put_differences.pays(len(counted)):
        steps = np.diff(counted)
        blocks = [_block(steps[start : start + DIFFERENCES]) for start in range(0, len(steps), DIFFERENCES)]
        return np.frombuffer(b"".join(blocks), np.uint8)
    out = np.empty(-(-len(counted) // DIFFERENCES) * _MOST_OF_A_BLOCK + _SLACK, np.uint8)
    return out[: _put_differences(counted, out)]


def _block(steps: npt.NDArray[np.uint64]) -> bytes:
    """Return a block of differences."""
    least = int(steps.view(np.int64).min()) % (1 << 64)
    begins = range(0, DIFFERENCES, _IN_A_QUARTER)
    quarters = [(steps[begin : begin + _IN_A_QUARTER] - np.uint64(least)).tolist() for begin in begins]
    needed = [max(quarter, default=0).bit_length() for quarter in quarters]
    widths = [width if width <= _WIDE else int(_WHOLE) for width in needed]
    packed = [
        sum(step << place * width for place, step in enumerate(quarter)).to_bytes(width * _IN_A_QUARTER // 8, "little")
        for quarter, width in zip(quarters, widths, strict=True)
    ]
    left, head = (2 * least if least < 1 << 63 else 2 * ((1 << 64) - least) - 1), bytearray()
    while left >= 1 << 7:
        head.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*head, left, *widths]) + b"".join(packed)
