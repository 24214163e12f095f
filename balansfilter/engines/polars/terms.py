"""The decision of each row of a batch in Polars: the terms counted out, then the steps of the decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from balansfilter.decision.decide import steps
from balansfilter.decision.plan import Plan, TermWindow
from balansfilter.engines.polars.days import ends


def decide(plan: Plan, facts: pl.DataFrame, register_until: date | None) -> pl.DataFrame:
    """Decide each row, but for how far objections and duplicates reach: see :func:`balansfilter.decision.decide.steps`.

    :param register_until: the last day on which the register is fresh enough.
    """
    decided = facts.with_columns(
        *_limits(plan),
        term_end=_term_end(plan.windows, facts),
        consent_end=ends(facts["consent_on"], plan.consent_valid_for) if plan.consent_valid_for else _NO_DAY,
    )
    for step in steps(pl, plan, register_until):
        decided = decided.with_columns(**step)
    return decided.drop("term_end", "consent_end")


_NO_DAY = pl.lit(None, dtype=pl.Date)


def _limits(plan: Plan) -> Iterator[pl.Expr]:
    """Return what the balanstest of each row says; null where it has none."""
    for name in ("earliest_anchor", "latest_anchor"):
        yield _by_window([getattr(window, name) for window in plan.windows], pl.Date).alias(name)
    yield _by_window([window.max_attempts for window in plan.windows], pl.Int64).alias("max_attempts")


def _by_window(values: list[date] | list[int | None], kind: type[pl.DataType]) -> pl.Expr:
    if not values:
        return pl.lit(None, dtype=kind)
    if len(set(values)) == 1:
        return pl.when(pl.col("window").is_not_null()).then(pl.lit(values[0], dtype=kind))
    return pl.lit(pl.Series(values, dtype=kind)).gather(pl.col("window"))


def _term_end(windows: tuple[TermWindow, ...], facts: pl.DataFrame) -> pl.Series:
    """Return the last day of the term of each row's balanstest; null where it has none."""
    spans = sorted({window.max_term for window in windows}, key=str)
    of_span = [[i for i, window in enumerate(windows) if window.max_term == span] for span in spans]
    if not spans:
        return pl.repeat(None, facts.height, dtype=pl.Date, eager=True)
    last = pl.lit(None, dtype=pl.Date)
    for span, places in zip(spans, of_span, strict=True):
        last = pl.when(pl.col("window").is_in(places)).then(ends(facts["anchor"], span)).otherwise(last)
    return facts.select(last.alias("term_end")).to_series()
