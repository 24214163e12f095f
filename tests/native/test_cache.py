"""What was compiled is kept on disk; whatever becomes of it there, the loops run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HASHED = "from balansfilter import native; native.MANY = 1; from balansfilter.native.text_loops import trimmed; import polars as pl; print(trimmed(pl.Series(['a', ' b '])).to_list())"


def ask(cache: Path) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", HASHED], capture_output=True, text=True, check=False, env=environment)
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"", b"\x80\x04nonsense"])
def test_a_damaged_cache_is_made_again(damage: bytes, tmp_path: Path) -> None:
    assert ask(tmp_path) == "['a', 'b']\n"
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".code"}
    for path in kept:
        path.write_bytes(damage)
    assert ask(tmp_path) == "['a', 'b']\n"
    assert all(path.stat().st_size > len(damage) for path in tmp_path.rglob("*.code"))


@pytest.mark.slow
def test_what_is_compiled_runs_without_numba(tmp_path: Path) -> None:
    ask(tmp_path)
    without = "import sys; sys.modules['numba'] = None; " + HASHED
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout == "['a', 'b']\n", done.stderr


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    command = f'ulimit -f 1; exec {sys.executable} -c "{HASHED}"'
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout == "['a', 'b']\n"
