"""The text files of a run while they are written: hashed as they grow, private, and on disk before they count."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from balansfilter.decision.reasons import REASONS
from balansfilter.fs.private import EarlySync, open_private
from balansfilter.native import loops_for
from balansfilter.native.combinations import combinations
from balansfilter.native.texts import Packed

DROPPED = "dropped.csv"
DROPPED_COLUMNS = ("row", "customer_id", "product", "reason", "callable_until")
"""The columns of the dropped list."""

LABEL = "reason_label"
"""The column with what people call the reason, where the site names a language."""

REASON_NAMES = pl.Series(["", *REASONS])
"""The name of each reason by its code."""


@dataclass(frozen=True)
class WrittenFile:
    """A file of a run, as it lies on disk."""

    name: str
    sha256: str
    bytes: int
    rows: int


class TextFile:
    """A text file, written in parts."""

    def __init__(self, path: Path, head: bytes) -> None:
        """Begin the file with its head.

        :raises OSError: it cannot be written.
        """
        self._path = path
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._rows = 0
        self._file = os.fdopen(open_private(path, os.O_WRONLY | os.O_TRUNC), "wb", buffering=0)
        self._sync = EarlySync(self._file.fileno(), path.name)
        self.write(head, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sync.close()
        self._file.close()

    def write(self, data: bytes | memoryview, rows: int) -> None:
        """Add bytes that hold so many rows."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
        self._sync.written(len(data))
        self._digest.update(data)
        self._bytes += len(data)
        self._rows += rows

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is."""
        self._sync.finish()
        return WrittenFile(self._path.name, self._digest.hexdigest(), self._bytes, self._rows)


def dropped_file(folder: Path, labels: pl.Series | None = None) -> TextFile:
    """Begin the dropped list; with the labels of reasons, it has a column for them."""
    columns = DROPPED_COLUMNS if labels is None else (*DROPPED_COLUMNS, LABEL)
    return TextFile(folder / DROPPED, (",".join(columns) + "\n").encode())


def dropped_lines(
    rows: pl.DataFrame, customer_id: pl.Series | Packed, labels: pl.Series | None = None
) -> tuple[bytes | memoryview, int]:
    """Return the dropped rows of a decided part as CSV, and their number.

    :param customer_id: the customer id of each row.
    :param labels: what people call each reason, by its code, for a column of its own; none of them has to be quoted.
    """
    is_dropped = rows["reason"] > 0
    dropped = rows.select("row", "product", "reason", "callable_until").filter(is_dropped)
    if isinstance(customer_id, Packed):
        ids = customer_id.gather(np.flatnonzero(is_dropped.to_numpy()))
        lines = _compiled_lines(dropped, ids, labels)
        if lines is not None:
            return lines, dropped.height
        dropped = dropped.with_columns(ids.series("customer_id"))
    else:
        dropped = dropped.with_columns(customer_id.filter(is_dropped).alias("customer_id"))
    reason = REASON_NAMES.gather(dropped["reason"])
    buffer = io.BytesIO()
    told = [reason.alias("reason")] + ([] if labels is None else [labels.gather(dropped["reason"]).alias(LABEL)])
    columns = DROPPED_COLUMNS if labels is None else (*DROPPED_COLUMNS, LABEL)
    dropped.with_columns(told).select(columns).write_csv(buffer, include_header=False)
    return buffer.getvalue(), dropped.height


def _compiled_lines(dropped: pl.DataFrame, ids: Packed, labels: pl.Series | None) -> memoryview | None:
    """Return the lines of dropped rows; None where compiled loops are not worth it, or a cell has to be quoted."""
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
