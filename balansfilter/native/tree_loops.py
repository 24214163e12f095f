"""The nodes of a Merkle tree: each the SHA-256 of a byte 01 and of the two nodes below it."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

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
WHOLE_LEVELS = 12
"""Levels of the subtrees that are made apart from the rest of a tree."""


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
    _nodes(pairs, *_columns_of_nodes(), out)
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
def _grow(below, level, waiting, waits, start, states, blocks, room, one, other):
    """Add nodes of a level to a tree, level by level.

    :param waiting: the last node of each level, which waits for another; `waits` says whether there is one.
    :param blocks: as in :func:`_hash_group`.
    :param room: for the nodes that a group is made of; `one` and `other` for what is made, level by level in turn.
    """
    count = _to_next_level(below, len(below), level, waiting, waits, start, states, blocks, room, one)
    is_in_one = True
    while count:
        level += 1
        if is_in_one:
            count = _to_next_level(one, count, level, waiting, waits, start, states, blocks, room, other)
        else:
            count = _to_next_level(other, count, level, waiting, waits, start, states, blocks, room, one)
        is_in_one = not is_in_one


@loop
def _tops(below, levels, start, states, blocks, room, out):
    """Hash each two nodes, each two of what that makes, and so on for some levels; there are always two.

    :param room: as in :func:`_grow`.
    :param out: takes the nodes of each level in the place of those below it, and has room for a group behind them.
    """
    pairs = len(below) // 2
    _hash_pair_by_pair(below, 0, pairs, start, states, blocks, room, out, 0)
    for _ in range(1, levels):
        pairs //= 2
        _hash_pair_by_pair(out, 0, pairs, start, states, blocks, room, out, 0)


class Subtrees(NamedTuple):
    """Nodes of the lowest level that follow each other in a tree, hashed as far as the nodes around them allow."""

    first: int
    """The place of the first of them, from 0."""
    before: Words
    """Those before the first whole subtree."""
    whole: Words
    """The nodes at the top of the whole subtrees."""
    behind: Words
    """Those behind the last of these."""


def subtrees(below: Words, first: int) -> Subtrees:
    """Return nodes of the lowest level, of which the first has a place in a tree, as subtrees; in any thread."""
    size = 1 << WHOLE_LEVELS
    start = min(-first % size, len(below))
    end = start + (len(below) - start) // size * size
    return Subtrees(first, below[:start], _tops_of(below[start:end]), below[end:])


def _tops_of(below: Words) -> Words:
    """Return the node at the top of each subtree; their number of nodes of the lowest level is whole."""
    if not WHOLE_LEVELS or not _tops.pays(len(below)):
        for _ in range(WHOLE_LEVELS):
            below = nodes(below)
        return below
    out = np.empty((len(below) // 2 + GROUP(), HASH_WORDS), np.uint32)
    _tops(np.ascontiguousarray(below), WHOLE_LEVELS, *_columns_of_nodes(), _room_of_a_group(), out)
    return out[: len(below) >> WHOLE_LEVELS].copy()


class GrowingTree:
    """A tree to which nodes are added: the last one of each level, where it waits for another."""

    def __init__(self) -> None:
        """Begin without any."""
        self._nodes, self._waits = np.zeros((_MOST_LEVELS, HASH_WORDS), np.uint32), np.zeros(_MOST_LEVELS, np.bool_)
        self._size = 0

    def add(self, below: Words) -> None:
        """Add nodes of the lowest level, in order."""
        self._add(below, 0)

    def add_subtrees(self, made: Subtrees) -> None:
        """Add nodes of the lowest level that were made subtrees, in order."""
        if made.first != self._size:
            raise ValueError(f"subtrees from node {made.first} on cannot follow {self._size} nodes")
        self._add(made.before, 0)
        self._add(made.whole, WHOLE_LEVELS)
        self._add(made.behind, 0)

    def _add(self, below: Words, level: int) -> None:
        self._size += len(below) << level
        if not len(below) or not _grow.pays(len(below) << level):
            self._add_plainly(below, level)
            return
        one, other = (np.empty((len(below) // part + 1 + GROUP(), HASH_WORDS), np.uint32) for part in (2, 4))
        waiting, columns = (self._nodes, self._waits), _columns_of_nodes()
        _grow(np.ascontiguousarray(below), level, *waiting, *columns, _room_of_a_group(), one, other)

    def waiting(self) -> list[Words]:
        """Return the nodes that wait, each as one row, from the lowest level up."""
        return [self._nodes[level : level + 1] for level in np.flatnonzero(self._waits).tolist()]

    def _add_plainly(self, below: Words, level: int) -> None:
        while len(below):
            if self._waits[level]:
                below = np.concatenate([self._nodes[level : level + 1], below])
            even = len(below) & ~1
            self._waits[level] = even < len(below)
            self._nodes[level : level + len(below) - even] = below[even:]
            below, level = nodes(below[:even]), level + 1


def _columns_of_nodes() -> tuple[Words, Words, Words]:
    """Return the states before two nodes, room for those behind them, and the columns of their blocks.

    The blocks are zeros, and the number of bits.
    """
    blocks = room_for_columns(2 * WORDS)
    blocks[-GROUP() :] = (BLOCK + 1) * 8
    return same_for_all(START), room_for_columns(HASH_WORDS), blocks


def _room_of_a_group() -> Words:
    """Return room for the nodes out of which a group is made."""
    return np.empty((2 * GROUP(), HASH_WORDS), np.uint32)
