"""The questions in their order; what is asked depends on what was answered before."""

from __future__ import annotations

from collections.abc import Iterator

from balansfilter.interview.desk import Answers, Desk
from balansfilter.interview.file_questions import file_questions, look_of
from balansfilter.interview.file_replies import Products
from balansfilter.interview.question import PolicyQuestion, settled
from balansfilter.interview.replies import (
    Choice,
    Count,
    Duration,
    Identifier,
    Limit,
    Line,
    Prose,
    Reply,
    Several,
    Value,
    YesNo,
    unclear,
)
from balansfilter.policy.values import Span
from balansfilter.policy.yaml_file import ValuePath

ASKED = "?"
"""Begins the path of an answer that is no part of the policy, such as whether there is another file."""

ANSWERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("relation", "1a", ("customer_relation", "payment_obligation")),
    ("relation", "1b", ("customer_relation", "time_since_purchase")),
    ("relation", "1c", ("customer_relation", "product_type")),
    ("relation", "1d", ("customer_relation", "replacement_after")),
    ("impact", "2a", ("impact", "calls_begin")),
    ("impact", "2b", ("impact", "frequency")),
    ("impact", "2c", ("impact", "measures")),
    ("weighing", "3a", ("weighing", "interest")),
    ("weighing", "3b", ("weighing", "conversion")),
    ("weighing", "3c", ("weighing", "objections")),
    ("weighing", "3d", ("weighing", "complaints")),
    ("substantiation", "4", ("substantiation",)),
)
"""The questions of the four sections: section, number, and place in the answers of a balanstest."""

ASSESSMENT = (
    "less_intrusive_alternative",
    "data_source",
    "vulnerable_groups",
    "expectations",
    "safeguards",
    "review",
)
"""The questions of the wider assessment."""


