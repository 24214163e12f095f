"""`balansfilter warm` compiles what a long list needs, so that no night has to wait for it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from fixtures import bench

AS_OF = date(2026, 11, 23)
LONG = bench.Sizes(rows=30_000, objections=2_000, register=500_000)


def balansfilter(cache: Path, *arguments: str) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "balansfilter", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


@pytest.mark.slow
def test_a_long_list_finds_everything_compiled(tmp_path: Path) -> None:
    cache, data = tmp_path / "cache", tmp_path / "data"
    assert balansfilter(cache, "warm").startswith("Compiled for this machine: ")
    compiled = {path.name for path in cache.rglob("*.code")}
    assert balansfilter(cache, "warm") == "Everything is compiled for this machine\n"
    bench.make(data, 1, AS_OF, LONG)
    balansfilter(cache, "--configs", str(data / "configs"), "run", "--brand", "bench", "--as-of", str(AS_OF), "--quiet")
    assert {path.name for path in cache.rglob("*.code")} == compiled
