"""The dropped list in CSV: always in UTF-8, with commas, whatever the call list is written as."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from balansfilter.native import loops_for
from balansfilter.native.combinations import combinations
from balansfilter.native.texts import Packed
from balansfilter.publish.dropped_rows import (
    LABEL,
    REASON_NAMES,
    DroppedToWrite,
    dropped_columns,
    dropped_rows,
    only_dropped,
)
from balansfilter.publish.list_files import TextFile


class DroppedCsv(TextFile):
    """The dropped list in CSV."""

    def __init__(self, wanted: DroppedToWrite) -> None:
        head = ",".join(dropped_columns(wanted.labels)) + "\n"
        super().__init__(wanted.folder / "dropped.csv", head.encode())
        self._labels = wanted.labels

    def prepare(self, rows: pl.DataFrame, customer_id: pl.Series | Packed) -> Callable[[], None]:
        """Make the lines of the dropped rows of a decided part, and return what adds them."""
        dropped, ids = only_dropped(rows, customer_id)
        lines = _compiled_lines(dropped, ids, self._labels) if isinstance(ids, Packed) else None
        if lines is None:
            buffer = io.BytesIO()
            dropped_rows(dropped, ids, self._labels).write_csv(buffer, include_header=False)
            lines = buffer.getbuffer()
        return partial(self.write, lines, dropped.height)


def _compiled_lines(dropped: pl.DataFrame, ids: Packed, labels: pl.Series | None) -> memoryview | None:
    """Return the lines of dropped rows; None where loops are not worth it, or a cell needs quotes."""
    loops, product = loops_for("text_loops", dropped.height), dropped["product"]
    if loops is None or not isinstance(product.dtype, pl.Enum):
        return None
    combined = combinations(dropped.select("product", "reason", "callable_until"))
    if combined is None:
        return None
    different, places = combined
    products = Packed.of(different["product"].cast(pl.String))
    if any(loops.needs_quotes(packed.text, packed.offsets) for packed in (ids, products)):
        return None
    tail = different.select(
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
    tails = Packed.of(tail.to_series())
    digits = len(str(dropped["row"][-1]))
    tail_bytes = int((tails.offsets[1:] - tails.offsets[:-1])[places].sum())
    out = np.empty(dropped.height * (digits + 1) + len(ids.text) + tail_bytes, np.uint8)
    numbers = dropped["row"].to_numpy()
    size = loops.number_lines(numbers, ids.text, ids.offsets, tails.text, tails.offsets, places, out)
    return out[:size].data
