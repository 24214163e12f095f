"""The decision on Spark: frames of what was read go in, the decision of each row comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any, NamedTuple

import narwhals as nw
import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.engines.by_rules import decided_by_rules
from balansfilter.engines.interface import decisions_columns
from balansfilter.engines.spark import sql
from balansfilter.engines.spark.reaching import Reach, find_reached
from balansfilter.engines.spark.spark_tables import Frames, SparkFrame, to_spark

WORDS = SimpleNamespace(**{name: getattr(nw, name) for name in nw.__all__} | {"UInt8": nw.Int16})
"""The vocabulary of the rules; Spark has no unsigned numbers."""


class Decided(NamedTuple):
    """A list that was decided."""

    frames: Frames
    """Among them `decisions`, `decided` (each row by itself) and `reached`."""
    reached: Reach
    """What was found of the objections in it."""


@contextmanager
def decided_on(
    session: Any, tables: Mapping[str, SparkFrame], plan: Plan, register_until: date | None
) -> Iterator[Decided]:
    """Decide every row: by itself, by how far objections reach, and against its duplicates.

    Afterwards what the decisions rest on is let go.
    """
    frames = Frames(session, {**tables, **_plan_tables(session, plan)})
    try:
        for name, query in sql.people(plan):
            frames.put(name, frames.asked(query))
        facts = frames.asked(sql.facts(plan))
        frames.put("decided", _by_itself(facts, plan, register_until), keep=True)
        reached = find_reached(frames, plan)
        if plan.keep_latest:
            frames.put("contending", frames.asked(sql.CONTENDING))
            frames.put("winners", frames.asked(sql.WINNERS))
        frames.put("decisions", frames.asked(sql.settled(plan)))
        yield Decided(frames, reached)
    finally:
        frames.let_go()


def _plan_tables(session: Any, plan: Plan) -> dict[str, SparkFrame]:
    """Return the plan as two small tables: the balanstests, and which of them holds for each product."""
    spans = [sql.months_and_days(window.max_term) for window in plan.windows]
    windows = pl.DataFrame(
        {
            "place": range(len(plan.windows)),
            "earliest_anchor": [window.earliest_anchor for window in plan.windows],
            "latest_anchor": [window.latest_anchor for window in plan.windows],
            "max_attempts": [window.max_attempts for window in plan.windows],
            "attempts_after": [window.attempts_after for window in plan.windows],
            "term_months": [months for months, _ in spans],
            "term_days": [days for _, days in spans],
        },
        schema={
            "place": pl.Int16, "earliest_anchor": pl.Date, "latest_anchor": pl.Date, "max_attempts": pl.Int64,
            "attempts_after": pl.Date, "term_months": pl.Int32, "term_days": pl.Int32,
        },
    )  # fmt: skip
    products = pl.DataFrame(
        {"product": plan.products.keys(), "place": plan.products.values()},
        schema={"product": pl.String, "place": pl.Int16},
    )
    return {"windows": to_spark(session, windows), "products": to_spark(session, products)}


def _by_itself(facts: SparkFrame, plan: Plan, register_until: date | None) -> SparkFrame:
    """Return the decision of each row by itself, from the facts: the rules, through narwhals."""
    from pyspark.sql.functions import expr

    def ended(frame: SparkFrame) -> SparkFrame:
        return frame.withColumn("term_end", expr(sql.later("anchor", "term_months", "term_days")))

    told = decided_by_rules(WORDS, facts, plan, register_until, ended)
    phones = range(len(plan.phones))
    about = [f"{fact}_{i}" for fact in ("number", "valid", "hit", "listed") for i in phones]
    about += ["decided_anchor", "key", "key_hit", "objected"]
    return nw.to_native(told.select(*decisions_columns(plan), *about))
