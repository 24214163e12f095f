"""The formats in which lists can be published, one line each, and the one for a policy that names none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from balansfilter.policy.model import InputFormat, OutputFormat
from balansfilter.publish import csv_list, parquet_list, workbook
from balansfilter.publish.dropped_csv import DroppedCsv
from balansfilter.publish.dropped_parquet import DroppedParquet
from balansfilter.publish.dropped_rows import DroppedToWrite, is_dropped
from balansfilter.publish.interface import ListToWrite
from balansfilter.publish.list_files import ListFile
from balansfilter.publish.parts import ListInParts

KINDS: Mapping[OutputFormat, Callable[[ListToWrite], ListFile]] = {
    "csv": csv_list.begin,
    "parquet": parquet_list.begin,
    "xlsx": workbook.begin,
}
DROPPED_KINDS: Mapping[OutputFormat, Callable[[DroppedToWrite], ListFile]] = {
    "csv": DroppedCsv,
    "parquet": DroppedParquet,
    "xlsx": workbook.DroppedXlsx,
}
AS_IT_CAME: Mapping[InputFormat, OutputFormat] = {"csv": "csv", "parquet": "parquet", "excel": "xlsx"}
"""The format of a callable list whose policy names none, by that of the call list."""


def callable_file(wanted: ListToWrite, rows_per_part: int | None = None) -> ListFile:
    """Begin the callable list in the format of its layout.

    :param rows_per_part: how many rows a part holds at most; None for one file.
    :raises OSError: it cannot be written.
    :raises OutputError: the format cannot hold it.
    """
    begin = KINDS[wanted.layout.format]
    if rows_per_part is None:
        return begin(wanted)
    return ListInParts(
        wanted.folder / wanted.name,
        rows_per_part,
        lambda folder, name: begin(replace(wanted, folder=folder, name=name)),
    )


def dropped_file(wanted: DroppedToWrite, kind: OutputFormat, rows_per_part: int | None = None) -> ListFile:
    """Begin the dropped list in a format.

    :param rows_per_part: how many rows a part holds at most; None for one file.
    :raises OSError: it cannot be written.
    """
    begin = DROPPED_KINDS[kind]
    if rows_per_part is None:
        return begin(wanted)
    return ListInParts(
        wanted.folder / wanted.name,
        rows_per_part,
        lambda folder, name: begin(replace(wanted, folder=folder, name=name)),
        lambda rows: rows.filter(is_dropped(rows)),
    )
