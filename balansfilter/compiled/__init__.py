"""The hottest loops, compiled to machine code by numba, which the extra `fast` brings.

Each has a twin without numba where it is used, which short columns take too: compiled or not, the result is the same,
and tests hold the two against each other. What is compiled is kept beside the code, or in the user's cache folder; the
first run on a machine spends some seconds on that.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from types import ModuleType

MANY = 20_000
"""Rows of a column from which compiled loops are worth the import of numba, about half a second."""


@cache
def loops(name: str) -> ModuleType | None:
    """Give a module of this package; None where numba is missing, or has no folder to keep what it compiles."""
    if sys.byteorder != "little":  # the loops write several characters at once
        return None
    try:
        return import_module(f"{__name__}.{name}")
    except (ImportError, RuntimeError):
        return None
