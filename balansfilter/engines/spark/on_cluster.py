"""The list of a run, decided on Spark: the workers read what was read of the sources, and write the decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.engines.interface import decisions_columns, schemas
from balansfilter.engines.polars.reach import ReachedRows
from balansfilter.engines.read_tables import Readable
from balansfilter.engines.spark import sql
from balansfilter.engines.spark.engine import Decided, decided_on
from balansfilter.engines.spark.spark_tables import from_spark, read_back
from balansfilter.errors import EngineError
from balansfilter.evidence.remarks import SomeRows
from balansfilter.remote.spark import deciding, session_for

_KINDS: dict[str, type[pl.DataType]] = {
    "row": pl.UInt64, "reason": pl.UInt8, "basis": pl.UInt8, "callable_until": pl.Date, "anchor": pl.Date,
    "window": pl.Int16, "first_number": pl.UInt64,
}  # fmt: skip
"""The columns of a decision; of each number there is whether it may be called as well."""


@dataclass
class Spark:
    """An engine over tables of what was read, in a folder that the driver and all workers find in the same place."""

    tables: Readable
    folder: Path
    """Where the decisions go."""
    master: str | None = None
    """Where Spark runs; None for this machine alone. Not looked at where a session is active."""
    seen: dict[str, tuple[int | None, int]] = field(default_factory=dict)
    """Of each source of objections, and the register, how many of its ids and numbers stand in the list."""
    reached: ReachedRows = field(default_factory=lambda: ReachedRows(np.empty(0, np.uint64), SomeRows(), SomeRows()))
    """The rows that an objection reaches beyond those that it hits."""

    def decide(self, plan: Plan, register_until: date | None) -> PartDecisions:
        """Decide every row: by itself, by how far objections reach, and against its duplicates.

        :raises EngineError: Spark could not.
        """
        parts = self.folder / "spark"
        with session_for(self.master) as session, deciding():
            tables = read_back(session, self.tables, schemas(plan))
            with decided_on(session, tables, plan, register_until) as decided:
                ordered = decided.frames["decisions"].repartitionByRange("row").sortWithinPartitions("row")
                ordered.write.parquet(parts.resolve().as_uri())
                self._count(decided, plan)
        return PartDecisions.of(parts, plan)

    def _count(self, decided: Decided, plan: Plan) -> None:
        """Count what is worth a look in the list, beside the decisions."""
        frames, reached = decided
        for role, ids, numbers in from_spark(frames.asked(sql.SEEN)).iter_rows():
            self.seen[role] = (ids, numbers)
        if plan.screens:
            self.seen["register"] = (None, int(frames.asked(sql.listed(plan)).first()["found"] or 0))
        rows = from_spark(frames["reached"].sort("row"))["row"].cast(pl.UInt64).to_numpy()
        self.reached = ReachedRows(rows, SomeRows(reached.shared_ids), SomeRows(reached.shared_numbers))


@dataclass(frozen=True)
class PartDecisions:
    """Decisions in Parquet files, each of some rows that follow each other."""

    decided: pl.LazyFrame

    @classmethod
    def of(cls, folder: Path, plan: Plan) -> PartDecisions:
        """Take the files that Spark wrote.

        :raises EngineError: Spark did not write to a folder that this machine sees.
        """
        if not (folder / "_SUCCESS").exists():
            raise EngineError(f"what the workers of Spark wrote is not in {folder}: they need the same file system")
        kinds = {name: _KINDS.get(name, pl.Boolean) for name in decisions_columns(plan)}
        files = sorted(folder.glob("*.parquet"))
        if not files:
            return cls(pl.LazyFrame(schema=kinds))
        return cls(pl.scan_parquet(files).select(pl.col(name).cast(kind) for name, kind in kinds.items()))

    def between(self, first: int, last: int) -> pl.DataFrame:
        """Return the decisions of the rows from one number to another, both included.

        :raises EngineError: what Spark wrote was changed.
        """
        try:
            return self.decided.filter(pl.col("row").is_between(first, last)).sort("row").collect()
        except (pl.exceptions.PolarsError, OSError):
            raise EngineError("what Spark wrote cannot be read back; nothing is published") from None
