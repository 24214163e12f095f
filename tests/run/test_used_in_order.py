"""What is ready first of a part is used in the order of the parts, and nobody waits for ever, whatever goes wrong."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from balansfilter.pipeline.used_in_order import UsedInOrder


@pytest.mark.parametrize("seconds", [0, 0.005])
def test_all_is_used_in_order_whoever_is_ready_first(seconds):
    used = []

    def use(text):
        time.sleep(seconds)
        used.append(text)

    with UsedInOrder(range(1, 9), use) as parts, ThreadPoolExecutor(3) as pool:
        for number in (3, 1, 2, 8, 7, 6, 5, 4):
            pool.submit(parts.put, number, f"part {number}")
        for number in range(1, 9):
            parts.wait_for(number)
            assert f"part {number}" in used
    assert used == [f"part {number}" for number in range(1, 9)]


def test_one_may_wait_before_it_is_ready():
    waiting = Barrier(2, timeout=10)
    with UsedInOrder([1], lambda _: None) as parts, ThreadPoolExecutor(1) as pool:
        done = pool.submit(lambda: (waiting.wait(), parts.wait_for(1)))
        waiting.wait()
        time.sleep(0.05)
        parts.put(1, "late")
        done.result(timeout=10)


def test_what_goes_wrong_is_raised_where_one_waits():
    def use(number):
        if number == 2:
            raise OSError("the disk is full")

    with UsedInOrder([1, 2, 3], use) as parts:
        for number in (1, 2, 3):
            parts.put(number, number)
        parts.wait_for(1)
        with pytest.raises(OSError, match="the disk is full"):
            parts.wait_for(2)


def test_parts_that_never_come_are_not_waited_for():
    used, begun = [], time.monotonic()
    with UsedInOrder([1, 2], used.append) as parts:
        parts.put(2, "second")
    assert used == []
    assert time.monotonic() - begun < 5


def test_what_comes_too_late_is_left():
    used = []
    with UsedInOrder([1, 2], used.append) as parts:
        pass
    with pytest.raises(KeyError):
        parts.put(3, "unknown")
    parts.put(1, "late")
    assert used == []
