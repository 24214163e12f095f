"""The call list, opened and read ahead a little while the evidence is gathered: each has to wait now and then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from types import TracebackType
from typing import Self

from balansfilter.sources import Source
from balansfilter.sources.interface import Block


class ReadAhead:
    """A source that is opened, and its first blocks read, in a thread of its own, until somebody asks for them."""

    def __init__(self, open_source: Callable[[], Source], blocks: int) -> None:
        """Begin nothing yet.

        :param blocks: how many are read ahead at most.
        """
        self._open, self._most = open_source, blocks
        self._rest: Iterator[Block] | None = None
        self._stop = Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")

    def __enter__(self) -> Self:
        self._opened: Future[Source] = self._thread.submit(self._open)
        self._read = deque(self._thread.submit(self._next) for _ in range(self._most))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.shutdown(cancel_futures=True)
        if not self._opened.cancelled() and self._opened.exception() is None:
            self._opened.result().close()

    def source(self) -> Source:
        """Return the source once it is open; what went wrong with that is raised here."""
        return self._opened.result()

    def blocks(self) -> Iterator[Block]:
        """Yield all of its blocks, in order: those that were read ahead, then the others.

        What goes wrong with the reading is raised in the place of the block that could not be read.
        """
        self._stop.set()
        while self._read:
            block = self._read.popleft().result()
            if block is not None:
                yield block
        yield from self._rest or self.source().blocks()

    def _next(self) -> Block | None:
        """Read another block; None where there is no more, or somebody reads them now."""
        if self._stop.is_set():
            return None
        self._rest = self._rest or self.source().blocks()
        return next(self._rest, None)
