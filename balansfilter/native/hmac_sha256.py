"""HMAC-SHA-256 (RFC 2104) of whole columns, several values side by side.

A text of at most `LONGEST` bytes fits in one block behind the key, so each value costs two compressions. A column with
a longer one is left to the library that stands for machines without loops.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.instructions import copy, put_eight_bytes
from balansfilter.native.loop import inlined, loop
from balansfilter.native.sha256 import (
    BLOCK,
    GROUP,
    HASH_WORDS,
    WORDS,
    Words,
    compress,
    room_for_states,
    states_behind,
    swapped,
)
from balansfilter.native.view_parts import TWELVE, cell, put_short
from balansfilter.native.views import Bytes, Views

LONGEST = 55
"""Bytes of a text that leave room for the end mark and the length in one block."""
BYTES_A_WORD = 4

_EIGHT_DIGITS = np.uint64(10**8)


@inlined
def _clear(blocks, place):
    """Empty a block."""
    for at in range(0, BLOCK, 8):
        put_eight_bytes(blocks, np.uintp(place + at), np.uint64(0))


@inlined
def _end(blocks, place, length):
    """Put an end mark behind a text in a block, and the number of bits hashed with the key's block."""
    blocks[np.uintp(place + length)] = 0x80
    bits = (BLOCK + length) * 8
    blocks[np.uintp(place + BLOCK - 2)] = bits >> 8
    blocks[np.uintp(place + BLOCK - 1)] = bits & 0xFF


@inlined
def _finish(states, blocks, ends, keys, messages, out, row):
    """Hash the blocks behind the inner key, and that behind the outer key, and write the hashes of the messages.

    :param keys: the state behind the inner key, and that behind the outer one.
    """
    for message in range(GROUP):
        for word in range(HASH_WORDS):
            states[np.uintp(message * HASH_WORDS + word)] = keys[np.uintp(word)]
    compress(states, blocks, 0, WORDS)
    for message in range(GROUP):
        for word in range(HASH_WORDS):
            place = np.uintp(message * HASH_WORDS + word)
            ends[np.uintp(message * WORDS + word)] = swapped(states[place])
            states[place] = keys[np.uintp(HASH_WORDS + word)]
    compress(states, ends, 0, WORDS)
    for message in range(messages):
        for word in range(out.shape[1]):
            out[row + message, word] = swapped(states[np.uintp(message * HASH_WORDS + word)])


@loop
def _of_texts(words, places, memory, keys, states, blocks, filled, ends, out):
    rows = len(words)
    for row in range(0, rows, GROUP):
        messages = min(GROUP, rows - row)
        for message in range(messages):
            at, length = cell(words, places, row + message)
            place = message * BLOCK
            _clear(filled, place)
            if length <= TWELVE:
                put_short(filled, np.uintp(place), words[row + message, 0], words[row + message, 1])
            else:
                copy(filled, np.uintp(place), memory, at, length)
            _end(filled, place, np.int64(length))
        _finish(states, blocks, ends, keys, messages, out, row)


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
def _of_numbers(numbers, keys, states, blocks, filled, ends, out):
    rows = len(numbers)
    for row in range(0, rows, GROUP):
        messages = min(GROUP, rows - row)
        for message in range(messages):
            number, place = numbers[row + message], message * BLOCK
            _clear(filled, place)
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
            _end(filled, place, length)
        _finish(states, blocks, ends, keys, messages, out, row)


def _room() -> tuple[Words, Words, Bytes, Words]:
    """Return room for the states and blocks of a group, the latter also as bytes, and the blocks behind the outer key.

    Those have all in them but the inner hashes.
    """
    blocks, ends = (np.zeros(GROUP() * WORDS, np.uint32) for _ in range(2))
    ends[HASH_WORDS::WORDS] = 0x80
    ends[WORDS - 1 :: WORDS] = int.from_bytes(((BLOCK + 4 * HASH_WORDS) * 8).to_bytes(4, "big"), "little")
    return room_for_states(), blocks, blocks.view(np.uint8), ends


def _behind_keys(key: bytes) -> Words:
    """Return the states behind the inner and the outer key; a key of at most one block."""
    padded = key.ljust(BLOCK, b"\0")
    return states_behind([bytes(byte ^ mask for byte in padded) for mask in (0x36, 0x5C)]).reshape(-1)


class KeyedHashes(NamedTuple):
    """The keyed hashes of a column."""

    words: Words
    """A row of words each, read from four bytes with the lowest one first; zeros for a null."""
    known: npt.NDArray[np.bool_]
    """Whether each row has one."""


def text_hashes(texts: pl.Series, key: bytes, size: int) -> KeyedHashes:
    """Return the keyed hash of each text; null stays null.

    :param key: at most 64 bytes.
    :param size: how many bytes of each hash are wanted; a multiple of 4.
    """
    if not _of_texts.pays(len(texts)) or (texts.str.len_bytes().max() or 0) > LONGEST:
        return _plain_hashes(texts, key, size)
    out = np.empty((len(texts), size // BYTES_A_WORD), np.uint32)
    _of_texts(*Views.of(texts).told, _behind_keys(key), *_room(), out)
    return _hashes(out, texts)


def number_hashes(numbers: pl.Series, key: bytes, size: int) -> KeyedHashes:
    """Return the keyed hash of each number, written in decimal behind a plus sign, as :func:`text_hashes` does."""
    if not _of_numbers.pays(len(numbers)):
        return _plain_hashes(numbers.to_frame("n").select(pl.format("+{}", "n")).to_series(), key, size)
    out = np.empty((len(numbers), size // BYTES_A_WORD), np.uint32)
    known = numbers.fill_null(0).to_numpy()
    _of_numbers(known, _behind_keys(key), *_room(), out)
    return _hashes(out, numbers)


def _hashes(words: Words, of: pl.Series) -> KeyedHashes:
    """Return hashes; zeros where what was hashed is null."""
    if not of.null_count():
        return KeyedHashes(words, np.ones(len(of), np.bool_))
    known = of.is_not_null().to_numpy()
    words[np.flatnonzero(~known)] = 0
    return KeyedHashes(words, known)


def _plain_hashes(texts: pl.Series, key: bytes, size: int) -> KeyedHashes:
    from polars_hash import CryptographicHashingNameSpace

    hashed = CryptographicHashingNameSpace(pl.col("text")).hmac_sha256(key=key.decode())
    made = texts.to_frame("text").select(hashed.str.decode("hex").bin.head(size)).to_series()
    data = b"".join(made.fill_null(bytes(size)))
    return KeyedHashes(np.frombuffer(data, np.uint32).reshape(-1, size // BYTES_A_WORD), made.is_not_null().to_numpy())
