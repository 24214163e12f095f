"""The rules of the decision, each in one place and written once, for whatever decides.

A rule is an expression over the facts of a row (:mod:`balansfilter.decision.facts`), in the words of a vocabulary `m`:
`polars` or `narwhals`. The decision folds them in the order of the tuples below, the first that applies wins; an
explanation shows the answer of each. Both use these same expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_
from typing import Any, TypeAlias

from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import MEANINGS, ground_code, reason_code
from balansfilter.frozen import dataclass

Vocabulary: TypeAlias = Any
"""The module `polars`, or the module `narwhals`: both have the same words for what a rule needs."""
Expression: TypeAlias = Any

RESCUABLE = ("unknown_product", "expired")
"""The answers of the balanstest after which a policy may still call numbers that are not in the register."""

_CONSENT, _CUSTOMER, _REGISTER = (ground_code("consent"), ground_code("customer"), ground_code("register"))


@dataclass(frozen=True)
class Rule:
    """One rule: when it holds, the row is dropped for its reason."""

    reason: str
    inputs: tuple[str, ...]
    """The facts that it looks at; `*` at the end stands for the number of a phone column."""
    holds: Callable[[Vocabulary, Plan], Expression]
    of_consent: str = ""
    """What it asks of a consent, where its reason is one of the balanstest as well."""

    @property
    def meaning(self) -> str:
        """What the rule asks, in a sentence."""
        return self.of_consent or MEANINGS[self.reason]


def _each(m: Vocabulary, plan: Plan, fact: str) -> list[Expression]:
    return [m.col(f"{fact}_{i}") for i in range(len(plan.phones))]


def _any(expressions: Iterable[Expression]) -> Expression:
    return reduce(or_, expressions)


def code(m: Vocabulary, number: int) -> Expression:
    """Return the code of a reason or a ground as an expression."""
    return m.lit(number, dtype=m.UInt8)


def _lies_after(m: Vocabulary, plan: Plan, day: str) -> Expression:
    return (m.col(day) > plan.as_of).fill_null(False)


def _relation_lies_ahead(m: Vocabulary, plan: Plan) -> Expression:
    return _lies_after(m, plan, "relation_began_on") if plan.relations else m.lit(False)


def _relation_counts(m: Vocabulary, plan: Plan) -> Expression:
    """Whether a relation without a payment makes the person a customer."""
    return (m.col("relation_began_on") <= plan.as_of).fill_null(False) if plan.relations else m.lit(False)


CUSTOMER_RULES: tuple[Rule, ...] = (
    Rule("unknown_product", ("product", "window"), lambda m, plan: m.col("window").is_null()),
    Rule(
        "missing_date",
        ("active", "last_purchase_on", "contract_ended_on", "relation_began_on"),
        lambda m, plan: ~m.col("active") & m.col("dates_missing"),
    ),
    Rule(
        "unreadable_date",
        ("active", "last_purchase_on", "contract_ended_on", "relation_began_on", "first_payment_on"),
        lambda m, plan: (~m.col("active") & m.col("dates_unreadable")) | m.col("first_payment_on_unreadable"),
    ),
    Rule(
        "future_date",
        ("active", "last_purchase_on", "relation_began_on"),
        lambda m, plan: ~m.col("active") & (_lies_after(m, plan, "last_purchase_on") | _relation_lies_ahead(m, plan)),
    ),
    Rule(
        "not_a_customer",
        ("first_payment_on", "relation_began_on"),
        lambda m, plan: (
            (m.col("payment_missing") | _lies_after(m, plan, "first_payment_on") | m.col("only_relation"))
            & ~_relation_counts(m, plan)
        ),
    ),
    Rule(
        "too_early",
        ("active", "anchor", "window"),
        lambda m, plan: ~m.col("active") & (m.col("anchor") > m.col("latest_anchor")),
    ),
    Rule("expired", ("anchor", "window"), lambda m, plan: m.col("anchor") < m.col("earliest_anchor")),
)
"""What keeps a row from the ground `customer` by its balanstest, in order."""

LAW_RULES: tuple[Rule, ...] = (
    Rule("no_legal_basis", (), lambda m, plan: m.lit(not plan.weighed or "customer" not in plan.grounds)),
)
"""What keeps every row from the ground `customer`, whatever its balanstest says."""


def customer_rules(plan: Plan) -> tuple[Rule, ...]:
    """Return what keeps a row from the ground `customer` under a plan, in order."""
    return (*CUSTOMER_RULES, *LAW_RULES) if plan.weighed else LAW_RULES


CONSENT_RULES: tuple[Rule, ...] = (
    Rule(
        "unreadable_date",
        ("consent_on",),
        lambda m, plan: m.col("consent_on_unreadable"),
        of_consent="the day of the consent is not written in the list's date format",
    ),
    Rule(
        "consent_not_for_product",
        ("product", "consent_names_product"),
        lambda m, plan: m.col("has_consent") & ~m.col("consent_names_product"),
    ),
    Rule(
        "consent_unproven",
        ("consent_proven",),
        lambda m, plan: m.col("has_consent") & ~m.col("consent_proven"),
    ),
    Rule(
        "consent_unused",
        ("consent_on", "consent_used_by", "first_call_on"),
        lambda m, plan: m.col("has_consent") & (m.col("consent_used_by") < plan.as_of) & ~used_in_time(m),
    ),
)
"""What keeps a consent from carrying the row, in order. Told only where no other ground carries it.

