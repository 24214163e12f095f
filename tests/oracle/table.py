"""A delimited file of a case: its columns, and the way in which it is written."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Table:
    """The columns of a file and how it is written."""

    columns: tuple[str, ...]
    separator: str
    quote: str | None
    encoding: str
    header: bool
    line_end: str

    @property
    def tree(self) -> dict[str, Any]:
        """Return what the policy says about it."""
        encoding = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        return {"separator": self.separator, "quote": self.quote, "encoding": encoding, "header": self.header}

    def write(self, path: Path, rows: Sequence[Sequence[str]]) -> None:
        """Write rows; one of another length than the header becomes a row that cannot be split."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding=self.encoding, newline="") as file:
            quoting: Literal[0, 3] = 3 if self.quote is None else 0
            writer = csv.writer(
                file, delimiter=self.separator, quotechar=self.quote, quoting=quoting, lineterminator=self.line_end
            )
            if self.header:
                writer.writerow(self.columns)
            writer.writerows(rows)

    def writable(self, cell: str) -> str:
        """Return a cell as far as the encoding and the lack of quotes let it be written."""
        if self.quote is None:
            cell = "".join(sign for sign in cell if sign not in (self.separator, "\n", "\r"))
        cell = cell.removeprefix("\ufeff")  # the mark of a file, where it stands before a row
        return cell.encode(self.encoding, "replace").decode(self.encoding)
