"""A file counts as written only if all of it is on disk, and nobody lost a word on the way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread, current_thread
from typing import Any

import polars as pl
import pytest

from balansfilter.fs.parquet_writer import ParquetWriter
from balansfilter.fs.private import EarlySync

PART = 1 << 26


def test_what_the_system_lost_before_the_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter([OSError(5, "Input/output error")])

    def once(_: int) -> None:
        for error in told:
            raise error

    monkeypatch.setattr(os, "fdatasync", once)
    with (tmp_path / "file").open("wb") as file:
        early = EarlySync(file.fileno(), "file")
        early.written(PART)
        time.sleep(0.2)
        with pytest.raises(OSError, match="Input/output error"):
            early.written(PART)
        with pytest.raises(OSError, match="Input/output error"):
            early.finish()
        early.close()


def raising(error: BaseException) -> Callable[..., None]:
    def sink(*_: object, **__: object) -> None:
        raise error

    return sink


def test_one_thread_alone_waits_for_the_one_that_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own lock of a thread that ends is no place for two to meet: either may find it taken, or gone."""
    waited = set()
    for name in ("join", "is_alive"):
        whole = getattr(Thread, name)

        def watched(thread: Thread, *arguments: object, whole: Callable[..., Any] = whole) -> Any:
            if thread.name.startswith("parquet:"):
                waited.add(current_thread())
            return whole(thread, *arguments)

        monkeypatch.setattr(Thread, name, watched)
    frame = pl.DataFrame({"row": [1]})
    with ParquetWriter(tmp_path / "file.parquet", frame.schema) as writer:
        writer.write(frame)
        time.sleep(0.3)
    assert waited == {current_thread()}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("ends", [raising(RuntimeError("unforeseen")), lambda *_, **__: None], ids=["failing", "early"])
def test_a_parquet_file_whose_writing_ended_too_early_is_none(
    ends: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", ends)
    frame = pl.DataFrame({"row": [1]})
    writer = ParquetWriter(tmp_path / "file.parquet", frame.schema)
    writer._thread.join(5)
    with pytest.raises(RuntimeError, match=r"file\.parquet ended before the file was whole"):
        writer.write(frame)
    with pytest.raises(RuntimeError, match="before the file was whole"):
        writer.close()


def test_columns_of_one_width_are_written_without_the_length_of_each_value(tmp_path):
    values = [None if n % 7 == 0 else n.to_bytes(16, "big") for n in range(10_000)]
    frame = pl.DataFrame({"row": range(10_000), "hash": values, "text": ["é"] * 10_000})
    sizes = []
    for widths in ({}, {"hash": 16}):
        path = tmp_path / f"{len(widths)}.parquet"
        with ParquetWriter(path, frame.schema, compressed=False, widths=widths) as writer:
            writer.write(frame)
        assert pl.read_parquet(path).equals(frame)
        sizes.append(path.stat().st_size)
    assert sizes[0] - sizes[1] > 3.5 * 10_000 * 6 / 7
