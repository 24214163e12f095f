"""The statement: what was decided about one person, on a page that anybody can read, in HTML and in PDF."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib import resources
from importlib.util import find_spec
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from balansfilter.audit.checkpoint import Head
from balansfilter.audit.find import Decision, Identity
from balansfilter.audit.history import PublishedRun
from balansfilter.commands.audit.timeline import Moment, Timeline, term_lies_ahead
from balansfilter.commands.whose_objection import Own
from balansfilter.errors import UsageError
from balansfilter.policy.model import Policy
from balansfilter.wording.catalogue import Wording, load_wording
from balansfilter.wording.formats import Language

Pairs = list[tuple[str, str]]
_OF_THE_TERM = ("too_early", "expired")
"""Reasons that follow from the day from which the term counts; with any other, that day may be that of a consent."""


def statement(  # noqa: PLR0913 - all that the page tells, each named
    found: Timeline,
    runs: dict[str, PublishedRun],
    own: Own,
    policy: Policy,
    who: Identity,
    references: Mapping[str, Mapping[int, str]],
    *,
    head: Head,
    made_at: str,
    language: Language,
    zone: str,
    alone: bool = False,
) -> dict[str, Any]:
    """Return what the page says, in words: the same for HTML and PDF. The person is named by three digits at most.

    :param own: in which runs an objection was the person's own; of another's they are never told.
    :param references: where the proof of the person's consents is kept, by run and row.
    :param zone: the time zone in which moments are told.
    :param alone: whether it goes out without the bundle that proves it.
    """
    words = load_wording(language)
    say = Sayings(words, zone, own)
    sealed = any(not own.told(moment.run_id, row.reason) for moment in found.moments for row in moment.rows)
    proof = ("row", *(("sealed",) if sealed and not alone else ()), "chain", "limit")
    missing = len(found.pruned) + len(found.lost)
    searched = words.counted("statement.searched", found.searched)
    if missing:
        searched += f"; {words.counted('statement.missing', missing)}"
    about: Pairs = [
        (words("statement.about"), _about(words, who)),
        (words("statement.period"), searched),
        (words("statement.made_at"), words.formats.moment(made_at, zone)),
    ]
    return {
        "language": language,
        "title": words("statement.title"),
        "name": policy.name,
        "intro": words("statement.intro", controller=policy.controller, name=policy.name),
        "about": about,
        "lists": [
            say.moment(moment, runs[moment.run_id], references.get(moment.run_id, {})) for moment in found.moments
        ],
        "proves": words("statement.proves"),
        "proof": [words(f"statement.proof_{name}") for name in proof],
        "checkpoint": words("statement.checkpoint"),
        "head": words("statement.checkpoint_said", seq=head.seq, hash=head.hash),
        "verify": words("statement.verify_apart" if alone else "statement.verify"),
    }


def _about(words: Wording, who: Identity) -> str:
    last = (who.number or "")[-3:]
    if who.customer_id and who.number:
        return words("statement.about_both", last=last)
    return words("statement.about_customer") if who.customer_id else words("statement.about_number", last=last)


class Sayings:
    """What is said of a list, a row and a balanstest, in one language."""

    def __init__(self, words: Wording, zone: str, own: Own) -> None:
        """Take the words of a language, the time zone in which moments are told, and which objections may be told."""
        self._words = words
        self._zone = zone
        self._own = own
        self._said: set[str] = set()

    def moment(self, moment: Moment, run: PublishedRun, references: Mapping[int, str]) -> dict[str, Any]:
        """Say what one list held about the person."""
        words = self._words
        day = words.formats.day

        def at(moment: str) -> str:
            return words.formats.moment(moment, self._zone)

        stood = words("statement.stands")
        if moment.replaced_at:
            stood = words("statement.replaced", moment=at(moment.replaced_at))
        body = run.prepared.body
        return {
            "title": words("statement.list_for", day=day(moment.as_of)),
            "published": f"{words('statement.published', moment=at(moment.published_at))}, {stood}.",
            "recalled": words("statement.recalled", reason=moment.recalled) if moment.recalled else "",
            "rows": [self._row(row, moment, references.get(row.row)) for row in moment.rows],
            "balanstests": [self._balanstest(test) for test in moment.balanstests],
            "digests": [
                (words("statement.policy"), f"sha256:{moment.policy_sha256}"),
                (
                    words("statement.law"),
                    f"{words('terms.laws.' + body['law']['name'])}, sha256:{body['law']['sha256']}",
                ),
            ],
        }

    def _row(self, row: Decision, moment: Moment, reference: str | None) -> dict[str, Any]:
        words = self._words
        told = self._own.told(moment.run_id, row.reason)
        return {
            "title": words("statement.row", row=row.row),
            "decision": words(f"statement.{row.decision}"),
            "facts": list(self._facts(row, moment.as_of, reference) if told else self._left_alone(row)),
        }

    def _left_alone(self, row: Decision) -> Iterator[tuple[str, str]]:
        """Say as little as the letter does: neither why, nor a day by which it could be guessed."""
        yield self._words("statement.reason"), self._words("statement.left_alone")
        if row.product:
            yield self._words("statement.product"), row.product

    def _facts(self, row: Decision, as_of: date, reference: str | None) -> Iterator[tuple[str, str]]:
        words, day = self._words, self._words.formats.day
        if row.basis:
            said = f"{words(f'terms.grounds.{row.basis}.label')}. {words(f'terms.grounds.{row.basis}.meaning')}"
            yield words("statement.ground"), said
        if row.reason:
            said = f"{words(f'terms.reasons.{row.reason}.label')}. {words(f'terms.reasons.{row.reason}.meaning')}"
            yield words("statement.reason"), said
        if row.product:
            yield words("statement.product"), row.product
        still = term_lies_ahead(row, as_of)
        if row.basis == "consent" and row.anchor:
            yield words("statement.consent_given"), day(row.anchor)
        elif row.anchor and (row.basis or row.reason in _OF_THE_TERM):
            yield (
                words("statement.anchor"),
                words("statement.anchor_still", day=day(as_of)) if still else day(row.anchor),
            )
        if reference:
            yield words("statement.consent_proof"), reference
        if row.callable_until:
            until = day(row.callable_until)
            if still and row.basis == "customer":
                until = words("statement.callable_until_still", until=until, day=day(as_of))
            yield words("statement.callable_until"), until

    def _balanstest(self, test: dict[str, Any]) -> dict[str, Any]:
        words, day = self._words, self._words.formats.day
        approval = test["approval"]
        signed = words("statement.unapproved")
        if approval:
            signed = words("statement.approved", on=day(approval["on"]), until=day(approval["review_by"]))
            signed += f" ({words('statement.digest')} {approval['digest']})"
        return {
            "title": words("statement.balanstest", id=test["id"]),
            "facts": [(words("statement.term"), f"{words.span(test['max_term'])}; {signed}")],
            "substantiation": self._once(test["answers"]["substantiation"]),
        }

    def _once(self, text: str) -> str:
        """Return a long text the first time, and after that only that it stands above."""
        if text in self._said:
            return self._words("statement.above")
        self._said.add(text)
        return text


def statement_html(told: dict[str, Any]) -> str:
    """Return the statement as a page that needs nothing from elsewhere, and may take nothing from there."""
    return web_page(told, "statement.html")


def web_page(told: dict[str, Any], template: str) -> str:
    """Return what is told as a page of a template, in the looks of the statement."""
    style = resources.files(__package__).joinpath("templates", "statement.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = _environment().get_template(template)
    return page.render(**told, style=Markup(style), style_sha256=digest)  # noqa: S704 - our own text


def need_typst() -> None:
    """Make sure that a PDF can be made.

    :raises UsageError: the extra `pdf` is not installed.
    """
    if find_spec("typst") is None:
        raise UsageError("a PDF needs the extra `pdf`: pip install 'balansfilter[pdf]'; or use --no-pdf")


def statement_pdf(told: dict[str, Any]) -> bytes:
    """Return the statement as PDF/A."""
    return typeset(told, "statement.typ")


def typeset(told: dict[str, Any], name: str) -> bytes:
    """Return what is told as PDF/A, set by a template.

    :raises UsageError: the extra `pdf` is not installed.
    """
    need_typst()
    import typst

    template = resources.files(__package__).joinpath("templates", name).read_bytes()
    made: bytes = typst.compile(template, sys_inputs={"told": json.dumps(told)}, format="pdf", pdf_standards=["a-2b"])
    return made


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("balansfilter.commands.audit.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
