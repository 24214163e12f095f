"""The dropped list in CSV: always in UTF-8, with commas, whatever the call list is written as."""

from __future__ import annotations

import io

import polars as pl

from balansfilter.fs.hashed_file import HashedFile
from balansfilter.native.combinations import combinations
from balansfilter.native.line_loops import need_quotes, numbered
from balansfilter.publish.dropped_rows import (
    LABEL,
    REASON_NAMES,
    DroppedToWrite,
    dropped_columns,
    dropped_rows,
    only_dropped,
)


class DroppedCsv(HashedFile):
    """The dropped list in CSV."""

    def __init__(self, wanted: DroppedToWrite) -> None:
        head = ",".join(dropped_columns(wanted.labels)) + "\n"
        super().__init__(wanted.folder / f"{wanted.name}.csv", head.encode())
        self._labels = wanted.labels

    def prepare(self, rows: pl.DataFrame) -> tuple[bytes | memoryview, int]:
        """Make the lines of the dropped rows of a decided part, and count them."""
        dropped = only_dropped(rows)
        lines = _unquoted_lines(dropped, self._labels)
        return (self._lines(dropped) if lines is None else lines), dropped.height

    def _lines(self, dropped: pl.DataFrame) -> bytes:
        buffer = io.BytesIO()
        dropped_rows(dropped, self._labels).write_csv(buffer, include_header=False)
        return buffer.getvalue()

    def add(self, rows: pl.DataFrame, prepared: tuple[bytes | memoryview, int]) -> None:  # noqa: ARG002
        """Add the dropped rows of a decided part, in order."""
        self.write(*prepared)


def _unquoted_lines(dropped: pl.DataFrame, labels: pl.Series | None) -> memoryview | None:
    """Return the lines of dropped rows; None where a cell needs quotes, or the ends of the lines are not few."""
    if not dropped.height or not isinstance(dropped["product"].dtype, pl.Enum):
        return None
    combined = combinations(dropped.select("product", "reason", "callable_until"))
    if combined is None:
        return None
    different, places = combined
    if need_quotes(dropped["customer_id"]) or need_quotes(different["product"].cast(pl.String)):
        return None
    tails = different.select(
        pl.concat_str(
            pl.lit(""),
            "product",
            REASON_NAMES.gather(different["reason"]),
            pl.col("callable_until").cast(pl.String).fill_null(""),
            *([] if labels is None else [labels.gather(different["reason"]).alias(LABEL)]),
            separator=",",
        )
        + "\n"
    )
    return numbered(dropped["row"], dropped["customer_id"], tails.to_series(), places)
