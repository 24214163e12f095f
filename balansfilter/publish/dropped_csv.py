"""The dropped list in CSV: always in UTF-8, with commas, whatever the call list is written as."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.decided.outcomes import DecidedRows, MadeOnce, RowOutcomes
from balansfilter.fs.hashed_file import HashedFile
from balansfilter.native.combinations import different
from balansfilter.native.held_loops import values_of
from balansfilter.native.line_loops import each_needs_quotes, need_quotes, numbered
from balansfilter.publish.dropped_rows import (
    LABEL,
    REASON_NAMES,
    DroppedToWrite,
    dropped_columns,
    dropped_rows,
)


class _Tails(NamedTuple):
    """What stands behind the customer id in a line."""

    texts: pl.Series
    """Each different one once."""
    need_quotes: npt.NDArray[np.bool_]
    """Whether a cell of it needs them."""
    places: npt.NDArray[np.int32]
    """Which of them the lines of each outcome have."""


class DroppedCsv(HashedFile):
    """The dropped list in CSV."""

    def __init__(self, wanted: DroppedToWrite) -> None:
        head = ",".join(dropped_columns(wanted.labels)) + "\n"
        super().__init__(wanted.folder / f"{wanted.name}.csv", head.encode())
        self._labels = wanted.labels
        self._tails = MadeOnce(self._ends)

    def prepare(self, rows: DecidedRows) -> tuple[bytes | memoryview, int]:
        """Make the lines of the dropped rows of a decided part, and count them."""
        dropped = rows.dropped()
        lines = self._unquoted_lines(dropped)
        return (self._lines(dropped) if lines is None else lines), dropped.height

    def _lines(self, dropped: DecidedRows) -> bytes:
        buffer = io.BytesIO()
        dropped_rows(dropped, self._labels).write_csv(buffer, include_header=False)
        return buffer.getvalue()

    def add(self, rows: DecidedRows, prepared: tuple[bytes | memoryview, int]) -> None:  # noqa: ARG002
        """Add the dropped rows of a decided part, in order."""
        lines, count = prepared
        self.write(count, lines)

    def _unquoted_lines(self, dropped: DecidedRows) -> memoryview | None:
        """Return the lines of dropped rows; None where a cell needs quotes."""
        ids, tails = dropped.persons["customer_id"], self._tails.of(dropped.outcomes)
        places = values_of(dropped.places, tails.places)
        if not dropped.height or values_of(places, tails.need_quotes).any() or need_quotes(ids):
            return None
        return numbered(dropped.row, ids, tails.texts, places)

    def _ends(self, outcomes: RowOutcomes) -> _Tails:
        (told, places), labels = different(outcomes.frame.select("product", "reason", "callable_until")), self._labels
        ends = told.select(
            pl.concat_str(
                pl.lit(""),
                "product",
                REASON_NAMES.gather(told["reason"]),
                pl.col("callable_until").cast(pl.String).fill_null(""),
                *([] if labels is None else [labels.gather(told["reason"]).alias(LABEL)]),
                separator=",",
            )
            + "\n"
        )
        return _Tails(ends.to_series(), each_needs_quotes(told["product"]).to_numpy(), places)
