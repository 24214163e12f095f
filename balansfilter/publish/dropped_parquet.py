"""The dropped list in Parquet: the row as a whole number, the last callable day as a day, all else text."""

from __future__ import annotations

import polars as pl

from balansfilter.decided.outcomes import DecidedRows
from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.parquet_writer import ParquetWriter
from balansfilter.publish.dropped_rows import DroppedToWrite, dropped_columns, dropped_rows


class DroppedParquet(ParquetWriter):
    """The dropped list in Parquet."""

    def __init__(self, wanted: DroppedToWrite) -> None:
        typed = {"row": pl.Int64, "callable_until": pl.Date}
        schema = pl.Schema({name: typed.get(name, pl.String) for name in dropped_columns(wanted.labels)})
        super().__init__(wanted.folder / f"{wanted.name}.parquet", schema)
        self._labels = wanted.labels
        self._rows = 0

    def prepare(self, rows: DecidedRows) -> pl.DataFrame:
        """Gather the dropped rows of a decided part."""
        return dropped_rows(rows.dropped(), self._labels)

    def add(self, rows: DecidedRows, prepared: pl.DataFrame) -> None:  # noqa: ARG002
        """Add the dropped rows of a decided part, in order."""
        self._rows += prepared.height
        self.write(prepared)

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is."""
        self.close()
        return WrittenFile(self.path.name, self.sha256, self.path.stat().st_size, self._rows)
