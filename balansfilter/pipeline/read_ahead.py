"""The call list, opened and read ahead a little while the evidence is gathered: each has to wait now and then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import TracebackType
from typing import Self

from balansfilter.errors import SourceError
from balansfilter.sources import Source
from balansfilter.sources.interface import Block


class ReadAhead:
    """A source that is opened, and its first blocks read, in a thread of its own, until somebody asks for them."""

    def __init__(self, open_source: Callable[[], Source], blocks: int) -> None:
        """Begin nothing yet.

        :param blocks: how many are read ahead at most.
        """
        self._open, self._most = open_source, blocks
        self._source: Source | None = None
        self._rest: Iterator[Block] = iter(())
        self._stop = Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")

    def __enter__(self) -> Self:
        self._thread.submit(self._begin)
        self._read = deque(self._thread.submit(self._next) for _ in range(self._most))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._close()

    def source(self) -> Source:
        """Return the source; what is wrong with it is raised here.

        It is opened now where it could not be before, or was changed since: the evidence took its time.
        """
        self._end()
        if self._source is None or not _is_unchanged(self._source):
            self._close()
            self._read.clear()
            return self._begin()
        return self._source

    def blocks(self) -> Iterator[Block]:
        """Yield all blocks of the source that :meth:`source` gave: those that were read ahead, then the others.

        What goes wrong with the reading is raised in the place of the block that could not be read.
        """
        while self._read:
            block = self._read.popleft().result()
            if block is not None:
                yield block
        yield from self._rest

    def _begin(self) -> Source:
        source = self._source = self._open()
        self._rest = source.blocks()
        return source

    def _next(self) -> Block | None:
        """Read another block; None where there is no more, or none is to be read."""
        if self._stop.is_set() or self._source is None:
            return None
        return next(self._rest, None)

    def _end(self) -> None:
        """Let the thread come to its end."""
        self._stop.set()
        self._thread.shutdown()

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None


def _is_unchanged(source: Source) -> bool:
    try:
        source.check_unchanged()
    except SourceError:
        return False
    return True
