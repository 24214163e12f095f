"""The hottest loops, compiled to machine code by numba, which the extra `fast` brings.

Each has a twin without numba where it is used, which short columns take too: compiled or not, the result is the same,
and tests hold the two against each other. What is compiled is kept beside the code, or in the user's cache folder; the
first run on a machine spends some seconds on that.

Rule: a loop is never more lenient than its twin without numba.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

import numpy.typing as npt

MANY = 20_000
"""Rows of a column from which compiled loops are worth the import of numba, about half a second."""
_LOADED = 300
"""How many times fewer rows are enough for loops that are imported already."""


Array = TypeVar("Array", bound="npt.NDArray[Any]")


def read_only(array: Array) -> Array:
    """Return an array that cannot be written to: numba compiles a loop once more for one that can."""
    view = array.view()
    view.flags.writeable = False
    return view


@cache
def loops(name: str) -> ModuleType | None:
    """Return a module of this package.

    None where numba or nanoarrow is missing, or there is no folder in which to keep what is compiled.
    """
    if sys.byteorder != "little":  # the loops write several characters at once
        return None
    try:
        import_module("nanoarrow")
        return import_module(f"{__name__}.{name}")
    except (ImportError, RuntimeError):
        return None


def loops_for(name: str, rows: int) -> ModuleType | None:
    """Return a module of this package for a column of so many rows; None where it is not to be had, or not worth it."""
    enough = max(1, MANY // _LOADED) if f"{__name__}.{name}" in sys.modules else MANY
    return loops(name) if rows >= enough else None