def questions(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    """Yield the questions one by one; each answer that was given in between decides on the next."""
    yield from _brand(answers, desk)
    yield from file_questions(answers, desk, ("call_list",), "call_list")
    yield from _balanstests(answers, desk)
    yield from _objections(answers, desk)
    yield from _contacts(answers, desk)
    yield PolicyQuestion(("guards", "max_unreadable"), "max_unreadable", Limit(), "guards", default="5%")
    yield PolicyQuestion((ASKED, "write"), "write", YesNo(), "write", default=True)


def _brand(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    yield settled(("policy",), 1)
    yield settled(("brand",), desk.brand)
    name = desk.brand.replace("-", " ").title()
    yield PolicyQuestion(("name",), "name", Line(), "brand", default=name)
    yield PolicyQuestion(("controller",), "controller", Line(), "brand")
    sectors = {sector: desk.words(f"terms.sectors.{sector}") for sector in _SECTORS}
    yield PolicyQuestion(("sector",), "sector", Choice(sectors), "brand")
    yield settled(("law",), desk.law.name)
    yield from _grounds(answers, desk)


_SECTORS = ("commercial", "charity", "charity_lottery", "press")
_SCREENS = ("never", "after_term", "always")


def _grounds(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    lawful = desk.grounds(answers["sector",])
    notes = () if "customer" in lawful else (desk.words("init.notes.consent_only"),)
    accept = ("consent", "accept")
    yield PolicyQuestion(accept, "consent", YesNo(), "grounds", default="customer" not in lawful, notes=notes)
    if answers[accept]:
        yield PolicyQuestion(("consent", "valid_for"), "consent_valid_for", Duration(), "grounds", default="24 months")
    screens = {screen: desk.words(f"init.screens.{screen}") for screen in _SCREENS}
    screen = ("bel_me_niet", "screen")
    yield PolicyQuestion(screen, "screen", Choice(screens), "grounds", default="never")
    if answers[screen] != "never":
        at = ("bel_me_niet", "register")
        yield from file_questions(answers, desk, at, "register")
        yield PolicyQuestion((*at, "max_age"), "max_age", Duration(), "grounds", default="28 days", optional=True)


# --- the balanstests ------------------------------------------------------------------------------------------


def _balanstests(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    more, number = (ASKED, "balanstest"), 0
    if answers["bel_me_niet", "screen"] == "always":
        yield PolicyQuestion(more, "with_balanstest", YesNo(), "balanstest", default=True)
        if not answers[more]:
            return
    while True:
        at: ValuePath = ("balanstests", number)
        yield from _balanstest(answers, desk, at)
        if answers.get(("call_list", "columns", "product")) is None:
            return
        again = (ASKED, "balanstests", number)
        yield PolicyQuestion(again, "another_balanstest", YesNo(), "balanstest", default=False)
        if not answers[again]:
            return
        number += 1


def _balanstest(answers: Answers, desk: Desk, at: ValuePath) -> Iterator[PolicyQuestion]:
    number = at[1]
    others = [answers["balanstests", n, "id"] for n in range(int(number))]
    first = desk.words("init.first_balanstest") if not others else None
    yield PolicyQuestion((*at, "id"), "balanstest_id", Identifier(others), "balanstest", default=first)
    yield from _products(answers, desk, at)
    for section, question, place in ANSWERS:
        if question == "4":
            yield from _term(answers, desk, at)
        reply: Reply = Several() if question == "2c" else Prose()
        yield PolicyQuestion((*at, "answers", *place), question, reply, section, ask=f"document.questions.{question}")
        if question == "2a":
            yield PolicyQuestion((*at, "start_after"), "start_after", Duration(), section, optional=True)
        if question == "2b":
            yield from _attempts(answers, at)
    wider = (ASKED, "assessment", number)
    yield PolicyQuestion(wider, "assessment", YesNo(), "assessment", default=True)
    for name in ASSESSMENT if answers[wider] else ():
        path, ask = (*at, "answers", "assessment", name), f"document.assessment.{name}"
        yield PolicyQuestion(path, name, Prose(), "assessment", optional=True, ask=ask)


def _products(answers: Answers, desk: Desk, at: ValuePath) -> Iterator[PolicyQuestion]:
    path = (*at, "products")
    column = answers.get(("call_list", "columns", "product"))
    if column is None:
        yield settled(path, "*")
        return
    facts = look_of(answers, desk, ("call_list",), "call_list").facts(column)
    known = facts.values if facts else ()
    notes = tuple(f"{number:>3}  {code}" for number, code in enumerate(known, start=1))
    taken = [answers["balanstests", n, "products"] for n in range(int(at[1]))]

    def check(value: Value) -> None:
        """Refuse a product that another balanstest has."""
        chosen = {value} if value == "*" else set(value)
        if any(chosen & ({other} if other == "*" else set(other)) for other in taken):
            raise unclear(desk.words, "products_taken")

    default = None if taken else "*"
    yield PolicyQuestion(path, "products", Products(known), "balanstest", default=default, notes=notes, check=check)


def _attempts(answers: Answers, at: ValuePath) -> Iterator[PolicyQuestion]:
    count = (*at, "max_attempts", "count")
    yield PolicyQuestion(count, "max_attempts", Count(), "impact", optional=True)
    if answers[count] is not None:
        within = (*at, "max_attempts", "within")
        yield PolicyQuestion(within, "max_attempts_within", Duration(), "impact", default="6 months")


def _term(answers: Answers, desk: Desk, at: ValuePath) -> Iterator[PolicyQuestion]:
    start = answers.get((*at, "start_after"))

    def check(value: Value) -> None:
        """Refuse a term that ends before the first call."""
        if start and Span(start).longer_than(Span(value)):
            raise unclear(desk.words, "term_before_start", start=desk.words.span(start))

    ceiling = desk.law.ceiling(desk.as_of)
    notes = (desk.words("init.notes.ceiling", span=desk.words.span(str(ceiling))),) if ceiling else ()
    yield PolicyQuestion((*at, "max_term"), "max_term", Duration(), "substantiation", notes=notes, check=check)


# --- the other files ------------------------------------------------------------------------------------------


def _objections(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    number = 0
    while True:
        at: ValuePath = ("objections", number)
        yield from file_questions(answers, desk, at, "objections")
        yield PolicyQuestion((*at, "max_age"), "max_age", Duration(), "objections", default="1 day", optional=True)
        again = (ASKED, "objections", number)
        yield PolicyQuestion(again, "another_objections", YesNo(), "objections", default=False)
        if not answers[again]:
            return
        number += 1


def _contacts(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    counted = [path for path, value in answers.items() if path[-2:] == ("max_attempts", "count") and value is not None]
    wanted = (ASKED, "contacts")
    if counted:
        yield settled(wanted, value=True)
    else:
        yield PolicyQuestion(wanted, "with_contacts", YesNo(), "contacts", default=False)
    if answers[wanted]:
        yield from file_questions(answers, desk, ("contacts",), "contacts")
