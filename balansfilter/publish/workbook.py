"""The callable and the dropped list as a spreadsheet."""

from __future__ import annotations

import polars as pl

from balansfilter.decided.outcomes import DecidedRows
from balansfilter.decided.rendered import CallableRows
from balansfilter.publish.dropped_rows import DroppedToWrite, dropped_columns, dropped_rows
from balansfilter.publish.interface import ListToWrite
from balansfilter.publish.sheet_file import SheetFile


class CallableXlsx(SheetFile):
    """The callable list in .xlsx."""

    def prepare(self, rendered: CallableRows) -> bytes:  # noqa: ARG002
        """Do nothing: a workbook is written by one thread."""
        return b""

    def add(self, rendered: CallableRows, prepared: bytes | memoryview) -> None:  # noqa: ARG002
        """Add rendered rows, in order.

        :raises OutputError: a sheet cannot hold them.
        """
        self.add_rows(rendered.frame.iter_rows())


class DroppedXlsx(SheetFile):
    """The dropped list in .xlsx."""

    refused = "the dropped list does not fit in a spreadsheet:"
    setting = "output.dropped_format"

    def __init__(self, wanted: DroppedToWrite) -> None:
        super().__init__(wanted.folder / f"{wanted.name}.xlsx", dropped_columns(wanted.labels), wanted.scratch)
        self._labels = wanted.labels

    def prepare(self, rows: DecidedRows) -> pl.DataFrame:
        """Gather the dropped rows of a decided part as text."""
        return dropped_rows(rows.dropped(), self._labels).select(pl.all().cast(pl.String))

    def add(self, rows: DecidedRows, prepared: pl.DataFrame) -> None:  # noqa: ARG002
        """Add the dropped rows of a decided part, in order.

        :raises OutputError: a sheet cannot hold them.
        """
        self.add_rows(prepared.iter_rows())


def begin(wanted: ListToWrite) -> CallableXlsx:
    """Begin the callable list."""
    return CallableXlsx(wanted.folder / f"{wanted.name}.xlsx", wanted.layout.columns, wanted.scratch)
