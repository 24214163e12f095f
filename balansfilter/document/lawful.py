"""What the law profile says of a sector on a day, and where that is from. Pure.

A profile writes its texts in both languages, or once for both; they are given as they stand there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from balansfilter.document.blocks import Block, Bullets, Fact, Facts, Paragraph
from balansfilter.document.saying import Saying, paragraphs, printable
from balansfilter.policy.law import GROUNDS, Law, Period
from balansfilter.policy.model import Policy


def law_blocks(say: Saying, policy: Policy, as_of: date, law: Law) -> Iterator[Block]:
    """Return the period that the day falls in, its grounds for the sector, every rule of that day, and the sources."""
    words = say.words
    yield Facts(tuple(_facts(say, policy, as_of, law)))
    rules = law.rules_on(as_of)
    for kind, rule in rules:
        yield Paragraph(words(f"document.law.kinds.{kind}"), "strong")
        yield from (Paragraph(text) for text in paragraphs(rule.rule.said(words.language)))
    sources = dict.fromkeys(source.said(words.language) for _, rule in rules for source in rule.sources)
    if sources:
        yield Paragraph(words("document.law.sources"), "strong")
        yield Bullets(tuple(printable(source) for source in sources))
    yield from (Paragraph(printable(text), "quiet") for text in _notes(say, law))


def _facts(say: Saying, policy: Policy, as_of: date, law: Law) -> Iterator[Fact]:
    words, day, period = say.words, say.words.formats.day, law.on(as_of)
    grounds = [
        words(f"terms.grounds.{ground}.label") for ground in GROUNDS if ground in period.grounds.of(policy.sector)
    ]
    yield Fact(words("document.law.profile"), words(f"terms.laws.{law.name}"))
    yield Fact(words("document.law.day"), day(as_of))
    yield Fact(words("document.law.since"), _holds(say, period))
    grounds_told = words.formats.listed(grounds) if grounds else words("document.law.no_grounds")
    sector = words(f"terms.sectors.{policy.sector}")
    yield Fact(words("document.law.grounds", sector=sector), grounds_told)
    ceiling = law.ceiling_rule(as_of)
    lifted = "document.law.ceiling_lifted" if ceiling and ceiling.lifted_by_opinion else "document.law.ceiling_firm"
    text = words(lifted, span=words.span(str(ceiling.term))) if ceiling else words("document.law.no_ceiling")
    yield Fact(words("document.law.ceiling"), text)
    if law.profile.checked_on:
        yield Fact(words("document.law.checked_on"), day(law.profile.checked_on))
    yield Fact(words("document.law.digest"), f"sha256:{law.sha256}", code=True)


def _holds(say: Saying, rule: Period) -> str:
    words, day = say.words, say.words.formats.day
    if rule.starts == date.min and rule.ends == date.max:
        return words("document.law.always")
    if rule.ends == date.max:
        return words("document.law.from", start=day(rule.starts))
    return words("document.law.from_until", start=day(rule.starts), end=day(rule.ends))


def _notes(say: Saying, law: Law) -> Iterator[str]:
    """Return the profile's warning and notes."""
    profile = law.profile
    if law.origin != "packaged":
        yield say.words("document.law.own")
    if profile.caution:
        yield profile.caution.said(say.words.language)
    elif profile.warning:
        yield profile.warning
    yield from (note.said(say.words.language) for note in profile.notes)
