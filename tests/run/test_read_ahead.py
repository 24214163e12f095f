"""A list that is read ahead is the list as it would be read without: its blocks in order, its errors in their places."""

from __future__ import annotations

import time

import pytest

from balansfilter.errors import SourceError
from balansfilter.pipeline.read_ahead import ReadAhead


class Listed:
    """A source of some blocks, the last of which cannot be read where that is asked for."""

    def __init__(self, blocks, *, broken=False, seconds=0.0):
        self._blocks, self._broken, self._seconds = blocks, broken, seconds
        self.read, self.closed, self.changed = [], 0, False

    def check_unchanged(self):
        if self.changed:
            raise SourceError("was changed")

    def blocks(self):
        for block in range(self._blocks):
            time.sleep(self._seconds)
            if self._broken and block == self._blocks - 1:
                raise SourceError("the last block is damaged")
            self.read.append(block)
            yield block

    def close(self):
        self.closed += 1


@pytest.mark.parametrize("seconds", [0, 0.01])
@pytest.mark.parametrize("wait", [0, 0.1])
@pytest.mark.parametrize("blocks", [0, 1, 2, 3, 7])
def test_the_blocks_are_those_of_the_source_in_order(blocks, wait, seconds):
    listed = Listed(blocks, seconds=seconds)
    with ReadAhead(lambda: listed, 3) as ahead:
        time.sleep(wait)
        assert ahead.source() is listed
        assert list(ahead.blocks()) == list(range(blocks))
    assert listed.closed == 1


def test_no_more_is_read_than_was_asked_for():
    listed = Listed(9)
    with ReadAhead(lambda: listed, 3):
        time.sleep(0.1)
    assert listed.read == [0, 1, 2]
    assert listed.closed == 1


@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 7])
def test_what_cannot_be_read_is_told_in_its_place(blocks):
    seen = []
    with ReadAhead(lambda: Listed(blocks, broken=True), 3) as ahead:
        time.sleep(0.05)
        with pytest.raises(SourceError, match="the last block is damaged"):
            seen.extend(ahead.blocks())
    assert seen == list(range(blocks - 1))


def test_what_cannot_be_opened_is_told_to_whoever_asks_and_to_nobody_else():
    def refuse():
        raise SourceError("there is no call list")

    with ReadAhead(refuse, 3):
        time.sleep(0.05)
    with ReadAhead(refuse, 3) as ahead, pytest.raises(SourceError, match="there is no call list"):
        ahead.source()


def test_a_list_that_was_changed_meanwhile_is_opened_anew():
    old, new = Listed(2), Listed(5)
    left = iter([old, new])
    with ReadAhead(lambda: next(left), 3) as ahead:
        time.sleep(0.05)
        old.changed = True
        assert ahead.source() is new
        assert list(ahead.blocks()) == [0, 1, 2, 3, 4]
    assert (old.closed, new.closed) == (1, 1)


def test_a_list_that_comes_late_is_read():
    there = []

    def opened():
        if not there:
            raise SourceError("does not exist")
        return there[0]

    with ReadAhead(opened, 3) as ahead:
        time.sleep(0.05)
        there.append(Listed(2))
        assert ahead.source() is there[0]
        assert list(ahead.blocks()) == [0, 1]
