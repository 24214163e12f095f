"""A Parquet file of columns that are codes, days and hashes already says to every reader what was put into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.audit.leaves import NO_DAY, FewNames, days_of, words_of_hashes
from balansfilter.fs.parquet_pages import days_chunk, hashes_chunk, names_chunk, numbers_chunk
from balansfilter.fs.row_groups import RowGroupsFile, row_group

EPOCH = date(1970, 1, 1)
WIDTHS = {"hash": 16, "nonce": 32}


def of_polars(path: Path) -> list[tuple[Any, ...]]:
    """Return the rows as Polars reads them."""
    return pl.read_parquet(path).rows()


def of_duckdb(path: Path) -> list[tuple[Any, ...]]:
    """Return the rows as DuckDB reads them."""
    with duckdb.connect() as database:
        return database.read_parquet(str(path)).fetchall()


def of_pyarrow(path: Path) -> list[tuple[Any, ...]]:
    """Return the rows as pyarrow reads them."""
    parquet = pytest.importorskip("pyarrow.parquet")
    return [tuple(row.values()) for row in parquet.read_table(path).to_pylist()]


READERS = pytest.mark.parametrize("read", [of_polars, of_duckdb, of_pyarrow])


def schema_of(kind: pl.Enum) -> pl.Schema:
    """Return the columns of a file in which there is one of each kind."""
    return pl.Schema(
        {"row": pl.UInt64, "hash": pl.Binary, "name": kind, "text": pl.String, "day": pl.Date, "nonce": pl.Binary}
    )


def columns_of(frame: pl.DataFrame) -> dict[str, Any]:
    """Return a frame of those columns as they are written."""
    texts = {
        name: names_chunk(*FewNames.of(frame[name]), np.arange(frame.height, dtype=np.uint32))
        for name in ("name", "text")
    }
    hashed = {
        name: hashes_chunk(_words(frame[name], width), frame[name].is_not_null().to_numpy())
        for name, width in WIDTHS.items()
    }
    first = numbers_chunk(int(frame["row"][0]), frame.height)
    return {
        "row": first,
        "day": days_chunk(days_of(frame["day"]), NO_DAY, np.arange(frame.height, dtype=np.uint32)),
        **texts,
        **hashed,
    }


def _words(column: pl.Series, width: int) -> Any:
    if width == WIDTHS["hash"]:
        return words_of_hashes(column)
    return np.frombuffer(b"".join(column.fill_null(bytes(width))), np.uint32).reshape(-1, width // 4)


def write(path: Path, frame: pl.DataFrame, group: int) -> None:
    """Write a frame, so many rows a row group, and look whether the digest is that of the file."""
    with RowGroupsFile(path, frame.schema, WIDTHS) as file:
        for piece in frame.iter_slices(group):
            file.add(row_group(columns_of(piece)))
        made = file.finish()
    data = path.read_bytes()
    assert (made.sha256, made.bytes, made.rows) == (hashlib.sha256(data).hexdigest(), len(data), frame.height)


def frames(draw: Callable[[Any], Any]) -> pl.DataFrame:
    rows = draw(st.integers(0, 90))
    different = draw(st.sampled_from([1, 2, 3, 4, 5, 16, 17, 255, 256, 257]))
    first, spread = draw(st.integers(1, 2**62)), draw(st.sampled_from([0, 1, 3, 40, 70_000]))
    day = st.integers(-spread, spread).map(lambda n: EPOCH + timedelta(days=n))
    some = draw(st.sampled_from(["all", "some", "none"]))

    def column(values: Any) -> list[Any]:
        kinds = {"all": values, "some": st.none() | values, "none": st.none()}
        return draw(st.lists(kinds[some], min_size=rows, max_size=rows))

    known = [f"n{n}é" for n in range(different)]
    cells = {
        "row": range(first, first + rows),
        "hash": column(st.binary(min_size=16, max_size=16)),
        "name": column(st.sampled_from(known)),
        "text": column(st.text("aé\0", max_size=2)),
        "day": column(day),
        "nonce": column(st.binary(min_size=32, max_size=32)),
    }
    return pl.DataFrame(cells, schema_of(pl.Enum(known)))


@READERS
@settings(deadline=None)
@given(st.composite(frames)(), st.integers(1, 90))
def test_every_reader_reads_what_was_written(tmp_path_factory, read, frame, group):
    path = tmp_path_factory.mktemp("written") / "file.parquet"
    write(path, frame, group)
    assert read(path) == frame.rows()


@READERS
@pytest.mark.parametrize("different", [1, 2, 4, 13, 200, 300, 70_000])
def test_so_many_rows_as_a_run_has_at_once(tmp_path, read, different):
    rows = 150_001
    numbers = np.random.default_rng(different).integers(0, different, rows)
    known = [f"n{n}" for n in range(different)]
    some = pl.Series(numbers) % 7 < 3
    frame = pl.select(
        row=pl.int_range(1, rows + 1, dtype=pl.UInt64),
        hash=pl.lit(pl.Series([n.to_bytes(16, "little") for n in numbers.tolist()])),
        name=pl.lit(pl.Series([known[n] for n in numbers], dtype=pl.Enum(known)).set(some, None)),
        text=pl.lit(pl.Series([known[n] for n in numbers])),
        day=pl.lit(pl.Series([EPOCH + timedelta(days=n) for n in numbers.tolist()]).set(some, None)),
        nonce=pl.lit(pl.Series([n.to_bytes(32, "big") for n in numbers.tolist()]).set(some, None)),
    )
    write(tmp_path / "file.parquet", frame, 100_000)
    assert read(tmp_path / "file.parquet") == frame.rows()


def test_polars_reads_its_own_types_and_any_slice(tmp_path):
    frame = pl.DataFrame(
        {
            "row": range(1, 1_001),
            "hash": [n.to_bytes(16, "big") for n in range(1_000)],
            "name": ["a", "b", None, "b"] * 250,
            "text": [None, "é"] * 500,
            "day": [EPOCH + timedelta(days=n % 50) for n in range(1_000)],
            "nonce": [bytes(32)] * 1_000,
        },
        schema_of(pl.Enum(["b", "a", "never"])),
    )
    path = tmp_path / "file.parquet"
    write(path, frame, 130)
    assert pl.read_parquet(path).equals(frame)
    assert pl.read_parquet(path).schema == frame.schema
    for start in (0, 129, 130, 517, 999):
        assert pl.scan_parquet(path).slice(start, 200).collect().equals(frame.slice(start, 200))
    assert pl.scan_parquet(path).filter(pl.col("row") == 777).collect().equals(frame[776])


def test_others_are_told_texts_days_and_whole_numbers(tmp_path):
    write(tmp_path / "file.parquet", pl.DataFrame(schema=schema_of(pl.Enum(["a"]))), 1)
    with duckdb.connect() as database:
        kinds = database.read_parquet(str(tmp_path / "file.parquet")).types
    assert [str(kind) for kind in kinds] == ["UBIGINT", "BLOB", "VARCHAR", "VARCHAR", "DATE", "BLOB"]


def test_only_its_owner_may_read_it(tmp_path):
    write(tmp_path / "file.parquet", pl.DataFrame(schema=schema_of(pl.Enum(["a"]))), 1)
    assert (tmp_path / "file.parquet").stat().st_mode & 0o777 == 0o600


def test_another_footer_of_polars_is_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("balansfilter.fs.row_groups._ROWS", b"\x16\x02")
    with pytest.raises(RuntimeError, match="footer of an empty Parquet file in another form"):
        RowGroupsFile(tmp_path / "file.parquet", schema_of(pl.Enum(["a"])), WIDTHS)
    assert not (tmp_path / "file.parquet").exists()
