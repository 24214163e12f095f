"""Files of ours, written by Polars: what the disk refuses is told as the operating system tells it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl


@contextmanager
def polars_writes(path: Path) -> Iterator[None]:
    """Raise what Polars says of a file that it cannot write as an OSError, which some of its errors are none of."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        why = f"{error}".splitlines()[0].rpartition("IO error: ")[2]
        refused = OSError(None, why, str(path))
        refused.strerror = why
        raise refused from None
