"""The questions in their order; what is asked depends on what was answered before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from balansfilter.interview.counted import COUNTED, Proposal, answer_of, is_counted, terms_of
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
    Several,
    Value,
    YesNo,
    unclear,
)
from balansfilter.interview.template import ANSWERS, ASSESSMENT
from balansfilter.policy.base import Sector
from balansfilter.policy.values import Span
from balansfilter.policy.yaml_file import ValuePath

ASKED = "?"
"""Begins the path of an answer that is no part of the policy, such as whether there is another file."""


def questions(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    """Yield the questions one by one; each answer that was given in between decides on the next."""
    yield from _brand(answers, desk)
    yield from file_questions(answers, desk, ("call_list",), "call_list")
    yield from _objections(answers, desk)
    yield from _contacts(answers, desk)
    yield from _balanstests(answers, desk)
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


_SECTORS = get_args(Sector)
_SCREENS = ("never", "after_term", "always")


def _grounds(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    lawful = desk.grounds(answers["sector",])
    notes = () if "customer" in lawful else (desk.words("init.notes.consent_only"),)
    accept = ("consent", "accept")
    yield PolicyQuestion(accept, "consent", YesNo(), "grounds", default="customer" not in lawful, notes=notes)
    if answers[accept]:
        yield PolicyQuestion(("consent", "valid_for"), "consent_valid_for", Duration(), "grounds", default="24 months")
        if within := desk.law.first_call_within(desk.as_of):
            told = (desk.words("init.notes.first_call", span=desk.words.span(str(within))),)
            path = ("consent", "names_first_call")
            yield PolicyQuestion(path, "names_first_call", YesNo(), "grounds", default=False, notes=told)
    screens = {screen: desk.words(f"init.screens.{screen}") for screen in _SCREENS}
    screen = ("bel_me_niet", "screen")
    yield PolicyQuestion(screen, "screen", Choice(screens), "grounds", default="never")
    if answers[screen] != "never":
        at = ("bel_me_niet", "register")
        yield from file_questions(answers, desk, at, "register")
        yield _max_age(desk, at, "grounds", "28 days")


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
        yield _answer(answers, desk, at, (section, question, place))
        if question == "2a":
            yield PolicyQuestion((*at, "start_after"), "start_after", Duration(), section, optional=True)
        if question == "2b":
            yield from _attempts(answers, at)
    wider = (ASKED, "assessment", number)
    yield PolicyQuestion(wider, "assessment", YesNo(), "assessment", default=True)
    for name in ASSESSMENT if answers[wider] else ():
        path, ask = (*at, "answers", "assessment", name), f"document.assessment.{name}"
        yield PolicyQuestion(path, name, Prose(), "assessment", optional=True, ask=ask)


def _answer(answers: Answers, desk: Desk, at: ValuePath, asked: tuple[str, str, tuple[str, ...]]) -> PolicyQuestion:
    """Ask a question of the template; what the call history tells of it is filled in."""
    section, question, place = asked
    path = (*at, "answers", *place)
    is_open = question in COUNTED and is_counted(answers) and path not in answers
    counted = answer_of(answers, desk, at, question) if is_open else Proposal()
    return PolicyQuestion(
        path,
        question,
        Several() if question == "2c" else Prose(),
        section,
        default=counted.answer,
        optional=question == "scope",
        notes=counted.notes,
        ask=f"document.questions.{question}",
    )


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
    if not is_counted(answers):  # nobody could say how often a person was called
        return
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

    path = (*at, "max_term")
    counted = terms_of(answers, desk, at) if is_counted(answers) and path not in answers else Proposal()
    ceiling = desk.law.ceiling(desk.as_of)
    notes = (desk.words("init.notes.ceiling", span=desk.words.span(str(ceiling))),) if ceiling else ()
    yield PolicyQuestion(
        path,
        "max_term",
        Duration(),
        "substantiation",
        default=counted.answer,
        notes=(*counted.notes, *notes),
        check=check,
    )


# --- the other files ------------------------------------------------------------------------------------------


def _objections(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    number = 0
    while True:
        at: ValuePath = ("objections", number)
        yield from file_questions(answers, desk, at, "objections")
        yield _max_age(desk, at, "objections", "1 day")
        again = (ASKED, "objections", number)
        yield PolicyQuestion(again, "another_objections", YesNo(), "objections", default=False)
        if not answers[again]:
            return
        number += 1


def _max_age(desk: Desk, at: ValuePath, section: str, usual: str) -> PolicyQuestion:
    """Ask how old a file may be; never older than the law lets it be today."""
    rule = desk.law.objections_age(desk.as_of) if section == "objections" else desk.law.register_age(desk.as_of)
    limit = rule.within if rule else None

    def check(value: Value) -> None:
        """Refuse an age beyond that of the law."""
        if limit is not None and Span(value).longer_than(limit):
            raise unclear(desk.words, "max_age", span=desk.words.span(str(limit)))

    notes = (desk.words("init.notes.max_age", span=desk.words.span(str(limit))),) if limit else ()
    path = (*at, "max_age")
    return PolicyQuestion(path, "max_age", Duration(), section, default=usual, optional=True, notes=notes, check=check)


def _contacts(answers: Answers, desk: Desk) -> Iterator[PolicyQuestion]:
    wanted = (ASKED, "contacts")
    yield PolicyQuestion(wanted, "with_contacts", YesNo(), "contacts", default=False)
    if answers[wanted]:
        yield from file_questions(answers, desk, ("contacts",), "contacts")
