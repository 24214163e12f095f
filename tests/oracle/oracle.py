"""The decision in plain Python, row by row: slow, obvious, and written from the rules alone.

It shares the policy's types with the program and nothing else, so that a mistake in one is not in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from balansfilter.policy.model import Balanstest, Policy, phone_columns
from balansfilter.policy.values import Span
from tests.oracle.cells import AMSTERDAM, date_in, end_of, says_no_date, start_of
from tests.oracle.evidence import Cells, Facts, facts_of, is_chosen, number_cells
from tests.oracle.numbers import Number, contradicts, is_written, number_in, numbers_within
from tests.oracle.reach import Identity, is_hit, reached
from tests.oracle.writing import country_in, id_in, key_of, says_yes, trimmed


@dataclass(frozen=True)
class Decision:
    """What becomes of one row."""

    row: int
    callable: bool
    reason: str | None = None
    basis: str | None = None
    anchor: date | None = None
    callable_until: date | None = None
    balanstest: str | None = None
    blanked: tuple[str, ...] = ()


def decide(
    policy: Policy,
    as_of: date,
    grounds: frozenset[str],
    call_rows: Sequence[Cells | None],
    objection_rows: Sequence[Sequence[Cells]],
    register_rows: Sequence[Cells] = (),
    register_snapshot: date | None = None,
    contact_rows: Sequence[Cells] = (),
    zone: str = AMSTERDAM,
    brands: Iterable[str] = (),
) -> list[Decision]:
    """Decide every row; the objections come as one sequence of rows for each file of the policy.

    A row that the reader cannot split is None.

    :param brands: the ids and names of the other brands that objections may name.
    """
    facts = facts_of(policy, as_of, objection_rows, register_rows, contact_rows, zone, brands)
    rows = [
        None if cells is None else _Row(policy, as_of, grounds, facts, register_snapshot, cells, n, zone)
        for n, cells in enumerate(call_rows, start=1)
    ]
    reaches = policy.objections_reach == "person"
    beyond = reached([row.identity for row in rows if row], facts) if reaches else set()
    decided = [
        Decision(n, False, "unreadable_row") if row is None else row.decide(is_reached=n in beyond)
        for n, row in enumerate(rows, start=1)
    ]
    return _without_duplicates(policy, decided)


# --- one row ----------------------------------------------------------------------------------------------------


_GROUNDLESS = frozenset(
    [
        "unknown_product",
        "missing_date",
        "unreadable_date",
        "future_date",
        "not_a_customer",
        "too_early",
        "expired",
        "no_legal_basis",
    ]
)
"""Why no ground carries a row."""


@dataclass(frozen=True)
class _Kept(Decision):
    """A row that survived all rules but the last, with what that one compares."""

    first_number: str = ""


class _Row:
    """One row of the call list, and the questions that the rules ask of it."""

    def __init__(
        self,
        policy: Policy,
        as_of: date,
        grounds: frozenset[str],
        facts: Facts,
        register_snapshot: date | None,
        cells: Cells,
        row: int,
        zone: str,
    ) -> None:
        self.policy, self.as_of, self.grounds, self.facts, self.row = policy, as_of, grounds, facts, row
        self.register_snapshot, self.zone = register_snapshot, zone
        self.cells = cells
        self.columns = policy.call_list.columns
        self.more = policy.call_list.null_words
        self.customer_id = id_in(cells[self.columns.customer_id], self.more)
        self.key = self.customer_id if policy.id_match == "exact" else key_of(self.customer_id)
        self.written = list(number_cells(self.columns, cells))
        self.all_numbers = [self._number(*cell) for cell in self.written]
        self.phones = {
            columns[0]: number if number and number.callable else None
            for columns, number in zip(phone_columns(self.columns.phone), self.all_numbers, strict=True)
        }
        self.test = self._balanstest()

    @property
    def identity(self) -> Identity:
        """Return what the row is known by."""
        callable_numbers = {number.e164 for number in self.phones.values() if number}
        hidden = self._hidden()
        return Identity(self.row, self.key, frozenset(self._numbers() | hidden), frozenset(callable_numbers | hidden))

    def decide(self, *, is_reached: bool) -> Decision:
        """Ask the rules in their order.

        :param is_reached: whether somebody objected who is the person of this row, by what other rows say.
        """
        if is_reached or is_hit(self.identity, self.facts):
            return self._dropped("objected")
        if is_chosen(self.policy.call_list, self.cells) is not True:
            return self._dropped("not_selected")
        if not any(self.phones.values()):
            return self._dropped("invalid_phone")
        if not self._allowed():
            return self._dropped("foreign_phone")
        consented = self._consent()
        if consented is None:
            return self._without_consent()
        wrong = self._why_no_consent(consented)
        if wrong is None:
            until = end_of(self._consent_span(), consented)
            return self._kept("consent", consented, until, self._allowed())
        otherwise = self._without_consent()
        grounded = otherwise.callable or otherwise.reason in ("listed", "called_too_often")
        return otherwise if grounded else self._dropped(wrong)

    def _without_consent(self) -> Decision:
        decision = self._on_other_grounds()
        if decision.reason in _GROUNDLESS and self._is_consent_unreadable():
            return self._dropped("unreadable_date")
        return decision

    def _on_other_grounds(self) -> Decision:
        screen = self.policy.bel_me_niet.screen
        if not self.policy.balanstests:
            screened = screen == "always" and "register" in self.grounds
            return self._on_register() if screened else self._dropped("no_legal_basis")
        reason = self._why_no_customer()
        if reason is None:
            return self._on_customer()
        if screen == "after_term" and reason in ("expired", "unknown_product") and "register" in self.grounds:
            return self._on_register()
        return self._dropped(reason, self._term_end() if reason in ("too_early", "expired") else None)

    # the grounds

    def _consent_span(self) -> Span:
        assert self.policy.consent is not None
        return self.policy.consent.valid_for

    def _consent(self) -> date | None:
        """Return the day of a consent that holds."""
        if not self.policy.accepts_consent or "consent" not in self.grounds:
            return None
        day = self._date(self.columns.consent_on)
        if day is None or not day <= self.as_of <= end_of(self._consent_span(), day):
            return None
        return day

    def _is_consent_unreadable(self) -> bool:
        counts = self.policy.accepts_consent and "consent" in self.grounds
        return counts and self._is_unreadable(self.columns.consent_on)

    def _why_no_consent(self, given: date) -> str | None:
        """Return the first reason why a consent of a day does not carry the row; nothing where it does."""
        columns = self.columns
        if columns.consent_for is not None and not self._is_named(self._text(columns.consent_for)):
            return "consent_not_for_product"
        if columns.consent_proof is not None and not self._text(columns.consent_proof):
            return "consent_unproven"
        assert self.policy.consent is not None
        asked = self.policy.law == "nl" and self.as_of >= date(2024, 10, 15)
        if not asked or self.policy.consent.names_first_call:
            return None
        last = end_of(Span("6 months"), given)
        used = any(given < day <= min(last, self.as_of) for day in self._days_of_calls() if day is not None)
        return None if self.as_of <= last or used else "consent_unused"

    def _is_named(self, cell: str) -> bool:
        """Whether the product of the row is among those in a cell; a code may hold a separator itself."""
        product = self._text(self.columns.product)
        known = {product, *(one for test in self.policy.balanstests if test.products != "*" for one in test.products)}
        if cell in known:
            return bool(product) and cell == product
        rest = [part.strip() for part in re.split("[;|,]", cell)]
        codes = [[part.strip() for part in re.split("[;|,]", one)] for one in sorted(known)]
        mine = [part.strip() for part in re.split("[;|,]", product)]
        while rest:
            longest = max((code for code in codes if rest[: len(code)] == code), key=len, default=[rest[0]])
            if product and longest == mine:
                return True
            rest = rest[len(longest) :]
        return False

    def _why_no_customer(self) -> str | None:
        """Return the first reason why the row is not on the ground customer; nothing where it is."""
        if self.test is None:
            return "unknown_product"
        if not self._is_active():
            if all(self._says_no_date(column) for column in self._anchor_columns()) and not self._is_only_relation():
                return "missing_date"
            if any(self._is_unreadable(column) for column in self._anchor_columns()):
                return "unreadable_date"
        if self._is_unreadable(self.columns.first_payment_on):
            return "unreadable_date"
        if not self._is_active():
            bought = self._date(self.columns.last_purchase_on)
            if bought is not None and bought > self.as_of:
                return "future_date"
            began = self._date(self.columns.relation_began_on)
            if self._counts_relations() and began is not None and began > self.as_of:
                return "future_date"
        if (self.columns.first_payment_on is not None or self._is_only_relation()) and not self._is_bound():
            return "not_a_customer"
        return self._why_not_now(self.test)

    def _why_not_now(self, test: Balanstest) -> str | None:
        anchor = self._anchor()
        assert anchor is not None
        if not self._is_active() and test.start_after is not None and self.as_of < end_of(test.start_after, anchor):
            return "too_early"
        if self.as_of > end_of(test.max_term, anchor):
            return "expired"
        return None if "customer" in self.grounds else "no_legal_basis"

    def _on_customer(self) -> Decision:
        if self.policy.bel_me_niet.screen != "always":
            return self._kept("customer", self._anchor(), self._term_end(), self._allowed())
        if not self._unlisted():
            return self._dropped("listed")
        ends = [day for day in (self._term_end(), self._register_end()) if day is not None]
        return self._kept("customer", self._anchor(), min(ends), self._unlisted())

    def _on_register(self) -> Decision:
        if not self._unlisted():
            return self._dropped("listed")
        return self._kept("register", self._anchor(), self._register_end(), self._unlisted())

    # what the rules ask

    def _text(self, column: str | None) -> str:
        return "" if column is None else trimmed(self.cells[column])

    def _date(self, column: str | None) -> date | None:
        if column is None:
            return None
        return date_in(self.cells[column], self.policy.call_list.formats_of(column), self.zone, self.more)

    def _says_no_date(self, column: str) -> bool:
        return says_no_date(self.cells[column], self.policy.call_list.formats_of(column), self.zone, self.more)

    def _is_unreadable(self, column: str | None) -> bool:
        return column is not None and self._date(column) is None and not self._says_no_date(column)

    def _anchor_columns(self) -> list[str]:
        columns = [self.columns.last_purchase_on, self.columns.contract_ended_on]
        if self._counts_relations():
            columns.append(self.columns.relation_began_on)
        return [column for column in columns if column is not None]

    def _counts_relations(self) -> bool:
        if self.policy.law == "none":
            return True
        return self.policy.sector == "charity" and self.as_of >= date(2021, 7, 1)

    def _has_paid(self) -> bool:
        first = self._date(self.columns.first_payment_on)
        return first is not None and first <= self.as_of

    def _is_only_relation(self) -> bool:
        """Whether a relation without a payment is all that ties the person to the brand."""
        columns = self.columns
        bought = [c for c in (columns.last_purchase_on, columns.contract_ended_on) if c and not self._says_no_date(c)]
        began = columns.relation_began_on
        return began is not None and not self._says_no_date(began) and not bought and not self._has_paid()

    def _is_bound(self) -> bool:
        """Whether there was something to pay, or a relation that counts without."""
        began = self._date(self.columns.relation_began_on)
        return self._has_paid() or (self._counts_relations() and began is not None and began <= self.as_of)

    def _balanstest(self) -> Balanstest | None:
        product = self._text(self.columns.product)
        general = None
        for test in self.policy.balanstests:
            if test.products == "*":
                general = test
            elif product in test.products:
                return test
        return general

    def _is_active(self) -> bool:
        if self.columns.active is not None and says_yes(self.cells[self.columns.active]):
            return True
        ended = self._date(self.columns.contract_ended_on)
        return ended is not None and ended > self.as_of

    def _anchor(self) -> date | None:
        if self._is_active():
            return self.as_of
        dates = [day for column in self._anchor_columns() if (day := self._date(column)) is not None]
        return max(dates, default=None)

    def _term_end(self) -> date | None:
        anchor = self._anchor()
        return end_of(self.test.max_term, anchor) if self.test is not None and anchor is not None else None

    def _register_end(self) -> date | None:
        register = self.policy.bel_me_niet.register_file
        if register is None or self.register_snapshot is None:
            return None
        ages = [register.max_age] if register.max_age is not None else []
        if self.policy.law == "nl" and self.as_of < date(2021, 7, 1):
            ages.append(Span("28 days"))
        return min((end_of(age, self.register_snapshot) for age in ages), default=None)

    def _number(self, cell: str, beside: str | None) -> Number | None:
        """Return the number in a cell, as the country beside it says, or the policy."""
        source = self.policy.call_list
        given = country_in(beside, self.more)
        if given is None or not is_written(cell, self.more):
            return None
        number = number_in(cell, given or source.default_country)
        if given:
            return None if number is None or contradicts(number, given) else number
        countries = () if "default_country" in source.model_fields_set else source.allow_countries
        meant = {found.e164 for country in countries if (found := number_in(cell, country))}
        return number if number and meant <= {number.e164} else None

    def _hidden(self) -> set[str]:
        """Return the numbers that may stand in the cells that cannot be read."""
        if self.policy.objections_reach == "row" and not self._numbers():
            return set()
        source = self.policy.call_list
        others = () if "default_country" in source.model_fields_set else source.allow_countries
        found: set[str] = set()
        for columns, (cell, beside), number in zip(
            phone_columns(self.columns.phone), self.written, self.all_numbers, strict=True
        ):
            if number is None and is_written(cell, self.more):
                joined = " ".join(trimmed(self.cells[column]) for column in columns)
                given = country_in(beside, self.more)
                found |= numbers_within(joined, {source.default_country, *others, *({given} - {None, ""})})
        return found

    def _numbers(self) -> set[str]:
        return {number.e164 for number in self.all_numbers if number}

    def _allowed(self) -> dict[str, str]:
        """Return the columns with a callable number of an allowed country, and the numbers."""
        countries = self.policy.call_list.allow_countries
        return {column: number.e164 for column, number in self.phones.items() if number and number.country in countries}

    def _unlisted(self) -> dict[str, str]:
        return {column: number for column, number in self._allowed().items() if number not in self.facts.listed}

    def _is_called_too_often(self) -> bool:
        if self.test is None or self.test.max_attempts is None:
            return False
        most = self.test.max_attempts
        start = start_of(most.within, self.as_of)
        return sum(day is None or start < day <= self.as_of for day in self._days_of_calls()) >= most.count

    def _days_of_calls(self) -> list[date | None]:
        """Return the day of every call to the customer id or to a number of the row."""
        facts = self.facts
        calls = set(facts.calls_by_key.get(self.key, ())) if self.key else set()
        for number in self._numbers():
            calls |= set(facts.calls_by_number.get(number, ()))
        return [facts.calls[n].day for n in calls]

    # the answers

    def _dropped(self, reason: str, until: date | None = None) -> Decision:
        return Decision(self.row, False, reason, callable_until=until, balanstest=self.test.id if self.test else None)

    def _kept(self, basis: str, anchor: date | None, until: date | None, numbers: dict[str, str]) -> Decision:
        if self._is_called_too_often():
            return self._dropped("called_too_often", until)
        cells = zip(phone_columns(self.columns.phone), self.written, strict=True)
        blanked = tuple(
            column
            for columns, (cell, _) in cells
            for column in columns
            if is_written(cell, self.more) and columns[0] not in numbers
        )
        test = self.test.id if self.test else None
        first = next(iter(numbers.values()))
        return _Kept(self.row, True, None, basis, anchor, until, test, blanked, first)


# --- duplicates -------------------------------------------------------------------------------------------------


def _without_duplicates(policy: Policy, decided: list[Decision]) -> list[Decision]:
    """Keep of the rows with one number the one with the latest anchor, of equals the first."""
    if policy.duplicates == "keep_all":
        return decided
    best: dict[str, _Kept] = {}
    for one in decided:
        if isinstance(one, _Kept):
            other = best.get(one.first_number)
            if other is None or (one.anchor or date.min) > (other.anchor or date.min):
                best[one.first_number] = one
    return [
        replace(Decision(one.row, False, "duplicate"), callable_until=one.callable_until, balanstest=one.balanstest)
        if isinstance(one, _Kept) and best[one.first_number].row != one.row
        else one
        for one in decided
    ]
