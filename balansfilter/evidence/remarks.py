"""What is worth telling of the rows of a source beside their decisions: how many, and the first of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock

import polars as pl

FIRST_ROWS = 5


@dataclass
class SomeRows:
    """Some rows of a source."""

    count: int = 0
    first: list[int] = field(default_factory=list)
    """The lowest numbers among them, ascending."""

    def add(self, rows: pl.Series) -> None:
        """Add the numbers of rows, of any part and in any order."""
        if not len(rows):
            return
        self.count += len(rows)
        if len(self.first) < FIRST_ROWS or int(rows.min()) < self.first[-1]:  # type: ignore[arg-type]
            self.first = sorted([*self.first, *rows.bottom_k(FIRST_ROWS).to_list()])[:FIRST_ROWS]

    def add_behind(self, rows: int, first: Callable[[], pl.Series]) -> None:
        """Add rows that come behind all that there are.

        :param rows: how many.
        :param first: gives their numbers, or the first of them, in order; asked only while few are known.
        """
        self.count += rows
        if len(self.first) < FIRST_ROWS:
            self.first += first().head(FIRST_ROWS - len(self.first)).to_list()

    def __str__(self) -> str:
        """Tell the first of them: "row 3", or "rows 3, 8, …"."""
        return rows_text(self.first, self.count)


def rows_text(first: list[int] | tuple[int, ...], count: int) -> str:
    """Tell the first rows of so many: "row 3", or "rows 3, 8, …"."""
    numbers = ", ".join(map(str, first))
    return f"row {numbers}" if count == 1 else f"rows {numbers}{', …' if count > len(first) else ''}"


class Remarks:
    """Rows by what is told of them, gathered from all threads."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = Lock()
        self._rows: dict[str, SomeRows] = {}

    def add(self, remark: str, rows: pl.Series) -> None:
        """Add the numbers of rows of which something is told."""
        if len(rows):
            with self._lock:
                self._rows.setdefault(remark, SomeRows()).add(rows)

    def __iter__(self) -> Iterator[tuple[str, SomeRows]]:
        """Go through what is told, in the order of the alphabet."""
        return iter(sorted(self._rows.items()))

    def sentences(self) -> list[str]:
        """Return each remark as a sentence: how many rows, what of them, and the first."""
        return [f"{rows.count} row{'s' if rows.count > 1 else ''} {remark} ({rows})" for remark, rows in self]
