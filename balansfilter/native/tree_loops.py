"""The nodes of a Merkle tree: each the SHA-256 of a byte 01 and of the two nodes below it."""

from __future__ import annotations

import hashlib

import numpy as np

from balansfilter.native.columns import give_eight, take_nodes
from balansfilter.native.loop import inlined, loop
from balansfilter.native.sha256 import (
    BLOCK,
    GROUP,
    HASH_WORDS,
    START,
    WORDS,
    Words,
    at_least_a_group,
    compress,
    room_for_columns,
    same_for_all,
)

_FEW_NODES = 32
"""The library is as quick with fewer."""
_MOST_LEVELS = 64


@inlined
def _hash_group(nodes, place, start, states, blocks, out, row):
    """Hash each two nodes of a group behind a byte, from a word on, and write what that makes from a row on.

    :param blocks: columns, of which the number of bits is there.
    """
    take_nodes(blocks, nodes, np.uint64(place))
    compress(start, blocks, 0, states, 0)
    compress(states, blocks, WORDS, states, 0)
    give_eight(out, row, states)


@loop
def _nodes(below, start, states, blocks, out):
    """Hash each two nodes, which are a group at least."""
    rows = len(out)
    for group in range(0, rows, GROUP):
        row = min(group, rows - GROUP)
        _hash_group(below, row * WORDS, start, states, blocks, out, row)


def nodes(below: Words) -> Words:
    """Return the node above each two nodes, a row each; their number is even."""
    if len(below) < _FEW_NODES or not _nodes.pays(len(below)):
        digests = [hashlib.sha256(b"\x01" + pair.tobytes()).digest() for pair in below.reshape(-1, WORDS)]
        return np.frombuffer(b"".join(digests), np.uint32).reshape(-1, HASH_WORDS)
    rows, pairs = len(below) // 2, at_least_a_group(below.reshape(-1, WORDS))
    out = np.empty((len(pairs), HASH_WORDS), np.uint32)
    _nodes(pairs, same_for_all(START), room_for_columns(HASH_WORDS), _blocks_of_nodes(), out)
    return out[:rows]


@inlined
def _hash_pair_by_pair(nodes, first, pairs, start, states, blocks, room, out, to):
    """Hash each two of some nodes, from the first one on, into rows from `to` on, behind which is room for a group."""
    whole = pairs - pairs % GROUP
    for group in range(0, whole, GROUP):
        _hash_group(nodes, (first + 2 * group) * HASH_WORDS, start, states, blocks, out, to + group)
    if whole < pairs:
        for row in range(2 * (pairs - whole)):
            for at in range(HASH_WORDS):
                room[row, at] = nodes[first + 2 * whole + row, at]
        _hash_group(room, 0, start, states, blocks, out, to + whole)


@inlined
def _to_next_level(nodes, count, level, waiting, waits, start, states, blocks, room, out):
    """Hash each two of the first nodes of a level, the one that waits before them, and say how many that makes."""
    made = 0
    if waits[level]:
        for at in range(HASH_WORDS):
            room[0, at], room[1, at] = waiting[level, at], nodes[0, at]
        _hash_pair_by_pair(room, 0, 1, start, states, blocks, room, out, 0)
        made, waits[level] = 1, False
    pairs = (count - made) // 2
    _hash_pair_by_pair(nodes, made, pairs, start, states, blocks, room, out, made)
    if (count - made) % 2:
        for at in range(HASH_WORDS):
            waiting[level, at] = nodes[count - 1, at]
        waits[level] = True
    return made + pairs


@loop
def _grow(below, waiting, waits, start, states, blocks, room, one, other):
    """Add nodes to a tree, level by level.

    :param waiting: the last node of each level, which waits for another; `waits` says whether there is one.
    :param blocks: as in :func:`_hash_group`.
    :param room: for the nodes that a group is made of; `one` and `other` for what is made, level by level in turn.
    """
    count, level = _to_next_level(below, len(below), 0, waiting, waits, start, states, blocks, room, one), 1
    while count:
        if level % 2:
            count = _to_next_level(one, count, level, waiting, waits, start, states, blocks, room, other)
        else:
            count = _to_next_level(other, count, level, waiting, waits, start, states, blocks, room, one)
        level += 1


class GrowingTree:
    """A tree to which nodes are added: the last one of each level, where it waits for another."""

    def __init__(self) -> None:
        """Begin without any."""
        self._nodes, self._waits = np.zeros((_MOST_LEVELS, HASH_WORDS), np.uint32), np.zeros(_MOST_LEVELS, np.bool_)

    def add(self, below: Words) -> None:
        """Add nodes of the lowest level, in order."""
        if not len(below) or not _grow.pays(len(below)):
            self._add_plainly(below)
            return
        one, other = (np.empty((len(below) // part + 1 + GROUP(), HASH_WORDS), np.uint32) for part in (2, 4))
        room = np.empty((2 * GROUP(), HASH_WORDS), np.uint32)
        states, blocks = room_for_columns(HASH_WORDS), _blocks_of_nodes()
        _grow(
            np.ascontiguousarray(below), self._nodes, self._waits, same_for_all(START), states, blocks, room, one, other
        )

    def waiting(self) -> list[Words]:
        """Return the nodes that wait, each as one row, from the lowest level up."""
        return [self._nodes[level : level + 1] for level in np.flatnonzero(self._waits).tolist()]

    def _add_plainly(self, below: Words) -> None:
        level = 0
        while len(below):
            if self._waits[level]:
                below = np.concatenate([self._nodes[level : level + 1], below])
            even = len(below) & ~1
            self._waits[level] = even < len(below)
            self._nodes[level : level + len(below) - even] = below[even:]
            below, level = nodes(below[:even]), level + 1


def _blocks_of_nodes() -> Words:
    """Return the columns of two nodes behind a byte: zeros, and the number of bits."""
    columns = room_for_columns(2 * WORDS)
    columns[-GROUP() :] = (BLOCK + 1) * 8
    return columns
