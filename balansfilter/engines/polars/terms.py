"""The decision of each row of a batch in Polars: the terms counted out, then the steps of the decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl

from balansfilter.decision.decide import steps
from balansfilter.decision.facts import active, derived
from balansfilter.decision.plan import Plan, TermWindow
from balansfilter.engines.polars.days import ends, offset
from balansfilter.policy.values import Span


def decide(plan: Plan, facts: pl.DataFrame, register_until: date | None) -> pl.DataFrame:
    """Decide each row, but for how far objections and duplicates reach: see :func:`balansfilter.decision.decide.steps`.

    :param register_until: the last day on which the register is fresh enough.
    """
    decided = facts.with_columns(**_terms(plan, lambda day, span: pl.lit(ends(facts[day], span))))
    for step in steps(pl, plan, register_until):
        decided = decided.with_columns(**step)
    return decided.drop("term_end", "consent_end")


def steps_of_few(plan: Plan, register_until: date | None) -> list[list[pl.Expr]]:
    """Return what is added, step by step, to what the cells of rows say and the evidence tells, to decide each.

    It is what is added where they are many, but that the end of each row's term is counted by itself.
    """
    made = [
        {"active": active(pl, plan)},
        derived(pl, plan),
        _terms(plan, lambda day, span: pl.col(day).dt.offset_by(offset(span))),
        *steps(pl, plan, register_until),
    ]
    return [[expression.alias(name) for name, expression in step.items()] for step in made]


_NO_DAY = pl.lit(None, dtype=pl.Date)


def _terms(plan: Plan, end: Callable[[str, Span], pl.Expr]) -> dict[str, pl.Expr]:
    """Return what the balanstest of each row says, null where it has none, and when the terms of the row end.

    :param end: gives the last day of a span from each day of a column.
    """
    windows = plan.windows
    return {
        "earliest_anchor": _by_window([window.earliest_anchor for window in windows], pl.Date),
        "latest_anchor": _by_window([window.latest_anchor for window in windows], pl.Date),
        "max_attempts": _by_window([window.max_attempts for window in windows], pl.Int64),
        "term_end": _term_end(windows, end),
        "consent_end": end("consent_on", plan.consent_valid_for) if plan.consent_valid_for else _NO_DAY,
    }


def _by_window(values: list[date] | list[int | None], kind: type[pl.DataType]) -> pl.Expr:
    if not values:
        return pl.lit(None, dtype=kind)
    if len(set(values)) == 1:
        return pl.when(pl.col("window").is_not_null()).then(pl.lit(values[0], dtype=kind))
    return pl.lit(pl.Series(values, dtype=kind)).gather(pl.col("window"))


def _term_end(windows: tuple[TermWindow, ...], end: Callable[[str, Span], pl.Expr]) -> pl.Expr:
    """Return the last day of the term of each row's balanstest; null where it has none."""
    last = _NO_DAY
    for span in sorted({window.max_term for window in windows}, key=str):
        places = [i for i, window in enumerate(windows) if window.max_term == span]
        last = pl.when(pl.col("window").is_in(places)).then(end("anchor", span)).otherwise(last)
    return last
