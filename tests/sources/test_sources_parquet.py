"""Parquet gives the text that the same table would have as CSV, and its rows as they are typed."""

import hashlib
import os
import threading
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.errors import SourceError
from balansfilter.sources.asked import Asked
from balansfilter.sources.disk import DiskFile
from balansfilter.sources.typed_text import as_text

TABLE = pl.DataFrame(
    {
        "id": pl.Series([1, None, 3], dtype=pl.Int64),
        "tel": [612345678.0, None, 31612345678.0],
        "naam": pl.Series(["Piet", "", None], dtype=pl.Categorical),
        "actief": [True, False, None],
        "dag": [date(2026, 2, 1), None, date(999, 1, 31)],
        "moment": [datetime(2026, 2, 1), datetime(2026, 2, 1, 13, 5), None],
        "leeg": pl.Series([None] * 3, dtype=pl.Null),
        "bedrag": [Decimal("1.50"), None, Decimal("-2.00")],
    }
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "lijst.parquet"
    TABLE.write_parquet(path)
    return path


def test_typed_columns_become_text(path, opened):
    with opened(path, date_format="%d-%m-%Y") as source:
        (chunk,) = source.chunks()
    assert chunk.row.to_list() == [1, 2, 3]
    assert set(chunk.cells.schema.values()) == {pl.String}
    assert chunk.cells.to_dict(as_series=False) == {
        "id": ["1", "", "3"],
        "tel": ["612345678.0", "", "31612345678.0"],
        "naam": ["Piet", "", ""],
        "actief": ["true", "false", ""],
        "dag": ["01-02-2026", "", "31-01-0999"],
        "moment": ["01-02-2026", "2026-02-01T13:05:00", ""],
        "leeg": ["", "", ""],
        "bedrag": ["1.50", "", "-2.00"],
    }
    assert (source.format, source.dialect, source.schema) == ("parquet", None, TABLE.schema)
    assert source.fingerprint.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert source.fingerprint.rows == 3
    assert chunk.unreadable.to_list() == []


def test_a_moment_with_a_zone_counts_in_the_time_zone_of_the_site(tmp_path, opened):
    moments = pl.Series([datetime(2026, 7, 1), datetime(2026, 7, 1, 22)]).dt.replace_time_zone("UTC")
    path = tmp_path / "a.parquet"
    pl.DataFrame({"utc": moments, "hier": moments.dt.convert_time_zone("Europe/Amsterdam")}).write_parquet(path)
    with opened(path) as source:
        (chunk,) = source.chunks()
    assert chunk.cells["utc"].to_list() == ["2026-07-01T02:00:00", "2026-07-02"]
    assert chunk.cells["hier"].to_list() == ["2026-07-01T02:00:00", "2026-07-02"]


def test_rows_are_kept_as_typed_if_asked(path, opened):
    with opened(path, ["tel"], keep_records=True, block_bytes=192) as source:
        chunks = list(source.chunks())
    assert [chunk.row.to_list() for chunk in chunks] == [[1, 2], [3]]
    assert pl.concat(chunk.frame for chunk in chunks).equals(TABLE)
    assert [chunk.cells.columns for chunk in chunks] == [["tel"]] * 2
    assert all(chunk.lines is None for chunk in chunks)
    with opened(path, ["tel"]) as source:
        assert [chunk.frame for chunk in source.chunks()] == [None]


def test_other_columns_can_be_asked_for(path, opened):
    with opened(path, []) as source:
        source.ask_for(["naam"])
        assert [chunk.cells.columns for chunk in source.chunks()] == [["naam"]]
    with opened(path, []) as source:
        assert [chunk.row.len() for chunk in source.chunks()] == [3]


def test_several_files_and_none_of_their_rows(tmp_path, opened):
    paths = [tmp_path / name for name in ("a.parquet", "b.parquet", "c.pq")]
    TABLE.write_parquet(paths[0])
    TABLE.clear().write_parquet(paths[1])
    TABLE.select("tel", "id").write_parquet(paths[2])
    with opened(paths, ["id"]) as source:
        chunks = list(source.chunks())
    assert [n for chunk in chunks for n in chunk.row] == [1, 2, 3, 4, 5, 6]
    assert [file.rows for file in source.fingerprint.files] == [3, 0, 3]


def test_the_format_may_be_given(path, opened):
    other = path.rename(path.with_suffix(".dat"))
    with opened(other, ["id"], format="parquet") as source:
        assert [chunk.row.len() for chunk in source.chunks()] == [3]


@pytest.mark.parametrize(
    ("column", "fine"),
    [
        (pl.Series([2.0**53 - 1]), True),
        (pl.Series([2.0**53]), False),
        (pl.Series([-(2.0**60)]), False),
        (pl.Series([float("nan"), None, 0.5]), True),
        (pl.Series([16_777_215], dtype=pl.Float32), True),
        (pl.Series([16_777_216], dtype=pl.Float32), False),
        (pl.Series([2**63 - 1]), True),
        (pl.Series([b"06", None]), True),
        (pl.Series([b"\xff06"]), False),
        (pl.Series([time(3)]), False),
        (pl.Series([{"a": 1}]), False),
    ],
)
def test_types_without_a_plain_text_are_refused(column, fine, tmp_path, opened):
    path = tmp_path / "a.parquet"
    column.alias("tel").to_frame().with_columns(id=1).write_parquet(path)
    with opened(path, ["id"]) as source:
        assert [chunk.row.len() for chunk in source.chunks()] == [len(column)]
    if fine:
        with opened(path, ["tel"]) as source:
            assert len(list(source.chunks())) == 1
        return
    with pytest.raises(SourceError, match="deliver it as text"), opened(path, ["tel"]) as source:
        list(source.chunks())


def test_not_a_number_is_an_empty_cell(tmp_path, opened):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"tel": [float("nan"), 612345678.0]}).write_parquet(path)
    with opened(path) as source:
        assert [chunk.cells["tel"].to_list() for chunk in source.chunks()] == [["", "612345678.0"]]


