"""The dropped list in Parquet: the row as a whole number, the last callable day as a day, all else text."""

from __future__ import annotations

import polars as pl

from balansfilter.decided.outcomes import DecidedRows, MadeOnce, RowOutcomes
from balansfilter.fs.frames_file import FramesFile, Ready, are_few
from balansfilter.fs.parquet_columns import Ranked, chosen_chunks
from balansfilter.fs.row_groups import row_group
from balansfilter.fs.zstd import zstd
from balansfilter.publish.dropped_rows import LABEL, REASON_NAMES, DroppedToWrite, dropped_columns, dropped_rows


class DroppedParquet(FramesFile):
    """The dropped list in Parquet."""

    def __init__(self, wanted: DroppedToWrite) -> None:
        typed = {"row": pl.Int64, "callable_until": pl.Date}
        schema = pl.Schema({name: typed.get(name, pl.String) for name in dropped_columns(wanted.labels)})
        super().__init__(wanted.folder / f"{wanted.name}.parquet", schema, ascending=("row",))
        self._labels = wanted.labels
        self._told = MadeOnce(self._ranked)

    def prepare(self, rows: DecidedRows) -> Ready:
        """Gather the dropped rows of a decided part, and return them as they are written."""
        dropped = rows.dropped()
        if are_few(dropped.height):
            return self.made(dropped_rows(dropped, self._labels).to_dict())
        columns, compress = chosen_chunks(self._told.of(dropped.outcomes), dropped.places), zstd()
        for name, column in (("row", dropped.row.cast(pl.Int64)), ("customer_id", dropped.persons["customer_id"])):
            columns[name] = self.chunk(name, column)
        return [row_group({name: column.in_zstd(compress) for name, column in columns.items()})]

    def add(self, rows: DecidedRows, prepared: Ready) -> None:  # noqa: ARG002
        """Add the dropped rows of a decided part, in order."""
        self.put(prepared)

    def _ranked(self, outcomes: RowOutcomes) -> dict[str, Ranked]:
        """Return what a line says of an outcome, by the names of its columns."""
        told = outcomes.frame
        columns = [told["product"], told["callable_until"], REASON_NAMES.gather(told["reason"]).alias("reason")]
        columns += [] if self._labels is None else [self._labels.gather(told["reason"]).alias(LABEL)]
        return {column.name: Ranked.of(column) for column in columns}