Needs the column `has_consent`.
"""


def used_in_time(m: Vocabulary) -> Expression:
    """Whether somebody called on a consent while it might still be used for the first time."""
    return (m.col("first_call_on") <= m.col("consent_used_by")).fill_null(False)


def has_consent(m: Vocabulary, plan: Plan) -> Expression:
    """Whether the row has a consent that is valid on the as-of date, whatever it was for."""
    if plan.earliest_consent is None:
        return m.lit(False)
    return m.col("consent_on").is_between(plan.earliest_consent, plan.as_of).fill_null(False)


def on_consent(m: Vocabulary) -> Expression:
    """Whether a consent carries the row. Needs the columns `has_consent` and `consent_answer`."""
    return m.col("has_consent") & (m.col("consent_answer") == 0)


def consent_answer(m: Vocabulary, plan: Plan) -> Expression:
    """Return the code of what keeps a consent from carrying the row; 0 for nothing, or where no consent would count.

    Needs the column `has_consent`.
    """
    return code(m, 0) if plan.earliest_consent is None else first_reason(m, CONSENT_RULES, plan)


def first_reason(m: Vocabulary, rules: tuple[Rule, ...], plan: Plan) -> Expression:
    """Fold rules into the code of the first that holds; 0 where none does. A null answer is no."""
    answer = code(m, 0)
    for rule in reversed(rules):
        answer = m.when(rule.holds(m, plan)).then(code(m, reason_code(rule.reason))).otherwise(answer)
    return answer


def customer_answer(m: Vocabulary, plan: Plan) -> Expression:
    """Return the code of what keeps the row from the ground `customer`; 0 for nothing."""
    return first_reason(m, customer_rules(plan), plan)


def basis(m: Vocabulary, plan: Plan) -> Expression:
    """Return the code of the ground on which the row may be called, before its numbers are looked at; 0 for none.

    Needs the columns `has_consent`, `consent_answer` and `customer_answer`.
    """
    answer = m.col("customer_answer")
    if plan.screen == "after_term":
        rescued = answer.is_in([reason_code(reason) for reason in RESCUABLE])
    else:
        rescued = m.lit(plan.screen == "always" and not plan.weighed)
    by_register = m.when(rescued & m.lit("register" in plan.grounds)).then(code(m, _REGISTER)).otherwise(code(m, 0))
    by_customer = m.when(answer == 0).then(code(m, _CUSTOMER)).otherwise(by_register)
    return m.when(on_consent(m)).then(code(m, _CONSENT)).otherwise(by_customer)


def is_screened(m: Vocabulary, plan: Plan) -> Expression:
    """Whether a number of the row must not be listed. Needs the column `basis`."""
    on_register = m.col("basis") == _REGISTER
    if plan.screen == "always":
        return on_register | (m.col("basis") == _CUSTOMER)
    return on_register


def may_call(m: Vocabulary, plan: Plan, i: int) -> Expression:
    """Whether the number in phone column `i` may be called on the row's ground. Needs the column `basis`."""
    return m.col(f"allowed_{i}") & ~(m.col(f"listed_{i}") & is_screened(m, plan))


def _called_too_often(m: Vocabulary, plan: Plan) -> Expression:
    if not plan.limits_attempts:
        return m.lit(False)
    return m.col("attempts") >= m.col("max_attempts")


PERSON_RULES: tuple[Rule, ...] = (
    Rule("objected", ("objected",), lambda m, plan: m.col("objected")),
    Rule("not_selected", ("chosen",), lambda m, plan: ~m.col("chosen")),
    Rule(
        "invalid_phone",
        ("number_*",),
        lambda m, plan: reduce(and_, (number.is_null() for number in _each(m, plan, "number"))),
    ),
    Rule("foreign_phone", ("number_*", "allowed_*"), lambda m, plan: ~_any(_each(m, plan, "allowed"))),
)
"""What drops a row whatever its ground, in order."""

LIST_RULES: tuple[Rule, ...] = (
    Rule("listed", ("number_*", "listed_*"), lambda m, plan: ~_any(_each(m, plan, "may_call"))),
    Rule("called_too_often", ("attempts", "window"), _called_too_often),
)
"""What drops a row that has a ground, in order. Needs the columns `may_call_0`, ….

The last reason, `duplicate`, compares rows with each other: each engine does that itself, Polars in
:mod:`balansfilter.engines.polars.duplicates`.
"""
