"""Blocks of files that are written at the same time, hashed together, for that takes little more time than each alone.

A block waits while it is written. Whoever has written one first hashes it, and takes along what waits of other files.
"""

from __future__ import annotations

from concurrent.futures import Future
from itertools import islice
from threading import Lock

from balansfilter.native.stream_loops import MOST_STREAMS, Bytes, StreamDigest, add_together


class HashedTogether:
    """Blocks of one size that wait to be hashed, one of each file."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = Lock()
        self._waiting: dict[Future[None], tuple[StreamDigest, Bytes]] = {}

    def put(self, digest: StreamDigest, block: Bytes) -> Future[None]:
        """Let a block wait, which must not change before :meth:`settle`; return what that asks for."""
        done: Future[None] = Future()
        with self._lock:
            self._waiting[done] = digest, block
        return done

    def settle(self, done: Future[None]) -> None:
        """Make sure that a block is hashed: here, with those of other files that wait, or elsewhere meanwhile."""
        with self._lock:
            taken = {done: own} if (own := self._waiting.pop(done, None)) else {}
            for other in list(islice(self._waiting, MOST_STREAMS - 1)) if taken else ():
                taken[other] = self._waiting.pop(other)
        if taken:
            self._hash(taken)
        done.result()

    @staticmethod
    def _hash(taken: dict[Future[None], tuple[StreamDigest, Bytes]]) -> None:
        try:
            add_together(*zip(*taken.values(), strict=True))
        except BaseException as error:
            for one in taken:
                one.set_exception(error)
            raise
        for one in taken:
            one.set_result(None)
