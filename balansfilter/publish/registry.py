"""The formats in which a callable list can be published, one writer each."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from balansfilter.publish.layout import ListLayout
from balansfilter.publish.list_files import CallableCsv, CallableFile, CallableParquet
from balansfilter.publish.workbook import CallableXlsx

_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "basis": pl.String,
    "callable_until": pl.Date,
    "phone_e164": pl.String,
}


def callable_file(folder: Path, layout: ListLayout, source_schema: pl.Schema | None, scratch: Path) -> CallableFile:
    """Begin the callable list in the format of its layout.

    :param source_schema: the types of a Parquet list.
    :param scratch: a folder for what is needed until the list is written.
    """
    if layout.format == "csv":
        return CallableCsv(folder, layout)
    if layout.format == "xlsx":
        return CallableXlsx(folder, layout.columns, scratch)
    given = source_schema if layout.keeps_frame and source_schema is not None else {}
    types: dict[str, pl.DataType | type[pl.DataType]] = {name: given.get(name, pl.String) for name in layout.header}
    types |= {name: _TYPES[added] for added, name in layout.annotate.items()}
    return CallableParquet(folder, pl.Schema(types))
