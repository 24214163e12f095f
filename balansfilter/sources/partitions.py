"""Folders named ``day=2026-11-26``, as Spark, Hive and DuckDB lay a table out: a column whose cells stand in the path.

The columns of a file are those of the folders right above it, up to the first folder that is not named so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import takewhile
from pathlib import PurePosixPath
from urllib.parse import unquote

_NAMED = re.compile(r"([^=]+)=(.*)")
_NULL = "__HIVE_DEFAULT_PARTITION__"


def is_partition(folder: str) -> bool:
    """Return whether a folder of this name holds the rows of one value of a column."""
    return _NAMED.fullmatch(folder) is not None


def partition_of(path: str) -> Mapping[str, str | None]:
    """Return the columns that the folders of a file stand for, outermost first, with the cell of its rows."""
    named = [_NAMED.fullmatch(folder) for folder in _folders(path)]
    cells = {unquote(found[1]): unquote(found[2]) for found in named if found}
    return {name: None if cell == _NULL else cell for name, cell in cells.items()}


def partition_folders(path: str) -> str:
    """Return those folders as they stand in the path of a file; empty where there are none."""
    return "/".join(_folders(path))


def name_in_table(path: str) -> str:
    """Return the name of a file with those folders before it, which belong to what the file says."""
    return "/".join((*_folders(path), PurePosixPath(path).name))


def _folders(path: str) -> tuple[str, ...]:
    above = reversed(PurePosixPath(path).parts[:-1])
    return tuple(takewhile(is_partition, above))[::-1]
