"""A frame in memory as a source: typed cells are read as those of a Parquet file, mixed ones as those of a sheet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.policy.model import SourceFile
from balansfilter.sources.asked import Asked, asked_of
from balansfilter.sources.header import column_problems
from balansfilter.sources.interface import Chunk
from balansfilter.sources.mixed_cells import mixed_as_text, mixed_problems
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.parquet_file import ParquetBlock, ParquetRequest
from balansfilter.sources.typed_text import is_plain

_JSON = "arrow.json"


def chunk_of(  # noqa: PLR0913
    frame: pl.DataFrame,
    spec: SourceFile,
    role: str,
    columns: Sequence[str],
    zone: ZoneInfo,
    names: Sequence[str] | None = None,
    json: Collection[str] = (),
) -> Chunk:
    """Return the cells of some columns of a frame as text.

    :param names: the columns of the whole frame, where only those that are asked for are given.
    :param json: the columns whose texts are JSON, where their types do not say so.
    :raises SourceError: a column is missing, or its cells have no plain text.
    """
    origin, asked = Origin(role, ""), asked_of(spec, zone)
    problems = list(column_problems(frame.columns if names is None else names, columns, origin))
    there = [name for name in columns if name in frame.columns]
    is_json = {name for name in there if name in json or _is_json(frame.schema[name])}
    for name in there:
        kind = frame.schema[name]
        if kind == pl.Object:
            problems += mixed_problems(frame[name], asked, origin)
        elif name not in is_json and not is_plain(kind):
            problems.append(
                origin.problem(f"has a column {name!r} of type {kind}", "give it as text, numbers or dates")
            )
    if problems:
        raise refusal(role, problems)
    cells = frame.with_columns(_readable(frame[name], asked) for name in there)
    return ParquetBlock(cells, ParquetRequest(asked, keep_records=False), tuple(columns), origin, 1, is_json).parse()


def _is_json(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.BaseExtension) and kind.ext_name() == _JSON


def _readable(column: pl.Series, asked: Asked) -> pl.Series:
    if column.dtype == pl.Object:
        return mixed_as_text(column, asked)
    return column.ext.storage() if _is_json(column.dtype) else column
