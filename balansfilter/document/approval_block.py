"""The approval of a balanstest, and whether it still is over what the balanstest says. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from balansfilter.document.blocks import Block, Fact, Facts, Paragraph
from balansfilter.document.saying import NOTHING, Saying, printable
from balansfilter.document.standing import Standing, Wanting
from balansfilter.policy.law import Law
from balansfilter.policy.model import Approval, Balanstest

_LINE = "…" * 20
"""A line to write on."""


def verdict(say: Saying, test: Balanstest, standing: Standing) -> str:
    """Say in a sentence how a balanstest stands."""
    words, approval = say.words, test.approval
    if standing.is_draft or approval is None:
        return words("document.verdict.draft")
    day = words.formats.day
    return words("document.verdict.approved", on=day(approval.on), until=day(approval.review_by))


def wanting_told(say: Saying, test: Balanstest, standing: Standing, law: Law) -> Iterator[str]:
    """Say what keeps a balanstest from being used, a sentence each."""
    for wanting in standing.wanting:
        yield _told(say, test, wanting, law)


def _told(say: Saying, test: Balanstest, wanting: Wanting, law: Law) -> str:
    approval, day = test.approval, say.words.formats.day
    values = {"on": day(approval.on), "until": day(approval.review_by)} if approval else {}
    if wanting == "over_ceiling":
        values["law"] = say.words(f"terms.laws.{law.name}")
    return say.words(f"document.wanting.{wanting}", **values)


def approval_blocks(say: Saying, test: Balanstest, standing: Standing, law: Law, *, recorded: bool) -> Iterator[Block]:
    """Yield the approved term, who approved it, and the digests.

    :param recorded: whether the ledger holds the approval; only then may a document say so.
    """
    words, approval, day = say.words, test.approval, say.words.formats.day
    yield from (Paragraph(text, "notice") for text in wanting_told(say, test, standing, law))
    facts = [Fact(words("document.approval.term"), words.span(str(test.max_term)))]
    if approval:
        facts += [
            Fact(words("document.approval.by"), printable(approval.by)),
            Fact(words("document.approval.role"), printable(approval.role)),
            Fact(words("document.approval.on"), day(approval.on)),
            Fact(words("document.approval.review_by"), day(approval.review_by)),
            Fact(words("document.approval.opinion"), printable(approval.opinion or NOTHING)),
            Fact(words("document.approval.approved_digest"), approval.digest, code=True),
        ]
    facts.append(Fact(words("document.approval.digest"), standing.digest, code=True))
    matches = "none" if approval is None else "differs" if "changed" in standing.wanting else "matches"
    facts.append(Fact(words("document.approval.compared"), words(f"document.approval.{matches}")))
    yield Facts(tuple(facts))
    yield Paragraph(words("document.approval.covers"), "quiet")
    yield from _signature(say, None if standing.is_draft else approval, recorded=recorded)


def _signature(say: Saying, approval: Approval | None, *, recorded: bool) -> Iterator[Block]:
    """Return the block in which the officer signs, or has signed."""
    words = say.words
    yield Paragraph(words("document.approval.signed"), "strong")
    named = ("name", "role", "day", "signature")
    told = dict.fromkeys(named, _LINE)
    if approval:
        day = words.formats.day(approval.on)
        told |= {"name": printable(approval.by), "role": printable(approval.role), "day": day}
    yield Facts(tuple(Fact(words(f"document.approval.{name}"), told[name]) for name in named))
    how = "to_sign" if approval is None else "recorded" if recorded else "not_found"
    yield Paragraph(words(f"document.approval.{how}"), "quiet")
