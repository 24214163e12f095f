"""The hottest loops, compiled to machine code by numba.

Each has a twin without numba where it is used, which short columns take too: compiled or not, the result is the same,
and tests hold the two against each other. What is compiled is kept beside the code, or in the user's cache folder; the
first run on a machine spends some seconds on that, or `balansfilter warm` does before it.

Rule: a loop is never more lenient than its twin without numba.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import ModuleType

MANY = 20_000
"""Rows of a column from which compiled loops are worth the loading, some hundredths of a second."""
_LOADED = 300
"""How many times fewer rows are enough for loops that are imported already."""

ON_COMPILING: list[Callable[[], None]] = []
"""Called each time that a loop has to be compiled, which takes about a second."""


@cache
def loops(name: str) -> ModuleType | None:
    """Return a module of this package.

    None where there is no folder in which to keep what is compiled, or numba does not know the machine.
    """
    if sys.byteorder != "little":  # the loops write several characters at once
        return None
    try:
        import_module("nanoarrow")
        found = import_module(f"{__name__}.{name}")
        return found if import_module(f"{__name__}.machine_code").can_be_kept() else None
    except ImportError:
        return None


def loops_for(name: str, rows: int) -> ModuleType | None:
    """Return a module of this package for a column of so many rows; None where it is not to be had, or not worth it."""
    enough = max(1, MANY // _LOADED) if f"{__name__}.{name}" in sys.modules else MANY
    return loops(name) if rows >= enough else None


@contextmanager
def whatever_the_length() -> Iterator[None]:
    """Take the compiled loops for every column, however short."""
    global MANY  # noqa: PLW0603 - for a command that does nothing else
    kept, MANY = MANY, 1
    try:
        yield
    finally:
        MANY = kept
