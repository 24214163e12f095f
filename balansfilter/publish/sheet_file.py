"""A spreadsheet of one sheet in which every cell is text, so that no program eats a zero or rounds a number."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from balansfilter.errors import OutputError, Problem
from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.private import open_private

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_MOST_ROWS = 1_048_575
"""Rows that a sheet holds below its header."""
_MOST_COLUMNS = 16_384
_MOST_LETTERS = 32_767
"""UTF-16 code units in a cell."""
_AS_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - the same list is the same file, whenever it is made


class SheetFile:
    """A list in .xlsx. Rows are put away as they come, so that memory does not grow with the list."""

    refused = "the callable list does not fit in a spreadsheet:"
    """Which list it is, in the sentence that refuses it."""
    setting = "output.format"
    """What in the policy asked for a spreadsheet."""

    def __init__(self, path: Path, columns: Sequence[str], scratch: Path) -> None:
        """Begin the file with its header, in a sheet named as the file.

        :param scratch: where rows wait until the file is put together.
        :raises OSError: it cannot be written.
        :raises OutputError: a sheet cannot hold so many columns, or one of their names.
        """
        from xlsxwriter import Workbook

        self._path = path
        if len(columns) > _MOST_COLUMNS:
            raise self._refused(f"would have {len(columns)} columns, and a sheet holds {_MOST_COLUMNS}")
        for place, name in enumerate(columns, start=1):
            self._check_length(name, place)
        self._file = os.fdopen(open_private(path, os.O_RDWR | os.O_TRUNC), "w+b")
        options = {"constant_memory": True, "tmpdir": str(scratch), "use_zip64": True}
        self._workbook = Workbook(self._file, options)
        self._workbook.set_properties({"created": _AS_MADE})
        self._sheet: Worksheet = self._workbook.add_worksheet(path.stem)
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

    def add_rows(self, rows: Iterable[Sequence[str | None]]) -> None:
        """Add rows, in order.

        :raises OutputError: a sheet cannot hold them.
        """
        for cells in rows:
            if self._rows == _MOST_ROWS:
                raise self._refused(f"would have more than {_MOST_ROWS} rows, which is what a sheet holds")
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

    def _write(self, row: int, cells: Sequence[str | None]) -> None:
        for place, cell in enumerate(cells):
            if cell:
                self._check_length(cell, place + 1)
                self._sheet.write_string(row, place, cell)

    def _check_length(self, cell: str, column: int) -> None:
        if len(cell) * 2 > _MOST_LETTERS and len(cell.encode("utf-16-le")) > 2 * _MOST_LETTERS:
            raise self._refused(f"would have a cell of more than {_MOST_LETTERS} letters, in column {column}")

    def _refused(self, message: str) -> OutputError:
        hint = f"set {self.setting} to csv or parquet"
        return OutputError(self.refused, [Problem(self._path.name, path=self.setting, message=message, hint=hint)])
