"""The loops, compiled for this machine before a night needs them: invented lists of a few rows go through a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from balansfilter import native
from balansfilter.audit.leaves import NODE_BYTES
from balansfilter.audit.merkle_tree import MerkleTree
from balansfilter.native.block_loops import BlocksInMaking, in_blocks
from balansfilter.native.one_byte_texts import Utf8Writer, line_feeds, narrowed
from balansfilter.native.stream_loops import StreamDigest, add_together
from balansfilter.native.tree_loops import WHOLE_LEVELS, subtrees
from balansfilter.pipeline.request import Request
from balansfilter.pipeline.run import run

_DAY = date(2026, 11, 23)
_ROWS = 96
_POLICY = """\
policy: 1
brand: warm
name: Warm
controller: Warm
sector: commercial
law: none
consent: {{accept: true, valid_for: 24 months}}
bel_me_niet:
  screen: always
  register: {{path: register.txt, format: csv, csv: {{header: false}}, columns: {{phone: "1"}}}}
call_list:
  path: {path}
  columns: {{customer_id: id, phone: [mobile, fixed], product: product, consent_on: consent_on, active: active}}
objections:
  - {{path: objections.csv, columns: {{phone: mobile, customer_id: id}}}}
guards: {{max_unreadable: null, max_reached: null}}
"""


def warm() -> int:
    """Compile what is not compiled yet, and return how many loops that were.

    :raises OSError: there is no temporary folder to be had.
    """
    compiled: list[None] = []
    native.ON_COMPILING.append(lambda: compiled.append(None))
    try:
        with TemporaryDirectory(prefix="balansfilter-warm-") as folder, native.whatever_the_length():
            for path in _lists(Path(folder)):
                site = Path(folder) / "configs" / "brands" / "warm.yaml"
                site.write_text(_POLICY.format(path=path.name), encoding="utf-8")
                run(Request(Path(folder) / "configs", "warm", _DAY))
            _look_up_in_blocks()
            _write_as_utf8_and_back()
            _make_a_whole_tree()
            _hash_a_long_file()
    finally:
        native.ON_COMPILING.pop()
    return len(compiled)


def _look_up_in_blocks() -> None:
    """Look numbers up as those of a register are that is longer than an invented one."""
    numbers, making = np.arange(_ROWS, dtype=np.uint64), BlocksInMaking()
    if making.take(numbers, 1 << 20):
        making.add(numbers)
        in_blocks(making.made(), numbers)


def _write_as_utf8_and_back() -> None:
    """Write a text as UTF-8, and back, as lists are that come in an encoding of one byte a character."""
    text = ("é" * _ROWS).encode("latin-1")
    made = Utf8Writer("latin-1").written(text)
    line_feeds(text)
    narrowed(np.frombuffer(made.text or b"", np.uint8))


def _make_a_whole_tree() -> None:
    """Make a Merkle tree with all of its levels, as the reading of an audit log does, and a subtree of a long list."""
    MerkleTree(np.zeros((_ROWS, NODE_BYTES // 4), np.uint32))
    subtrees(np.zeros((1 << WHOLE_LEVELS, NODE_BYTES // 4), np.uint32), 0)


def _hash_a_long_file() -> None:
    """Hash a file as one is that has more than a block."""
    add_together([StreamDigest()], [np.zeros(1 << 20, np.uint8)])


def _lists(folder: Path) -> Iterator[Path]:
    """Make the sources, and one call list after another: plain text, quoted text, Parquet."""
    (folder / "configs" / "brands").mkdir(parents=True)
    rows = pl.DataFrame(
        {
            "id": [f"{'a' if n % 3 else ''}{n + 1:05d}{'.0' if n % 7 == 0 else ''}" for n in range(_ROWS)],
            "mobile": [f"06{10_000_000 + n // 2}" if n % 5 else "+31 6 1000 0001" for n in range(_ROWS)],
            "fixed": [f"020 {7_000_000 + n}" if n % 4 else "" for n in range(_ROWS)],
            "product": ["newspaper" if n % 2 else "magazine" for n in range(_ROWS)],
            "consent_on": [f"2026-{1 + n % 11:02d}-01" for n in range(_ROWS)],
            "active": ["yes" if n % 2 else "no" for n in range(_ROWS)],
        }
    )
    rows.select("mobile", "id").filter(pl.int_range(pl.len()) % 9 == 0).write_csv(folder / "objections.csv")
    rows.select("mobile").filter(pl.int_range(pl.len()) % 11 == 0).write_csv(
        folder / "register.txt", include_header=False
    )
    plain, quoted, typed = folder / "plain.csv", folder / "quoted.csv", folder / "typed.parquet"
    rows.write_csv(plain)
    rows.with_columns(product=pl.lit('a "b", c')).write_csv(quoted, quote_style="always", line_terminator="\r\n")
    rows.write_parquet(typed)
    yield from (plain, quoted, typed)
