"""The callable rows of a part as they will be published, which wait on disk until duplicates are settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.texts import Bytes, Offsets, Packed, put_away, taken_out

ROW = "\0row"
"""The column of a frame with the row number; no file can have a column of that name."""
Rows = npt.NDArray[np.uint64]


@dataclass(frozen=True, repr=False)
class RenderedFrame:
    """Rows as columns: the row number, then `line` for CSV, or every column for Parquet."""

    frame: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    def without(self, rows: Rows) -> RenderedFrame:
        """Return them without some rows, named by their sorted numbers."""
        return RenderedFrame(self.frame.filter(_others(self.frame[ROW].to_numpy(), rows)))

    def put_away(self, path: Path) -> Callable[[], RenderedFrame]:
        """Write them to a file, and give what reads them back."""
        self.frame.write_ipc(path)
        return lambda: RenderedFrame(pl.read_ipc(path))


@dataclass(frozen=True, repr=False)
class RenderedLines:
    """Rows as the text of a CSV file, in UTF-8."""

    row: Rows
    lines: Packed
    """With their line ends."""

    def __len__(self) -> int:
        return len(self.row)

    def without(self, rows: Rows) -> RenderedLines:
        """Return them without some rows, named by their sorted numbers."""
        kept = np.flatnonzero(_others(self.row, rows).to_numpy())
        return RenderedLines(self.row[kept], self.lines.gather(kept))

    def put_away(self, path: Path) -> Callable[[], RenderedLines]:
        """Write them to a file, and give what reads them back."""
        put_away(path, self.row, self.lines.offsets, self.lines.text)
        return lambda: _lines(*taken_out(path, 3))


def _lines(row: Rows, offsets: Offsets, text: Bytes) -> RenderedLines:
    return RenderedLines(row, Packed(offsets, text))


Rendered = RenderedFrame | RenderedLines


def _others(all_rows: Rows, rows: Rows) -> pl.Series:
    stays = np.ones(len(all_rows), dtype=np.bool_)
    stays[np.searchsorted(all_rows, rows)] = False
    return pl.Series(stays)
