"""A list in Parquet says to every reader what one that Polars writes says: values, nulls, types, order and bounds."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from balansfilter.fs import block_file, frames_file
from balansfilter.fs.frames_file import FramesFile, can_hold
from balansfilter.fs.parquet_columns import Ranked, chosen_chunks, column_chunk
from balansfilter.fs.parquet_pages import ascending_chunk
from balansfilter.fs.parquet_writer import ParquetWriter
from balansfilter.fs.row_groups import RowGroupsFile, row_group
from balansfilter.native.coding_loops import coded
from tests.brandfolder import CALLS, make_brand, write_rows
from tests.loops import either_way

loops = either_way("plain", "compiled")

ZONE = "Europe/Amsterdam"
FEW = ["", "a", "é", "a text of some length"]
KINDS: dict[str, tuple[Any, Any]] = {
    "text": (pl.String, st.text("aé€\U0001f600\0", max_size=20)),
    "few": (pl.String, st.sampled_from(FEW)),
    "holds": (pl.Boolean, st.booleans()),
    "tiny": (pl.Int8, st.integers(-128, 127)),
    "small": (pl.UInt16, st.integers(0, 2**16 - 1)),
    "number": (pl.Int32, st.integers(-(2**31), 2**31 - 1)),
    "unsigned": (pl.UInt32, st.integers(0, 2**32 - 1)),
    "long": (pl.Int64, st.integers(-(2**63), 2**63 - 1)),
    "longest": (pl.UInt64, st.integers(0, 2**64 - 1)),
    "single": (pl.Float32, st.floats(width=32)),
    "amount": (pl.Float64, st.floats() | st.sampled_from([0.0, -0.0, math.nan])),
    "day": (pl.Date, st.dates()),
    "moment": (pl.Datetime("us"), st.datetimes()),
    "instant": (
        pl.Datetime("ms", ZONE),
        st.integers(0, 2**40).map(lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=n)),
    ),
    "nano": (pl.Datetime("ns", "UTC"), st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1))),
    "hour": (pl.Time, st.times()),
}
SCHEMA = pl.Schema({name: kind for name, (kind, _) in KINDS.items()})


def frames(draw: Callable[[Any], Any]) -> pl.DataFrame:
    rows = draw(st.integers(0, 40))

    def column(values: Any) -> list[Any]:
        some = draw(st.sampled_from([values, st.none() | values, st.none()]))
        return draw(st.lists(some, min_size=rows, max_size=rows))

    return pl.DataFrame([pl.Series(name, column(values), kind) for name, (kind, values) in KINDS.items()])


def write(path: Path, frame: pl.DataFrame, piece: int = 10**9, *, by_name: bool = False) -> None:
    """Write a frame in pieces, its few texts as an Enum if wanted, and look whether what is told of the file holds."""
    given = frame.with_columns(pl.col("few").cast(pl.Enum(["unused", *FEW]))) if by_name else frame
    with FramesFile(path, frame.schema) as file:
        for some in given.iter_slices(piece):
            file.put(file.made(some.to_dict()))
        told = file.finish()
    data = path.read_bytes()
    assert (told.sha256, told.bytes, told.rows) == (hashlib.sha256(data).hexdigest(), len(data), frame.height)
    assert path.stat().st_mode & 0o777 == 0o600


def by_polars(path: Path, frame: pl.DataFrame) -> None:
    with ParquetWriter(path, frame.schema) as writer:
        writer.write(frame)


@settings(deadline=None, max_examples=60)
@given(st.composite(frames)(), st.sampled_from([1, 7, 40]), st.booleans(), st.booleans())
def test_every_reader_is_told_the_same_as_by_polars(
    tmp_path_factory: pytest.TempPathFactory, frame: pl.DataFrame, piece: int, together: bool, by_name: bool
) -> None:
    folder = tmp_path_factory.mktemp("written")
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
    with pytest.MonkeyPatch.context() as patch:
        if not together:
            patch.setattr(frames_file, "_FEW_ROWS", 0)
        write(ours, frame, piece, by_name=by_name)
    by_polars(theirs, frame)
    read = pl.read_parquet(ours)
    assert_frame_equal(read, frame, check_exact=True)
    assert signs(read) == signs(frame)
    with duckdb.connect() as database:
        made, wanted = (database.read_parquet(str(path)) for path in (ours, theirs))
        assert made.types == wanted.types
        assert repr(made.fetchall()) == repr(wanted.fetchall())
    parquet = pytest.importorskip("pyarrow.parquet")
    made, wanted = (parquet.read_table(path) for path in (ours, theirs))
    assert made.schema.equals(wanted.schema, check_metadata=True)
    assert repr(made.cast(wanted.schema).to_pylist()) == repr(wanted.to_pylist())


def signs(frame: pl.DataFrame) -> list[list[float]]:
    """Return the sign of each number with a fraction: zeros have one, though they are equal."""
    columns = [frame[name].drop_nulls().drop_nans() for name in ("single", "amount")]
    return [[math.copysign(1, number) for number in column] for column in columns]


@settings(deadline=None, max_examples=60)
@given(st.composite(frames)())
def test_bounds_and_nulls_are_those_that_polars_tells(
    tmp_path_factory: pytest.TempPathFactory, frame: pl.DataFrame
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path_factory.mktemp("written")
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
    write(ours, frame)
    by_polars(theirs, frame)
    if frame.height:
        made, wanted = (parquet.ParquetFile(path).metadata.row_group(0) for path in (ours, theirs))
        for place in range(frame.width):
            mine, other = (group.column(place).statistics for group in (made, wanted))
            assert mine.null_count == other.null_count
            assert mine.has_min_max == other.has_min_max or not frame.to_series(place).drop_nulls().len()
            if mine.has_min_max:
                assert (mine.min_raw, mine.max_raw) == (other.min_raw, other.max_raw)


@pytest.mark.parametrize("different", [1, 2, 3, 5, 200, 257, 30_000, 60_000, 150_000])
def test_so_many_rows_as_a_run_has_at_once(tmp_path: Path, different: int) -> None:
    rows = 150_001
    numbers = pl.Series(np.random.default_rng(different).integers(0, different, rows))
    some = numbers % 7 == 3
    frame = pl.select(
        row=pl.int_range(1, rows + 1, dtype=pl.Int64),
        text=pl.format("a text, {}", pl.lit(numbers)),
        short=pl.lit(numbers).cast(pl.String),
        perhaps=pl.lit(numbers.cast(pl.String).set(some, None)),
        day=pl.lit((numbers % 20_000).cast(pl.Int32).cast(pl.Date).set(some, None)),
        amount=pl.lit(numbers) / 100,
        holds=pl.lit(some),
    )
    path = tmp_path / "file.parquet"
    write(path, frame, 100_000)
    assert pl.read_parquet(path).equals(frame)
    assert pl.scan_parquet(path).slice(99_990, 30).collect().equals(frame.slice(99_990, 30))
    found = pl.scan_parquet(path).filter(pl.col("text") == frame["text"][120_000]).collect()
    assert found.equals(frame.filter(frame["text"] == frame["text"][120_000]))
    with duckdb.connect() as database:
        made = database.sql(f"select * from '{path}' where row between 99990 and 110000").fetchall()
    assert made == frame.slice(99_989, 10_011).rows()
    parquet = pytest.importorskip("pyarrow.parquet")
    assert pl.DataFrame(parquet.read_table(path)).equals(frame)
    by_polars(tmp_path / "theirs.parquet", frame)
    assert path.stat().st_size < 1.1 * (tmp_path / "theirs.parquet").stat().st_size


@settings(deadline=None)
@given(
    st.lists(st.none() | st.sampled_from(["", "a", "é", "a text of some length"]), min_size=1, max_size=9),
    st.lists(st.integers(0, 8), min_size=1, max_size=60),
)
def test_rows_that_choose_among_few_values(
    tmp_path_factory: pytest.TempPathFactory, values: list[str | None], chosen: list[int]
) -> None:
    path = tmp_path_factory.mktemp("written") / "file.parquet"
    places = [place % len(values) for place in chosen]
    days = pl.Series([None if value is None else date(1969, 12, 31 - len(value)) for value in values], dtype=pl.Date)
    texts = pl.Series(values, dtype=pl.String)
    frame = pl.DataFrame({"text": texts.gather(places), "day": days.gather(places)})
    with RowGroupsFile(path, frame.schema, {}) as file:
        made = chosen_chunks(
            {column.name: Ranked.of(column) for column in pl.DataFrame({"text": texts, "day": days})},
            np.array(places, np.uint32),
        )
        file.add(row_group(made))
        file.finish()
    assert pl.read_parquet(path).equals(frame)
    with duckdb.connect() as database:
        assert database.read_parquet(str(path)).fetchall() == frame.rows()
    for name, column in made.items():
        assert (column.nulls, column.bounds) == (frame[name].null_count(), column_chunk(frame[name]).bounds)


def test_short_frames_share_a_row_group_and_keep_their_order(tmp_path: Path) -> None:
    frame = pl.select(row=pl.int_range(0, 260_000, dtype=pl.Int64))
    with FramesFile(tmp_path / "file.parquet", frame.schema) as file:
        for some in (*frame.head(120_000).iter_slices(500), frame.slice(120_000, 130_000), frame.slice(250_000)):
            file.put(file.made(some.to_dict()))
        file.finish()
    assert pl.read_parquet(tmp_path / "file.parquet").equals(frame)
    assert rows_of_groups(tmp_path / "file.parquet") == [100_000, 20_000, 130_000, 10_000]


def test_long_texts_are_told_in_several_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_file, "_MOST_BYTES", 1000)
    frame = pl.DataFrame({"text": ["x" * 100, None, "é" * 100, ""] * 10, "row": range(40)})
    write(tmp_path / "file.parquet", frame)
    assert pl.read_parquet(tmp_path / "file.parquet").equals(frame)
    assert rows_of_groups(tmp_path / "file.parquet") == [12, 14, 12, 2]


def ascending(draw: Callable[[Any], Any]) -> list[int]:
    """Return numbers that ascend, in as many rows as fill a miniblock or a block of the format, or nearly so."""
    rows = draw(st.sampled_from([1, 2, 3, 31, 32, 33, 34, 65, 127, 128, 129, 130, 257, 700]))
    some = draw(st.sampled_from([1, 3, 2**20, 2**40, 2**63 - 1]))
    numbers = draw(st.lists(st.integers(0, some) | st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=5))
    near = np.random.default_rng(draw(st.integers(0, 2**32))).integers(0, some, rows, endpoint=True)
    return sorted([*numbers, *near.tolist()])[:rows]


@settings(deadline=None, max_examples=60)
@given(st.composite(ascending)(), st.sampled_from([10**9, 33]))
def test_every_reader_reads_numbers_that_ascend(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], piece: int
) -> None:
    path = tmp_path_factory.mktemp("written") / "file.parquet"
    frame = pl.DataFrame({"row": numbers, "text": map(str, numbers)})
    with FramesFile(path, frame.schema, ascending=["row"]) as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames_file, "_FEW_ROWS", 0)
        for some in frame.iter_slices(piece):
            file.put(file.made(some.to_dict()))
        file.finish()
    assert pl.read_parquet(path).equals(frame)
    middle = numbers[len(numbers) // 2]
    assert pl.scan_parquet(path).filter(pl.col("row") == middle).collect().equals(frame.filter(frame["row"] == middle))
    assert pl.scan_parquet(path).slice(30, 70).collect().equals(frame.slice(30, 70))
    with duckdb.connect() as database:
        assert database.read_parquet(str(path)).fetchall() == frame.rows()
        found = database.sql(f"select * from '{path}' where row >= {middle}").fetchall()
        assert found == frame.filter(frame["row"] >= middle).rows()
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(path)["row"].to_pylist() == numbers


def test_and_is_told_the_same_of_them_as_of_others() -> None:
    numbers = pl.Series([-3, 4, 4, 900])
    mine, other = ascending_chunk(numbers.to_numpy()), column_chunk(numbers)
    assert (mine.kind, mine.rows, mine.nulls, mine.bounds) == (other.kind, other.rows, other.nulls, other.bounds)


@pytest.mark.parametrize("piece", [7_000, 30_000, 150_000])
def test_so_many_numbers_that_ascend_as_a_dropped_list_has(tmp_path: Path, piece: int) -> None:
    dropped = np.flatnonzero(np.random.default_rng(piece).random(200_000) < 0.7)
    frame = pl.DataFrame({"row": pl.Series(dropped + 1, dtype=pl.Int64)})
    path = tmp_path / "file.parquet"
    with FramesFile(path, frame.schema, ascending=["row"]) as file:
        for some in frame.iter_slices(piece):
            file.put(file.made(some.to_dict()))
        file.finish()
    assert pl.read_parquet(path).equals(frame)
    with duckdb.connect() as database:
        assert database.read_parquet(str(path)).fetchall() == frame.rows()
        told = database.sql(f"select distinct encodings from parquet_metadata('{path}')").fetchall()
    assert told == [("RLE, DELTA_BINARY_PACKED",)]
    parquet = pytest.importorskip("pyarrow.parquet")
    assert pl.DataFrame(parquet.read_table(path)).equals(frame)
    write(tmp_path / "plain.parquet", frame)
    assert path.stat().st_size < 0.4 * (tmp_path / "plain.parquet").stat().st_size


@pytest.mark.parametrize("few", [1, 20_000])
def test_the_rows_of_a_dropped_list_are_written_as_differences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(frames_file, "_FEW_ROWS", few)
    brand = make_brand(tmp_path, {"output": {"dropped_format": "parquet"}, "guards": {"max_unreadable": None}})
    phones = [f"06{10_000_000 + n}" if n % 3 else "unknown" for n in range(500)]
    write_rows(brand.calls, [CALLS[0], *((f"K{n}", phone, "2026-01-15") for n, phone in enumerate(phones))])
    brand.run()
    path = brand.current / "dropped.parquet"
    with duckdb.connect() as database:
        told = database.sql(f"select encodings from parquet_metadata('{path}') where path_in_schema = 'row'").fetchall()
        assert database.read_parquet(str(path)).fetchall() == pl.read_parquet(path).rows()
    assert told == [("RLE, DELTA_BINARY_PACKED",)]
    assert pl.read_parquet(path)["row"].to_list() == list(range(1, 501, 3))


def rows_of_groups(path: Path) -> list[int]:
    with duckdb.connect() as database:
        found = database.sql(
            f"select distinct row_group_id, row_group_num_rows from parquet_metadata('{path}') order by 1"
        )
        return [rows for _, rows in found.fetchall()]


def test_types_that_differ_from_those_of_the_list_become_those(tmp_path: Path) -> None:
    schema = pl.Schema({"row": pl.Int64, "text": pl.String})
    frame = pl.DataFrame({"text": ["a"], "row": pl.Series([1], dtype=pl.UInt64)})
    with FramesFile(tmp_path / "file.parquet", schema) as file:
        file.put(file.made(frame.to_dict()))
        file.finish()
    assert pl.read_parquet(tmp_path / "file.parquet").equals(pl.DataFrame({"row": [1], "text": ["a"]}))


@pytest.mark.parametrize(
    "kind",
    [pl.Decimal(10, 2), pl.List(pl.Int64), pl.Struct({"a": pl.Int64}), pl.Categorical(), pl.Enum(["a"]), pl.Binary()],
)
def test_other_types_are_left_to_polars(kind: pl.DataType) -> None:
    assert can_hold(SCHEMA)
    assert not can_hold(pl.Schema({"row": pl.Int64, "other": kind}))


def test_a_full_disk_is_told_as_the_system_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> bool:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(block_file, "write", full)
    frame = pl.select(row=pl.int_range(0, 30_000, dtype=pl.Int64))
    with FramesFile(tmp_path / "full.parquet", frame.schema) as file:
        file.put(file.made(frame.to_dict()))
        with pytest.raises(OSError, match="No space left"):
            file.finish()
    assert not [thread for thread in threading.enumerate() if "full.parquet" in thread.name]


def test_long_texts_that_stand_together_are_cut_into_row_groups_by_their_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("balansfilter.fs.frames_file._MOST_BYTES", 1 << 20)
    frame = pl.DataFrame({"note": ["x" * 100_000] * 40 + [f"k{n}" for n in range(30_000)]})
    with FramesFile(tmp_path / "list.parquet", frame.schema) as file:
        file.put(file.made(frame.to_dict()))
        file.finish()
    told = duckdb.sql(
        f"SELECT max(total_uncompressed_size) FROM parquet_metadata('{tmp_path / 'list.parquet'}')"
    ).fetchall()[0]
    assert told[0] < 1_300_000
    assert pl.read_parquet(tmp_path / "list.parquet").equals(frame)


def test_a_column_may_have_any_name(tmp_path):
    frame = pl.DataFrame({"x\x16\x00\x19\x0cy": ["a", "b"], "": ["c", "d"]})
    with FramesFile(tmp_path / "list.parquet", frame.schema) as file:
        file.put(file.made(frame.to_dict()))
        file.finish()
    assert pl.read_parquet(tmp_path / "list.parquet").equals(frame)


def test_a_list_may_have_a_column_without_a_name(tmp_path):
    brand = make_brand(tmp_path, {"call_list": {"path": str(tmp_path / "calls.parquet")}})
    rows = {"klantnummer": [f"K{n}" for n in range(60)], "telefoon": [f"06{10_000_000 + n % 50}" for n in range(60)]}
    frame = pl.DataFrame({**rows, "laatste_aankoop": ["2026-01-15"] * 60, "": [f"note {n}" for n in range(60)]})
    frame.write_parquet(tmp_path / "calls.parquet")
    brand.run()
    written = pl.read_parquet(brand.current / "callable.parquet")
    assert written.height == 49, "one of each number, but for K9, who objected"
    assert written.columns[:4] == frame.columns
    assert written.select(frame.columns).equals(frame.join(written.select("klantnummer"), on="klantnummer"))


def test_long_texts_are_no_bounds(tmp_path):
    frame = pl.DataFrame({"note": [f"{n:05}" + "é" * 5_000 for n in range(50)]})
    with FramesFile(tmp_path / "list.parquet", frame.schema) as file:
        file.put(file.made(frame.to_dict()))
        file.finish()
    told = duckdb.sql(f"SELECT stats_min_value FROM parquet_metadata('{tmp_path / 'list.parquet'}')").fetchall()[0]
    assert told == (None,)
    assert pl.scan_parquet(tmp_path / "list.parquet").filter(pl.col("note") > "00048").collect().height == 2


def read_by_all(path: Path, frame: pl.DataFrame) -> None:
    assert pl.read_parquet(path).equals(frame)
    with duckdb.connect() as database:
        assert database.read_parquet(str(path)).fetchall() == frame.rows()
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(path).to_pydict() == frame.to_dict(as_series=False)


LIST_ROWS = 60_000
NUMBERS = np.random.default_rng(7).integers(10_000_000, 100_000_000, LIST_ROWS)
TEXTS_OF_A_LIST = {
    "ids": ([f"MK-2026-{10_000_000 + n}" for n in range(0, 3 * LIST_ROWS, 3)], 4),
    "numbers": ([(f"+316{n}", f"06{n}")[n % 2] for n in NUMBERS.tolist()], 6),
    "numbers and gaps": ([None if n % 5 == 0 else f"+316{n}" for n in NUMBERS.tolist()], 6),
    "words": ([f"Kerkstraat {n % 200}, {'ABC'[n % 3] * (n % 7)} {n % 9973}" for n in NUMBERS.tolist()], 12),
}
"""Texts as a list has them, and how many bytes of a file a row may take."""


@pytest.mark.parametrize("kind", TEXTS_OF_A_LIST)
def test_texts_of_a_long_list_take_little_room_and_every_reader_reads_them(tmp_path: Path, kind: str) -> None:
    texts, most = TEXTS_OF_A_LIST[kind]
    frame = pl.DataFrame({"text": texts})
    write(tmp_path / "file.parquet", frame)
    read_by_all(tmp_path / "file.parquet", frame)
    assert (tmp_path / "file.parquet").stat().st_size < most * LIST_ROWS


@pytest.mark.parametrize("null", [None, "", "x" * 20])
def test_texts_that_are_coded_already_are_written_as_any_others(tmp_path: Path, null: str | None) -> None:
    frame = pl.DataFrame(
        {"few": [null, "dagblad", "weekblad", "een lang woord voor een blad"] * 9_000}
    ).with_row_index()
    ways = {"coded": {**frame.to_dict(), "few": coded(frame["few"])}, "given": frame.to_dict()}
    for name, columns in ways.items():
        with FramesFile(tmp_path / f"{name}.parquet", frame.schema) as file:
            file.put(file.made(columns))
            file.finish()
        read_by_all(tmp_path / f"{name}.parquet", frame)
    of_coded, of_given = column_chunk(ways["coded"]["few"]), column_chunk(frame["few"])
    assert (of_coded.nulls, of_coded.bounds) == (of_given.nulls, of_given.bounds)
    with FramesFile(tmp_path / "short.parquet", frame.schema) as file:
        for some in frame.head(100).iter_slices(30):
            file.put(file.made({**some.to_dict(), "few": coded(some["few"])}))
        file.finish()
    read_by_all(tmp_path / "short.parquet", frame.head(100))
