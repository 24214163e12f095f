"""What the writer of a Parquet file noted of its columns beside their types, where Polars reads another type by itself.

Arrow writes days that it counts in milliseconds as days, and notes how it counts them; Polars takes the note for the
type, and would publish moments. Spark writes its timestamps, which are points in time, in an old form that does not say
so (INT96); its own note does. They are published in the form that Spark and others read today.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

_OF_ARROW = "ARROW:schema"
_OF_SPARK = "org.apache.spark.sql.parquet.row.metadata"


def noted_types(path: Path, schema: pl.Schema) -> dict[str, pl.DataType]:
    """Return the type of each column that is another one than Polars says; none for notes that cannot be read.

    :raises polars.exceptions.PolarsError: the file is no Parquet.
    """
    moments = {name: kind for name, kind in schema.items() if isinstance(kind, pl.Datetime) and kind.time_zone is None}
    if not moments:
        return {}
    notes = pl.read_parquet_metadata(path)
    types: dict[str, pl.DataType] = {}
    if _OF_ARROW in notes and any(kind.time_unit == "ms" for kind in moments.values()):
        types |= {name: pl.Date() for name in _days_of_arrow(notes[_OF_ARROW]) if name in moments}
    if _OF_SPARK in notes:
        types |= {name: pl.Datetime("us", "UTC") for name in _instants_of_spark(notes[_OF_SPARK]) if name in moments}
    return types


def retyped(frame: pl.LazyFrame, types: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """Return a frame whose columns have those types."""
    return frame.with_columns(
        pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone(kind.time_zone)
        if isinstance(kind, pl.Datetime)
        else pl.col(name).cast(kind)
        for name, kind in types.items()
    )


def _days_of_arrow(note: str) -> Iterator[str]:
    import nanoarrow
    from nanoarrow.ipc import InputStream

    try:
        with InputStream.from_readable(base64.b64decode(note)) as stream:
            fields = list(nanoarrow.Schema(nanoarrow.c_array_stream(stream).get_schema()).fields)
    except (ValueError, OSError, RuntimeError):
        return
    yield from (field.name for field in fields if field.type == nanoarrow.Type.DATE64)


def _instants_of_spark(note: str) -> Iterator[str]:
    try:
        fields = json.loads(note)["fields"]
        yield from (field["name"] for field in fields if field["type"] == "timestamp")
    except (ValueError, KeyError, TypeError):
        return
