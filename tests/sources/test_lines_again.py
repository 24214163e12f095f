"""Rows that are published as they came are read again from their file: the very same, or none."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from balansfilter.errors import SourceError
from balansfilter.sources import Chunk, Source, disk
from tests.lines import records_of
from tests.loops import loops_for

ROWS = [f"{n},{'Zoë' if n % 7 else 'Jansen, A.'},06{n:08d}" for n in range(400)]
QUOTED = [f'{row.split(",")[0]},"{",".join(row.split(",")[1:-1])}",{row[-10:]}' for row in ROWS]


def text_of(rows: list[str], end: str = "\n") -> str:
    return end.join(["id,naam,tel", *rows, ""])


def chunks_of(source: Source) -> list[Chunk]:
    with source, loops_for(compiled=True):
        return list(source.chunks())


Opened = Callable[..., Source]
Put = Callable[[str, bytes], Path]


@pytest.mark.parametrize(
    ("encoding", "bom"), [("utf-8", False), ("utf-8", True), ("windows-1252", False), ("iso-8859-1", False)]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("size", [3000, 1 << 20])
def test_rows_are_read_again_as_they_were(
    opened: Opened, put: Put, encoding: str, bom: bool, end: str, size: int
) -> None:
    path = put("a.csv", text_of(QUOTED, end).encode("utf-8-sig" if bom else encoding))
    chunks = chunks_of(opened(path, ["id"], encoding=encoding, keep_records=True, block_bytes=size))
    again = []
    for chunk in chunks:
        assert chunk.lines is not None
        assert chunk.lines.in_file is not None
        chunk.lines.in_file.expect()
        chosen = np.arange(len(chunk.row)) % 3 == 1
        found = chunk.lines.in_file.chosen(chosen).to_list()
        again += [one.decode(encoding) if isinstance(one, bytes) else one for one in found]
        assert found[-1:] == [] or len(found) == np.count_nonzero(chosen)
        assert chunk.lines.chosen(chosen).to_list() == again[len(again) - len(found) :]
    assert set(again) < set(QUOTED)
    assert len(again) >= len(ROWS) // 3 - len(chunks)
    assert [row for chunk in chunks for row in records_of(chunk)] == QUOTED


def one_chunk(opened: Opened, path: Path, **options: object) -> Chunk:
    (chunk,) = chunks_of(opened(path, ["id"], keep_records=True, **options))
    return chunk


def read_again(chunk: Chunk) -> list[str]:
    assert chunk.lines is not None
    assert chunk.lines.in_file is not None
    return chunk.lines.in_file.chosen(np.ones(len(chunk.row), np.bool_)).to_list()


def test_a_file_that_was_moved_or_removed_is_still_read(opened: Opened, put: Put) -> None:
    path = put("a.csv", text_of(QUOTED).encode())
    chunk = one_chunk(opened, path)
    path.rename(path.with_name("gone.csv"))
    put("a.csv", text_of(QUOTED[::-1]).encode())
    assert read_again(chunk) == QUOTED
    path.with_name("gone.csv").unlink()
    assert read_again(chunk) == QUOTED


@pytest.mark.parametrize("keep_time", [False, True])
def test_a_file_that_says_something_else_is_refused(opened: Opened, put: Put, keep_time: bool) -> None:
    path = put("a.csv", text_of(QUOTED).encode())
    chunk = one_chunk(opened, path)
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(-5, os.SEEK_END)
        file.write(b"9")
    if keep_time:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(SourceError, match=r"a\.csv: call_list: was changed or replaced while it was read"):
        read_again(chunk)


@pytest.mark.parametrize("left", [0, 100, -1])
def test_a_file_that_was_cut_off_is_refused(opened: Opened, put: Put, left: int) -> None:
    text = text_of(QUOTED).encode()
    path = put("a.csv", text)
    chunk = one_chunk(opened, path)
    times = path.stat()
    with path.open("r+b") as file:
        file.truncate(left if left >= 0 else len(text) + left)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(SourceError, match=r"a\.csv: call_list: was changed or replaced while it was read"):
        read_again(chunk)


def test_what_is_not_the_text_of_the_file_is_not_read_again(
    opened: Opened, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of(name: str, content: bytes, **options: object) -> bool:
        chunk = one_chunk(opened, put(name, content), **options)
        assert records_of(chunk) == QUOTED
        assert chunk.lines is not None
        return chunk.lines.in_file is not None

    text = text_of(QUOTED)
    assert of("a.csv", text.encode())
    assert of("skipped.csv", b"Overzicht\n" + text.encode(), skip_lines=1)
    assert not of("a.csv.gz", gzip.compress(text.encode()))
    assert not of("utf16.csv", text.encode("utf-16"), encoding="utf-16")
    assert not of("cr.csv", text.replace("\n", "\r").encode(), line_end="cr")
    assert not of("open.csv", text.encode().removesuffix(b"\n"))
    assert not of("empty.csv", text.replace("\n5,", "\n\n5,").encode())
    assert not of("mark.csv", text.replace("\n5,", "\n\ufeff5,").encode())
    assert not of("total.csv", text.encode() + b"Totaal: 400\n", trailer_lines=1)
    monkeypatch.setattr(disk, "_SLOW", 0.0)
    assert not of("slow.csv", text.encode())


def test_a_row_over_two_lines_is_not_read_again(opened: Opened, put: Put) -> None:
    rows = [*QUOTED[:-1], '400,"a\nb",06']
    chunk = one_chunk(opened, put("a.csv", text_of(rows).encode()))
    assert records_of(chunk) == rows
    assert chunk.lines is not None
    assert chunk.lines.in_file is None


def test_a_file_is_read_again_to_its_end_by_a_system_that_gives_little_at_a_time(
    opened: Opened, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk = one_chunk(opened, put("a.csv", text_of(QUOTED).encode()))
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda descriptor, size, start: pread(descriptor, min(size, 1000), start))
    assert read_again(chunk) == QUOTED


def test_a_system_that_reads_nothing_ahead_is_not_in_the_way(
    opened: Opened, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, "refused")

    chunk = one_chunk(opened, put("a.csv", text_of(QUOTED).encode()))
    monkeypatch.setattr(os, "posix_fadvise", refuse)
    assert chunk.lines is not None
    assert chunk.lines.in_file is not None
    chunk.lines.in_file.expect()
    assert read_again(chunk) == QUOTED


def test_more_files_than_are_held_open_wait_as_others_do(opened: Opened, put: Put) -> None:
    paths = [put(f"{n:03d}.csv", text_of(QUOTED).encode()) for n in range(disk._MOST_HELD + 3)]
    chunks = chunks_of(opened(paths, ["id"], keep_records=True))
    assert [row for chunk in chunks for row in records_of(chunk)] == QUOTED * len(paths)
    held = [chunk.lines is not None and chunk.lines.in_file is not None for chunk in chunks]
    assert held == [True] * disk._MOST_HELD + [False] * 3
    del chunks
    assert not len(disk._held)


def test_a_file_that_cannot_be_held_open_waits(opened: Opened, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: disk.DiskFile) -> None:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(disk, "HeldFile", refuse)
    chunk = one_chunk(opened, put("a.csv", text_of(QUOTED).encode()))
    assert records_of(chunk) == QUOTED
    assert chunk.lines is not None
    assert chunk.lines.in_file is None
