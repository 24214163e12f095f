"""SHA-256 of many short messages of one length, as the Merkle tree over the decisions of a run needs it.

The messages share few beginnings (a product, a reason), each of whole blocks, so that the state behind a beginning is
worked out once; what follows is a row of words, in parts that lie in memory by themselves.
"""

from __future__ import annotations

import hashlib

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


@inlined
def _give(states, out, row, messages):
    """Write the hashes that the states of the first messages are."""
    for message in range(messages):
        for word in range(HASH_WORDS):
            out[np.uintp(row + message), np.uintp(word)] = swapped(states[np.uintp(message * HASH_WORDS + word)])


@inlined
def _fill(blocks, place, addresses, widths, row):
    """Put the parts of a message behind each other."""
    for part in range(len(addresses)):
        width = widths[np.uintp(part)]
        source = addresses[np.uintp(part)] + np.uint64(WORD_BYTES) * np.uint64(row) * np.uint64(width)
        if width == _USUAL_WIDTH:
            copy_four_words(blocks, np.uintp(place), source)
        else:
            for word in range(width):
                copy_word(blocks, np.uintp(place + word), source + np.uint64(WORD_BYTES * word))
        place += width


@loop
def _behind(begun, ends, codes, addresses, widths, length, states, blocks, out):
    """Hash messages of so many words behind what is begun.

    :param blocks: zeros, in which the messages of a group are put.
    """
    size, rows = len(blocks) // GROUP, len(out)
    for row in range(0, rows, GROUP):
        messages = min(GROUP, rows - row)
        for message in range(messages):
            code, place = codes[np.uintp(row + message)], message * size
            for word in range(HASH_WORDS):
                states[np.uintp(message * HASH_WORDS + word)] = begun[np.uintp(code), np.uintp(word)]
            _fill(blocks, place, addresses, widths, row + message)
            blocks[np.uintp(place + length)] = _END_MARK
            blocks[np.uintp(place + size - 1)] = ends[np.uintp(code)]
        for first in range(0, size, WORDS):
            compress(states, blocks, first, size)
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


def behind(beginnings: list[bytes], codes: npt.NDArray[np.uint32], parts: list[Words]) -> Words:
    """Return the SHA-256 of a beginning and what is behind it for each row, in rows of eight words.

    :param beginnings: the different beginnings, each of whole blocks of 64 bytes.
    :param codes: which of them each row begins with.
    :param parts: what is behind it, part by part: some words of each row.
    """
    if not _behind.pays(len(codes)):
        return _plainly_behind(beginnings, codes, parts)
    parts = [np.ascontiguousarray(part) for part in parts]
    widths = np.array([part.shape[1] for part in parts], np.int64)
    length = int(widths.sum())
    ends = np.array([8 * (len(beginning) + 4 * length) for beginning in beginnings], ">u4").view(np.uint32)
    addresses = np.array([part.ctypes.data for part in parts], np.uint64)
    blocks = np.zeros(GROUP() * WORDS * -(-(length + _END_WORDS) // WORDS), np.uint32)
    out = np.empty((len(codes), HASH_WORDS), np.uint32)
    begun = states_behind(beginnings)
    _behind(begun, ends, codes, addresses, widths, length, room_for_states(), blocks, out)
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


def _plainly_behind(beginnings: list[bytes], codes: npt.NDArray[np.uint32], parts: list[Words]) -> Words:
    begun = [hashlib.sha256(start) for start in beginnings]
    digests = []
    for code, tail in zip(codes.tolist(), np.concatenate(parts, axis=1), strict=True):
        digest = begun[code].copy()
        digest.update(tail.tobytes())
        digests.append(digest.digest())
    return _from_digests(digests)


def _from_digests(digests: list[bytes]) -> Words:
    return np.frombuffer(b"".join(digests), np.uint32).reshape(-1, HASH_WORDS)
