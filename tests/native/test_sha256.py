"""SHA-256 is the same whichever instructions the processor has for it: wide vectors, extensions, or vectors of eight words."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib, hmac, sys
import numpy as np
from llvmlite import binding

found = binding.get_host_cpu_features()
for change in sys.argv[1:]:
    found[change[1:]] = change[0] == "+"
binding.get_host_cpu_features = lambda: found

import polars as pl
from balansfilter import native
from balansfilter.native import hmac_sha256, merkle_loops, sha256, tree_loops
from balansfilter.native.merkle_loops import Begun
native.MANY = 1
print(sha256.GROUP())

def hashes(messages):
    return [hashlib.sha256(message).digest() for message in messages]

def digests(words):
    return [row.tobytes() for row in words]

draw = np.random.default_rng(7)
for rows in (1, 2, 7, 8, 9, 31, 32, 33, 70):
    words = draw.integers(0, 2**32, (rows, 13), dtype=np.uint32)
    codes = draw.integers(0, 2, rows).astype(np.uint32)
    begins, others = [b"a" * 64, b"b" * 192], [b"", b"c" * 128]
    same = np.broadcast_to(np.arange(4, dtype=np.uint32), (rows, 4))
    parts = [words[:, :4], words[:, 4:5], same, words[:, 5:], words[:, :2]]
    tails = [part.tobytes() for part in np.concatenate(parts, axis=1)]
    assert digests(merkle_loops.behind(Begun(begins, codes), parts)) == hashes(
        begins[code] + tail for code, tail in zip(codes, tails)
    )
    secret, first = b"s" * 128, 2**32 - 3
    numbers = [(first + row).to_bytes(8, "big") for row in range(rows)]
    persons = hashes(
        others[code] + hashlib.sha256(secret + number).digest()[:16] + tail
        for code, number, tail in zip(codes, numbers, tails)
    )
    made = merkle_loops.sealed(secret, first, Begun(others, codes), parts, Begun(begins, 1 - codes))
    assert digests(made) == hashes(
        begins[1 - code] + number + person for code, number, person in zip(codes, numbers, persons)
    )
    pairs = draw.integers(0, 2**32, (2 * rows, 8), dtype=np.uint32)
    assert digests(tree_loops.nodes(pairs)) == hashes(
        b"\\x01" + pairs[at : at + 2].tobytes() for at in range(0, 2 * rows, 2)
    )
    figures = 1 + (draw.integers(0, 2**63, rows).astype(np.uint64) >> draw.integers(0, 63, rows).astype(np.uint64))
    texts = ["x" * length for length in draw.integers(1, 56, rows)]
    for size in (16, 20, 32):
        for hashed, told in (
            (hmac_sha256.number_hashes(figures, b"k" * 64, size), [f"+{figure}" for figure in figures]),
            (hmac_sha256.text_hashes(pl.Series(texts), b"k" * 64, size), texts),
        ):
            expected = [hmac.digest(b"k" * 64, text.encode(), "sha256")[:size] for text in told]
            assert hashed.known.all() and digests(hashed.words) == expected

def root(nodes):
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2])
        nodes = hashes(b"\\x01" + left + right for left, right in pairs) + nodes[len(nodes) // 2 * 2 :]
    return nodes[0]

def root_of_tree(tree):
    node = None
    for (waiting,) in map(digests, tree.waiting()):
        node = waiting if node is None else hashlib.sha256(b"\\x01" + waiting + node).digest()
    return node

tree_loops.WHOLE_LEVELS = 3
for sizes in [(1,), (2, 1), (64, 64, 64), (3, 0, 61, 200), (33, 31, 1, 1, 1, 400), draw.integers(0, 300, 20).tolist()]:
    leaves, tree, plain, apart = [], *(tree_loops.GrowingTree() for _ in range(3))
    for size in sizes:
        part = draw.integers(0, 2**32, (size, 8), dtype=np.uint32)
        apart.add_subtrees(tree_loops.subtrees(part, len(leaves)))
        leaves += digests(part)
        tree.add(part)
        native.MANY = 10**9
        plain._add_plainly(part, 0)
        native.MANY = 1
        assert root_of_tree(tree) == root_of_tree(plain) == root_of_tree(apart) == root(leaves)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "groups"),
    [("", {32, 4, 8}), ("+avx512f", {32}), ("-avx512f", {4, 8}), ("-avx512f -sha", {8})],
    ids=["as it is", "wide", "not wide", "eight"],
)
def test_every_way_of_compressing(changes, groups, tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT, *changes.split()]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) in groups
