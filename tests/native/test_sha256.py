"""SHA-256 is the same whichever instructions the processor has for it: extensions, or vectors of eight or sixteen words."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib, hmac, sys
import numpy as np
from llvmlite import binding

left = set(sys.argv[1].split())
found = binding.get_host_cpu_features()
for name in left:
    found[name] = False
binding.get_host_cpu_features = lambda: found

import polars as pl
from balansfilter import native
from balansfilter.native import hmac_sha256, merkle_loops, sha256
from balansfilter.native.loop import Constant
native.MANY = 1
print(sha256.GROUP())
if len(sys.argv) > 2:
    sha256.GROUP = Constant(lambda: int(sys.argv[2]))
    hmac_sha256.GROUP = merkle_loops.GROUP = sha256.GROUP

draw = np.random.default_rng(7)
for rows in (1, 2, 15, 16, 17, 35):
    words = draw.integers(0, 2**32, (rows, 13), dtype=np.uint32)
    codes = draw.integers(0, 2, rows).astype(np.uint32)
    begins = [b"a" * 64, b"b" * 192]
    made = merkle_loops.behind(merkle_loops.Begun(begins, codes), [words[:, :4], words[:, 4:5], words[:, 5:]])
    assert [row.tobytes() for row in made] == [
        hashlib.sha256(begins[code] + row.tobytes()).digest() for code, row in zip(codes, words)
    ]
    pairs = draw.integers(0, 2**32, (2 * rows, 8), dtype=np.uint32)
    assert [row.tobytes() for row in merkle_loops.nodes(pairs)] == [
        hashlib.sha256(b"\x01" + pairs[at : at + 2].tobytes()).digest() for at in range(0, 2 * rows, 2)
    ]
    numbers = draw.integers(0, 2**63, rows).astype(np.uint64)
    hashed = hmac_sha256.number_hashes(pl.Series(numbers), b"k" * 64, 32)
    assert hashed.column.to_list() == [hmac.digest(b"k" * 64, b"+%d" % n, "sha256") for n in numbers]
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("without", "group"), [("", None), ("sha avx512f", None), ("sha", "16")], ids=["as it is", "eight", "sixteen"]
)
def test_every_way_of_compressing(without, group, tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT, without, *([group] if group else [])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert without == "" or done.stdout.strip() in {"8", "16"}
