"""Records of CSV as a list writes them, and the cells of a record that it wrote."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Protocol

from balansfilter.frozen import dataclass

_ANY_END = "\r\n"
"""A cell with one of these in it is quoted."""


class WrittenAs(Protocol):
    """How a list in CSV is written."""

    @property
    def separator(self) -> str:
        """The character between two cells."""

    @property
    def quote(self) -> str | None:
        """The character around a cell; None where quotes mean nothing."""

    @property
    def escape(self) -> str | None:
        """What takes its meaning away from the character behind it; None where nothing does."""

    @property
    def codec(self) -> str:
        """The Python codec, which writes no byte order mark."""

    @property
    def bom(self) -> bytes:
        """The byte order mark; empty if there is none."""

    @property
    def line_end(self) -> str:
        """What ends a line."""

    @property
    def header_record(self) -> str | None:
        """The header line as it is; None where there is none."""


@dataclass(frozen=True)
class PlainCsv:
    """How a list is written in CSV that was not CSV itself."""

    separator: str = ","
    quote: str | None = '"'
    codec: str = "utf-8"
    bom: bytes = b""
    line_end: str = "\n"
    header_record: str | None = ""
    escape: str | None = None


def record(cells: Sequence[str | None], written: WrittenAs) -> str:
    """Write cells as one CSV record, quoted only where they must be."""
    if written.escape is not None:
        return _escaped(cells, written)
    if written.quote is None:
        return written.separator.join(cell or "" for cell in cells)
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=written.separator, quotechar=written.quote, lineterminator=_ANY_END).writerow(cells)
    return buffer.getvalue().removesuffix(_ANY_END)


def _escaped(cells: Sequence[str | None], written: WrittenAs) -> str:
    """Write cells with each character that has a meaning escaped."""
    escape = written.escape or ""
    meaning = re.compile("[" + re.escape(f"{escape}{written.separator}{written.quote or ''}\r\n") + "]")
    return written.separator.join(meaning.sub(lambda found: escape + found[0], cell or "") for cell in cells)


def split(text: str, written: WrittenAs) -> list[str]:
    """Split one CSV record into its cells."""
    if written.quote is None:
        return text.split(written.separator)
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=written.separator, quotechar=written.quote))


def raw_cells(text: str, written: WrittenAs) -> list[str]:
    """Return the cells of one CSV record with escapes as they are written, quotes and escapes included."""
    separator, escape = re.escape(written.separator), re.escape(written.escape or "")
    cell = rf"(?:[^{separator}{escape}]|{escape}.)*+"
    if written.quote is not None:
        quote = re.escape(written.quote)
        cell = rf"(?:{quote}(?:[^{quote}{escape}]|{quote}{quote}|{escape}.)*+{quote}|{cell})"
    return [found[1] for found in re.finditer(rf"(?:\A|{separator})({cell})", text, re.DOTALL)]
