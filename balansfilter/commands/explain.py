"""Why one person may or may not be called: every rule, what it looked at and answered, by the code that decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from balansfilter.audit.confirmations import confirmed_lists
from balansfilter.commands.explanation import ClosedDay, Explanation, RowExplained, RuleAnswer
from balansfilter.commands.whose_objection import is_own_in_list
from balansfilter.decided.rendered import CallableRows, Rendered
from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import MEANINGS, REASONS, WITH_UNTIL, ground_code, ground_meaning, reason_code
from balansfilter.decision.rules import CONSENT_RULES, LIST_RULES, PERSON_RULES, Rule, customer_rules
from balansfilter.engines.polars.filter import Filter
from balansfilter.engines.polars.row_answers import Answer as Decided
from balansfilter.engines.polars.row_answers import Question
from balansfilter.errors import ClosedDayError, in_sentences
from balansfilter.evidence.held import Evidence
from balansfilter.identity.person import Person, read_person
from balansfilter.native.parallel import WORKERS
from balansfilter.native.text_loops import compacted
from balansfilter.pipeline.given_arguments import path_of, text_of
from balansfilter.pipeline.given_days import day_of
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.objections_named import objections_named
from balansfilter.pipeline.registers import Registers
from balansfilter.pipeline.ruling import Ruling, rule
from balansfilter.pipeline.run import today
from balansfilter.pipeline.taken import Taken, call_list_columns
from balansfilter.policy.calling import refuse_closed_day
from balansfilter.policy.law import GROUNDS, Ground
from balansfilter.policy.loading import base_folder, load_site
from balansfilter.policy.site import Site, work_folder


def explain_person(
    configs: Path | str,
    brand: str,
    *,
    phone: str | None = None,
    customer_id: str | None = None,
    as_of: date | str | None = None,
) -> Explanation:
    """Explain the decision on a person, named by a number, a customer id, or both, as `balansfilter explain` does.

    :param configs: the folder of the configs.
    :param as_of: the day of the call; None for today in the time zone of the site.
    :raises BalansfilterError: as a run would; or nobody is named, or the day is none.
    """
    for name, value in {"brand": brand, "phone": phone, "customer_id": customer_id}.items():
        if value is not None or name == "brand":
            text_of(name, value)
    with in_sentences():
        folder = path_of("configs", configs)
        site = load_site(folder)
        return explain(folder, site, brand, today(site) if as_of is None else day_of(as_of), phone, customer_id)


def explain(  # noqa: PLR0913
    configs: Path, site: Site, brand: str, as_of: date, phone: str | None, customer_id: str | None
) -> Explanation:
    """Explain the decision on a person, from the policy and the sources as they are now.

    On a day without calls it is what holds on the next day that has them, from the sources of the day asked about.

    :raises BalansfilterError: as a run would.
    """
    ruling, closed = _of_open_day(configs, site, brand, as_of)
    asked = read_person(phone, customer_id, ruling.plan.default_country)
    with work_folder(site) as scratch, ThreadPoolExecutor(WORKERS) as pool:
        zone, base = ZoneInfo(site.timezone), base_folder(configs)
        registers = Registers.of(site.cache.dir, lambda _: None)
        intake = Intake(ruling.sources, ruling.plan, base, zone, scratch, {}, pool, registers=registers, day=as_of)
        intake.confirmed = lambda: confirmed_lists(site, brand)
        evidence = intake.evidence()
        spec = ruling.loaded.policy.call_list
        looking = _Looking(asked, ruling.plan)
        filtering = Filter(scratch, pool)
        columns = call_list_columns(spec, ruling.plan)
        with intake.open(spec, "call_list", columns, on_bad_row=spec.on_bad_row) as source:
            question = Question(ruling.plan, spec, intake.dates_of(spec), evidence, in_full=True)
            filtering.take_in(source.blocks(), question, looking.look, lambda _: None)
            intake.check(Taken(source.fingerprint, spec))
        intake.refuse()
        outcomes = _Outcomes(set(filtering.losers.tolist()), set(filtering.reached.rows.tolist()))
        rows = tuple(_explained(ruling, looking.found(), outcomes))
        objected = _objected(asked, evidence, exact=ruling.plan.exact_ids)
        own = False
        if objected or any(row.reason == "objected" for row in rows):
            own = is_own_in_list(asked, looking.found(), looking.hits(), objections_named(intake), ruling.plan)
    return Explanation(brand, ruling.plan.as_of, rows, objected, own, closed, looking.in_unread_cells())


def _of_open_day(configs: Path, site: Site, brand: str, as_of: date) -> tuple[Ruling, ClosedDay | None]:
    """Work out the policy for a day, or for the next day with calls where there are none on it."""
    ruling = rule(configs, brand, as_of)
    try:
        refuse_closed_day(ruling.loaded.policy, ruling.law, ruling.calling_day(site), ZoneInfo(site.timezone))
    except ClosedDayError as closed:
        if closed.following is None:
            raise
        return rule(configs, brand, closed.following), ClosedDay(as_of, closed.why)
    return ruling, None


class _Looking:
    """Keeps the facts of a person's rows while a list is decided."""

    def __init__(self, asked: Person, plan: Plan) -> None:
        self._asked, self._plan = asked, plan
        self._found: list[pl.DataFrame] = []
        self._unread: list[int] = []
        self._hits: list[pl.DataFrame] = []

    def look(self, _part: object, answer: Decided) -> Rendered:
        """Keep the person's rows among those of a part, in any thread; nothing of the callable ones is published."""
        decided = answer.rows.with_columns(answer.ids.text.alias("customer_id"), answer.ids.key.alias("key"))
        mine = decided.filter(_rows_of(self._asked, decided, self._plan))
        self._unread += decided["row"].gather(answer.hidden.places_of(self._asked.number)).to_list()
        kept = [compacted(mine[name]) for name in ("customer_id", "key")]
        self._found.append(mine.with_columns(*kept, pl.col("product").cast(pl.String)))
        hits = decided.filter("objected").select("key", "^valid_.*$")
        self._hits.append(hits.with_columns(compacted(hits["key"])))
        return Rendered(CallableRows(decided.select("row").filter(decided["reason"] == 0).to_dict()))

    def found(self) -> pl.DataFrame:
        """Return the person's rows, in the order of the list."""
        return pl.concat(self._found).sort("row") if self._found else pl.DataFrame({"row": [], "key": []})

    def hits(self) -> pl.DataFrame:
        """Return the rows of anybody that an objection hits: `key` and the numbers."""
        return pl.concat(self._hits) if self._hits else pl.DataFrame({"key": []})

    def in_unread_cells(self) -> tuple[int, ...]:
        """Return the rows that have the number in a cell that cannot be read, and are not the person's otherwise."""
        return tuple(sorted(set(self._unread) - set(self.found()["row"])))


