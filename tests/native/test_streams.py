"""Streams that are hashed side by side have the digests that the library gives them, whoever hashes which block."""

from __future__ import annotations

import hashlib
import random
import time
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread, main_thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.fs import block_file
from balansfilter.fs.block_file import BLOCK_BYTES, BlockFile
from balansfilter.native import sha256, stream_loops
from balansfilter.native.sha256 import BLOCK
from balansfilter.native.stream_loops import MOST_STREAMS, StreamDigest, add_together
from tests.loops import either_way

loops = either_way("plain", "compiled")


def some_bytes(seed, size):
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)


@given(
    turns=st.lists(
        st.tuples(st.lists(st.integers(0, 4), min_size=1, max_size=MOST_STREAMS, unique=True), st.integers(1, 5)),
        max_size=12,
    ),
    rests=st.lists(st.sampled_from([0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1000]), min_size=5, max_size=5),
)
def test_every_digest_is_that_of_its_stream(turns, rests):
    streams, whole = [StreamDigest() for _ in rests], [hashlib.sha256() for _ in rests]
    for turn, (chosen, blocks) in enumerate(turns):
        pieces = [some_bytes(100 * turn + stream, blocks * BLOCK) for stream in chosen]
        add_together([streams[stream] for stream in chosen], pieces)
        for stream, piece in zip(chosen, pieces, strict=True):
            whole[stream].update(piece)
    for stream, digest, size in zip(streams, whole, rests, strict=True):
        rest = some_bytes(size, size)
        digest.update(rest)
        assert stream.hexdigest(rest) == digest.hexdigest()


def test_a_machine_without_the_extensions_takes_the_library(monkeypatch):
    monkeypatch.setattr(stream_loops, "HAS_EXTENSIONS", lambda: False)
    stream, piece = StreamDigest(), some_bytes(1, BLOCK)
    add_together([stream], [piece])
    assert stream.state is None
    assert stream.hexdigest(piece) == hashlib.sha256(bytes(piece) * 2).hexdigest()


def test_the_loop_is_taken_where_it_can_be(request):
    stream = StreamDigest()
    add_together([stream], [some_bytes(1, BLOCK)])
    assert (stream.state is not None) == ("compiled" in request.node.name and bool(sha256.HAS_EXTENSIONS()))


@pytest.mark.parametrize("seed", range(4))
def test_files_that_are_written_at_once_have_their_own_digests(tmp_path, monkeypatch, seed):
    """On a disk that takes its time now and then, so that blocks wait for each other in any order."""
    draw, write = random.Random(seed), block_file.write

    def slow(*args, **kwargs):
        time.sleep(draw.choice([0, 0, 0.001, 0.004]))
        return write(*args, **kwargs)

    monkeypatch.setattr(block_file, "write", slow)
    sizes = [draw.choice([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 3 * BLOCK_BYTES + 17, 6 * BLOCK_BYTES]) for _ in range(5)]

    def written(number):
        data, file, at = some_bytes(number, sizes[number]).tobytes(), BlockFile(tmp_path / f"file {number}"), 0
        while at < len(data):
            size = random.Random(at + number).choice([100, 70_000, BLOCK_BYTES, 2 * BLOCK_BYTES + 5])
            file.add(data[at : at + size])
            at += size
        digest = file.finish()
        file.close()
        assert (tmp_path / f"file {number}").read_bytes() == data
        return digest, hashlib.sha256(data).hexdigest()

    with ThreadPoolExecutor(5) as pool:
        for digest, wanted in pool.map(written, range(5), timeout=60):
            assert digest == wanted


def test_a_disk_that_refuses_in_the_midst_keeps_nobody_waiting(tmp_path, monkeypatch):
    write, left = block_file.write, iter([True, True, True])

    def full(*args, **kwargs):
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        return write(*args, **kwargs)

    monkeypatch.setattr(block_file, "write", full)

    def written(file):
        for _ in range(3):
            file.add(bytes(BLOCK_BYTES))
        return file.finish()

    files = [BlockFile(tmp_path / f"file {number}") for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(written, file) for file in files]:
            with pytest.raises(OSError, match="No space left"):
                done.result(timeout=30)
    for file in files:
        file.close()
    monkeypatch.undo()
    file = BlockFile(tmp_path / "another")
    file.add(b"x" * (2 * BLOCK_BYTES))
    assert file.finish() == hashlib.sha256(b"x" * (2 * BLOCK_BYTES)).hexdigest()
    file.close()


def test_a_file_that_is_given_up_keeps_no_other_waiting_and_leaves_nothing(tmp_path):
    files = [BlockFile(tmp_path / f"file {number}") for number in range(3)]
    for file in files:
        file.add(b"y" * (BLOCK_BYTES + 5))
    files[0].close()
    digests = [file.finish() for file in files[1:]]
    assert digests == [hashlib.sha256(b"y" * (BLOCK_BYTES + 5)).hexdigest()] * 2
    for file in files:
        file.close()
    assert not block_file._together._waiting


def test_the_main_thread_hashes_no_blocks_for_a_signal_would_leave_others_waiting(tmp_path, monkeypatch):
    hashed_by, settle = set(), block_file._together.settle
    monkeypatch.setattr(block_file._together, "settle", lambda done: (hashed_by.add(current_thread()), settle(done)))
    file = BlockFile(tmp_path / "file")
    file.add(bytes(3 * BLOCK_BYTES))
    file.finish()
    file.close()
    assert len(hashed_by) == 1
    assert main_thread() not in hashed_by
