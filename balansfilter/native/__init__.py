"""The hottest loops, compiled to machine code by numba.

A column of cells goes in and comes out as a column of Polars. Each loop stands in one file with its twin without
numba, behind a function that takes the one or the other: short columns take the twin too, for compiled or not, the
result is the same, and tests hold the two against each other. What is compiled is kept beside the code, or in the
user's cache folder; the first run on a machine spends some seconds on that, or `balansfilter warm` does before it.

Rule: a loop is never more lenient than its twin without numba, and nobody outside asks which of the two ran.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import polars as pl

# Polars looks NumPy up when it is first given something of it, and two threads that do so at the same moment end in a
# TypeError: it is given something here, before there are threads.
pl.lit(np.float64(0))

MANY = 20_000
"""Rows of a column from which compiled loops are worth the loading, some hundredths of a second."""

BYTES_A_RECORD = 50
"""About as many, to tell from the size of a text whether it is worth a loop."""

ON_COMPILING: list[Callable[[], None]] = []
"""Called each time that a loop has to be compiled, which takes about a second."""


@contextmanager
def whatever_the_length() -> Iterator[None]:
    """Take the compiled loops for every column, however short."""
    global MANY  # noqa: PLW0603 - for a command that does nothing else
    kept, MANY = MANY, 1
    try:
        yield
    finally:
        MANY = kept