class _Outcomes(NamedTuple):
    """What became of rows after each was decided by itself."""

    duplicates: set[int]
    reached: set[int]


def _rows_of(asked: Person, facts: pl.DataFrame, plan: Plan) -> pl.Series:
    """Say of each row whether it is the person's."""
    mine = pl.lit(False)
    if asked.customer_id is not None:
        mine |= (pl.col("customer_id") == asked.customer_id) if plan.exact_ids else (pl.col("key") == asked.key)
    if asked.number is not None:
        numbers = [f"valid_{i}" for i in range(len(plan.phones))]
        mine |= pl.any_horizontal((pl.col(name) == asked.number).fill_null(False) for name in numbers)
    return facts.select(mine.alias("mine")).to_series()


def _objected(asked: Person, evidence: Evidence, *, exact: bool) -> bool:
    by_number = asked.number is not None and evidence.objected.numbers.contains(np.array([asked.number], np.uint64))[0]
    ids = pl.Series([(asked.customer_id if exact else asked.key) or ""], dtype=pl.String)
    return bool(by_number or evidence.objected.customer_ids.contains(ids)[0])


def _explained(ruling: Ruling, mine: pl.DataFrame, outcomes: _Outcomes) -> Iterator[RowExplained]:
    plan = ruling.plan
    for index in range(mine.height):
        fact = mine[index]
        reached = fact["row"][0] in outcomes.reached
        if reached:
            fact = fact.with_columns(objected=pl.lit(True))
        answer: dict[str, Any] = fact.row(0, named=True)
        if reached:
            answer["objected"] = "through another row with the same id or number"
        duplicate = answer["row"] in outcomes.duplicates and not reached
        reason = "duplicate" if duplicate else (REASONS[answer["reason"] - 1] if answer["reason"] else None)
        reason = "objected" if reached else reason
        yield RowExplained(
            row=answer["row"],
            callable=reason is None,
            reason=reason,
            basis=GROUNDS[answer["basis"] - 1] if reason is None else None,
            active=bool(answer["active"]),
            anchor=answer["decided_anchor"],
            callable_until=answer["callable_until"] if reason is None or reason_code(reason) in WITH_UNTIL else None,
            balanstest=None if answer["window"] is None else plan.windows[answer["window"]].id,
            answers=tuple(_answers(plan, fact, answer, reason, duplicate=duplicate)),
        )


