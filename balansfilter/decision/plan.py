"""The plan of one run: the policy and the law, worked out for one as-of date. Pure, frozen and printable.

The plan turns spans into dates once, so that the engine compares a day with a day and never adds months to a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta

from balansfilter.frozen import dataclass
from balansfilter.identity.brands import Brands
from balansfilter.identity.numbers import NumberColumns, others_than
from balansfilter.policy.law import Ground, Law
from balansfilter.policy.model import (
    Balanstest,
    CallList,
    CallListColumns,
    ContactColumns,
    Contacts,
    ObjectionColumns,
    Objections,
    Policy,
    Register,
    RegisterColumns,
    Screen,
    as_columns,
    phone_columns,
)
from balansfilter.policy.values import Span
from balansfilter.wording.spelling import NullWords


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
    brands: Brands
    """How an objection may name this brand, and the others of the group."""
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
    first_call_within: Span | None
    """After this a consent that nobody used no longer carries a call; None where the law does not ask that of it."""
    proves_consent: bool
    """Whether the list has references to the proof of a consent."""
    relations: bool
    """Whether a relation without a payment makes a customer in this sector."""
    allow_countries: tuple[str, ...]
    numbers: NumberColumns
    """Where the call list holds phone numbers, and how they are read."""
    null_words: NullWords
    """The words for nothing of the call list."""
    exact_ids: bool
    """Whether two customer ids are the same only if their texts are."""
    reaches_person: bool
    """Whether an objection holds for every row of the person, and not only for those that it names."""
    keep_latest: bool
    """Whether of several callable rows with one number only the latest stays."""

    @property
    def phones(self) -> tuple[str, ...]:
        """The columns with phone numbers, in order; the first of those that are joined."""
        return tuple(columns[0] for columns in self.numbers.phones)

    @property
    def default_country(self) -> str:
        """The country in which a national number is read."""
        return self.numbers.default_country

    def numbers_of(self, spec: Objections | Register | Contacts) -> NumberColumns:
        """Return how the numbers of another file are read: in every country that is called."""
        return _numbers(spec.columns, spec.null_words, spec.country or self.default_country, self.allow_countries)

    def of_objections_alone(self) -> Plan:
        """Return a plan that asks for nothing but objections: no register, no counts of calls."""
        return replace(self, screen="never", windows=(), products={}, general_window=None, first_call_within=None)

    def window_of(self, product: str) -> int | None:
        """Return the index of the window that holds for a product; None where no balanstest does."""
        return self.products.get(product, self.general_window)

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
        """Whether the number of calls is limited, so that the call history is needed."""
        return any(window.max_attempts is not None for window in self.windows)

    @property
    def asks_for_use(self) -> bool:
        """Whether a consent must have been used in time, which the call history tells."""
        return self.first_call_within is not None


def plan_under(law: Law, policy: Policy, as_of: date, others: Iterable[str] = ()) -> Plan:
    """Work out a policy for a day under a law.

    :param others: the ids and names of the other brands that objections may name.
    """
    return make_plan(
        policy,
        as_of,
        law.grounds(policy.sector, as_of),
        others,
        first_call_within=law.first_call_within(as_of),
        relations=law.counts_relations(policy.sector, as_of),
    )


def make_plan(  # noqa: PLR0913
    policy: Policy,
    as_of: date,
    grounds: Collection[Ground],
    others: Iterable[str] = (),
    *,
    first_call_within: Span | None = None,
    relations: bool = False,
) -> Plan:
    """Work out a policy for a day.

    :param grounds: what the law gives the policy's sector on that day.
    :param others: the ids and names of the other brands that objections may name.
    :param first_call_within: how soon the law wants a consent to be used, unless it named the first call.
    :param relations: whether a relation without a payment makes a customer in that sector.
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
        brands=Brands.of((policy.brand, policy.name), others),
        as_of=as_of,
        grounds=frozenset(grounds),
        windows=tuple(_window(test, as_of) for test in policy.balanstests),
        products=products,
        general_window=general[0] if general else None,
        screen=policy.bel_me_niet.screen,
        earliest_consent=earliest_anchor(consent.valid_for, as_of) if consent else None,
        consent_valid_for=consent.valid_for if consent else None,
        first_call_within=first_call_within if consent and not consent.names_first_call else None,
        proves_consent=consent is not None and policy.call_list.columns.consent_proof is not None,
        relations=relations,
        allow_countries=policy.call_list.allow_countries,
        numbers=_numbers_to_call(policy.call_list),
        null_words=NullWords(policy.call_list.null_words),
        exact_ids=policy.id_match == "exact",
        reaches_person=policy.objections_reach == "person",
        keep_latest=policy.duplicates == "keep_latest",
    )


def _numbers_to_call(spec: CallList) -> NumberColumns:
    """Return how the numbers of a call list are read.

    Where several countries are called, a national number may be meant in any of them, unless the policy itself writes
    which one it is.
    """
    chosen = "default_country" in spec.model_fields_set
    return _numbers(spec.columns, spec.null_words, spec.default_country, () if chosen else spec.allow_countries)


def _numbers(
    columns: CallListColumns | ObjectionColumns | RegisterColumns | ContactColumns,
    null_words: Iterable[str],
    country: str,
    countries: Iterable[str],
) -> NumberColumns:
    phones = phone_columns(columns.phone)
    customer_id = None if isinstance(columns, RegisterColumns) else columns.customer_id
    return NumberColumns(
        phones=phones,
        countries=as_columns(columns.phone_country),
        default_country=country,
        others=others_than(country, countries),
        null_words=NullWords(null_words),
        mixed=frozenset(name for names in phones for name in names if name == customer_id),
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
    """Return the smallest date from which `term` ends on or after `as_of`.

    A term never ends earlier for a later start, so that every date from this one on is within the term.
    """
    day = _shifted(term.before(as_of), -7)
    while term.after(day) < as_of:
        day += timedelta(days=1)
    return day


def latest_anchor(start_after: Span, as_of: date) -> date:
    """Return the largest date from which `start_after` ends on or before `as_of`."""
    day = _shifted(start_after.before(as_of), 7)
    while start_after.after(day) > as_of and day > date.min:
        day -= timedelta(days=1)
    return day


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max
