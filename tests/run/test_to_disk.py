"""A file counts as written only if all of it is on disk, and nobody lost a word on the way."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import Any

import numpy as np
import polars as pl
import pytest

from balansfilter.fs import scratch as scratch_module
from balansfilter.fs import waiting as waiting_module
from balansfilter.fs.block_file import BLOCK_BYTES, BlockFile
from balansfilter.fs.parquet_writer import ParquetWriter
from balansfilter.fs.past_cache import PAST_CACHE
from balansfilter.fs.private import EarlySync, make_private_folder
from balansfilter.fs.scratch import scratch
from balansfilter.fs.waiting import WaitingFrames, kept_bytes
from balansfilter.native.line_loops import joined

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


SIZES = [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 7]


def random_parts() -> list[list[bytes]]:
    return [[os.urandom(size), os.urandom(size // 3)] for size in SIZES]


@pytest.fixture(params=["past the cache", "unknown to the system", "refused by the disk", "cut short"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the system take blocks past its cache in one way or another."""
    write, ask = os.write, fcntl.fcntl

    def past_cache(descriptor: int) -> bool:
        return bool(ask(descriptor, fcntl.F_GETFL) & PAST_CACHE)

    def refusing(descriptor: int, data: memoryview) -> int:
        if past_cache(descriptor):
            raise OSError(errno.EINVAL, "Invalid argument")
        return write(descriptor, data)

    def unknowing(descriptor: int, command: int, flags: int = 0) -> int:
        if flags & PAST_CACHE:
            raise OSError(errno.EINVAL, "Invalid argument")
        return ask(descriptor, command, flags)

    def cutting(descriptor: int, data: memoryview) -> int:
        return write(descriptor, data[: 1 << 16] if past_cache(descriptor) else data)

    if request.param == "unknown to the system":
        monkeypatch.setattr(fcntl, "fcntl", unknowing)
    elif request.param != "past the cache":
        monkeypatch.setattr(os, "write", refusing if request.param == "refused by the disk" else cutting)
    return str(request.param)


@pytest.mark.usefixtures("system")
def test_a_file_of_blocks_holds_what_it_was_given(tmp_path: Path) -> None:
    added = random_parts()
    file = BlockFile(tmp_path / "file")
    for parts in added:
        file.add(*parts)
    digest = file.finish()
    file.close()
    whole = b"".join(part for parts in added for part in parts)
    assert (tmp_path / "file").read_bytes() == whole
    assert (digest, file.bytes) == (hashlib.sha256(whole).hexdigest(), len(whole))
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


WAITING = pl.DataFrame(
    {
        "number": [None if n % 5 == 0 else n << 32 for n in range(100_000)],
        "customer_id": [f"{n:x}" * 3 for n in range(100_000)],
        "place": pl.Series([n % 7 for n in range(100_000)], dtype=pl.UInt32),
    }
)


@pytest.mark.usefixtures("system")
def test_a_frame_that_waited_comes_back_as_it_went(tmp_path: Path) -> None:
    frames = WaitingFrames(tmp_path, in_memory=0)
    for rows in (5, 30_000, 99_999, 100_000):
        frame = WAITING.head(rows)
        waiting = frames.put_away(frame.to_dict(), f"{rows}")
        assert waiting.frame().equals(frame, null_equal=True)
        assert all(waiting.column(name).equals(frame[name], null_equal=True) for name in frame.columns)
        waiting.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_first_frames_wait_in_memory_as_long_as_there_is_room(tmp_path: Path) -> None:
    frames = WaitingFrames(tmp_path, in_memory=7_000_000)
    waiting = [frames.put_away(WAITING.to_dict(), f"{n}") for n in range(4)]
    assert 0 < len(list(tmp_path.iterdir())) < len(waiting)
    assert not waiting[0].path.exists()
    for one in waiting:
        assert one.frame().equals(WAITING, null_equal=True)
        assert one.column("customer_id").equals(WAITING["customer_id"])
        one.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_frame_is_read_back_in_another_thread(tmp_path: Path) -> None:
    frames = WaitingFrames(tmp_path, in_memory=0)
    with ThreadPoolExecutor(1) as reader:
        for rows in (5, 100_000):
            waiting = frames.put_away(WAITING.head(rows).to_dict(), f"{rows}").being_read(reader)
            assert waiting.frame().equals(WAITING.head(rows), null_equal=True)
            assert waiting.column("place").equals(WAITING["place"].head(rows))
        cut = frames.put_away(WAITING.to_dict(), "cut")
        os.truncate(cut.path, 4096)
        read = cut.being_read(reader)
        with pytest.raises(OSError, match="Input/output error"):
            read.frame()


