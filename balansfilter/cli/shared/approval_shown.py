"""What an officer is shown on the terminal before a balanstest is signed, line by line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from balansfilter.commands.balanstest.effect import Untold
from balansfilter.document import answers
from balansfilter.document.blocks import AnsweredQuestion
from balansfilter.document.overviews import counted_for
from balansfilter.document.saying import MARK, NOT_KNOWN, Saying
from balansfilter.document.told_figures import share_told
from balansfilter.wording.messages import translated, translated_problem
from balansfilter.wording.speaking import words

if TYPE_CHECKING:
    from balansfilter.balanstest import Figures
    from balansfilter.commands.balanstest.act import AnswerChange, Shown
    from balansfilter.document.told_figures import Difference
    from balansfilter.wording.catalogue import Wording

_WIDTH = 96


def lines(shown: Shown) -> Iterator[str]:
    """Yield all that is shown before signing; what blocks it is told as an error."""
    say, approval = words(), shown.approval
    day = say.formats.day
    named = {"name": shown.policy.name, "id": shown.test.id, "by": approval.by, "role": approval.role}
    yield from _heading(say("approve.title", **named))
    yield say("approve.holds", on=day(approval.on), until=day(approval.review_by))
    if approval.opinion:
        yield say("approve.opinion", opinion=approval.opinion)
    yield from _heading(say("approve.answers"))
    yield from _answers(shown, say)
    yield from _changes(shown, say)
    yield from _figures(shown, say)
    if shown.differences:
        yield from _heading(say("approve.differences"))
        yield from (difference_line(one, say) for one in shown.differences)
    yield from _effect(shown, say)
    if shown.cautions:
        yield from _heading(say("approve.cautions"))
        yield from (_wrapped(str(translated_problem(problem, say.language)), "- ") for problem in shown.cautions)
    yield ""


def difference_line(one: Difference, say: Wording) -> str:
    """Write where a text and a figure differ."""
    saying = Saying(say)
    told = {"question": one.question, "band": saying.band(one.told.band), "told": share_told(saying, one.told)}
    if one.counted is None:
        return say("approve.no_band", **told)
    return say("approve.difference", **told, counted=saying.rate(one.counted).rstrip(MARK))


def _heading(text: str) -> tuple[str, str, str]:
    return "", text, "─" * min(_WIDTH, len(text))


def _wrapped(text: str, mark: str = "") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False)


def _answers(shown: Shown, say: Wording) -> Iterator[str]:
    saying, test = Saying(say), shown.test
    every: tuple[AnsweredQuestion, ...] = (
        answers.scope(saying, test),
        *answers.customer_relation(saying, test),
        *answers.impact(saying, test),
        *answers.weighing(saying, test),
        answers.substantiation(saying, test),
        *answers.assessment(saying, test),
    )
    for answer in every:
        yield _wrapped(answer.title)
        said = answer.said if answer.answered else (f"({say('document.unanswered')})",)
        yield from (_wrapped(text, "  - " if answer.listed else "    ") for text in said)
        if answer.enforced:
            yield _wrapped(answer.enforced, "    ")


def _changes(shown: Shown, say: Wording) -> Iterator[str]:
    if shown.last is None:
        yield from ("", say("approve.first"))
    elif not shown.changes:
        yield from ("", say("approve.no_changes"))
    else:
        yield from _heading(say("approve.changes"))
        for change in shown.changes:
            yield from _change(change, say)


def _change(change: AnswerChange, say: Wording) -> Iterator[str]:
    nothing = f"({say('approve.nothing')})"
    yield say("approve.change", where=change.where)
    yield _wrapped(say("approve.was", text=nothing if change.before is None else change.before), "  ")
    yield _wrapped(say("approve.is", text=nothing if change.after is None else change.after), "  ")


def _figures(shown: Shown, say: Wording) -> Iterator[str]:
    yield from _heading(say("approve.figures"))
    overview = shown.measured.overview
    if overview is None:
        yield say(f"approve.no_figures.{shown.measured.no_overview}")
        return
    for one in counted_for(overview, shown.test).bands:
        yield say("approve.band", band=Saying(say).band(one.band), **_rates(one, Saying(say)))


def _rates(one: Figures, saying: Saying) -> dict[str, str]:
    rates = {"conversions": one.conversions, "objections": one.objections, "complaints": one.complaints}
    return {name: NOT_KNOWN if rate is None else saying.rate(rate) for name, rate in rates.items()}


def _effect(shown: Shown, say: Wording) -> Iterator[str]:
    effect = shown.effect

    def people(count: int) -> str:
        return say.counted("approve.people", count)

    yield from _heading(say("approve.effect", day=say.formats.day(shown.asking.on)))
    if isinstance(effect, Untold):
        yield _wrapped(say("approve.effect_unknown", why=translated(effect.why, say.language)))
    elif effect.before is None:
        rows = say.counted("terms.rows", effect.rows)
        yield say("approve.effect_first", people=people(effect.after), rows=rows)
    elif not effect.gained and not effect.lost:
        yield say.counted("approve.effect_none", effect.after)
    else:
        yield say("approve.effect_now", before=people(effect.before), after=people(effect.after))
        for name, by_reason in (("more", effect.gained), ("fewer", effect.lost)):
            for reason, count in by_reason.items():
                label = say(f"terms.reasons.{reason}.label")
                yield say(f"approve.effect_{name}", people=people(count), reason=f"{label} ({reason})")
