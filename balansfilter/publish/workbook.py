"""The callable list as a spreadsheet: every cell is text, so that no program eats a zero or rounds a number."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from balansfilter.errors import OutputError, Problem
from balansfilter.fs.private import open_private
from balansfilter.publish.interface import ListToWrite
from balansfilter.publish.list_files import WrittenFile
from balansfilter.publish.rendered import ROW, Rendered, RenderedLines

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_MOST_ROWS = 1_048_575
"""Rows that a sheet holds below its header."""
_MOST_COLUMNS = 16_384
_MOST_LETTERS = 32_767
"""UTF-16 code units in a cell."""
_AS_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - the same list is the same file, whenever it is made
_ELSE = "set output.format to csv or parquet"


class CallableXlsx:
    """The callable list in .xlsx. Rows are put away as they come, so that memory does not grow with the list."""

    def __init__(self, folder: Path, columns: tuple[str, ...], scratch: Path) -> None:
        """Begin the file with its header.

        :param scratch: where rows wait until the file is put together.
        :raises OSError: it cannot be written.
        :raises OutputError: a sheet cannot hold so many columns, or one of their names.
        """
        from xlsxwriter import Workbook

        self._path = folder / "callable.xlsx"
        if len(columns) > _MOST_COLUMNS:
            raise self._refused(f"would have {len(columns)} columns, and a sheet holds {_MOST_COLUMNS}")
        for place, name in enumerate(columns, start=1):
            self._check_length(name, place)
        self._file = os.fdopen(open_private(self._path, os.O_RDWR | os.O_TRUNC), "w+b")
        options = {"constant_memory": True, "tmpdir": str(scratch), "use_zip64": True}
        self._workbook = Workbook(self._file, options)
        self._workbook.set_properties({"created": _AS_MADE})
        self._sheet: Worksheet = self._workbook.add_worksheet("callable")
        self._rows = 0
        self._write(0, columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._workbook.fileclosed:
            self._sheet.row_data_fh.close()
            self._workbook.fileclosed = True  # what was begun is thrown away, and needs no warning
        self._file.close()

    def prepare(self, rendered: Rendered) -> bytes:  # noqa: ARG002
        """Do nothing: a workbook is written by one thread."""
        return b""

    def add(self, rendered: Rendered, prepared: bytes | memoryview) -> None:  # noqa: ARG002
        """Add rendered rows, in order.

        :raises OutputError: a sheet cannot hold them.
        """
        if isinstance(rendered, RenderedLines):
            raise TypeError("rows as lines of CSV cannot go into a spreadsheet")
        if self._rows + len(rendered) > _MOST_ROWS:
            raise self._refused(f"would have more than {_MOST_ROWS} rows, which is what a sheet holds")
        for cells in rendered.frame.drop(ROW).iter_rows():
            self._rows += 1
            self._write(self._rows, cells)

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is."""
        from xlsxwriter.exceptions import FileCreateError

        try:
            self._workbook.close()
        except FileCreateError as error:
            raise error.args[0] from None  # the system's own error, which tells what is wrong
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.seek(0)
        digest = hashlib.file_digest(self._file, "sha256").hexdigest()
        return WrittenFile(self._path.name, digest, self._path.stat().st_size, self._rows)

    def _write(self, row: int, cells: tuple[str | None, ...]) -> None:
        for place, cell in enumerate(cells):
            if cell:
                self._check_length(cell, place + 1)
                self._sheet.write_string(row, place, cell)

    def _check_length(self, cell: str, column: int) -> None:
        if len(cell) * 2 > _MOST_LETTERS and len(cell.encode("utf-16-le")) > 2 * _MOST_LETTERS:
            raise self._refused(f"would have a cell of more than {_MOST_LETTERS} letters, in column {column}")

    def _refused(self, message: str) -> OutputError:
        problem = Problem(self._path.name, path="output.format", message=message, hint=_ELSE)
        return OutputError("the callable list does not fit in a spreadsheet:", [problem])


def begin(wanted: ListToWrite) -> CallableXlsx:
    """Begin the list."""
    return CallableXlsx(wanted.folder, wanted.layout.columns, wanted.scratch)
