"""The formats in which lists can be published, one line each, and the one for a policy that names none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from balansfilter.decided.outcomes import DecidedRows
from balansfilter.decided.rendered import CallableRows
from balansfilter.policy.model import InputFormat, OutputFormat
from balansfilter.publish import csv_list, parquet_list, workbook
from balansfilter.publish.dropped_csv import DroppedCsv
from balansfilter.publish.dropped_parquet import DroppedParquet
from balansfilter.publish.dropped_rows import DroppedToWrite
from balansfilter.publish.interface import ListToWrite
from balansfilter.publish.list_files import ListFile
from balansfilter.publish.parts import ListInParts

Wanted = TypeVar("Wanted", ListToWrite, DroppedToWrite)
Rows = TypeVar("Rows", CallableRows, DecidedRows)

KINDS: Mapping[OutputFormat, Callable[[ListToWrite], ListFile[CallableRows]]] = {
    "csv": csv_list.begin,
    "parquet": parquet_list.begin,
    "xlsx": workbook.begin,
}
DROPPED_KINDS: Mapping[OutputFormat, Callable[[DroppedToWrite], ListFile[DecidedRows]]] = {
    "csv": DroppedCsv,
    "parquet": DroppedParquet,
    "xlsx": workbook.DroppedXlsx,
}
AS_IT_CAME: Mapping[InputFormat, OutputFormat] = {"csv": "csv", "parquet": "parquet", "excel": "xlsx"}
"""The format of a callable list whose policy names none, by that of the call list."""


def callable_file(wanted: ListToWrite, rows_per_part: int | None = None) -> ListFile[CallableRows]:
    """Begin the callable list in the format of its layout.

    :param rows_per_part: how many rows a part holds at most; None for one file.
    :raises OSError: it cannot be written.
    :raises OutputError: the format cannot hold it.
    """
    return _begun(KINDS[wanted.layout.format], wanted, rows_per_part, lambda rows: rows)


def dropped_file(wanted: DroppedToWrite, kind: OutputFormat, rows_per_part: int | None = None) -> ListFile[DecidedRows]:
    """Begin the dropped list in a format.

    :param rows_per_part: how many rows a part holds at most; None for one file.
    :raises OSError: it cannot be written.
    """
    return _begun(DROPPED_KINDS[kind], wanted, rows_per_part, DecidedRows.dropped)


def _begun(
    begin: Callable[[Wanted], ListFile[Rows]],
    wanted: Wanted,
    rows_per_part: int | None,
    listed: Callable[[Rows], Rows],
) -> ListFile[Rows]:
    """Begin a list as one file, or as parts; `listed` gives those of some rows that stand in it."""
    if rows_per_part is None:
        return begin(wanted)

    def begin_part(folder: Path, name: str) -> ListFile[Rows]:
        return begin(replace(wanted, folder=folder, name=name))

    return ListInParts(wanted.folder / wanted.name, rows_per_part, begin_part, listed)
