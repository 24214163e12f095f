"""The rules of the decision, each in one place, with its name and its meaning.

A rule is an expression over the facts of a row. The filter folds them in the order of the tuples below, the first
that applies wins; an explanation shows the answer of each. Both use these same expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from balansfilter.plan import Plan, ground_code, reason_code

RESCUABLE = ("unknown_product", "expired")
"""The answers of the balanstest after which a policy may still call numbers that are not in the register."""

_CONSENT, _CUSTOMER, _REGISTER = (ground_code("consent"), ground_code("customer"), ground_code("register"))


@dataclass(frozen=True)
class Rule:
    """One rule: when it holds, the row is dropped for its reason."""

    reason: str
    meaning: str
    """What the rule asks, in a sentence, and where it comes from."""
    inputs: tuple[str, ...]
    """The facts that it looks at; `*` at the end stands for the number of a phone column."""
    holds: Callable[[Plan], pl.Expr]


def _each(plan: Plan, fact: str) -> list[pl.Expr]:
    return [pl.col(f"{fact}_{i}") for i in range(len(plan.phones))]


def _by_window(days: list[date]) -> pl.Expr:
    """Give the day that belongs to the row's balanstest; null where it has none."""
    if len(set(days)) == 1:
        return pl.when(pl.col("window").is_not_null()).then(pl.lit(days[0]))
    return pl.lit(pl.Series(days, dtype=pl.Date)).gather(pl.col("window"))


def _after_latest_anchor(plan: Plan) -> pl.Expr:
    limits = [window.latest_anchor for window in plan.windows]
    return ~pl.col("active") & (pl.col("anchor") > _by_window(limits))


def _before_earliest_anchor(plan: Plan) -> pl.Expr:
    return pl.col("anchor") < _by_window([window.earliest_anchor for window in plan.windows])


def _lies_after(plan: Plan, day: str) -> pl.Expr:
    return (pl.col(day) > plan.as_of).fill_null(False)


def _relation_lies_ahead(plan: Plan) -> pl.Expr:
    return _lies_after(plan, "relation_began_on") if plan.relations else pl.lit(False)


def _relation_counts(plan: Plan) -> pl.Expr:
    """Whether a relation without a payment makes the person a customer."""
    return (pl.col("relation_began_on") <= plan.as_of).fill_null(False) if plan.relations else pl.lit(False)


CUSTOMER_RULES: tuple[Rule, ...] = (
    Rule(
        "unknown_product",
        "no balanstest holds for the product (each product category has its own weighing)",
        ("product", "window"),
        lambda plan: pl.col("window").is_null(),
    ),
    Rule(
        "missing_date",
        "there is no date of a last purchase or of a contract's end (balanstest 1b)",
        ("active", "last_purchase_on", "contract_ended_on", "relation_began_on"),
        lambda plan: ~pl.col("active") & pl.col("dates_missing"),
    ),
    Rule(
        "unreadable_date",
        "a date is not written in the list's date format (balanstest 1a, 1b)",
        ("active", "last_purchase_on", "contract_ended_on", "relation_began_on", "first_payment_on"),
        lambda plan: (~pl.col("active") & pl.col("dates_unreadable")) | pl.col("payment_unreadable"),
    ),
    Rule(
        "future_date",
        "the last purchase lies after the as-of date (balanstest 1b)",
        ("active", "last_purchase_on", "relation_began_on"),
        lambda plan: ~pl.col("active") & (_lies_after(plan, "last_purchase_on") | _relation_lies_ahead(plan)),
    ),
    Rule(
        "not_a_customer",
        "no payment obligation had arisen on the as-of date, nor a relation that counts without one (balanstest 1a)",
        ("first_payment_on", "relation_began_on"),
        lambda plan: (
            (pl.col("payment_missing") | _lies_after(plan, "first_payment_on") | pl.col("only_relation"))
            & ~_relation_counts(plan)
        ),
    ),
    Rule(
        "too_early",
        "the as-of date is before the first day on which calls may begin (balanstest 2a)",
        ("active", "anchor", "window"),
        _after_latest_anchor,
    ),
    Rule(
        "expired",
        "the as-of date is after the last callable day, anchor + maximum term (balanstest 4)",
        ("anchor", "window"),
        _before_earliest_anchor,
    ),
    Rule(
        "no_legal_basis",
        "the law gives this sector no customer ground on the as-of date",
        (),
        lambda plan: pl.lit("customer" not in plan.grounds),
    ),
)
"""What keeps a row from the ground `customer`, in order."""


CONSENT_RULES: tuple[Rule, ...] = (
    Rule(
        "unreadable_date",
        "the day of the consent is not written in the list's date format",
        ("consent_on",),
        lambda plan: pl.col("consent_unreadable"),
    ),
    Rule(
        "consent_not_for_product",
        "the consent names other products than that of the row",
        ("product", "consent_names_product"),
        lambda plan: pl.col("has_consent") & ~pl.col("consent_names_product"),
    ),
    Rule(
        "consent_unproven",
        "there is no reference to a proof of the consent",
        ("consent_proven",),
        lambda plan: pl.col("has_consent") & ~pl.col("consent_proven"),
    ),
    Rule(
        "consent_unused",
        "nobody called within the time that the law gives a consent, and the consent named no first call",
        ("consent_on", "consent_used_by", "first_call_on"),
        lambda plan: pl.col("has_consent") & (pl.col("consent_used_by") < plan.as_of) & ~_used_in_time(),
    ),
)
"""What keeps a consent from carrying the row, in order. Told only where no other ground carries it.

Needs the column `has_consent`.
"""


