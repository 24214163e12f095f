"""Work on the parts of a list in several threads, with the results in the order of the parts."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

WORKERS = min((os.cpu_count() or 1) + 1, 9)
"""Threads that read and decide: one more than can run at once, since some of them wait for the disk."""
AHEAD = WORKERS - 1
"""Parts under way or waiting to be taken, beside the one that comes next: with it as many as there are threads."""

Part = TypeVar("Part")
Result = TypeVar("Result")


def in_order(
    pool: ThreadPoolExecutor, work: Callable[[Part], Result], parts: Iterable[Part], ahead: int
) -> Iterator[Result]:
    """Yield the result of each part in order, while at most `ahead` parts are under way or waiting to be taken."""
    waiting: deque[Future[Result]] = deque()
    try:
        for part in parts:
            waiting.append(pool.submit(work, part))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
