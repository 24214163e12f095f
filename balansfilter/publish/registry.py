"""The formats in which lists can be published, one line each, and the one for a policy that names none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from balansfilter.policy.model import InputFormat, OutputFormat
from balansfilter.publish import csv_list, parquet_list, workbook
from balansfilter.publish.dropped_csv import DroppedCsv
from balansfilter.publish.dropped_parquet import DroppedParquet
from balansfilter.publish.dropped_rows import DroppedFile, DroppedToWrite
from balansfilter.publish.interface import CallableFile, ListToWrite

KINDS: Mapping[OutputFormat, Callable[[ListToWrite], CallableFile]] = {
    "csv": csv_list.begin,
    "parquet": parquet_list.begin,
    "xlsx": workbook.begin,
}
DROPPED_KINDS: Mapping[OutputFormat, Callable[[DroppedToWrite], DroppedFile]] = {
    "csv": DroppedCsv,
    "parquet": DroppedParquet,
    "xlsx": workbook.DroppedXlsx,
}
AS_IT_CAME: Mapping[InputFormat, OutputFormat] = {"csv": "csv", "parquet": "parquet", "excel": "xlsx"}
"""The format of a callable list whose policy names none, by that of the call list."""


def callable_file(wanted: ListToWrite) -> CallableFile:
    """Begin the callable list in the format of its layout.

    :raises OSError: it cannot be written.
    :raises OutputError: the format cannot hold it.
    """
    return KINDS[wanted.layout.format](wanted)
