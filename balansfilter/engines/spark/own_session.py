"""A call list that is a frame of Spark: read by the workers, decided, and handed back with what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.exceptions import DuplicateError

from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import REASONS
from balansfilter.engines.interface import schemas
from balansfilter.engines.native_frames import refuse_taken
from balansfilter.engines.read_tables import Readable
from balansfilter.engines.spark.cell_reader import PLACE, CellReader
from balansfilter.engines.spark.engine import decided_on
from balansfilter.engines.spark.spark_tables import SparkFrame, read_back
from balansfilter.errors import UsageError
from balansfilter.frozen import dataclass
from balansfilter.policy.law import GROUNDS
from balansfilter.remote.spark import deciding


def is_of_spark(frame: Any) -> bool:
    """Return whether a frame is one of Spark, of a session of its own or of one behind Spark Connect."""
    try:
        kind = nw.from_native(frame).implementation
    except (TypeError, DuplicateError):
        return False
    return bool(kind.is_pyspark() or kind.is_pyspark_connect())


@dataclass(frozen=True)
class SparkList:
    """A call list as a frame of Spark."""

    frame: SparkFrame
    order: tuple[str, ...]
    """The columns that tell which row comes first."""

    @classmethod
    def of(cls, frame: SparkFrame, order_by: str | Sequence[str] | None) -> SparkList:
        """Take a frame.

        :raises UsageError: its order is not known.
        """
        if order_by is None:
            raise UsageError("a frame of pyspark has no order: say with `order_by` which row comes first")
        order = (order_by,) if isinstance(order_by, str) else tuple(order_by)
        if missing := [name for name in order if name not in frame.columns]:
            raise UsageError(f"the frame has no column {missing[0]!r} to order by")
        return cls(frame, order)

    def refuse_columns(self, added: Mapping[str, str]) -> None:
        """Make sure that no column is added that the frame has itself; Spark knows no capitals in names.

        :raises UsageError: there is one.
        """
        own = {name.casefold() for name in self.frame.columns}
        refuse_taken(name for name in (*added.values(), PLACE) if name.casefold() in own)

    def decided(  # noqa: PLR0913 - what a decision hangs on
        self,
        reader: CellReader,
        tables: Readable,
        plan: Plan,
        register_until: date | None,
        added: Mapping[str, str],
        hours: str | None,
    ) -> SparkFrame:
        """Return the frame with what was decided of each row: computed, and kept in the session until it is let go.

        :param added: what is added, and the name of its column.
        :param hours: the hours in which calls are made.
        :raises UsageError: the order does not tell all rows apart.
        :raises SourceError: a column is missing, or its cells have no plain text.
        :raises EngineError: Spark could not decide the list.
        """
        self.refuse_columns(added)
        session = self.frame.sparkSession
        with deciding():
            reader.read(self._empty(reader.columns))
            placed = self.frame.withColumn(PLACE, self._place())
            self._refuse_unordered(placed)
            asked = placed.select(PLACE, *(_column(name) for name in reader.columns))
            cells = asked.mapInArrow(reader, reader.schema(placed.schema[PLACE].dataType.simpleString()))
            if plan.limits_attempts or plan.asks_for_use:
                cells.persist()  # asked for more than once; let go of with its view
            others = {name: schema for name, schema in schemas(plan).items() if name != "cells"}
            read = {"cells": cells, **read_back(session, tables, others)}
            with decided_on(session, read, plan, register_until) as listed:
                told = _told(placed, listed.frames["decisions"], plan, added, hours).persist()
                told.count()
        return told

    def _empty(self, columns: Sequence[str]) -> pl.DataFrame:
        """Return no rows of the list, to see whether its columns can be read."""
        there = [_column(name) for name in columns if name in self.frame.columns]
        return pl.DataFrame(self.frame.select(*there).limit(0).toArrow())

    def _place(self) -> Any:
        """Return what orders the rows: the values of the columns, an empty one after all others."""
        from pyspark.sql import functions

        pairs = [(functions.isnull(_column(name)), _column(name)) for name in self.order]
        return functions.struct(
            *(part.alias(f"{kind}{i}") for i, pair in enumerate(pairs) for kind, part in zip("ev", pair, strict=True))
        )

    def _refuse_unordered(self, placed: SparkFrame) -> None:
        from pyspark.sql.functions import expr

        if not placed.groupBy(PLACE).count().where(expr("count > 1")).isEmpty():
            raise UsageError("`order_by` does not tell all rows apart: name more columns")


def _told(placed: SparkFrame, decisions: SparkFrame, plan: Plan, added: Mapping[str, str], hours: str | None) -> Any:
    """Return a list with the columns to add, and without the numbers of callable rows that may not be called."""
    from pyspark.sql import functions as f

    of_row = decisions.withColumnRenamed("row", PLACE).select(
        PLACE, *(_column(name).alias(f"{PLACE}_{name}") for name in decisions.columns if name != "row")
    )
    reason, basis = f.col(f"{PLACE}_reason"), f.col(f"{PLACE}_basis")
    callable_ = reason == 0
    made = {
        "reason": _named(reason, REASONS),
        "basis": _named(basis, GROUNDS),
        "callable_until": f.col(f"{PLACE}_callable_until"),
        "phone_e164": f.when(callable_, f.concat(f.lit("+"), f.col(f"{PLACE}_first_number").cast("string"))),
        "call_window": f.when(callable_, f.lit(hours)).cast("string"),
    }
    both = placed.join(of_row, PLACE, "left")
    kept = {name: _column(name) for name in placed.columns if name != PLACE}
    for i, phone in enumerate(plan.phones):
        kept[phone] = f.when(~(callable_ & ~f.col(f"{PLACE}_may_call_{i}")), kept[phone])
    columns = [column.alias(name) for name, column in kept.items()]
    return both.select(*columns, *(made[fact].alias(name) for fact, name in added.items()))


def _named(code: Any, names: Sequence[str]) -> Any:
    from pyspark.sql import functions as f

    return f.when(code > 0, f.element_at(f.array(*(f.lit(name) for name in names)), code.cast("int")))


def _column(name: str) -> Any:
    from pyspark.sql import functions as f

    return f.col("`" + name.replace("`", "``") + "`")
