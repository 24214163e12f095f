"""The Merkle tree over leaves: its root, made while leaves come in, and the way from one leaf to the root.

    node = SHA-256(01 ‖ left ‖ right)

The last of an odd number moves up as it is. The root of no leaves is the SHA-256 of nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from balansfilter.audit.leaves import NODE_BYTES, Words
from balansfilter.frozen import dataclass
from balansfilter.native.tree_loops import GrowingTree, Subtrees
from balansfilter.native.tree_loops import nodes as nodes_above

CHUNK = 1 << 18
"""Leaves of a part of the tree; a power of two, so that each part is a whole subtree."""


class Root:
    """The root over leaves that come in parts; a node a level is kept."""

    def __init__(self) -> None:
        self._tree = GrowingTree()

    def add(self, leaves: Words) -> None:
        """Add leaves, in order."""
        self._tree.add(leaves)

    def add_subtrees(self, made: Subtrees) -> None:
        """Add leaves, in order, of which subtrees were made elsewhere.

        :raises ValueError: they do not follow the leaves that were added.
        """
        self._tree.add_subtrees(made)

    def digest(self) -> str:
        """Return the root over what was added, in hexadecimal."""
        node: Words | None = None
        for waiting in self._tree.waiting():
            node = waiting if node is None else nodes_above(np.concatenate([waiting, node]))
        return hashlib.sha256().hexdigest() if node is None else node.tobytes().hex()


@dataclass(frozen=True)
class ProofStep:
    """One step of a proof: the node beside the one that was reached."""

    side: str
    """`left` or `right`: where that node stands."""
    hash: str


class MerkleTree:
    """A whole tree, kept level by level."""

    def __init__(self, leaves: Words) -> None:
        self._levels = [leaves]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            even = len(below) & ~1
            self._levels.append(np.concatenate([nodes_above(below[:even]), below[even:]]))

    @property
    def root(self) -> Words:
        """The root, as one node."""
        return self._levels[-1]

    def path(self, at: int) -> tuple[ProofStep, ...]:
        """Return the way from a leaf to the root."""
        steps = []
        for level in self._levels[:-1]:
            beside = at ^ 1
            if beside < len(level):
                side = "left" if beside < at else "right"
                steps.append(ProofStep(side, level[beside].tobytes().hex()))
            at //= 2
        return tuple(steps)


def joined(tops: Iterable[Words]) -> MerkleTree:
    """Return the tree above the roots of whole parts, of which only the last may be smaller than a chunk."""
    return MerkleTree(np.concatenate([np.empty((0, NODE_BYTES // 4), np.uint32), *tops]))
