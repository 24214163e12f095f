"""Blocks of files that are written at the same time, hashed together, for that takes little more time than each alone.

A block waits while it is written, and while the next one of its file is. Whoever needs its memory again hashes it, and
takes along what waits of other files.
"""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock

from balansfilter.fs.past_cache import Bytes
from balansfilter.native.stream_loops import MOST_STREAMS, StreamDigest, add_together


class HashedTogether:
    """Blocks of one size that wait to be hashed, each file's in their order."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = Lock()
        self._waiting: dict[Future[None], tuple[StreamDigest, Bytes]] = {}
        self._under_way: set[StreamDigest] = set()

    def put(self, digest: StreamDigest, block: Bytes) -> Future[None]:
        """Let a block wait, which must not change before :meth:`settle`; return what that asks for."""
        done: Future[None] = Future()
        with self._lock:
            self._waiting[done] = digest, block
        return done

    def forget(self, done: Future[None]) -> None:
        """Let a block wait no more, of a file that is given up."""
        with self._lock:
            self._waiting.pop(done, None)

    def settle(self, done: Future[None]) -> None:
        """Make sure that the first block of a file that waits is hashed: here, with those of other files, or elsewhere.

        Not to be called by the main thread: where a signal interrupts it, those of other files would wait for ever.

        :param done: what :meth:`put` returned for it.
        """
        with self._lock:
            taken = self._taken_with(done) if done in self._waiting else {}
            self._under_way.update(taken)
        if taken:
            self._hash(taken)
        done.result()

    def _taken_with(self, done: Future[None]) -> dict[StreamDigest, tuple[Future[None], Bytes]]:
        """Take a block, and the first one of each of some other files, of which none is under way."""
        digest, block = self._waiting.pop(done)
        taken = {digest: (done, block)}
        for other, (digest, block) in list(self._waiting.items()):
            if len(taken) < MOST_STREAMS and digest not in taken and digest not in self._under_way:
                taken[digest] = other, block
                del self._waiting[other]
        return taken

    def _hash(self, taken: dict[StreamDigest, tuple[Future[None], Bytes]]) -> None:
        try:
            add_together([*taken], [block for _, block in taken.values()])
        except BaseException as error:
            for done, _ in taken.values():
                done.set_exception(error)
            raise
        finally:
            with self._lock:
                self._under_way.difference_update(taken)
        for done, _ in taken.values():
            done.set_result(None)
