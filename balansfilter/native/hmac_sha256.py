"""HMAC-SHA-256 (RFC 2104) of whole columns, several values side by side.

A text of at most `LONGEST` bytes fits in one block behind the key, so each value costs two compressions. A column with
a longer one is left to the library that stands for machines without loops.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.native.columns import give_eight, give_four, take_eight, take_sixteen
from balansfilter.native.instructions import copy, put_eight_bytes
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
from balansfilter.native.views import Buffers, Bytes, Views

LONGEST = 55
"""Bytes of a text that leave room for the end mark and the length in one block."""
BYTES_A_WORD = 4

_MOST_OF_A_NUMBER = 32
"""Bytes in which a number, of twenty digits at most, is written with the end mark."""
_EIGHT_DIGITS = np.uint64(10**8)


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
    rows = len(words)
    for group in range(0, rows, GROUP):
        row = min(group, rows - GROUP)
        for message in range(GROUP):
            at, length = cell(words, places, row + message)
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


@inlined
def _eight_digits(number):
    """Write a number below 10^8 in eight digits, a byte each, the first one lowest: halves, quarters, then digits."""
    parts = (number // np.uint64(10_000)) | ((number % np.uint64(10_000)) << np.uint64(32))
    hundreds = ((parts * np.uint64(5243)) >> np.uint64(19)) & np.uint64(0x0000007F0000007F)
    parts = hundreds | ((parts - hundreds * np.uint64(100)) << np.uint64(16))
    tens = ((parts * np.uint64(103)) >> np.uint64(10)) & np.uint64(0x000F000F000F000F)
    parts = tens | ((parts - tens * np.uint64(10)) << np.uint64(8))
    return parts | np.uint64(0x3030303030303030)


@loop
def _of_numbers(numbers, inner, outer, filled, blocks, ends, states, out):
    rows = len(numbers)
    for group in range(0, rows, GROUP):
        row = min(group, rows - GROUP)
        for message in range(GROUP):
            number, place = numbers[row + message], message * _MOST_OF_A_NUMBER
            _clear(filled, place, _MOST_OF_A_NUMBER)
            filled[np.uintp(place)] = 43
            length, left = 1, number
            if number >= _EIGHT_DIGITS:
                length, left = 9, number // _EIGHT_DIGITS
            beyond = left
            while beyond or length == 1:
                beyond //= np.uint64(10)
                length += 1
            at = place + length
            if number >= _EIGHT_DIGITS:
                at -= 8
                put_eight_bytes(filled, np.uintp(at), _eight_digits(number % _EIGHT_DIGITS))
            while at > place + 1:
                at -= 1
                filled[np.uintp(at)] = np.uint8(48) + np.uint8(left % np.uint64(10))
                left //= np.uint64(10)
            filled[np.uintp(place + length)] = 0x80
            blocks[np.uintp((WORDS - 1) * GROUP + message)] = (BLOCK + length) * 8
        take_eight(blocks, 0, filled, 0)
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
    """A row of words each, read from four bytes with the lowest one first; zeros for a null."""
    column: pl.Series
    """The same as bytes; null for a null."""


def text_hashes(texts: pl.Series, key: bytes, size: int) -> KeyedHashes:
    """Return the keyed hash of each text; null stays null.

    :param key: at most 64 bytes.
    :param size: how many bytes of each hash are wanted; a multiple of 4.
    """
    if not _of_texts.pays(len(texts)) or (texts.str.len_bytes().max() or 0) > LONGEST:
        return _plain_hashes(texts, key, size)
    cells = Views.of(texts)
    group = Views(at_least_a_group(cells.words), cells.buffers)
    out = np.empty((len(group), size // BYTES_A_WORD), np.uint32)
    _of_texts(*group.told, *_behind_keys(key), *_room(), out)
    return _hashes(out[: len(texts)], texts)


def number_hashes(numbers: pl.Series, key: bytes, size: int) -> KeyedHashes:
    """Return the keyed hash of each number, written in decimal behind a plus sign, as :func:`text_hashes` does."""
    if not _of_numbers.pays(len(numbers)):
        return _plain_hashes(numbers.to_frame("n").select(pl.format("+{}", "n")).to_series(), key, size)
    known = at_least_a_group(numbers.fill_null(0).to_numpy())
    out = np.empty((len(known), size // BYTES_A_WORD), np.uint32)
    _of_numbers(known, *_behind_keys(key), *_room(), out)
    return _hashes(out[: len(numbers)], numbers)


def _hashes(words: Words, of: pl.Series) -> KeyedHashes:
    """Return hashes of at least sixteen bytes; null where what was hashed is null."""
    size = words.shape[1] * BYTES_A_WORD
    views = np.empty((len(words), 2), np.uint64)
    views[:, 0] = words[:, 0].astype(np.uint64) << np.uint64(32) | np.uint64(size)
    views[:, 1] = (np.arange(len(words), dtype=np.uint64) * np.uint64(size)) << np.uint64(32)
    column = Views(views, Buffers.of(words.view(np.uint8).reshape(-1))).binary(of.name)
    if of.null_count():
        is_null = of.is_null()
        column = column.set(is_null, None)
        words[is_null.to_numpy()] = 0
    return KeyedHashes(words, column)


def _plain_hashes(texts: pl.Series, key: bytes, size: int) -> KeyedHashes:
    from polars_hash import CryptographicHashingNameSpace

    hashed = CryptographicHashingNameSpace(pl.col("text")).hmac_sha256(key=key.decode())
    made = texts.to_frame("text").select(hashed.str.decode("hex").bin.head(size)).to_series().alias(texts.name)
    data = b"".join(made.fill_null(bytes(size)))
    return KeyedHashes(np.frombuffer(data, np.uint32).reshape(-1, size // BYTES_A_WORD), made)
