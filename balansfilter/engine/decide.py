"""The decision of each row of a batch: a pure function of the plan and the facts."""

from __future__ import annotations

from datetime import date

import polars as pl

from balansfilter.engine import rules
from balansfilter.engine.days import ends
from balansfilter.plan import Plan, TermWindow, ground_code, reason_code

WITH_UNTIL = tuple(reason_code(reason) for reason in ("too_early", "expired", "called_too_often", "duplicate"))
"""Reasons of a dropped row for which the last callable day is told."""


def decide(plan: Plan, facts: pl.DataFrame, register_until: date | None) -> pl.DataFrame:
    """Decide each row, but for duplicates.

    Adds to the facts: `reason` (code of the first reason that applies, 0 for callable), `basis` (code of the ground, 0
    for none), `may_call_0`, … (whether the number may be called on that ground), `first_number` (the first that may),
    `decided_anchor` (the day from which the term counts on that ground) and `callable_until` (the last callable day).

    :param register_until: the last day on which the register is fresh enough.
    """
    grounded = facts.with_columns(has_consent=rules.has_consent(plan), customer_answer=rules.customer_answer(plan))
    grounded = grounded.with_columns(consent_answer=rules.consent_answer(plan))
    grounded = grounded.with_columns(basis=rules.basis(plan))
    grounded = grounded.with_columns(rules.may_call(plan, i).alias(f"may_call_{i}") for i in range(len(plan.phones)))
    ended = grounded.with_columns(
        reason=_reason(plan),
        first_number=_first_number(plan),
        decided_anchor=pl.when(rules.on_consent()).then("consent_on").otherwise("anchor"),
        term_end=_term_end(plan.windows, facts),
        consent_end=ends(facts["consent_on"], plan.consent_valid_for) if plan.consent_valid_for else None,
    )
    return ended.with_columns(callable_until=_callable_until(plan, register_until)).drop("term_end", "consent_end")


def _reason(plan: Plan) -> pl.Expr:
    person = rules.first_reason(rules.PERSON_RULES, plan)
    listed = rules.first_reason(rules.LIST_RULES, plan)
    groundless = pl.when(pl.col("consent_answer") > 0).then("consent_answer").otherwise("customer_answer")
    return pl.when(person > 0).then(person).when(pl.col("basis") == 0).then(groundless).otherwise(listed)


def _first_number(plan: Plan) -> pl.Expr:
    return pl.coalesce(pl.when(pl.col(f"may_call_{i}")).then(f"number_{i}") for i in range(len(plan.phones)))


def _callable_until(plan: Plan, register_until: date | None) -> pl.Expr:
    """Give the last day on which the row may be called on its ground; without a ground, that of its balanstest."""
    term = pl.col("term_end")
    register = pl.lit(register_until, dtype=pl.Date)
    screened = pl.min_horizontal(term, register) if plan.screen == "always" else term
    basis = pl.col("basis")
    return (
        pl.when(basis == ground_code("consent"))
        .then("consent_end")
        .when(basis == ground_code("customer"))
        .then(screened)
        .when(basis == ground_code("register"))
        .then(register)
        .when(pl.col("reason").is_in(WITH_UNTIL))
        .then(term)
    )


def _term_end(windows: tuple[TermWindow, ...], facts: pl.DataFrame) -> pl.Series:
    """Give the last day of the term of each row's balanstest; null where it has none."""
    spans = sorted({window.max_term for window in windows}, key=str)
    of_span = [[i for i, window in enumerate(windows) if window.max_term == span] for span in spans]
    if not spans:
        return pl.repeat(None, facts.height, dtype=pl.Date, eager=True)
    last = pl.lit(None, dtype=pl.Date)
    for span, places in zip(spans, of_span, strict=True):
        last = pl.when(pl.col("window").is_in(places)).then(ends(facts["anchor"], span)).otherwise(last)
    return facts.select(last.alias("term_end")).to_series()