@pytest.mark.parametrize("in_memory", [0, 1 << 30])
def test_lines_wait_as_their_bytes_and_lengths(in_memory: int, tmp_path: Path) -> None:
    records = pl.Series("line", [f"{n},somebody of the list" for n in range(100_000)])
    lines = joined(records, pl.Series(["\n", ";31-12\r\n"]), np.arange(100_000, dtype=np.uint32) % 2)
    expected, size = lines.to_list(), sum(map(len, lines.to_list()))
    waiting = WaitingFrames(tmp_path, in_memory).put_away(lines.to_frame().to_dict(), "lines")
    del lines
    overwritten = [np.zeros(size, np.uint8) for _ in range(3)]
    assert waiting.frame()["line"].to_list() == expected
    written = [path.stat().st_size for path in tmp_path.iterdir()]
    assert written == [] if in_memory else size < written[0] < 1.1 * size
    assert overwritten


def test_a_slow_disk_is_left_to_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_module, "go_past_cache", lambda _, wanted: wanted)
    monkeypatch.setattr(waiting_module, "write", lambda *_, past_cache: past_cache)
    frames = WaitingFrames(tmp_path, in_memory=0)
    ways = [frames.put_away(WAITING.to_dict(), "quick").past_cache]
    moments = iter(range(1000))
    monkeypatch.setattr(waiting_module, "perf_counter", lambda: next(moments))
    ways += [frames.put_away(WAITING.to_dict(), f"slow-{n}").past_cache for n in range(3)]
    assert ways == [True, True, False, False]


@pytest.mark.parametrize(("rows", "left"), [(100_000, 4096), (100, 200)])
def test_a_frame_of_which_bytes_are_gone_is_not_read(rows: int, left: int, tmp_path: Path) -> None:
    waiting = WaitingFrames(tmp_path, in_memory=0).put_away(WAITING.head(rows).to_dict(), "cut")
    os.truncate(waiting.path, left)
    with pytest.raises(OSError, match="Input/output error"):
        waiting.frame()


def test_what_the_disk_refuses_in_the_other_thread_is_told_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = iter([OSError(errno.ENOSPC, "No space left on device")])
    write = os.write

    def once(descriptor: int, data: memoryview) -> int:
        for error in refused:
            raise error
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", once)
    file = BlockFile(tmp_path / "file")
    file.add(bytes(BLOCK_BYTES))
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            file.finish()
    with pytest.raises(OSError, match="No space left"):
        file.add(b"more")
    file.close()
    file.close()


def test_who_adds_faster_than_the_disk_takes_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, write = Event(), os.write

    def late(descriptor: int, data: memoryview) -> int:
        taken.wait(20)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", late)
    file = BlockFile(tmp_path / "file")
    adding = Thread(target=lambda: [file.add(bytes(BLOCK_BYTES)) for _ in range(64)])
    adding.start()
    adding.join(0.5)
    assert file.bytes < 24 * BLOCK_BYTES
    taken.set()
    adding.join(20)
    file.finish()
    file.close()
    assert (tmp_path / "file").stat().st_size == 64 * BLOCK_BYTES


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


def test_a_scratch_place_that_another_removes_while_it_is_looked_at_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two who make the same place, one finds it there, and the other may have removed it before it is looked at."""
    place, found_and_gone = tmp_path / ".tmp", iter([True, True, False])

    def make(folder: Path) -> None:
        if next(found_and_gone, False):
            raise FileExistsError(17, "File exists", str(folder))
        make_private_folder(folder)

    monkeypatch.setattr(scratch_module, "make_private_folder", make)
    with scratch(place) as folder:
        assert folder.parent == place
    assert not place.exists()


@pytest.mark.parametrize("put", [lambda path: path.symlink_to("nowhere"), lambda path: path.write_text("a file")])
def test_what_is_in_the_way_of_a_scratch_place_is_told(put: Callable[[Path], Any], tmp_path: Path) -> None:
    put(tmp_path / ".tmp")
    with pytest.raises(OSError), scratch(tmp_path / ".tmp"):
        pass


@pytest.mark.parametrize(("of_list", "kept"), [(0, 64), (64, 64), (65, 65), (192, 192), (193, 64), (8_000, 64)])
def test_a_short_list_waits_in_memory_as_a_whole(of_list: int, kept: int) -> None:
    assert kept_bytes(of_list << 20) == kept << 20
