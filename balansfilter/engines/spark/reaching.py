"""How far an objection reaches, as :mod:`balansfilter.engines.polars.reach` says it, in a list on Spark.

Spark counts and looks up; who is looked for next is worked out in the memory of the driver, which grows with the people
who objected and not with the list.
"""

from __future__ import annotations

import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.engines.polars.reach import MOST_ROWS
from balansfilter.engines.spark import sql
from balansfilter.engines.spark.spark_tables import Frames, from_spark
from balansfilter.frozen import dataclass

_FEW = pl.col("rows_of") <= MOST_ROWS


@dataclass(frozen=True)
class Reach:
    """What was found of the objections in a list."""

    shared_ids: int = 0
    shared_numbers: int = 0
    """The rows of objectors with an id, or a number, that more rows share than one person has."""


def find_reached(frames: Frames, plan: Plan) -> Reach:
    """Find the rows that an objection reaches beyond those that it hits, and put them as `reached`; `found` as well."""
    found = from_spark(frames.asked(sql.found(plan)))
    frames.add("found", found)
    if not plan.reaches_person or (not found.height and frames["calls"].isEmpty()):
        frames.put("reached", frames.asked(sql.NOBODY))
        return Reach()
    wide = found.filter(~_FEW)
    frames.add("wide_keys", wide.select(pl.col("key").drop_nulls()))
    frames.add("wide_numbers", wide.select(pl.col("number").drop_nulls()))
    frames.put("row_callable", frames.asked(sql.row_callable(plan)))
    people, of_keys = _by_key(frames, plan, wide)
    numbers = pl.concat([people, _called_on(frames)]).unique().drop_nulls()
    frames.add("their_numbers", numbers.to_frame())
    of_numbers = from_spark(frames.asked(sql.ROWS_OF_NUMBERS)) if len(numbers) else _no_counts("number", pl.Int64)
    frames.add("few_numbers", of_numbers.filter(_FEW).select("number"))
    frames.put("reached", frames.asked(sql.REACHED), keep=True)
    return Reach(
        _rows_of(wide.filter(pl.col("key").is_not_null())) + _rows_of(of_keys.filter(~_FEW)),
        _rows_of(wide.filter(pl.col("number").is_not_null())) + _rows_of(of_numbers.filter(~_FEW)),
    )


def _rows_of(counts: pl.DataFrame) -> int:
    return int(counts["rows_of"].sum())


def _by_key(frames: Frames, plan: Plan, wide: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """Put the rows with the id of a hit as `of_keys`.

    Return their numbers and those of the hits that nobody named, and in how many rows each id stands.
    """
    frames.put("near", frames.asked(sql.near(plan)), keep=True)
    near = from_spark(frames["near"].drop("row"))
    keys = near.select(pl.col("key").unique()).filter(pl.col("key") != "")
    keys = keys.join(wide.select("key").drop_nulls(), on="key", how="anti")
    frames.add("their_keys", keys)
    counts = from_spark(frames.asked(sql.ROWS_OF_KEYS)) if keys.height else _no_counts("key", pl.String)
    frames.add("few_keys", counts.filter(_FEW).select("key"))
    frames.put("of_keys", frames.asked(sql.of_keys(plan)), keep=True)
    others = from_spark(frames["of_keys"].drop("row")) if keys.height else near.clear()
    numbers = [frame[f"number_{i}"] for frame in (near, others) for i in range(len(plan.phones))]
    numbers.append(from_spark(frames.asked(sql.THEIR_HIDDEN))["number"])
    return pl.concat([number.alias("number") for number in numbers]), counts


def _called_on(frames: Frames) -> pl.Series:
    """Return the numbers of calls to those people that nobody named, but to who was called on very many."""
    if frames["calls"].isEmpty():
        return pl.Series("number", dtype=pl.Int64)
    calls = from_spark(frames.asked(sql.CALLED_ON))
    return calls.filter((pl.len().over("key") <= MOST_ROWS) & ~pl.col("objected"))["number"]


def _no_counts(name: str, kind: type[pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema={name: kind, "rows_of": pl.Int64})
