"""The decision of a row, step by step: a pure function of the plan and the facts, for any vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from balansfilter.decision import rules
from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import WITH_UNTIL, ground_code
from balansfilter.decision.rules import Expression, Vocabulary
from balansfilter.policy.law import Ground

Step = dict[str, Expression]
"""Columns to add, by their names; a step may look at the columns of those before it."""


def steps(m: Vocabulary, plan: Plan, register_until: date | None) -> Iterator[Step]:
    """Return what is added to the facts of rows to decide each by itself.

    In the end there are `reason` (code of the first reason that applies, 0 for callable), `basis` (code of the ground,
    0 for none), `may_call_0`, … (whether the number may be called on that ground), `first_number` (the first that may),
    `decided_anchor` (the day from which the term counts on that ground) and `callable_until` (the last callable day).

    :param register_until: the last day on which the register is fresh enough.
    """
    yield {"has_consent": rules.has_consent(m, plan), "customer_answer": rules.customer_answer(m, plan)}
    yield {"consent_answer": rules.consent_answer(m, plan)}
    yield {"basis": rules.basis(m, plan)}
    yield {f"may_call_{i}": rules.may_call(m, plan, i) for i in range(len(plan.phones))}
    yield {
        "reason": _reason(m, plan),
        "first_number": first_number(m, plan),
        "decided_anchor": m.when(rules.on_consent(m)).then(m.col("consent_on")).otherwise(m.col("anchor")),
    }
    yield {"callable_until": _callable_until(m, plan, register_until)}


def outcome(m: Vocabulary) -> Step:
    """Return what is told of a decided row: the ground of a callable one, the last day where it says something."""
    reason = m.col("reason")
    return {
        "basis": m.when(reason == 0).then(m.col("basis")).otherwise(rules.code(m, 0)),
        "callable_until": m.when((reason == 0) | reason.is_in(WITH_UNTIL)).then(m.col("callable_until")),
        "anchor": m.col("decided_anchor"),
    }


def _reason(m: Vocabulary, plan: Plan) -> Expression:
    person = rules.first_reason(m, rules.PERSON_RULES, plan)
    listed = rules.first_reason(m, rules.LIST_RULES, plan)
    by_consent, by_customer = m.col("consent_answer"), m.col("customer_answer")
    groundless = m.when(by_consent > 0).then(by_consent).otherwise(by_customer)
    grounded = m.when(m.col("basis") == 0).then(groundless).otherwise(listed)
    return m.when(person > 0).then(person).otherwise(grounded)


def first_number(m: Vocabulary, plan: Plan) -> Expression:
    """Return the first number that may be called. Needs the columns `may_call_0`, …."""
    return m.coalesce(*(m.when(m.col(f"may_call_{i}")).then(m.col(f"number_{i}")) for i in range(len(plan.phones))))


def _callable_until(m: Vocabulary, plan: Plan, register_until: date | None) -> Expression:
    """Return the last day on which the row may be called on its ground; without a ground, that of its balanstest."""
    term, register = m.col("term_end"), m.lit(register_until, dtype=m.Date)
    screened = m.min_horizontal(term, register) if plan.screen == "always" else term
    by_ground: dict[Ground, Expression] = {
        "consent": m.col("consent_end"),
        "customer": screened,
        "register": register,
    }
    until = m.when(m.col("reason").is_in(WITH_UNTIL)).then(term)
    for ground, last in by_ground.items():
        until = m.when(m.col("basis") == ground_code(ground)).then(last).otherwise(until)
    return until