def _answers(
    plan: Plan, fact: pl.DataFrame, answer: dict[str, Any], reason: str | None, *, duplicate: bool
) -> Iterator[RuleAnswer]:
    """Ask every rule of one row, in the order of the decision."""

    def asked(rules: Iterable[Rule], *, may_decide: bool = True) -> Iterator[RuleAnswer]:
        for one in rules:
            inputs, holds = _inputs(plan, one.inputs, answer), _holds(fact, one.holds(pl, plan))
            yield RuleAnswer(one.reason, one.meaning, inputs, holds, one.reason == reason and may_decide)

    ground, by_consent = answer["basis"], answer["consent_answer"] > 0
    yield from asked(PERSON_RULES)
    if plan.consent_valid_for is not None:
        yield from asked(CONSENT_RULES, may_decide=by_consent)
        yield _ground("consent", plan, {"consent_on": answer["consent_on"]}, ground, reason)
    yield from asked(customer_rules(plan), may_decide=not by_consent)
    if plan.weighed:
        yield _ground("customer", plan, _inputs(plan, ("window", "anchor"), answer), ground, reason)
    if plan.screens:
        yield _ground("register", plan, {"law": "register" in plan.grounds}, ground, reason)
    yield from asked(LIST_RULES)
    if plan.keep_latest:
        inputs = {"anchor": answer["decided_anchor"], "number": _masked(answer["first_number"])}
        yield RuleAnswer("duplicate", MEANINGS["duplicate"], inputs, duplicate, duplicate)


def _ground(name: Ground, plan: Plan, inputs: dict[str, Any], ground: int, reason: str | None) -> RuleAnswer:
    holds = ground == ground_code(name)
    return RuleAnswer(f"ground {name}", ground_meaning(name, plan), inputs, holds, holds and reason is None)


def _holds(fact: pl.DataFrame, expression: pl.Expr) -> bool:
    return bool(fact.select(expression.fill_null(False).alias("holds")).item())


def _inputs(plan: Plan, names: tuple[str, ...], answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a rule looked at, in words that say something to a reader."""
    made: dict[str, Any] = {}
    for name in names:
        if name.endswith("*"):
            made |= {plan.phones[i]: _phone(plan, answer, name[:-2], i) for i in range(len(plan.phones))}
        elif name == "window":
            made |= _window(plan, answer["window"])
        else:
            made[name] = answer[name]
    return made


_SAID = {
    "allowed": {True: "of an allowed country", False: "of another country"},
    "listed": {True: "in the register", False: "not in the register"},
}


def _phone(plan: Plan, answer: dict[str, Any], fact: str, i: int) -> str | None:
    """Say of the number in a phone column what a rule looked at: `?` for one that cannot be read, nothing for none."""
    if answer[f"written_{i}"] and answer[f"valid_{i}"] is None:
        return "?"
    number = _masked(answer[f"number_{i}"])
    if number is None or fact == "number":
        return number
    if fact == "listed" and not plan.screens:
        return f"{number}, not looked up in the register"
    return f"{number}, {_SAID[fact][answer[f'{fact}_{i}']]}"


def _window(plan: Plan, index: int | None) -> dict[str, Any]:
    if index is None:
        return {"balanstest": None}
    window = plan.windows[index]
    values: dict[str, Any] = {"balanstest": window.id, "max_term": str(window.max_term)}
    values["earliest_anchor"] = window.earliest_anchor
    if window.latest_anchor != date.max:
        values["latest_anchor"] = window.latest_anchor
    if window.max_attempts is not None:
        values |= {"max_attempts": window.max_attempts, "attempts_after": window.attempts_after}
    return values


def _masked(number: int | None) -> str | None:
    """Show a number by its last three digits: enough to tell two numbers of one person apart."""
    return None if number is None else f"…{number % 1000:03d}"
