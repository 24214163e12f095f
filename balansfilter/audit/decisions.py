"""The decisions of a run: one line a row of the call list, in Parquet, with keyed hashes instead of people."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from balansfilter.audit.keys import AuditKey
from balansfilter.compiled.texts import Packed
from balansfilter.parquet import ParquetWriter
from balansfilter.plan import REASONS, Plan
from balansfilter.policy.law import GROUNDS

_DECISION = pl.Enum(("callable", "dropped"))
_DECISIONS = pl.Series(("callable", "dropped"), dtype=_DECISION)
_REASONS = pl.Series([None, *REASONS], dtype=pl.Enum(REASONS))
_GROUNDS = pl.Series([None, *GROUNDS], dtype=pl.Enum(GROUNDS))


def decisions_schema(plan: Plan) -> pl.Schema:
    """Give the columns of a decisions file.

    `row`: number of the row, from 1. `customer`: keyed hash, 16 bytes, of the trimmed customer id; null where it is
    empty. `number_1`, …: that of the number in each phone column, in E.164 with the plus sign; null where it is not
    valid. `product`: as in the list. `decision`: callable or dropped. `basis`: the ground, of a callable row. `reason`:
    of a dropped one. `anchor`: the day from which the term counts. `callable_until`: the last callable day.
    `balanstest`: the one that holds for the product.
    """
    numbers: dict[str, pl.DataType | type[pl.DataType]] = {
        f"number_{i}": pl.Binary for i in range(1, len(plan.phones) + 1)
    }
    return pl.Schema(
        {"row": pl.UInt64, "customer": pl.Binary}
        | numbers
        | {"product": pl.String, "decision": _DECISION, "basis": _GROUNDS.dtype, "reason": _REASONS.dtype}
        | {"anchor": pl.Date, "callable_until": pl.Date, "balanstest": _balanstests(plan).dtype}
    )


def decisions_file(path: Path, plan: Plan) -> ParquetWriter:
    """Begin a decisions file.

    It is not compressed: most of it is keyed hashes, which cannot be, and which take longest to try.
    """
    return ParquetWriter(path, decisions_schema(plan), compressed=False)


def pseudonymised(rows: pl.DataFrame, customer_id: pl.Series | Packed, plan: Plan, key: AuditKey) -> pl.DataFrame:
    """Give decided rows, with their customer ids, as they go into the decisions file."""
    numbers = [key.hashes_of_numbers(rows[f"number_{i}"]).alias(f"number_{i + 1}") for i in range(len(plan.phones))]
    return rows.select(
        "row",
        _customers(customer_id, key).alias("customer"),
        *numbers,
        pl.col("product").cast(pl.String),
        _DECISIONS.gather((rows["reason"] > 0).cast(pl.UInt32)).alias("decision"),
        _GROUNDS.gather(rows["basis"]).alias("basis"),
        _REASONS.gather(rows["reason"]).alias("reason"),
        "anchor",
        "callable_until",
        _balanstests(plan).gather(rows["window"]).alias("balanstest"),
    )


def _customers(customer_id: pl.Series | Packed, key: AuditKey) -> pl.Series:
    """Give the keyed hash of each customer id; null where it is empty."""
    if isinstance(customer_id, Packed):
        return key.hashes_of_packed(customer_id)
    return key.hashes(customer_id.set(customer_id == "", None))


def _balanstests(plan: Plan) -> pl.Series:
    """Give the ids of the balanstests, in the order of the plan's windows."""
    ids = [window.id for window in plan.windows]
    return pl.Series(ids, dtype=pl.Enum(ids))
