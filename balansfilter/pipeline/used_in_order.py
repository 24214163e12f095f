"""What of each part is ready first, used in the order of the parts while the rest of the part is made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

Ready = TypeVar("Ready")


class UsedInOrder(Generic[Ready]):
    """What is ready first of each part, and a thread that uses it in order."""

    def __init__(self, numbers: Iterable[int], use: Callable[[Ready], None]) -> None:
        """Begin with the first of the parts that have these numbers.

        :param use: what is done with it; where that fails, it is done no more.
        """
        self._use = use
        self._ready: dict[int, Future[Ready]] = {number: Future() for number in numbers}
        self._used: dict[int, Future[None]] = {number: Future() for number in self._ready}
        self._left = deque(zip(self._ready.values(), self._used.values(), strict=True))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="in-order")

    def __enter__(self) -> Self:
        self._thread.submit(self._go_through)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for ready in list(self._ready.values()):
            ready.cancel()
        self._thread.shutdown()

    def put(self, number: int, ready: Ready) -> None:
        """Tell what is ready of a part; in any thread."""
        future = self._ready.pop(number)
        if future.set_running_or_notify_cancel():
            future.set_result(ready)

    def wait_for(self, number: int) -> None:
        """Wait until that of a part, and of all before it, is used; what went wrong with it is raised here.

        It must have been put.
        """
        self._used[number].result()

    def _go_through(self) -> None:
        while self._left:
            ready, used = self._left.popleft()
            try:
                self._use(ready.result())
            except CancelledError:
                return
            except BaseException as error:
                used.set_exception(error)
                raise
            used.set_result(None)
