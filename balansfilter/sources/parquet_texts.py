"""Columns of a Parquet file that are texts by what the file says of them, where Polars reads bytes: UUIDs and JSON.

They are read, and published, as the text that a database writes for them. What a file says there Polars keeps to
itself; DuckDB tells it, and is asked only where a file has bytes that may be texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from balansfilter.sources.strange_types import TextKind, told_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_UUID_PARTS = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
"""Where each part of a UUID begins in its 32 hex digits, and how many it has."""


def text_columns(path: Path, schema: pl.Schema, scratch: Path | None) -> dict[str, TextKind]:
    """Return the columns that are texts, and what they are; of a file that only Polars can read none is known.

    :param scratch: a folder for what is tried; the system's own place if None.
    """
    maybe = {name for name, kind in schema.items() if kind == pl.Binary or isinstance(kind, pl.BaseExtension)}
    return {name: kind for name, kind in told_texts(path, scratch).items() if name in maybe} if maybe else {}


def as_written(frame: pl.LazyFrame, texts: Mapping[str, TextKind]) -> pl.LazyFrame:
    """Return a frame whose columns of bytes are the texts that they are."""
    return frame.with_columns(_expressions(frame, texts)) if texts else frame


def _expressions(frame: pl.LazyFrame, texts: Mapping[str, TextKind]) -> Iterator[pl.Expr]:
    types = frame.collect_schema()
    for name, kind in texts.items():
        column = pl.col(name)
        if kind == "JSON":
            yield (column if types[name] == pl.Binary else column.ext.storage()).cast(pl.String)
        else:
            digits = column.bin.encode("hex")
            yield pl.concat_str([digits.str.slice(*part) for part in _UUID_PARTS], separator="-")
