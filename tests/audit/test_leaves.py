"""The leaves and the root are what their definition says, worked out in the plainest way; compiled or not, and in any parts."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter import native
from balansfilter.audit.leaves import Secret, leaves, persons
from balansfilter.audit.merkle_tree import MerkleTree, Root
from balansfilter.native import tree_loops

SECRET = Secret("0123456789abcdef" * 4)
HASH = st.binary(min_size=16, max_size=16)
DAY = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))
ROW = st.fixed_dictionaries(
    {
        "customer": st.none() | HASH,
        "number_1": st.none() | HASH,
        "number_2": st.none() | HASH,
        "product": st.none() | st.sampled_from(["", "dagblad", "é" * 50, "x" * 59]) | st.text(max_size=4),
        "decision": st.sampled_from(["callable", "dropped"]),
        "basis": st.none() | st.just("customer"),
        "reason": st.none() | st.sampled_from(["objected", "expired"]),
        "anchor": DAY,
        "callable_until": DAY,
        "balanstest": st.none() | st.sampled_from(["kranten", "k" * 63]),
    }
)
SCHEMA = {
    "row": pl.UInt64, "customer": pl.Binary, "number_1": pl.Binary, "number_2": pl.Binary, "product": pl.String,
    "decision": pl.Enum(["callable", "dropped"]), "basis": pl.Enum(["customer"]), "reason": pl.Enum(["objected", "expired"]),
    "anchor": pl.Date, "callable_until": pl.Date, "balanstest": pl.Enum(["kranten", "k" * 63]),
}  # fmt: skip


@pytest.fixture(autouse=True, params=["plain", "compiled"])
def _loops(request, monkeypatch):
    monkeypatch.setattr(native, "MANY", 1 if request.param == "compiled" else 10**9)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def begun(tag, text):
    framed = bytes([tag]) + len(text).to_bytes(4, "big") + text
    return framed + bytes(-len(framed) % 64)


def leaf_of(run_id, row, nonce):
    days = [
        b"\x80\0\0\0" if day is None else (day - date(1970, 1, 1)).days.to_bytes(4, "big", signed=True)
        for day in (row["anchor"], row["callable_until"])
    ]
    hashes = [row[name] or bytes(16) for name in ("customer", "number_1", "number_2")]
    product = b"" if row["product"] is None else b"=" + row["product"].encode()
    person = sha(begun(2, product), nonce, *days, *hashes)
    told = "\n".join([run_id, *(row[name] or "" for name in ("decision", "reason", "basis", "balanstest"))])
    return sha(begun(0, told.encode()), row["row"].to_bytes(8, "big"), person)


def root_of(nodes):
    while len(nodes) > 1:
        above = [sha(b"\x01", *nodes[at : at + 2]) for at in range(0, len(nodes) & ~1, 2)]
        nodes = [*above, *nodes[len(nodes) & ~1 :]]
    return (nodes[0] if nodes else sha()).hex()


def nonce_of(row):
    return sha(begun(3, SECRET.text.encode()), row.to_bytes(8, "big"))[:16]


@given(rows=st.lists(ROW, min_size=1, max_size=40), first=st.sampled_from([1, 65_530, 2**33]), part=st.integers(1, 17))
def test_every_leaf_and_the_root_are_what_the_definition_says(rows, first, part):
    rows = [{"row": number, **row} for number, row in enumerate(rows, start=first)]
    frame = pl.DataFrame(rows, SCHEMA)
    made = leaves(frame, "20261123T020000Z-abcdef", persons(frame, SECRET.nonces(first, len(rows))))
    wanted = [leaf_of("20261123T020000Z-abcdef", row, nonce_of(row["row"])) for row in rows]
    assert made.tobytes() == b"".join(wanted)
    root = Root()
    for at in range(0, len(rows), part):
        root.add(made[at : at + part])
    assert root.digest() == root_of(wanted)
    tree = MerkleTree(made)
    assert tree.root.tobytes().hex() == root_of(wanted)
    for at, leaf in enumerate(wanted):
        node = leaf
        for step in tree.path(at):
            beside = bytes.fromhex(step.hash)
            node = sha(b"\x01", beside, node) if step.side == "left" else sha(b"\x01", node, beside)
        assert node.hex() == root_of(wanted)


@pytest.mark.parametrize("levels", [0, 1, 3, 12])
@given(
    sizes=st.lists(st.sampled_from([0, 1, 2, 7, 8, 31, 64, 500, 5000]), max_size=6), apart=st.sets(st.integers(0, 5))
)
def test_subtrees_that_are_made_apart_come_to_the_same_root(levels, sizes, apart):
    nodes = np.random.default_rng(len(sizes)).integers(0, 2**32, (sum(sizes), 8), dtype=np.uint32)
    root, other, at = Root(), Root(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree_loops, "WHOLE_LEVELS", levels)
        for number, size in enumerate(sizes):
            part = nodes[at : at + size]
            root.add(part)
            other.add(part) if number in apart else other.add_subtrees(tree_loops.subtrees(part, at))
            at += size
    assert other.digest() == root.digest()


def test_subtrees_are_added_in_their_place_alone():
    root, part = Root(), np.zeros((3, 8), np.uint32)
    root.add_subtrees(tree_loops.subtrees(part, 0))
    with pytest.raises(ValueError, match="from node 4 on cannot follow 3 nodes"):
        root.add_subtrees(tree_loops.subtrees(part, 4))


def test_the_root_of_nothing():
    assert Root().digest() == hashlib.sha256().hexdigest()


def test_a_product_that_the_list_knows_is_hashed_as_its_text():
    row = {
        "row": 1, "customer": None, "number_1": None, "number_2": None, "product": "b", "decision": "callable",
        "basis": "customer", "reason": None, "anchor": None, "callable_until": None, "balanstest": None,
    }  # fmt: skip
    frame = pl.DataFrame([row], SCHEMA)
    nonces = SECRET.nonces(1, 1)
    known = frame.with_columns(pl.col("product").cast(pl.Enum(["a", "b"])))
    assert (persons(frame, nonces) == persons(known, nonces)).all()
