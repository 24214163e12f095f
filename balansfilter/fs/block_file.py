"""A file that is written in blocks, in a thread of its own, hashed as it grows, and past the system's cache of files.

A run waits until its files are on disk anyway. The end of a file, where less than a block is left, goes through the
cache.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from balansfilter.fs.hashed_together import HashedTogether
from balansfilter.fs.past_cache import Bytes, go_past_cache, round_room, write
from balansfilter.fs.private import EarlySync, open_private
from balansfilter.native.stream_loops import StreamDigest

BLOCK_BYTES = 1 << 20
"""Bytes of a block, which is round."""
_MOST_WAITING = 1 << 24
"""Bytes that wait to be written, beyond which whoever adds more has to wait as well."""
_together = HashedTogether()
"""The blocks of all files that are written."""


class BlockFile:
    """A new file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        """Make the file, or empty the one that is there.

        :raises OSError: it cannot be made.
        """
        self.bytes = 0
        """How many it was given."""
        self._digest = StreamDigest()
        self._block, self._other_block = round_room(BLOCK_BYTES), round_room(BLOCK_BYTES)
        self._hashed: deque[Future[None]] = deque()
        """Of each block that is written, or nearly, and may not be hashed yet."""
        self._gathered = 0
        self._file = os.fdopen(open_private(path, os.O_WRONLY | os.O_TRUNC), "wb", buffering=0)
        self._past_cache = go_past_cache(self._file.fileno(), wanted=True)
        self._early = EarlySync(self._file.fileno(), path.name)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"write:{path.name}")
        self._waiting: deque[tuple[int, Future[None]]] = deque()
        self._bytes_waiting = 0

    def add(self, *parts: bytes | memoryview) -> None:
        """Add bytes, which must not change afterwards; they are written in the other thread.

        :raises OSError: the disk is full, or refuses otherwise: these bytes, or some before them.
        """
        size = sum(map(len, parts))
        while self._waiting and (self._bytes_waiting > _MOST_WAITING or self._waiting[0][1].done()):
            self._wait_for_first()
        self._waiting.append((size, self._thread.submit(self._gather, parts)))
        self._bytes_waiting += size
        self.bytes += size

    def finish(self) -> str:
        """Wait until all is on disk, and return the SHA-256 of the file.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        while self._waiting:
            self._wait_for_first()
        self._past_cache = go_past_cache(self._file.fileno(), wanted=False)
        rest = self._block[: self._gathered]
        hashing = self._thread.submit(self._settle, 0)
        self._write(rest)
        self._early.finish()
        hashing.result()
        return self._digest.hexdigest(rest)

    def close(self) -> None:
        """Let go of the file, finished or not; a second time nothing happens."""
        self._thread.shutdown(cancel_futures=True)
        while self._hashed:
            _together.forget(self._hashed.pop())
        self._early.close()
        self._file.close()

    def _wait_for_first(self) -> None:
        size, future = self._waiting[0]
        future.result()
        self._waiting.popleft()
        self._bytes_waiting -= size

    def _gather(self, parts: Iterable[bytes | memoryview]) -> None:
        """Put bytes into the block, which is written whenever it is full."""
        for part in parts:
            left = np.frombuffer(part, np.uint8)
            while len(left):
                size = min(len(left), BLOCK_BYTES - self._gathered)
                self._block[self._gathered : self._gathered + size] = left[:size]
                self._gathered += size
                left = left[size:]
                if self._gathered == BLOCK_BYTES:
                    self._hashed.append(_together.put(self._digest, self._block))
                    self._write(self._block)
                    self._settle(1)
                    self._block, self._other_block = self._other_block, self._block
                    self._gathered = 0

    def _settle(self, left: int) -> None:
        """Make sure that the blocks are hashed, but for so many at the end; in the other thread."""
        while len(self._hashed) > left:
            _together.settle(self._hashed.popleft())

    def _write(self, block: Bytes) -> None:
        self._past_cache = write(self._file.fileno(), block, past_cache=self._past_cache)
        if not self._past_cache:
            self._early.written(len(block))
