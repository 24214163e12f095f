"""Who a row of a call history or of objections is about, as a run reads it."""

from __future__ import annotations

import polars as pl

from balansfilter.evidence.dates import DateReader
from balansfilter.frozen import dataclass
from balansfilter.identity.ids import read_ids
from balansfilter.identity.numbers import NumberColumns, Rows
from balansfilter.native.text_loops import compacted


@dataclass(frozen=True)
class RowReader:
    """How the rows of a source are read."""

    dates: DateReader
    phones: NumberColumns
    """Where the numbers are, and how they are read."""
    exact_ids: bool
    """Whether two customer ids are the same only if they are written the same."""

    def ids(self, rows: Rows, column: str | None) -> pl.Series:
        """Return the key of the customer id of each row; empty where it names none."""
        if column is None:
            return pl.repeat("", len(rows.row), dtype=pl.String, eager=True)
        return compacted(read_ids(rows.column(column), self.phones.null_words, exact=self.exact_ids).key)

    def numbers(self, rows: Rows) -> list[pl.Series]:
        """Return the numbers of each row, in every way in which they can be read; null where there is none."""
        return list(self.phones.to_protect(rows).numbers)
