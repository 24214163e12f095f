"""What the answers to 3b, 3c and 3d say in figures, held against what the call history says. Pure.

An answer is free text. Where it names a band of months, in Dutch or English, the first share behind it is taken for the
share of that band: `6-12 maanden 4,8%`, or after «per duizend» a plain number. What cannot be read so is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from balansfilter.balanstest import Overview
from balansfilter.balanstest.bands import Band, Bands, months
from balansfilter.balanstest.moments import OUTCOMES
from balansfilter.balanstest.rates import Rate
from balansfilter.document.measured import candidate_terms
from balansfilter.document.overviews import counted_for
from balansfilter.document.saying import MARK, Saying
from balansfilter.frozen import dataclass
from balansfilter.policy.model import Balanstest
from balansfilter.policy.values import Span

_MONTHS = r"(?:months?|maand(?:en)?)"
_BAND = re.compile(
    rf"\b(?:(?P<first>\d{{1,3}})\s*(?:-|–|to|tot(?: en met)?|t/m)\s*(?P<last>\d{{1,3}})\s*{_MONTHS}"
    rf"|(?:up to(?: and including)?|until|tot(?: en met)?|t/m)\s*(?P<up_to>\d{{1,3}})\s*{_MONTHS}"
    rf"|(?:after|na|more than|meer dan)\s*(?P<after>\d{{1,3}})\s*{_MONTHS})\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,3})?)\s*(%|procent|percent|‰|promille)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,3})?)(?![\d%])(?!\s*(?:months?|maand|%|procent|percent))")
_PER_MILLE = re.compile(r"\b(per duizend|per thousand|promille)\b|‰", re.IGNORECASE)
QUESTIONS = dict(zip(OUTCOMES, ("3b", "3c", "3d"), strict=True))
"""The question that each outcome answers."""


@dataclass(frozen=True)
class Told:
    """A share that an answer gives for a band."""

    after: int
    up_to: int | None
    """None where the band has no end."""
    share: Decimal
    """From 0 to 1."""
    precision: Decimal
    """What its last decimal stands for."""

    @property
    def band(self) -> Band:
        """The band that is meant."""
        ends = (Span(f"{n} months") if n else None for n in (self.after, self.up_to))
        return Band(*ends)


@dataclass(frozen=True)
class Difference:
    """A share in an answer that is not that of the call history."""

    outcome: str
    told: Told
    counted: Rate | None
    """What was counted in the band; None where the overview has no such band."""

    @property
    def question(self) -> str:
        """The number of the question."""
        return QUESTIONS[self.outcome]


def told_in(text: str) -> Iterator[Told]:
    """Yield the shares that a text gives, each with its band."""
    found = list(_BAND.finditer(text))
    ends = {up_to for _, up_to in map(_band, found)}
    for number, at in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        if share := _share(text, at.end(), end):
            after, up_to = _band(at)
            seventh = after not in ends and after - 1 in ends
            yield Told(after - 1 if seventh else after, up_to, *share)


def _band(at: re.Match[str]) -> tuple[int, int | None]:
    """Return the two months that a band is named by: `6-12` lies after six, and so does `7-12` behind `0-6`."""
    if at["up_to"]:
        return 0, int(at["up_to"])
    if at["after"]:
        return int(at["after"]), None
    return int(at["first"]), int(at["last"])


def _share(text: str, start: int, end: int) -> tuple[Decimal, Decimal] | None:
    if found := _SHARE.search(text, start, end):
        whole = 100 if found[2].lower() in ("%", "procent", "percent") else 1000
        return _value(found[1], whole)
    if _PER_MILLE.search(text) and (found := _NUMBER.search(text, start, end)):
        return _value(found[1], 1000)
    return None


def _value(written: str, whole: int) -> tuple[Decimal, Decimal]:
    value = Decimal(written.replace(",", "."))
    return value / whole, Decimal(1).scaleb(int(value.as_tuple().exponent)) / whole


def answers_in_figures(test: Balanstest) -> dict[str, str]:
    """Return what a balanstest answers to 3b, 3c and 3d, by outcome."""
    told = test.answers.weighing
    return dict(zip(OUTCOMES, (told.conversion, told.objections, told.complaints), strict=True))


def differences(overview: Overview, test: Balanstest) -> tuple[Difference, ...]:
    """Return the shares in the answers that are not those of the history, as far as the answer writes them out."""
    section = counted_for(overview, test)
    made = []
    for outcome, text in answers_in_figures(test).items():
        by_band = {_key(one.band): getattr(one, outcome) for one in section.bands}
        for told in told_in(text):
            rate = by_band.get((told.after, told.up_to))
            if rate is None or rate.interval is None:
                made.append(Difference(outcome, told, None))
            elif abs(Decimal(repr(rate.interval.value)) - told.share) > told.precision / 2:
                made.append(Difference(outcome, told, rate))
    return tuple(made)


def _key(band: Band) -> tuple[int | None, int | None]:
    return (months(band.after) if band.after else 0), (months(band.up_to) if band.up_to else None)


def bands_of(test: Balanstest) -> Bands:
    """Return the bands in which a balanstest is counted: those that its answers name, and behind them the usual ones.

    Where the answers name none, a band ends where each term that is tried out would.
    """
    edges: set[int] = set()
    for text in answers_in_figures(test).values():
        for told in told_in(text):
            edges |= {edge for edge in (told.after, told.up_to) if edge}
    named = tuple(Span(f"{edge} months") for edge in sorted(edges))
    usual = (term for term in candidate_terms((test.max_term,)) if not named or _beyond(term, named[-1]))
    return Bands((*named, *usual))


def _beyond(term: Span, last: Span) -> bool:
    return term.longer_than(last) and not last.longer_than(term)


def difference_told(say: Saying, one: Difference) -> str:
    """Say where a text and a figure differ."""
    name = "differs" if one.counted else "no_such_band"
    band, counted = say.band(one.told.band), say.rate(one.counted).rstrip(MARK)
    told = share_told(say, one.told)
    return say.words(f"document.overviews.{name}", band=band, told=told, counted=counted)


def share_told(say: Saying, told: Told) -> str:
    """Write a share that an answer gives, with its own decimals."""
    decimals = max(0, -int(told.precision.normalize().as_tuple().exponent) - 2)
    return say.words.formats.percent((told.share * 100).quantize(Decimal(1).scaleb(-decimals)))
