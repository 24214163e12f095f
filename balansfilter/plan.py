"""The plan of one run: the policy and the law, worked out for one as-of date. Pure, frozen and printable.

The plan turns spans into dates once, so that the engine compares a day with a day and never adds months to a row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from balansfilter.policy.law import GROUNDS, Ground
from balansfilter.policy.model import Balanstest, Policy, Screen, as_columns
from balansfilter.policy.values import Span

REASONS = (
    "unreadable_row",
    "objected",
    "invalid_phone",
    "foreign_phone",
    "unknown_product",
    "missing_date",
    "unreadable_date",
    "future_date",
    "not_a_customer",
    "too_early",
    "expired",
    "no_legal_basis",
    "listed",
    "called_too_often",
    "duplicate",
)
"""Why a row is dropped, in the order of the decision: the first that applies wins."""

UNREADABLE = ("unreadable_row", "invalid_phone", "unreadable_date")
"""The reasons that speak of a list that could not be read, for the guard `max_unreadable`."""


def ground_code(ground: Ground) -> int:
    """Give the code of a ground as the basis of a decision: its position in GROUNDS, from 1; 0 means none."""
    return GROUNDS.index(ground) + 1


def reason_code(reason: str) -> int:
    """Give the code of a reason: its position in REASONS, from 1; 0 means callable."""
    return REASONS.index(reason) + 1


@dataclass(frozen=True)
class TermWindow:
    """One balanstest, worked out for the as-of date."""

    id: str
    """The balanstest's id."""
    max_term: Span
    """Section 4: the maximum term."""
    earliest_anchor: date
    """The smallest anchor date whose last callable day is not before the as-of date."""
    latest_anchor: date
    """Section 2a: the largest anchor date that is not too early; date.max without a `start_after`."""
    max_attempts: int | None
    """Section 2b: the number of calls at which calling stops."""
    attempts_after: date | None
    """Calls after this day, up to and including the as-of date, count."""


@dataclass(frozen=True)
class Plan:
    """All that the decision of a row depends on, apart from the row and the evidence."""

    brand: str
    brand_names: frozenset[str]
    """How an objection may name this brand: its id and its name, casefolded."""
    as_of: date
    grounds: frozenset[Ground]
    """The grounds that the law gives this sector on the as-of date."""
    windows: tuple[TermWindow, ...]
    products: dict[str, int]
    """Product code to the index of its window."""
    general_window: int | None
    """The index of the window of the balanstest for `"*"`."""
    screen: Screen
    earliest_consent: date | None
    """The smallest day of consent that is valid still; None where consent is not accepted."""
    consent_valid_for: Span | None
    allow_countries: tuple[str, ...]
    default_country: str
    phones: tuple[str, ...]
    """The columns with phone numbers, in order."""
    keep_latest: bool
    """Whether of several callable rows with one number only the latest stays."""

    @property
    def weighed(self) -> bool:
        """Whether the policy has a balanstest, so that the ground `customer` exists in it."""
        return bool(self.windows)

    @property
    def screens(self) -> bool:
        """Whether the register is needed."""
        return self.screen != "never"

    @property
    def limits_attempts(self) -> bool:
        """Whether the call history is needed."""
        return any(window.max_attempts is not None for window in self.windows)


def make_plan(policy: Policy, as_of: date, grounds: Collection[Ground]) -> Plan:
    """Work out a policy for a day.

    :param grounds: what the law gives the policy's sector on that day.
    """
    consent = policy.consent if policy.accepts_consent and "consent" in grounds else None
    products = {
        product: index
        for index, test in enumerate(policy.balanstests)
        if not test.is_general
        for product in test.products
    }
    general = [index for index, test in enumerate(policy.balanstests) if test.is_general]
    return Plan(
        brand=policy.brand,
        brand_names=frozenset({policy.brand.casefold(), policy.name.casefold()}),
        as_of=as_of,
        grounds=frozenset(grounds),
        windows=tuple(_window(test, as_of) for test in policy.balanstests),
        products=products,
        general_window=general[0] if general else None,
        screen=policy.bel_me_niet.screen,
        earliest_consent=earliest_anchor(consent.valid_for, as_of) if consent else None,
        consent_valid_for=consent.valid_for if consent else None,
        allow_countries=policy.call_list.allow_countries,
        default_country=policy.call_list.default_country,
        phones=as_columns(policy.call_list.columns.phone),
        keep_latest=policy.duplicates == "keep_latest",
    )


def _window(test: Balanstest, as_of: date) -> TermWindow:
    attempts = test.max_attempts
    return TermWindow(
        id=test.id,
        max_term=test.max_term,
        earliest_anchor=earliest_anchor(test.max_term, as_of),
        latest_anchor=latest_anchor(test.start_after, as_of) if test.start_after else date.max,
        max_attempts=attempts.count if attempts else None,
        attempts_after=attempts.within.before(as_of) if attempts else None,
    )


def earliest_anchor(term: Span, as_of: date) -> date:
    """Give the smallest date from which `term` ends on or after `as_of`.

    A term never ends earlier for a later start, so that every date from this one on is within the term.
    """
    day = _shifted(term.before(as_of), -7)
    while term.after(day) < as_of:
        day += timedelta(days=1)
    return day


def latest_anchor(start_after: Span, as_of: date) -> date:
    """Give the largest date from which `start_after` ends on or before `as_of`."""
    day = _shifted(start_after.before(as_of), 7)
    while start_after.after(day) > as_of and day > date.min:
        day -= timedelta(days=1)
    return day


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max
