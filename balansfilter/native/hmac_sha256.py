"""HMAC-SHA-256 (RFC 2104) of whole columns, several values side by side.

A text of at most `LONGEST` bytes fits in one block behind the key, so each value costs two compressions. A column with
a longer one is left to the library that stands for machines without loops.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.columns import give_eight, give_four, take_eight, take_sixteen
from balansfilter.native.instructions import copy, first_bit, put_eight_bytes
from balansfilter.native.loop import inlined, loop
from balansfilter.native.sha256 import (
    BLOCK,
    GROUP,
    HASH_WORDS,
    WORDS,
    Words,
    at_least_a_group,
    compress,
    room_for_columns,
    same_for_all,
    states_behind,
    swapped,
)
from balansfilter.native.view_parts import TWELVE, cell, put_short
from balansfilter.native.views import Bytes, Views

LONGEST = 55
"""Bytes of a text that leave room for the end mark and the length in one block."""
BYTES_A_WORD = 4

_MOST_OF_A_NUMBER = 32
"""Bytes in which a number, of twenty digits at most, is written with the end mark."""
_EIGHT_DIGITS = np.uint64(10**8)
_ZEROS = np.uint64(0x3030303030303030)
"""Eight digits of zero, as text."""
_LAST_DIGIT = np.uint64(1 << 56)
"""A bit of the last one of eight digits, which is written even where it is a zero."""
_MARK, _NOTHING, _BYTE = np.uint64(0x80), np.uint64(0), np.uint64(8)


@inlined
def _clear(texts, place, size):
    """Empty some bytes."""
    for at in range(0, size, 8):
        put_eight_bytes(texts, np.uintp(place + at), np.uint64(0))


@inlined
def _finish(inner, outer, blocks, ends, states, out, row):
    """Hash the blocks of a group behind the inner key, and that behind the outer key, and write the hashes.

    :param inner: the state behind that key, in columns; `outer` likewise.
    """
    compress(inner, blocks, 0, ends, 0)
    compress(outer, ends, 0, states, 0)
    width = out.shape[1]
    if width == HASH_WORDS:
        give_eight(out, row, states)
    elif width == HASH_WORDS // 2:
        give_four(out, row, states)
    else:
        for message in range(GROUP):
            for word in range(width):
                out[row + message, word] = swapped(states[np.uintp(word * GROUP + message)])


@loop
def _of_texts(words, places, memory, inner, outer, filled, blocks, ends, states, out):
    """Hash texts; return whether none is longer than they may be, and whether any is empty."""
    rows, any_empty = len(words), False
    for group in range(0, rows, GROUP):
        row = min(group, rows - GROUP)
        for message in range(GROUP):
            at, length = cell(words, places, row + message)
            if length > np.uintp(LONGEST):
                return False, False
            any_empty |= length == np.uintp(0)
            place = message * BLOCK
            _clear(filled, place, BLOCK)
            if length <= TWELVE:
                put_short(filled, np.uintp(place), words[row + message, 0], words[row + message, 1])
            else:
                copy(filled, np.uintp(place), memory, at, length)
            filled[np.uintp(place + np.int64(length))] = 0x80
            bits = np.uint32((BLOCK + np.int64(length)) * 8)
            filled[np.uintp(place + BLOCK - 2)] = bits >> np.uint32(8)
            filled[np.uintp(place + BLOCK - 1)] = bits & np.uint32(0xFF)
        take_sixteen(blocks, 0, filled, 0)
        _finish(inner, outer, blocks, ends, states, out, row)
    return True, any_empty


@inlined
def _eight_digits(number):
    """Write a number below 10^8 in eight digits, a byte each, the first one lowest: halves, quarters, then digits."""
    thousands = (number * np.uint64(109_951_163)) >> np.uint64(40)
    parts = thousands | ((number - thousands * np.uint64(10_000)) << np.uint64(32))
    hundreds = ((parts * np.uint64(5243)) >> np.uint64(19)) & np.uint64(0x0000007F0000007F)
    parts = hundreds | ((parts - hundreds * np.uint64(100)) << np.uint64(16))
    tens = ((parts * np.uint64(103)) >> np.uint64(10)) & np.uint64(0x000F000F000F000F)
    parts = tens | ((parts - tens * np.uint64(10)) << np.uint64(8))
    return parts | _ZEROS


@inlined
def _halve(numbers, row, halves):
    """Put what each number of a group is beyond its last eight digits, and these; say if all have sixteen at most."""
    most = np.uint64(0)
    for message in range(GROUP):
        number = numbers[np.uintp(row + message)]
        first = number // _EIGHT_DIGITS
        halves[np.uintp(message)] = first
        halves[np.uintp(GROUP + message)] = number - first * _EIGHT_DIGITS
        most |= np.uint64(first >= _EIGHT_DIGITS)
    return most == np.uint64(0)


@inlined
def _put_usual(blocks, halves):
    """Put numbers of at most sixteen digits in columns, each behind a plus sign and with the end mark behind it.

    Nothing in it branches, so that several numbers are done at once.
    """
    for message in range(GROUP):
        first, last = _eight_digits(halves[np.uintp(message)]), _eight_digits(halves[np.uintp(GROUP + message)])
        is_short = first == _ZEROS
        one, two, three = last if is_short else first, _MARK if is_short else last, _NOTHING if is_short else _MARK
        leading = first_bit((one ^ _ZEROS) | _LAST_DIGIT) & ~np.uint64(7)
        left = np.uint64(56) - leading
        one, two = (one >> leading) | ((two << _BYTE) << left), (two >> leading) | ((three << _BYTE) << left)
        three >>= leading
        _put_pair(blocks, 0, message, np.uint64(43) | (one << _BYTE))
        _put_pair(blocks, 2, message, (one >> np.uint64(56)) | (two << _BYTE))
        _put_pair(blocks, 4, message, (two >> np.uint64(56)) | (three << _BYTE))
        length = (np.uint64(9) if is_short else np.uint64(17)) - (leading >> np.uint64(3))
        blocks[np.uintp((WORDS - 1) * GROUP + message)] = np.uint32((np.uint64(BLOCK) + length) << np.uint64(3))


@inlined
def _put_pair(blocks, column, message, text):
    """Put eight bytes in two columns."""
    blocks[np.uintp(column * GROUP + message)] = swapped(np.uint32(text))
    blocks[np.uintp((column + 1) * GROUP + message)] = swapped(np.uint32(text >> np.uint64(32)))


@inlined
def _put_any(blocks, filled, numbers, row):
    """Do as :func:`_put_usual` does with any numbers, digit by digit."""
    for message in range(GROUP):
        number, place = numbers[np.uintp(row + message)], message * _MOST_OF_A_NUMBER
        length, beyond = 2, number // np.uint64(10)
        while beyond:
            beyond //= np.uint64(10)
            length += 1
        _clear(filled, place, _MOST_OF_A_NUMBER)
        filled[np.uintp(place)] = 43
        for at in range(length - 1, 0, -1):
            filled[np.uintp(place + at)] = np.uint8(48) + np.uint8(number % np.uint64(10))
            number //= np.uint64(10)
        filled[np.uintp(place + length)] = 0x80
        blocks[np.uintp((WORDS - 1) * GROUP + message)] = (BLOCK + length) * 8
    take_eight(blocks, 0, filled, 0)


@loop
def _of_numbers(numbers, halves, inner, outer, filled, blocks, ends, states, out):
    rows = len(numbers)
    for group in range(0, rows, GROUP):
        row = min(group, rows - GROUP)
        if _halve(numbers, row, halves):
            _put_usual(blocks, halves)
        else:
            _put_any(blocks, filled, numbers, row)
        _finish(inner, outer, blocks, ends, states, out, row)


def _room() -> tuple[Bytes, Words, Words, Words]:
    """Return room for the texts of a group, for their blocks, for those behind the outer key, and for states.

    The blocks behind the outer key have all in them but the inner hashes.
    """
    texts, blocks, ends, states = (room_for_columns(columns) for columns in (WORDS, WORDS, WORDS, HASH_WORDS))
    ends[HASH_WORDS * GROUP() : (HASH_WORDS + 1) * GROUP()] = 0x80000000
    ends[-GROUP() :] = (BLOCK + 4 * HASH_WORDS) * 8
    return texts.view(np.uint8), blocks, ends, states


def _behind_keys(key: bytes) -> list[Words]:
    """Return the states behind the inner and the outer key, in columns; a key of at most one block."""
    padded = key.ljust(BLOCK, b"\0")
    states = states_behind([bytes(byte ^ mask for byte in padded) for mask in (0x36, 0x5C)])
    return [same_for_all(state) for state in states]


class KeyedHashes(NamedTuple):
    """The keyed hashes of a column."""

    words: Words
    """A row of words each, read from four bytes with the lowest one first; zeros where there is none."""
    known: npt.NDArray[np.bool_]
    """Whether each row has one."""


def text_hashes(texts: pl.Series, key: bytes, size: int) -> KeyedHashes:
    """Return the keyed hash of each text; an empty one has none, nor has a null.

    :param key: at most 64 bytes.
    :param size: how many bytes of each hash are wanted; a multiple of 4.
    """
    if _of_texts.pays(len(texts)):
        cells = Views.of(texts)
        group = Views(at_least_a_group(cells.words), cells.buffers)
        out = np.empty((len(group), size // BYTES_A_WORD), np.uint32)
        is_done, any_empty = _of_texts(*group.told, *_behind_keys(key), *_room(), out)
        if is_done:
            known = cells.lengths > 0 if any_empty else np.ones(len(cells), np.bool_)
            return _known_ones(out[: len(cells)], known)
    return _plain_hashes(texts.set(texts == "", None), key, size)


def number_hashes(numbers: npt.NDArray[np.uint64], key: bytes, size: int) -> KeyedHashes:
    """Return the keyed hash of each number, written in decimal behind a plus sign; 0 has none.

    :param key: as in :func:`text_hashes`, and so is `size`.
    """
    if not _of_numbers.pays(len(numbers)):
        given = pl.Series("n", numbers, pl.UInt64).to_frame()
        return _plain_hashes(given.select(pl.when(pl.col("n") > 0).then(pl.format("+{}", "n"))).to_series(), key, size)
    group = at_least_a_group(numbers)
    out = np.empty((len(group), size // BYTES_A_WORD), np.uint32)
    _of_numbers(group, np.empty(2 * GROUP(), np.uint64), *_behind_keys(key), *_room(), out)
    return _known_ones(out[: len(numbers)], numbers > 0)


def _known_ones(words: Words, known: npt.NDArray[np.bool_]) -> KeyedHashes:
    """Return hashes; zeros for what has none."""
    if not known.all():
        words[~known] = 0
    return KeyedHashes(words, known)


def _plain_hashes(texts: pl.Series, key: bytes, size: int) -> KeyedHashes:
    from polars_hash import CryptographicHashingNameSpace

    hashed = CryptographicHashingNameSpace(pl.col("text")).hmac_sha256(key=key.decode())
    made = texts.to_frame("text").select(hashed.str.decode("hex").bin.head(size)).to_series()
    data = b"".join(made.fill_null(bytes(size)))
    return KeyedHashes(np.frombuffer(data, np.uint32).reshape(-1, size // BYTES_A_WORD), made.is_not_null().to_numpy())
