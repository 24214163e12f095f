"""What every kind of callable list is: a file that is begun in a folder, takes rendered rows in order, and is finished.

A new kind is a module with a function that begins it, one line in :mod:`balansfilter.publish.registry`, its name among
the output formats of a policy, and a case.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.publish.layout import ListLayout


@dataclass(frozen=True)
class ListToWrite:
    """What is known of a callable list when it is begun."""

    folder: Path
    layout: ListLayout
    source_schema: pl.Schema | None
    """The types of the call list, where it has types that go through."""
    scratch: Path
    """A folder for what is needed until the list is written."""
    name: str = "callable"
    """The name of its file, without ending."""
