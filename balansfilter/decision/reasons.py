"""The reasons for which a row is dropped, and the grounds of a call: order and meaning of each, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balansfilter.frozen import dataclass
from balansfilter.policy.grounds import GROUNDS, Ground

if TYPE_CHECKING:
    from balansfilter.decision.plan import Plan


@dataclass(frozen=True)
class Reason:
    """One reason for which a row is dropped."""

    name: str
    meaning: str
    """What is asked of a row, in a sentence, and where it comes from."""
    tells_until: bool = False
    """Whether the last callable day of such a row is told."""
    unreadable: bool = False
    """Whether it speaks of a list that could not be read, for the guard `max_unreadable`."""

    @property
    def label_key(self) -> str:
        """The key of its name in the catalogues of words."""
        return f"terms.reasons.{self.name}.label"


IN_ORDER = (
    Reason(
        "unreadable_row",
        "the row cannot be split into cells (only with `on_bad_row: drop`)",
        unreadable=True,
    ),
    Reason(
        "objected",
        "an objection in force is by this person: by the customer id, or a number (GDPR art. 21(2)-(3))",
    ),
    Reason("not_selected", "the words of the row are not those that `where` takes from the call list"),
    Reason(
        "invalid_phone",
        "no number in the row is a valid one on which a person can be called",
        unreadable=True,
    ),
    Reason("foreign_phone", "no valid number is of an allowed country"),
    Reason("consent_not_for_product", "the consent names other products than that of the row"),
    Reason("consent_unproven", "there is no reference to a proof of the consent"),
    Reason(
        "consent_unused",
        "nobody called within the time that the law gives a consent, and the consent named no first call",
    ),
    Reason(
        "unknown_product",
        "no balanstest holds for the product (each product category has its own weighing)",
    ),
    Reason("missing_date", "there is no date of a last purchase or of a contract's end (balanstest 1b)"),
    Reason(
        "unreadable_date",
        "a date is not written in the list's date format (balanstest 1a, 1b)",
        unreadable=True,
    ),
    Reason("future_date", "the last purchase lies after the as-of date (balanstest 1b)"),
    Reason(
        "not_a_customer",
        "no payment obligation had arisen on the as-of date, nor a relation that counts without one (balanstest 1a)",
    ),
    Reason(
        "too_early",
        "the as-of date is before the first day on which calls may begin (balanstest 2a)",
        tells_until=True,
    ),
    Reason(
        "expired",
        "the as-of date is after the last callable day, anchor + maximum term (balanstest 4)",
        tells_until=True,
    ),
    Reason(
        "no_legal_basis",
        "there is no balanstest, or the law gives this sector no customer ground on the as-of date",
    ),
    Reason("listed", "every number that might be called stands in the do-not-call register"),
    Reason(
        "called_too_often",
        "the person was called as often as the balanstest allows within its window (balanstest 2b)",
        tells_until=True,
    ),
    Reason(
        "duplicate",
        "another callable row has the same number and a later anchor date, or comes first",
        tells_until=True,
    ),
)
"""Why a row is dropped, in the order of the decision: the first that applies wins.

Those on consent are told only where no other ground carries the row.
"""

REASONS = tuple(reason.name for reason in IN_ORDER)
UNREADABLE = tuple(reason.name for reason in IN_ORDER if reason.unreadable)
MEANINGS = {reason.name: reason.meaning for reason in IN_ORDER}


def reason_code(reason: str) -> int:
    """Return the code of a reason: its position in REASONS, from 1; 0 means callable."""
    return REASONS.index(reason) + 1


WITH_UNTIL = tuple(reason_code(reason.name) for reason in IN_ORDER if reason.tells_until)
"""Codes of the reasons of a dropped row with which its last callable day is told."""


def ground_code(ground: Ground) -> int:
    """Return the code of a ground as the basis of a decision: its position in GROUNDS, from 1; 0 means none."""
    return GROUNDS.index(ground) + 1


def ground_meaning(ground: Ground, plan: Plan) -> str:
    """Return when a ground carries the call of a row under a plan."""
    meanings: dict[Ground, str] = {
        "consent": f"a consent is valid for {plan.consent_valid_for}",
        "customer": "the balanstest of the product says yes",
        "register": f"the policy screens `{plan.screen}`, and numbers that are not in the register may be called",
    }
    return meanings[ground]
