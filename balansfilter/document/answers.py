"""The questions of the balanstest with the answers of a policy, and those of the wider assessment. Pure."""

from __future__ import annotations

from balansfilter.document.blocks import AnsweredQuestion
from balansfilter.document.saying import Saying, paragraphs, printable
from balansfilter.policy.balanstest import Assessment
from balansfilter.policy.model import Balanstest


def customer_relation(say: Saying, test: Balanstest) -> tuple[AnsweredQuestion, ...]:
    """Return section 1."""
    answers = test.answers.customer_relation
    return (
        _answer(say, "1a", answers.payment_obligation),
        _answer(say, "1b", answers.time_since_purchase),
        _answer(say, "1c", answers.product_type),
        _answer(say, "1d", answers.replacement_after),
    )


def impact(say: Saying, test: Balanstest) -> tuple[AnsweredQuestion, ...]:
    """Return section 2, with the delay and the frequency that the filter sees to."""
    answers, words = test.answers.impact, say.words
    start = words("document.enforced.no_start")
    if test.start_after:
        start = words("document.enforced.start", span=words.span(str(test.start_after)))
    often = words("document.enforced.no_attempts")
    if test.max_attempts:
        often = words("document.enforced.attempts", attempts=say.attempts(test.max_attempts))
    measures = tuple(printable(measure) for measure in answers.measures)
    return (
        _answer(say, "2a", answers.calls_begin, start),
        _answer(say, "2b", answers.frequency, often),
        AnsweredQuestion("2c", words("document.questions.2c"), measures, listed=True),
    )


def weighing(
    say: Saying, test: Balanstest
) -> tuple[AnsweredQuestion, AnsweredQuestion, AnsweredQuestion, AnsweredQuestion]:
    """Return section 3: the interest, and what is said of conversion, objections and complaints."""
    answers = test.answers.weighing
    return (
        _answer(say, "3a", answers.interest),
        _answer(say, "3b", answers.conversion),
        _answer(say, "3c", answers.objections),
        _answer(say, "3d", answers.complaints),
    )


def substantiation(say: Saying, test: Balanstest) -> AnsweredQuestion:
    """Return section 4, with the term that the filter sees to."""
    term = say.words("document.enforced.term", span=say.words.span(str(test.max_term)))
    return _answer(say, "4", test.answers.substantiation, term)


def assessment(say: Saying, test: Balanstest) -> tuple[AnsweredQuestion, ...]:
    """Return the questions of the wider assessment, with the answers as far as there are any."""
    given = test.answers.assessment or Assessment()
    made = []
    for name in Assessment.model_fields:
        text: str | None = getattr(given, name)
        question = say.words(f"document.assessment.{name}")
        made.append(AnsweredQuestion("", question, paragraphs(text or ""), answered=text is not None))
    return tuple(made)


def _answer(say: Saying, number: str, text: str, enforced: str = "") -> AnsweredQuestion:
    return AnsweredQuestion(number, say.words(f"document.questions.{number}"), paragraphs(text), enforced=enforced)
