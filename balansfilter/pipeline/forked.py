"""Forked processes: the threads of Polars do not survive a fork, and whatever waits for them waits for ever."""

from __future__ import annotations

import os

from balansfilter.errors import EngineError

_first: list[int] = []
"""The process that worked first in this one's memory."""


def refuse_forked() -> None:
    """Make sure that this process was not forked from one that had worked already.

    :raises EngineError: it was, and would hang.
    """
    if not _first:
        _first.append(os.getpid())
    elif _first[0] != os.getpid():
        raise EngineError(
            "this process was forked from one that had made a list already, and would wait for its threads for ever; "
            "start it with multiprocessing's spawn, or as a command"
        )
