"""SHA-256 of many short messages of one length, as the Merkle tree over the decisions of a run needs it.

The messages share few beginnings (a product, a reason), each of whole blocks, so that the state behind a beginning is
worked out once; what follows is a row of words, in parts that lie in memory by themselves.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balansfilter.native.instructions import WORD_BYTES, copy_four_words, copy_word
from balansfilter.native.loop import inlined, loop
from balansfilter.native.sha256 import (
    BLOCK,
    GROUP,
    HASH_WORDS,
    START,
    WORDS,
    Words,
    compress,
    room_for_states,
    states_behind,
    swapped,
)

_END_MARK = np.uint32(0x80)
_END_WORDS = 3
"""The end mark takes a word, the length two."""
_USUAL_WIDTH = 4
"""Words of a keyed hash, and of a nonce."""
_WORDS_OF_A_ROW = 2
"""Words of the number of a row."""


class Begun(NamedTuple):
    """What a message of each row begins with."""

    beginnings: list[bytes]
    """The different beginnings, each of whole blocks of 64 bytes."""
    codes: npt.NDArray[np.uint32]
    """Which of them each row begins with."""

    def at(self, places: npt.NDArray[np.uint32]) -> Begun:
        """Return what messages in some of the places begin with."""
        return Begun(self.beginnings, self.codes[places])

    def ends(self, length: int) -> Words:
        """Return the last word of a message of each beginning, with so many words behind it: the number of its bits."""
        return np.array([8 * (len(one) + 4 * length) for one in self.beginnings], ">u4").view(np.uint32)


@inlined
def _give(states, out, row, messages):
    """Write the hashes that the states of the first messages are."""
    for message in range(messages):
        for word in range(HASH_WORDS):
            out[np.uintp(row + message), np.uintp(word)] = swapped(states[np.uintp(message * HASH_WORDS + word)])


@inlined
def _fill(blocks, place, addresses, widths, steps, row):
    """Put the parts of a message behind each other."""
    for part in range(len(addresses)):
        width = widths[np.uintp(part)]
        source = addresses[np.uintp(part)] + steps[np.uintp(part)] * np.uint64(row)
        if width == _USUAL_WIDTH:
            copy_four_words(blocks, np.uintp(place), source)
        else:
            for word in range(width):
                copy_word(blocks, np.uintp(place + word), source + np.uint64(WORD_BYTES * word))
        place += width


@inlined
def _begin(states, message, begun, code):
    """Begin a message behind one of the states."""
    for word in range(HASH_WORDS):
        states[np.uintp(message * HASH_WORDS + word)] = begun[np.uintp(code), np.uintp(word)]


@loop
def _behind(begun, ends, codes, addresses, widths, steps, length, states, blocks, out):
    """Hash messages of so many words behind what is begun.

    :param blocks: zeros, in which the messages of a group are put.
    """
    size, rows = len(blocks) // GROUP, len(out)
    for row in range(0, rows, GROUP):
        messages = min(GROUP, rows - row)
        for message in range(messages):
            code, place = codes[np.uintp(row + message)], message * size
            _begin(states, message, begun, code)
            _fill(blocks, place, addresses, widths, steps, row + message)
            blocks[np.uintp(place + length)] = _END_MARK
            blocks[np.uintp(place + size - 1)] = ends[np.uintp(code)]
        for first in range(0, size, WORDS):
            compress(states, blocks, first, size)
        _give(states, out, row, messages)


@loop
def _sealed(
    secret, first, begun, ends, codes, addresses, widths, steps, length, told, told_ends, told_codes,
    states, rows, blocks, tails, out,
):  # fmt: skip
    """Hash the number of each row behind the secret, that and its parts, and that behind what is told of it.

    :param rows: blocks, of which all is there but the number of a row; `tails` likewise, and the last word of each.
    """
    size = len(blocks) // GROUP
    for row in range(0, len(out), GROUP):
        messages = min(GROUP, len(out) - row)
        for message in range(messages):
            number, place = np.uint64(first + row + message), message * WORDS
            rows[np.uintp(place)] = swapped(np.uint32(number >> np.uint64(32)))
            rows[np.uintp(place + 1)] = swapped(np.uint32(number))
            _begin(states, message, secret, 0)
        compress(states, rows, 0, WORDS)
        for message in range(messages):
            code, place = codes[np.uintp(row + message)], message * size
            for word in range(_USUAL_WIDTH):
                blocks[np.uintp(place + word)] = swapped(states[np.uintp(message * HASH_WORDS + word)])
            _fill(blocks, place + _USUAL_WIDTH, addresses, widths, steps, row + message)
            blocks[np.uintp(place + length)] = _END_MARK
            blocks[np.uintp(place + size - 1)] = ends[np.uintp(code)]
            _begin(states, message, begun, code)
        for block in range(0, size, WORDS):
            compress(states, blocks, block, size)
        for message in range(messages):
            code, place = told_codes[np.uintp(row + message)], message * WORDS
            for word in range(_WORDS_OF_A_ROW):
                tails[np.uintp(place + word)] = rows[np.uintp(place + word)]
            for word in range(HASH_WORDS):
                at = np.uintp(place + _WORDS_OF_A_ROW + word)
                tails[at] = swapped(states[np.uintp(message * HASH_WORDS + word)])
            tails[np.uintp(place + WORDS - 1)] = told_ends[np.uintp(code)]
            _begin(states, message, told, code)
        compress(states, tails, 0, WORDS)
        _give(states, out, row, messages)


@loop
def _nodes(below, states, blocks, ends, out):
    for message in range(GROUP):
        ends[(message + 1) * WORDS - 1] = swapped(np.uint32((BLOCK + 1) * 8))
    rows = len(out)
    for row in range(0, rows, GROUP):
        messages = min(GROUP, rows - row)
        for message in range(messages):
            place, before = message * WORDS, np.uint32(1)
            for word in range(HASH_WORDS):
                states[np.uintp(message * HASH_WORDS + word)] = np.uint32(START[word])
            for word in range(WORDS):
                taken = below[np.uintp(row + message), np.uintp(word)]
                blocks[np.uintp(place + word)] = (taken << np.uint32(8)) | before
                before = taken >> np.uint32(24)
            ends[np.uintp(place)] = before | (_END_MARK << np.uint32(8))
        compress(states, blocks, 0, WORDS)
        compress(states, ends, 0, WORDS)
        _give(states, out, row, messages)


class _Parts:
    """What is behind a beginning, part by part, as loops take it."""

    def __init__(self, parts: list[Words]) -> None:
        same = [part.strides[0] == 0 for part in parts]
        self._arrays = [np.ascontiguousarray(part[:1] if one else part) for one, part in zip(same, parts, strict=True)]
        self.widths = np.array([part.shape[1] for part in parts], np.int64)
        self.steps = np.array([0 if one else WORD_BYTES for one in same], np.uint64) * self.widths.astype(np.uint64)
        self.addresses = np.array([part.ctypes.data for part in self._arrays], np.uint64)
        self.words = int(self.widths.sum())


def _blocks(words: int) -> Words:
    """Return zeros for the blocks of a group of messages of so many words."""
    return np.zeros(GROUP() * WORDS * -(-(words + _END_WORDS) // WORDS), np.uint32)


def behind(begun: Begun, parts: list[Words]) -> Words:
    """Return the SHA-256 of a beginning and what is behind it for each row, in rows of eight words.

    :param parts: what is behind it, part by part: some words of each row.
    """
    if not _behind.pays(len(begun.codes)):
        return _plainly_behind(begun, parts)
    told = _Parts(parts)
    out = np.empty((len(begun.codes), HASH_WORDS), np.uint32)
    _behind(
        states_behind(begun.beginnings), begun.ends(told.words), begun.codes,
        told.addresses, told.widths, told.steps, told.words, room_for_states(), _blocks(told.words), out,
    )  # fmt: skip
    return out


def numbered(first: int, rows: int) -> Words:
    """Return the numbers of rows from a first one on, as :func:`rows_as_words` does."""
    return rows_as_words(np.arange(first, first + rows, dtype=np.uint64))


def rows_as_words(numbers: npt.NDArray[np.uint64]) -> Words:
    """Return the numbers of rows in 8 bytes, the highest one first."""
    return numbers.astype(">u8").view(np.uint32).reshape(-1, _WORDS_OF_A_ROW)


def sealed(secret: bytes, first: int, persons: Begun, parts: list[Words], told: Begun) -> Words:
    """Return the SHA-256 of what is told of each row, its number, and a hash of its parts behind a nonce.

        nonce  = the first four words of SHA-256(secret ‖ number)
        person = SHA-256(beginning of persons ‖ nonce ‖ parts)
        hash   = SHA-256(beginning of told ‖ number ‖ person)

    :param secret: of whole blocks.
    :param first: the number of the first row; the others follow.
    """
    rows = len(told.codes)
    if not _sealed.pays(rows):
        nonces = behind(Begun([secret], np.zeros(rows, np.uint32)), [numbered(first, rows)])[:, :_USUAL_WIDTH]
        return behind(told, [numbered(first, rows), behind(persons, [nonces, *parts])])
    of_row, length = _Parts(parts), _WORDS_OF_A_ROW + HASH_WORDS
    words = _USUAL_WIDTH + of_row.words
    numbers, tails = _blocks(_WORDS_OF_A_ROW), _blocks(length)
    numbers[_WORDS_OF_A_ROW::WORDS] = tails[length::WORDS] = _END_MARK
    numbers[WORDS - 1 :: WORDS] = Begun([secret], told.codes).ends(_WORDS_OF_A_ROW)
    out = np.empty((rows, HASH_WORDS), np.uint32)
    _sealed(
        states_behind([secret]), first, states_behind(persons.beginnings), persons.ends(words), persons.codes,
        of_row.addresses, of_row.widths, of_row.steps, words,
        states_behind(told.beginnings), told.ends(length), told.codes,
        room_for_states(), numbers, _blocks(words), tails, out,
    )  # fmt: skip
    return out


def nodes(below: Words) -> Words:
    """Return the node above each two nodes, a row each; their number is even."""
    if not _nodes.pays(len(below)):
        pairs = below.reshape(-1, WORDS)
        return _from_digests([hashlib.sha256(b"\x01" + pair.tobytes()).digest() for pair in pairs])
    out = np.empty((len(below) // 2, HASH_WORDS), np.uint32)
    blocks, ends = (np.zeros(GROUP() * WORDS, np.uint32) for _ in range(2))
    _nodes(below.reshape(-1, WORDS), room_for_states(), blocks, ends, out)
    return out


def _plainly_behind(begun: Begun, parts: list[Words]) -> Words:
    states = [hashlib.sha256(start) for start in begun.beginnings]
    digests = []
    for code, tail in zip(begun.codes.tolist(), np.concatenate(parts, axis=1), strict=True):
        digest = states[code].copy()
        digest.update(tail.tobytes())
        digests.append(digest.digest())
    return _from_digests(digests)


def _from_digests(digests: list[bytes]) -> Words:
    return np.frombuffer(b"".join(digests), np.uint32).reshape(-1, HASH_WORDS)
