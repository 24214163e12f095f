"""SHA-256 of many short messages of one length, as the leaves of the decisions of a run are.

The messages share few beginnings (a product, a reason), each of whole blocks, so that the state behind a beginning is
worked out once; what follows is a row of words, in parts that lie in memory by themselves.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balansfilter.native.columns import give_eight, take_eight, take_four, take_one, take_states
from balansfilter.native.held_loops import values_of
from balansfilter.native.instructions import WORD_BYTES, word
from balansfilter.native.loop import MEMORY, inlined, loop
from balansfilter.native.sha256 import (
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

_END_MARK = np.uint32(0x80000000)
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
        return Begun(self.beginnings, values_of(places, self.codes))

    def ends(self, length: int) -> Words:
        """Return the last word of a message of each beginning, with so many words behind it: the number of its bits."""
        return np.array([8 * (len(one) + 4 * length) for one in self.beginnings], np.uint32)

    def at_least_a_group(self) -> Begun:
        """Return it for as many rows as are done at once, and more."""
        return Begun(self.beginnings, at_least_a_group(self.codes))


@inlined
def _fill(blocks, to, memory, addresses, widths, steps, row):
    """Put the parts of a group of messages in columns, behind each other.

    What is the same for all rows is there since the first group.
    """
    for part in range(len(addresses)):
        width, step = widths[part], steps[part]
        source = addresses[part] + step * np.uint64(row)
        if step and width == _USUAL_WIDTH:
            take_four(blocks, to, memory, source)
        elif step and width == HASH_WORDS:
            take_eight(blocks, to, memory, source)
        elif step and width == 1:
            take_one(blocks, to, memory, source)
        elif step or row == 0:
            for at in range(width):
                for message in range(GROUP):
                    place = source + step * np.uint64(message) + np.uint64(WORD_BYTES * at)
                    blocks[np.uintp((to + at) * GROUP + message)] = swapped(word(memory, place))
        to += width


@inlined
def _copy(columns, to, of, count):
    """Copy the first columns of others."""
    for at in range(count * GROUP):
        columns[np.uintp(to * GROUP + at)] = of[np.uintp(at)]


@inlined
def _end(blocks, column, ends, codes, row):
    """Put the last words of a group of messages in a column."""
    for message in range(GROUP):
        blocks[np.uintp(column * GROUP + message)] = ends[np.uintp(codes[np.uintp(row + message)])]


@loop
def _behind(begun, ends, codes, memory, addresses, widths, steps, states, blocks, out):
    """Hash messages behind what is begun.

    :param blocks: columns, of which all is there but the parts and the last word.
    """
    columns, rows = len(blocks) // GROUP, len(out)
    for group in range(0, rows, GROUP):
        row = min(group, rows - GROUP)
        _fill(blocks, 0, memory, addresses, widths, steps, row)
        _end(blocks, columns - 1, ends, codes, row)
        take_states(states, 0, begun, codes, row)
        for block in range(0, columns, WORDS):
            compress(states, blocks, block, states, 0)
        give_eight(out, row, states)


@loop
def _sealed(
    secret, first, begun, ends, codes, memory, addresses, widths, steps, told, told_ends, told_codes,
    states, numbers, blocks, tails, out,
):  # fmt: skip
    """Hash the number of each row behind the secret, that and its parts, and that behind what is told of it.

    :param secret: the state behind it, in columns.
    :param numbers: columns, of which all is there but the number of a row; `blocks` and `tails` as in :func:`_behind`.
    """
    columns, rows = len(blocks) // GROUP, len(out)
    for group in range(0, rows, GROUP):
        row = min(group, rows - GROUP)
        for message in range(GROUP):
            number = np.uint64(first + row + message)
            numbers[np.uintp(message)] = np.uint32(number >> np.uint64(32))
            numbers[np.uintp(GROUP + message)] = np.uint32(number)
        compress(secret, numbers, 0, states, 0)
        _copy(blocks, 0, states, _USUAL_WIDTH)
        _fill(blocks, _USUAL_WIDTH, memory, addresses, widths, steps, row)
        _end(blocks, columns - 1, ends, codes, row)
        take_states(states, 0, begun, codes, row)
        for block in range(0, columns, WORDS):
            compress(states, blocks, block, states, 0)
        _copy(tails, 0, numbers, _WORDS_OF_A_ROW)
        _copy(tails, _WORDS_OF_A_ROW, states, HASH_WORDS)
        _end(tails, WORDS - 1, told_ends, told_codes, row)
        take_states(states, 0, told, told_codes, row)
        compress(states, tails, 0, states, 0)
        give_eight(out, row, states)


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
    """Return the columns of messages of so many words: zeros, and the end mark."""
    columns = room_for_columns(WORDS * -(-(words + _END_WORDS) // WORDS))
    columns[words * GROUP() : (words + 1) * GROUP()] = _END_MARK
    return columns


def behind(begun: Begun, parts: list[Words]) -> Words:
    """Return the SHA-256 of a beginning and what is behind it for each row, in rows of eight words.

    :param parts: what is behind it, part by part: some words of each row.
    """
    rows = len(begun.codes)
    if not _behind.pays(rows):
        return _plainly_behind(begun, parts)
    if rows < GROUP():
        return behind(begun.at_least_a_group(), [at_least_a_group(part) for part in parts])[:rows]
    told = _Parts(parts)
    out = np.empty((rows, HASH_WORDS), np.uint32)
    _behind(
        states_behind(begun.beginnings), begun.ends(told.words), begun.codes,
        MEMORY, told.addresses, told.widths, told.steps, room_for_columns(HASH_WORDS), _blocks(told.words), out,
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
    if rows < GROUP():
        of_group = [at_least_a_group(part) for part in parts]
        return sealed(secret, first, persons.at_least_a_group(), of_group, told.at_least_a_group())[:rows]
    of_row, length = _Parts(parts), _WORDS_OF_A_ROW + HASH_WORDS
    words, numbers = _USUAL_WIDTH + of_row.words, _blocks(_WORDS_OF_A_ROW)
    numbers[-GROUP() :] = Begun([secret], told.codes).ends(_WORDS_OF_A_ROW)
    out = np.empty((rows, HASH_WORDS), np.uint32)
    _sealed(
        same_for_all(states_behind([secret])[0]), first, states_behind(persons.beginnings), persons.ends(words),
        persons.codes, MEMORY, of_row.addresses, of_row.widths, of_row.steps,
        states_behind(told.beginnings), told.ends(length), told.codes,
        room_for_columns(HASH_WORDS), numbers, _blocks(words), _blocks(length), out,
    )  # fmt: skip
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
