"""What the call history says before it is asked: the answers to 3b, 3c and 3d, and what each term brings and costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from balansfilter.errors import BalansfilterError
from balansfilter.frozen import dataclass
from balansfilter.interview.policy_text import PolicyText, tree_of
from balansfilter.interview.template import ANSWERS
from balansfilter.phone import known_countries
from balansfilter.policy.loading import policy_of
from balansfilter.policy.model import Balanstest, Policy
from balansfilter.policy.values import Span
from balansfilter.policy.yaml_file import ValuePath, parse_yaml
from balansfilter.wording.messages import translated_problem

if TYPE_CHECKING:
    from balansfilter.balanstest import Overview, Simulated, Simulation
    from balansfilter.document.saying import Saying
    from balansfilter.interview.desk import Answers, Desk

_OUTCOMES = {"3b": "conversions", "3c": "objections", "3d": "complaints"}
COUNTED = frozenset(_OUTCOMES)
"""The questions that a call history answers."""
_PURCHASE = ("contacts", "columns", "last_purchase_on")
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Proposal:
    """What is proposed, and what is shown with it."""

    answer: str | None = None
    notes: tuple[str, ...] = ()


def is_counted(answers: Answers) -> bool:
    """Whether there is a call history out of which anything can be counted."""
    return answers.get(("contacts", "path")) is not None


def answer_of(answers: Answers, desk: Desk, at: ValuePath, question: str) -> Proposal:
    """Count the answer to a question of section 3, and show the figures behind it."""
    from balansfilter.balanstest import Bands, overview

    if answers.get(_PURCHASE) is None:
        return Proposal(notes=(desk.words("init.notes.no_purchase_day"),))

    def count(policy: Policy) -> Overview:
        """Read the history once for all three."""
        bands = Bands(terms_to_try(desk))
        return overview(desk.configs, desk.site, desk.brand, desk.as_of, bands=bands, policy=policy)

    made = _counted(answers, desk, "overview", count)
    return made if isinstance(made, Proposal) else _answer(desk, *made, int(at[1]), question)


def _answer(desk: Desk, policy: Policy, overview: Overview, place: int, question: str) -> Proposal:
    from balansfilter.document.overviews import counted_for, too_few
    from balansfilter.document.saying import MARK, Saying

    say, words = Saying(desk.words), desk.words
    section = counted_for(overview, policy.balanstests[place])
    rates = [(say.band(one.band), getattr(one, _OUTCOMES[question])) for one in section.bands]
    found = [(band, say.rate(rate)) for band, rate in rates if rate is not None and rate.interval is not None]
    if not found:
        return Proposal(notes=(words(f"document.overviews.{_OUTCOMES[question]}.unknown"),))
    first, last = (words.formats.day(day) for day in (overview.first_call, overview.last_call))
    calls = words.counted("document.calls", sum(one.calls or 0 for one in section.bands))
    few = [f"{MARK} {too_few(say)}"] if any(rate.endswith(MARK) for _, rate in found) else []
    told = words("init.counted.answer", bands="; ".join(f"{band} {rate}" for band, rate in found), calls=calls,
                 first=first, last=last)  # fmt: skip
    shown = words("init.counted.shown", calls=calls, first=first, last=last)
    return Proposal("\n".join([told, *few]), (shown, *_listed(found), *few, words("init.counted.take_over")))


def terms_of(answers: Answers, desk: Desk, at: ValuePath) -> Proposal:
    """Try terms out, and propose the longest before the curve surely turns; none where nothing is sure."""
    from balansfilter.balanstest import Trial, simulate

    if answers.get(_PURCHASE) is None:
        return Proposal()

    def count(policy: Policy) -> Simulation:
        """Decide the call list of today under each term."""
        trial = Trial(terms_to_try(desk))
        return simulate(desk.configs, desk.site, desk.brand, desk.as_of, trial, policy=policy)

    made = _counted(answers, desk, "simulation", count)
    return made if isinstance(made, Proposal) else _terms(desk, made[0].balanstests[int(at[1])], made[1])


def _terms(desk: Desk, test: Balanstest, simulation: Simulation) -> Proposal:
    from balansfilter.document.saying import MARK, Saying
    from balansfilter.document.trials import turn_text

    say, words = Saying(desk.words), desk.words
    curve = [one for one in simulation.simulated if one.balanstest == test.id]
    turn = next(turn for name, _, turn in simulation.turns if name == test.id)
    names = ("term", "customers", "calls", "conversions", "objections", "complaints", "each")
    rows = [tuple(words(f"init.terms.{name}") for name in names), *(_term_row(say, one) for one in curve)]
    few = [f"{MARK} {words('init.terms.few')}"] if any(one.thin or one.added.too_few for one in curve) else []
    sure = turn.last.up_to if turn.status == "turns" and turn.last else None
    notes = (words("init.terms.lead"), *_aligned(rows), *few, turn_text(say, turn))
    if sure is None:
        return Proposal(notes=(*notes, words("init.terms.no_proposal")))
    return Proposal(str(sure), (*notes, words("init.terms.proposal", span=words.span(str(sure)))))


def _term_row(say: Saying, one: Simulated) -> tuple[str, ...]:
    from balansfilter.document.saying import MARK, NOT_KNOWN

    year, mark = one.year, MARK if one.thin else ""
    outcomes = (year.conversions, year.objections, year.complaints) if year else (None, None, None)
    told = (say.about(found.value) + mark if found else NOT_KNOWN for found in outcomes)
    calls = say.count(round(year.calls)) if year else NOT_KNOWN
    each = say.ratio(one.added.trouble_per_conversion) + (MARK if one.added.too_few else "")
    return (say.words.span(str(one.limits.term)), say.count(one.customers), calls, *told, each)


def terms_to_try(desk: Desk) -> tuple[Span, ...]:
    """Return the terms that are tried out: none beyond the ceiling of today."""
    from balansfilter.balanstest.candidates import DEFAULT_TERMS

    ceiling = desk.law.ceiling(desk.as_of)
    allowed = tuple(term for term in DEFAULT_TERMS if ceiling is None or not term.longer_than(ceiling))
    return allowed or DEFAULT_TERMS[:1]


def _listed(rates: Sequence[tuple[str, str]]) -> list[str]:
    """Return bands and their rates, the rates under each other."""
    width = max(len(band) for band, _ in rates)
    return [f" {band.ljust(width)}  {rate}" for band, rate in rates]


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows with their cells under each other: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([f" {first.ljust(widths[0])}", *cells])


def _counted(
    answers: Answers, desk: Desk, name: str, count: Callable[[Policy], _Made]
) -> Proposal | tuple[Policy, _Made]:
    """Count once for what was answered so far; where it cannot be counted, say why not."""
    body = _body(answers, desk)
    key = f"{name}\n{body}"
    if key not in desk.counted:
        desk.waits(desk.words(f"init.counted.wait_{name}"))
        try:
            path = desk.configs / "brands" / f"{desk.brand}.yaml"
            policy = policy_of(parse_yaml(body, str(path)), path, countries=known_countries()).policy
            desk.counted[key] = (policy, count(policy))
        except BalansfilterError as error:
            problem = translated_problem(error.as_problems()[0], desk.words.language)
            why = f"{problem.message} — {problem.hint}" if problem.hint else problem.message
            desk.counted[key] = Proposal(notes=(desk.words("init.counted.not", why=why),))
    found: Any = desk.counted[key]
    return found  # type: ignore[no-any-return]


def _body(answers: Answers, desk: Desk) -> str:
    """Write the policy as it is so far, with something in the place of what is not answered yet."""
    longest = str(terms_to_try(desk)[-1])
    tree = tree_of({path: value for path, value in answers.items() if path[0] != "?" and "answers" not in path})
    open_answers: dict[str, Any] = {}
    for _, question, place in ANSWERS:
        inner = open_answers
        for part in place[:-1]:
            inner = inner.setdefault(part, {})
        told = desk.words(f"document.questions.{question}")
        inner[place[-1]] = [told] if question == "2c" else told
    tree["balanstests"] = [test | {"max_term": longest, "answers": open_answers} for test in tree["balanstests"]]
    return PolicyText(desk.words).body(tree)
