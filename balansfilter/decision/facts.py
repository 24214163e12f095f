"""The facts of a row, on which the rules are asked: what each is called, and those that follow from its cells alone.

An engine provides, one line a row: `row`; `product`; `window` (the place of the row's balanstest in the plan, null for
none) with its `earliest_anchor`, `latest_anchor`, `max_attempts` and `term_end`; of each phone column, by its place
from 0, `number_0` (E.164 as an integer, null for none that can be called), `allowed_0` (of an allowed country) and
`listed_0` (in the register); `chosen` (by `where`); `objected`; `attempts` (calls within the window of the balanstest);
`is_active`; `payment_missing` (the list tells of first payments, and not of this one); of each date its day, whether
the cell is empty, and whether it is unreadable, as named in `DATES`; and of a consent, where the policy accepts any,
`consent_names_product`, `consent_proven`, `consent_used_by`, `first_call_on` and `consent_end`.
"""

from __future__ import annotations

from balansfilter.decision.plan import Plan
from balansfilter.decision.rules import Expression, Vocabulary

DATES = ("last_purchase_on", "contract_ended_on", "first_payment_on", "relation_began_on", "consent_on")
"""The dates of a row: for each a column of this name, and `…_empty` and `…_unreadable`."""


def anchoring(plan: Plan) -> tuple[str, ...]:
    """Return the dates of which the latest is the anchor of a row."""
    return ("last_purchase_on", "contract_ended_on", *(("relation_began_on",) if plan.relations else ()))


def standing(m: Vocabulary, plan: Plan, date: str) -> Expression:
    """Return how a date stands, as a code below 4: empty, unreadable, up to the as-of date, or after it.

    Beside that, all that follows from the dates of a row hangs on two days: the latest of those that are `anchoring`,
    and that of the consent.
    """
    up_to, after = (m.lit(number, dtype=m.UInt8) for number in (2, 3))
    read = m.when(m.col(date) > plan.as_of).then(after).otherwise(up_to)
    unreadable = m.when(m.col(f"{date}_unreadable")).then(m.lit(1, dtype=m.UInt8)).otherwise(read)
    return m.when(m.col(f"{date}_empty")).then(m.lit(0, dtype=m.UInt8)).otherwise(unreadable)


def active(m: Vocabulary, plan: Plan) -> Expression:
    """Whether the person is a customer still: the list says so, or the contract ends after the as-of date."""
    return m.col("is_active") | (m.col("contract_ended_on") > plan.as_of).fill_null(False)


def derived(m: Vocabulary, plan: Plan) -> dict[str, Expression]:
    """Return the facts that follow from the dates of a row. Needs the column `active`."""
    paid = (m.col("first_payment_on") <= plan.as_of).fill_null(False)
    undated = m.col("last_purchase_on_empty") & m.col("contract_ended_on_empty")
    no_relation, unread = m.col("relation_began_on_empty"), m.col("relation_began_on_unreadable")
    dated = [m.col(date) for date in anchoring(plan)]
    dates_unreadable = m.col("last_purchase_on_unreadable") | m.col("contract_ended_on_unreadable")
    return {
        "anchor": m.when(m.col("active")).then(m.lit(plan.as_of)).otherwise(m.max_horizontal(*dated)),
        "dates_missing": undated & (no_relation if plan.relations else no_relation | paid),
        "dates_unreadable": dates_unreadable | unread if plan.relations else dates_unreadable,
        "only_relation": undated & ~no_relation & ~paid,
    }