def test_a_source_that_is_left_halfway_is_closed(path, opened):
    with opened(path, block_bytes=80) as source:
        next(iter(source.blocks()))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(-(2**53) + 1, 2**53 - 1).map(float) | st.none(), max_size=20))
def test_whole_floats_are_written_out(values):
    column = pl.Series("x", values, dtype=pl.Float64)
    plain = ["" if value is None else f"{value:.1f}" for value in values]
    zone = ZoneInfo("UTC")
    assert as_text(column, Asked(str, zone)).fill_null("").to_list() == plain
    whole = [text.removesuffix(".0") for text in plain]
    assert as_text(column, Asked(str, zone, named=frozenset("x"))).fill_null("").to_list() == whole


def test_whoever_reads_no_further_leaves_no_thread_that_hashes(path, opened):
    with opened(path, ["tel"], block_bytes=192) as source:
        next(source.blocks())
    assert not [thread for thread in threading.enumerate() if path.name in thread.name]


def test_a_file_that_is_overwritten_before_it_is_read_is_told_as_changed_and_not_as_damaged(path, opened):
    with opened(path, ["tel"]) as source:
        path.write_bytes(path.read_bytes()[:40] * 100)
        with pytest.raises(SourceError, match=r"was changed or replaced|is still growing") as told:
            list(source.blocks())
    assert told.value.__suppress_context__
    assert not [thread for thread in threading.enumerate() if path.name in thread.name]


def test_what_is_unforeseen_in_the_thread_that_hashes_is_raised(path, opened, monkeypatch):
    def broken(*_):
        raise RuntimeError("unforeseen")
        yield

    monkeypatch.setattr(DiskFile, "pieces", broken)
    with opened(path, ["tel"]) as source, pytest.raises(RuntimeError, match="unforeseen"):
        list(source.blocks())


def test_a_file_that_changes_after_it_was_cut_is_refused_when_a_slice_of_it_is_read(path, opened):
    with opened(path, ["tel"], block_bytes=128) as source:
        first, second = source.blocks()
        assert first.parse().row.to_list() == [1, 2]
        os.utime(path, (1, 1))
        with pytest.raises(SourceError, match="was changed or replaced"):
            second.parse()
