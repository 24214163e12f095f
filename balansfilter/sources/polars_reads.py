"""Files of others, read by Polars: whatever it thinks of them is told as an error of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import polars as pl

from balansfilter.errors import SourceError

CANNOT_READ = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What Polars raises at a file that it cannot read. A panic is no `Exception`, and would pass by any other handler."""


@contextmanager
def polars_reads(refusal: Callable[[], SourceError]) -> Iterator[None]:
    """Raise the error that is given where Polars cannot read on; its own words may hold cells of the file."""
    try:
        yield
    except CANNOT_READ:
        raise refusal() from None
