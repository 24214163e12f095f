"""What the cells of a list say, read on the workers: Arrow batches go in, and facts come out.

It is sent to the workers as the name of this module and what it is asked, so that balansfilter is installed there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.engines.interface import cells_schema
from balansfilter.engines.polars.row_facts import customer_ids, read_cells
from balansfilter.engines.spark.spark_tables import signed, written_schema
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.held import Noted
from balansfilter.frozen import dataclass
from balansfilter.policy.model import CallList
from balansfilter.sources.frame import chunk_of

PLACE = "balansfilter_place"
"""The column that tells which row it is, and comes first among equals by its order."""


@dataclass(frozen=True)
class CellReader:
    """Reads batches of a call list: the column `PLACE`, and those that the policy names."""

    plan: Plan
    spec: CallList
    zone: ZoneInfo
    columns: tuple[str, ...]

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Return what the cells of each batch say, with `PLACE` as `row`."""
        for batch in batches:
            place = batch.column(batch.schema.get_field_index(PLACE))
            said = self.read(pl.DataFrame(batch.drop_columns([PLACE])))
            for part in signed(said).to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches(batch.num_rows):
                yield part.add_column(0, "row", place)

    def read(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return what the cells of a frame say.

        :raises SourceError: a column is missing, or its cells have no plain text.
        """
        chunk = chunk_of(frame, self.spec, "call_list", self.columns, self.zone)
        ids = customer_ids(self.plan, self.spec.columns, chunk)
        cells = read_cells(self.plan, self.spec, DateReader.of(self.spec, self.zone), Noted(), chunk)
        kinds = self._kinds.items()
        return cells.with_columns(ids.key.alias("key")).select(pl.col(name).cast(kind) for name, kind in kinds)

    def schema(self, place: str) -> str:
        """Return the columns that come out, as Spark writes them.

        :param place: the type of the column `PLACE`.
        """
        return f"row {place}, {written_schema(self._kinds)}"

    @property
    def _kinds(self) -> dict[str, pl.DataType]:
        """The columns that are read, all but `row`."""
        return {name: kind for name, kind in cells_schema(self.plan).items() if name != "row"}
