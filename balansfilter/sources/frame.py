"""A frame in memory as a source: its typed cells are read as those of a Parquet file are."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.policy.model import SourceFile
from balansfilter.sources.asked import asked_of
from balansfilter.sources.header import column_problems
from balansfilter.sources.interface import Chunk
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.parquet_file import ParquetBlock, ParquetRequest
from balansfilter.sources.typed_text import is_plain


def chunk_of(frame: pl.DataFrame, spec: SourceFile, role: str, columns: Sequence[str], zone: ZoneInfo) -> Chunk:
    """Return the cells of some columns of a frame as text.

    :raises SourceError: a column is missing, or its cells have no plain text.
    """
    origin = Origin(role, "")
    problems = list(column_problems(tuple(frame.columns), columns, origin))
    problems += [
        origin.problem(f"has a column {name!r} of type {frame.schema[name]}", "give it as text, numbers or dates")
        for name in columns
        if name in frame.columns and not is_plain(frame.schema[name])
    ]
    if problems:
        raise refusal(role, problems)
    request = ParquetRequest(asked_of(spec, zone), keep_records=False)
    return ParquetBlock(frame, request, tuple(columns), origin, 1).parse()