def _used_in_time() -> pl.Expr:
    return (pl.col("first_call_on") <= pl.col("consent_used_by")).fill_null(False)


def has_consent(plan: Plan) -> pl.Expr:
    """Whether the row has a consent that is valid on the as-of date, whatever it was for."""
    if plan.earliest_consent is None:
        return pl.lit(False)
    return pl.col("consent_on").is_between(plan.earliest_consent, plan.as_of).fill_null(False)


def on_consent() -> pl.Expr:
    """Whether a consent carries the row. Needs the columns `has_consent` and `consent_answer`."""
    return pl.col("has_consent") & (pl.col("consent_answer") == 0)


def consent_answer(plan: Plan) -> pl.Expr:
    """Give the code of what keeps a consent from carrying the row; 0 for nothing, and where no consent would count.

    Needs the column `has_consent`.
    """
    if plan.earliest_consent is None:
        return pl.lit(0, dtype=pl.UInt8)
    return first_reason(CONSENT_RULES, plan)


def first_reason(rules: tuple[Rule, ...], plan: Plan) -> pl.Expr:
    """Fold rules into the code of the first that holds; 0 where none does. A null answer is no."""
    code = pl.lit(0, dtype=pl.UInt8)
    for rule in reversed(rules):
        code = pl.when(rule.holds(plan)).then(pl.lit(reason_code(rule.reason), dtype=pl.UInt8)).otherwise(code)
    return code


def customer_answer(plan: Plan) -> pl.Expr:
    """Give the code of what keeps the row from the ground `customer`; 0 for yes."""
    if not plan.weighed:
        return pl.lit(reason_code("no_legal_basis"), dtype=pl.UInt8)
    return first_reason(CUSTOMER_RULES, plan)


def basis(plan: Plan) -> pl.Expr:
    """Give the code of the ground on which the row may be called, before its numbers are looked at; 0 for none.

    Needs the columns `has_consent`, `consent_answer` and `customer_answer`.
    """
    answer = pl.col("customer_answer")
    if plan.screen == "after_term":
        rescued = answer.is_in([reason_code(reason) for reason in RESCUABLE])
    else:
        rescued = pl.lit(plan.screen == "always" and not plan.weighed)
    registers = rescued & pl.lit("register" in plan.grounds)
    return (
        pl.when(on_consent())
        .then(pl.lit(_CONSENT, dtype=pl.UInt8))
        .when(answer == 0)
        .then(pl.lit(_CUSTOMER, dtype=pl.UInt8))
        .when(registers)
        .then(pl.lit(_REGISTER, dtype=pl.UInt8))
        .otherwise(pl.lit(0, dtype=pl.UInt8))
    )


def is_screened(plan: Plan) -> pl.Expr:
    """Whether a number of the row must not be listed. Needs the column `basis`."""
    on_register = pl.col("basis") == _REGISTER
    if plan.screen == "always":
        return on_register | (pl.col("basis") == _CUSTOMER)
    return on_register


def may_call(plan: Plan, i: int) -> pl.Expr:
    """Whether the number in phone column `i` may be called on the row's ground. Needs the column `basis`."""
    return pl.col(f"allowed_{i}") & ~(pl.col(f"listed_{i}") & is_screened(plan))


def _called_too_often(plan: Plan) -> pl.Expr:
    limits = [window.max_attempts for window in plan.windows]
    if not plan.limits_attempts:
        return pl.lit(False)
    return pl.col("attempts") >= pl.lit(pl.Series(limits, dtype=pl.Int64)).gather(pl.col("window"))


PERSON_RULES: tuple[Rule, ...] = (
    Rule(
        "objected",
        "an objection in force is by this person: by the customer id, or a number (GDPR art. 21(2)-(3))",
        ("objected",),
        lambda plan: pl.col("objected"),
    ),
    Rule(
        "not_selected",
        "the words of the row are not those that `where` takes from the call list",
        ("chosen",),
        lambda plan: ~pl.col("chosen"),
    ),
    Rule(
        "invalid_phone",
        "no number in the row is a valid one on which a person can be called",
        ("number_*",),
        lambda plan: pl.all_horizontal(n.is_null() for n in _each(plan, "number")),
    ),
    Rule(
        "foreign_phone",
        "no valid number is of an allowed country",
        ("number_*", "allowed_*"),
        lambda plan: ~pl.any_horizontal(_each(plan, "allowed")),
    ),
)
"""What drops a row whatever its ground, in order."""

LIST_RULES: tuple[Rule, ...] = (
    Rule(
        "listed",
        "every number that might be called stands in the do-not-call register",
        ("number_*", "listed_*"),
        lambda plan: ~pl.any_horizontal(_each(plan, "may_call")),
    ),
    Rule(
        "called_too_often",
        "the person was called as often as the balanstest allows within its window (balanstest 2b)",
        ("attempts", "window"),
        _called_too_often,
    ),
)
"""What drops a row that has a ground, in order. Needs the columns `may_call_0`, ….

The last reason, `duplicate`, compares rows with each other: see :mod:`balansfilter.engine.duplicates`.
"""
