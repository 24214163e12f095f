"""What the values of a page of Parquet are made of: texts behind their lengths, and codes in few bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.instructions import copy, put_eight_bytes
from balansfilter.native.loop import loop
from balansfilter.native.text_loops import all_bytes, extent
from balansfilter.native.view_parts import TWELVE, cell, put_short
from balansfilter.native.views import Views

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint32]

_SLACK = 16
"""Bytes beyond the last value that a loop may write."""
_LENGTH_BYTES = np.uintp(4)
_EIGHT_BITS, _THREE, _SEVEN = 8, np.uint64(3), np.uint64(7)


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


@loop
def _put_bits(codes, width, out):
    to, bits, filled = np.uintp(0), np.uint64(0), np.uint64(0)
    for row in range(len(codes)):
        bits |= np.uint64(codes[row]) << filled
        filled += np.uint64(width)
        put_eight_bytes(out, to, bits)
        whole = filled >> _THREE
        to += np.uintp(whole)
        bits >>= whole << _THREE
        filled &= _SEVEN
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
