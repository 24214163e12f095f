"""The list of a run, decided on Spark: the workers read what was read of the sources, and write the decisions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
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
from balansfilter.frozen import dataclass
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
    """Decisions in Parquet files, each of some rows that follow each other, as do the files."""

    files: tuple[Path, ...]
    first_rows: tuple[int, ...]
    """The first row in each, so that no other file is opened for a row."""
    kinds: dict[str, type[pl.DataType]]

    @classmethod
    def of(cls, folder: Path, plan: Plan) -> PartDecisions:
        """Take the files that Spark wrote.

        :raises EngineError: Spark did not write to a folder that this machine sees.
        """
        if not (folder / "_SUCCESS").exists():
            raise EngineError(f"what the workers of Spark wrote is not in {folder}: they need the same file system")
        kinds = {name: _KINDS.get(name, pl.Boolean) for name in decisions_columns(plan)}
        begun = [(path, _first_row(path)) for path in sorted(folder.glob("*.parquet"))]
        held = [(path, row) for path, row in begun if row is not None]
        return cls(tuple(path for path, _ in held), tuple(row for _, row in held), kinds)

    def between(self, first: int, last: int) -> pl.DataFrame:
        """Return the decisions of the rows from one number to another, both included.

        :raises EngineError: what Spark wrote was changed.
        """
        held = self.files[max(0, bisect_right(self.first_rows, first) - 1) : bisect_right(self.first_rows, last)]
        if not held:
            return pl.DataFrame(schema=self.kinds)
        with _readable():
            found = pl.scan_parquet(list(held)).filter(pl.col("row").is_between(first, last))
            return found.select(pl.col(name).cast(kind) for name, kind in self.kinds.items()).sort("row").collect()


def _first_row(path: Path) -> int | None:
    """Return the first row in a file; None where it has none."""
    with _readable():
        return next(iter(pl.scan_parquet(path).select(pl.col("row").head(1)).collect()["row"]), None)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError):
        raise EngineError("what Spark wrote cannot be read back; nothing is published") from None
