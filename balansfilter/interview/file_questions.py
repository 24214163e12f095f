"""The questions about one file: where it is, how it is written, and which column holds what, each with a proposal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import get_args

from balansfilter.interview.desk import Answers, Desk, given_of
from balansfilter.interview.file_replies import ColumnNames, DateFormat, FileName, Proposed, shown_name
from balansfilter.interview.look import Look
from balansfilter.interview.opt_outs import rows_to_take
from balansfilter.interview.question import PolicyQuestion
from balansfilter.interview.replies import (
    Choice,
    Count,
    Limit,
    Reply,
    Value,
    YesNo,
    unclear,
)
from balansfilter.interview.roles import WANTED, Role
from balansfilter.interview.text import SEPARATORS
from balansfilter.policy.model import Encoding, as_columns
from balansfilter.policy.source_checks import MAY_SHARE
from balansfilter.policy.yaml_file import ValuePath
from balansfilter.wording.catalogue import Wording
from balansfilter.wording.spelling import NullWords

_MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ORDER: Mapping[Role, tuple[str, ...]] = {
    "call_list": (
        "customer_id",
        "phone",
        "phone_country",
        "product",
        "last_purchase_on",
        "contract_ended_on",
        "active",
        "first_payment_on",
        "relation_began_on",
        "consent_on",
        "consent_for",
        "consent_proof",
    ),
    "objections": ("phone", "phone_country", "customer_id", "objected_on", "withdrawn_on", "brand"),
    "register": ("phone", "phone_country"),
    "contacts": (
        "phone",
        "phone_country",
        "customer_id",
        "called_on",
        "reached",
        "converted",
        "objected",
        "complained",
        "last_purchase_on",
        "product",
    ),
}
"""The columns in the order in which they are asked for."""
_REQUIRED: Mapping[Role, frozenset[str]] = {
    "call_list": frozenset(["customer_id", "phone", "consent_on"]),
    "objections": frozenset(),
    "register": frozenset(["phone"]),
    "contacts": frozenset(["called_on"]),
}
_SECTIONS: Mapping[Role, str] = {"register": "grounds"}
_DATES = frozenset(
    ["consent_on", "relation_began_on", "contract_ended_on", "first_payment_on", "last_purchase_on", "called_on"]
)


def file_questions(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> Iterator[PolicyQuestion]:
    """Yield the questions about a file."""
    section = _SECTIONS.get(role, role)
    path = (*at, "path")
    named = FileName(lambda typed: desk.look_or_say(typed, role, given_of({}, at)))
    default = desk.call_list if role == "call_list" else None
    yield PolicyQuestion(path, f"{role}_path", named, section, default=default)
    for question in _questions(answers, desk, at, role):
        yield replace(question, section=section)


def look_of(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> Look:
    """Look at a file as it was said to be written."""
    return desk.look(answers[(*at, "path")], role, given_of(answers, at))


def _questions(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> Iterator[PolicyQuestion]:
    look = look_of(answers, desk, at, role)
    if look.format == "csv":
        yield from _written(answers, desk, at, role)
    look = look_of(answers, desk, at, role)
    if len(look.sheets) > 1:
        sheets = Choice({sheet: sheet for sheet in look.sheets})
        yield PolicyQuestion((*at, "sheet"), "sheet", sheets, default=look.sheet)
        look = look_of(answers, desk, at, role)
    if look.format == "excel" and (look.above or (*at, "skip_rows") in answers):
        yield _above(answers, desk, (*at, "skip_rows"), at, role)
        look = look_of(answers, desk, at, role)
    if look.format == "excel":
        yield _header(answers, desk, (*at, "header"), at, role)
        look = look_of(answers, desk, at, role)
    if role == "call_list" and look.ragged:
        choices = Choice({choice: desk.words(f"init.bad_rows.{choice}") for choice in ("stop", "drop")})
        notes = (desk.words("init.notes.ragged", rows=desk.words.counted("terms.rows", look.ragged)),)
        yield PolicyQuestion((*at, "on_bad_row"), "on_bad_row", choices, default="stop", notes=notes)
    if role != "register":
        yield _date_format(answers, desk, at, role)
    yield from _columns(answers, desk, at, role)
    if role == "objections":
        yield from _where(answers, desk, at, role)
    yield from _null_words(answers, desk, at, role)
    if role in ("objections", "register", "contacts"):
        yield _unreadable(answers, desk, at, role)


def _written(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> Iterator[PolicyQuestion]:
    words = desk.words

    def check(key: str) -> Callable[[Value], object]:
        path = (*at, "csv", key)
        return lambda value: desk.look_or_say(answers[(*at, "path")], role, given_of({**answers, path: value}, at))

    look = look_of(answers, desk, at, role)
    encodings = Choice({encoding: encoding for encoding in get_args(Encoding)})
    seen = words("init.notes.letters", letters=look.letters) if look.letters else words("init.notes.no_letters")
    yield _csv(at, "encoding", encodings, look.csv.encoding, (seen,), check("encoding"))
    look = look_of(answers, desk, at, role)
    marks = Choice({mark: words(f"init.marks.{_MARKS[mark]}") for mark in SEPARATORS})
    seen = words.counted("init.notes.divided", len(look.names()))
    yield _csv(at, "separator", marks, look.csv.separator, (seen,), check("separator"))
    look = look_of(answers, desk, at, role)
    if look.above or (*at, "csv", "skip_lines") in answers:
        yield _above(answers, desk, (*at, "csv", "skip_lines"), at, role)
    yield _header(answers, desk, (*at, "csv", "header"), at, role)


def _header(answers: Answers, desk: Desk, path: ValuePath, at: ValuePath, role: Role) -> PolicyQuestion:
    """Ask whether the first line or row names the columns."""
    look, words = look_of(answers, desk, at, role), desk.words

    def check(value: Value) -> None:
        """Refuse an answer with which the file cannot be read."""
        desk.look_or_say(answers[(*at, "path")], role, given_of({**answers, path: value}, at))

    names = _names(look, words) if look.header else ""
    seen = words("init.notes.header", names=names) if names else words("init.notes.no_header")
    return PolicyQuestion(path, "header", YesNo(), default=look.header, notes=(seen,), check=check)


def _names(look: Look, words: Wording) -> str:
    return ", ".join(shown_name(name, words) for name in look.shown_names())


def _above(answers: Answers, desk: Desk, path: ValuePath, at: ValuePath, role: Role) -> PolicyQuestion:
    """Ask how many lines stand above the table, where some seem to."""
    look = look_of(answers, desk, at, role)
    note = desk.words("init.notes.above", names=_names(look, desk.words))

    def check(value: Value) -> None:
        """Refuse a number of lines behind which there is no table."""
        desk.look_or_say(answers[(*at, "path")], role, given_of({**answers, path: value}, at))

    return PolicyQuestion(path, "above", Count(lowest=0), default=look.above, notes=(note,), check=check)


def _csv(  # noqa: PLR0913 - a question has this many parts
    at: ValuePath, key: str, reply: Reply, default: Value, notes: tuple[str, ...], check: Callable[[Value], object]
) -> PolicyQuestion:
    return PolicyQuestion((*at, "csv", key), key, reply, default=default, notes=notes, check=check)


def _date_format(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> PolicyQuestion:
    look, words = look_of(answers, desk, at, role), desk.words
    guess = look.dates
    shown = DateFormat()
    notes = [] if guess.found else [words("init.notes.no_dates")]
    if guess.found:
        dated = [column for column in look.columns if column.filled and column.is_of("date")]
        notes = [
            words(
                "init.notes.dates",
                column=shown_name(column.name, words),
                dates=words.formats.number(column.dates),
                cells=words.formats.number(column.filled),
                sample=column.sample,
            )
            for column in dated
        ]
    if guess.also:
        others = words.formats.listed([shown.show(other, words) for other in guess.also])
        notes.append(words("init.notes.also", others=others))
    return PolicyQuestion((*at, "date_format"), "date_format", shown, default=guess.written, notes=tuple(notes))


def _columns(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> Iterator[PolicyQuestion]:
    look, words = look_of(answers, desk, at, role), desk.words
    names = look.names()
    several_of = {wanted.key for wanted in WANTED[role] if wanted.kind == "phone"}
    for place, key in enumerate(_ORDER[role]):
        if not _applies(answers, key):
            continue
        path = (*at, "columns", key)
        found = look.proposal.get(key, ())
        if key == "phone_country" and not found:
            continue
        required = key in _REQUIRED[role] or (
            key == "customer_id" and role != "call_list" and answers.get((*at, "columns", "phone")) is None
        )
        yield PolicyQuestion(
            path,
            f"{role}_{key}" if key in _OWN_TEXTS.get(role, ()) else f"column_{key}",
            ColumnNames(names, several=key in several_of),
            default=(list(found) if len(found) > 1 else found[0]) if found else None,
            optional=not required,
            notes=_table(look, words) if place == 0 else (),
            check=_column_check(answers, desk, at, key, look),
        )


def _applies(answers: Answers, key: str) -> bool:
    """Whether a column means anything, as far as was said: of consent and of relations only where they are a ground."""
    if key.startswith("consent_"):
        has_product = answers.get(("call_list", "columns", "product")) is not None
        return bool(answers.get(("consent", "accept"))) and (has_product or key != "consent_for")
    return key != "relation_began_on" or answers.get(("sector",)) == "charity"


_OWN_TEXTS: Mapping[Role, tuple[str, ...]] = {"objections": ("phone", "customer_id"), "contacts": ("last_purchase_on",)}
"""The columns that are asked for in words of their own in one kind of file."""


def _table(look: Look, words: Wording) -> tuple[str, ...]:
    """Write the columns of a file, one a line, with a sample that names nobody."""
    names = [shown_name(name, words) for name in look.shown_names()]
    wide = max(map(len, names), default=0)
    lines = [
        f"{number:>3}  {name:<{wide}}  {column.sample}".rstrip()
        for number, (name, column) in enumerate(zip(names, look.columns, strict=True), start=1)
    ]
    return (words("init.notes.columns"), *lines)


def _column_check(answers: Answers, desk: Desk, at: ValuePath, key: str, look: Look) -> Callable[[Value], None]:
    def check(value: Value) -> None:
        """Refuse a column that has another role, or in which nothing of the kind can be read."""
        for path, other in answers.items():
            if path[:-1] == (*at, "columns") and path[-1] != key and frozenset([key, path[-1]]) not in MAY_SHARE:
                for name in set(as_columns(value)) & set(as_columns(other)):
                    raise unclear(desk.words, "column_taken", name=shown_name(name, desk.words))
        for name in as_columns(value):
            facts = look.facts(name)
            if look.has_data_for(name):
                raise unclear(desk.words, "data_for_name", number=look.names().index(name) + 1)
            if facts and facts.filled and key == "customer_id" and not facts.may_be_id:
                raise unclear(desk.words, "no_ids", name=shown_name(name, desk.words))
            if facts and facts.filled and key == "phone" and not facts.phones:
                raise unclear(desk.words, "no_phones", name=shown_name(name, desk.words))
            if facts and facts.filled and key in _DATES and not facts.dates:
                raise unclear(desk.words, "no_dates", name=shown_name(name, desk.words))

    return check


def _where(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> Iterator[PolicyQuestion]:
    """Ask whether only some rows of an export are objections, where a column seems to say so."""
    look, words = look_of(answers, desk, at, role), desk.words
    taken = [name for path, value in answers.items() if path[:-1] == (*at, "columns") for name in as_columns(value)]
    where = rows_to_take(look.columns, taken, look.rows)
    for column, choice in (where or {}).items():
        take, leave = (words.formats.listed([word or "«»" for word in choice[key]]) for key in ("take", "leave"))
        notes = (words("init.notes.where", column=column, take=take, leave=leave),)
        yield PolicyQuestion((*at, "where"), "where", Proposed(where), default=where, optional=True, notes=notes)


def _null_words(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> Iterator[PolicyQuestion]:
    """Ask whether words that stand again and again where a number or a day should mean that there is none."""
    look, words = look_of(answers, desk, at, role), desk.words
    named = {path[-1]: as_columns(value) for path, value in answers.items() if path[:-1] == (*at, "columns")}
    found = look.words_for_nothing({str(key): names for key, names in named.items()}, "NL")
    if found:
        notes = (words("init.notes.null_words", words=words.formats.listed(found)),)
        yield PolicyQuestion(
            (*at, "null_words"), "null_words", Proposed(found), default=found, optional=True, notes=notes
        )


def _unreadable(answers: Answers, desk: Desk, at: ValuePath, role: Role) -> PolicyQuestion:
    look = look_of(answers, desk, at, role)
    wanted = {key: as_columns(answers.get((*at, "columns", key))) for key in ("phone", "customer_id")}
    lost = look.without(wanted, "NL", NullWords(answers.get((*at, "null_words")) or ()))
    rows = desk.words.counted("terms.rows", look.rows)
    note = desk.words("init.notes.about_nobody", lost=desk.words.formats.number(lost), rows=rows)
    return PolicyQuestion((*at, "max_unreadable"), f"{role}_max_unreadable", Limit(), default=0, notes=(note,))
