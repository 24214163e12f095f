"""A file that is written in blocks, in a thread of its own, hashed as it grows, and past the system's cache of files.

Nobody reads a list in the moments after it was made, and a run waits until it is on disk anyway. To find memory for a
copy of it in the cache takes the system longer than all else that is done with its bytes. Where the file system knows
no other way, and at the end of a file, where less than a block is left, the cache is used.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from mmap import mmap
from pathlib import Path

import numpy as np

from balansfilter.fs.private import EarlySync, open_private

BLOCK_BYTES = 1 << 20
"""Bytes of a block: what the disk takes past the cache has to lie, and to begin in the file, at such round places."""
_MOST_WAITING = 1 << 23
"""Bytes that wait to be written, beyond which whoever adds more has to wait as well."""
PAST_CACHE = getattr(os, "O_DIRECT", 0)
"""The flag by which the system is asked for that; 0 where there is none."""

Bytes = bytes | memoryview


class BlockFile:
    """A new file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        """Make the file, or empty the one that is there.

        :raises OSError: it cannot be made.
        """
        self.bytes = 0
        """How many it was given."""
        self._digest = hashlib.sha256()
        self._block = np.frombuffer(mmap(-1, BLOCK_BYTES), np.uint8)
        self._gathered = 0
        self._descriptor = open_private(path, os.O_WRONLY | os.O_TRUNC)
        self._is_open = True
        self._past_cache: bool | None = None
        self._early = EarlySync(self._descriptor, path.name)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"write:{path.name}")
        self._waiting: deque[tuple[int, Future[None]]] = deque()
        self._bytes_waiting = 0

    def add(self, *parts: Bytes) -> None:
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
        self._go_past_cache(False)
        self._write(self._block[: self._gathered].data)
        self._gathered = 0
        self._early.finish()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Let go of the file, finished or not; a second time nothing happens."""
        if self._is_open:
            self._is_open = False
            self._thread.shutdown(cancel_futures=True)
            self._early.close()
            os.close(self._descriptor)

    def _wait_for_first(self) -> None:
        size, future = self._waiting[0]
        future.result()
        self._waiting.popleft()
        self._bytes_waiting -= size

    def _gather(self, parts: Iterable[Bytes]) -> None:
        """Put bytes into the block, which is written whenever it is full."""
        for part in parts:
            left = np.frombuffer(part, np.uint8)
            while len(left):
                size = min(len(left), BLOCK_BYTES - self._gathered)
                self._block[self._gathered : self._gathered + size] = left[:size]
                self._gathered += size
                left = left[size:]
                if self._gathered == BLOCK_BYTES:
                    if self._past_cache is None:
                        self._go_past_cache(True)
                    self._write(self._block.data)
                    self._gathered = 0

    def _write(self, block: memoryview) -> None:
        self._digest.update(block)
        left = block[self._written_past_cache(block) :] if self._past_cache else block
        while left:
            size = os.write(self._descriptor, left)
            self._early.written(size)
            left = left[size:]

    def _written_past_cache(self, block: memoryview) -> int:
        """Write of a block what can be, and return how much that is: the cache takes the rest, or tells why not."""
        try:
            size = os.write(self._descriptor, block)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            size = 0
        if size < len(block):
            self._go_past_cache(False)
        return size

    def _go_past_cache(self, wanted: bool) -> None:  # noqa: FBT001
        flags = fcntl.fcntl(self._descriptor, fcntl.F_GETFL)
        wanted_flags = flags | PAST_CACHE if wanted else flags & ~PAST_CACHE
        self._past_cache = False
        with suppress(OSError):
            fcntl.fcntl(self._descriptor, fcntl.F_SETFL, wanted_flags)
            self._past_cache = wanted and bool(PAST_CACHE)
