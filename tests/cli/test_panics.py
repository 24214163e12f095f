"""A panic in Rust, which is no `Exception` and prints its own words, ends as any other bug: told, and without data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from balansfilter.errors import SourceError
from tests.brandfolder import AS_OF, ROOT, make_brand

SECRET = "0612345678"
PANICS = f"""
import os, sys
import polars as pl
import balansfilter.pipeline.run
from balansfilter.cli.main import main

def panics(*_, **__):
    os.write(2, b"thread panicked at {SECRET}")
    raise pl.exceptions.PanicException("{SECRET}")

balansfilter.pipeline.run.{{place}} = panics
main(sys.argv[1:])
"""


@pytest.mark.parametrize("arguments", [("--brand", "courant"), ("--all",)], ids=["one", "all"])
@pytest.mark.parametrize("place", ["rule", "make_lists"])
def test_a_panic_is_told_as_a_bug_without_its_words(place: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    command = [sys.executable, "-c", PANICS.format(place=place), "--configs", str(brand.configs), "run", *arguments]
    done = subprocess.run(
        [*command, "--as-of", str(AS_OF)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "RUST_BACKTRACE": "full"},
        timeout=120,
    )
    assert done.returncode == 70
    assert "this is a bug; nothing was published" in done.stderr
    assert "PanicException; please report it" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert not brand.current.exists()


def test_a_file_that_makes_polars_panic_is_an_error_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = make_brand(tmp_path, {"call_list": {"path": "data/{brand}/calls.parquet"}})
    pl.read_csv(brand.calls, infer_schema=False).write_parquet(brand.data / "calls.parquet")

    def panics(*_: object) -> None:
        raise pl.exceptions.PanicException(SECRET)

    monkeypatch.setattr("balansfilter.sources.parquet_file.without_nulls", panics)
    with pytest.raises(SourceError, match="has cells that cannot be read") as told:
        brand.run()
    assert SECRET not in str(told.value)
    assert not brand.current.exists()
