"""What the law profile says of a sector on a day, and where that is from. Pure.

The words of the packaged profiles stand in the catalogue in both languages; those of a user's own profile are
given as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from balansfilter.document.model import Block, Bullets, Fact, Facts, Paragraph
from balansfilter.document.saying import Saying, paragraphs, printable
from balansfilter.policy.law import GROUNDS, Ceiling, Law, Period
from balansfilter.policy.model import Policy

RULES_IN = "en"
"""The language of the packaged profiles' sources."""


def law_blocks(say: Saying, policy: Policy, as_of: date, law: Law) -> Iterator[Block]:
    """Give the period that the day falls in, its grounds for the sector, the ceiling, and the sources."""
    words, period = say.words, law.on(as_of)
    yield Facts(tuple(_facts(say, policy, as_of, law)))
    yield from _rule(say, law, period, "rules")
    ceiling = law.ceiling_rule(as_of)
    if ceiling:
        yield from _rule(say, law, ceiling, "ceilings")
    sources = (*period.sources, *(ceiling.sources if ceiling else ()))
    if sources:
        yield Paragraph(words("document.law.sources"), "strong")
        yield Bullets(tuple(printable(source) for source in sources), _other(say))
    yield from (Paragraph(text, "quiet", lang) for text, lang in _notes(say, law))


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
    told = words(lifted, span=words.span(str(ceiling.term))) if ceiling else words("document.law.no_ceiling")
    yield Fact(words("document.law.ceiling"), told)
    if law.profile.checked_on:
        yield Fact(words("document.law.checked_on"), day(law.profile.checked_on))
    yield Fact(words("document.law.digest"), f"sha256:{law.sha256}", code=True)


def _holds(say: Saying, rule: Period | Ceiling) -> str:
    words, day = say.words, say.words.formats.day
    if rule.starts == date.min and rule.ends == date.max:
        return words("document.law.always")
    if rule.ends == date.max:
        return words("document.law.from", start=day(rule.starts))
    return words("document.law.from_until", start=day(rule.starts), end=day(rule.ends))


def _rule(say: Saying, law: Law, rule: Period | Ceiling, kind: str) -> Iterator[Block]:
    if law.origin == "packaged":
        yield Paragraph(say.words(f"document.law.{law.name}.{kind}.{rule.starts}"))
    else:
        yield from (Paragraph(text) for text in paragraphs(rule.rule))


def _notes(say: Saying, law: Law) -> Iterator[tuple[str, str]]:
    """Give the profile's warning and notes, each with its language where that may be another."""
    if law.origin != "packaged":
        yield say.words("document.law.own"), ""
        yield from ((printable(text), "") for text in (*((law.warning,) if law.warning else ()), *law.profile.notes))
        return
    if law.warning:
        yield say.words(f"document.law.{law.name}.warning"), ""
    for number in range(1, len(law.profile.notes) + 1):
        yield say.words(f"document.law.{law.name}.notes.{number}"), ""


def _other(say: Saying) -> str:
    return "" if say.words.language == RULES_IN else RULES_IN
