"""Why one person may or may not be called: every rule, what it looked at and answered, by the code that decides."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from balansfilter.compiled.texts import as_series
from balansfilter.engine.decide import WITH_UNTIL
from balansfilter.engine.duplicates import Contenders
from balansfilter.engine.evidence import Evidence
from balansfilter.engine.filter import AHEAD, WORKERS, Question, RawPart
from balansfilter.engine.membership import UInt64Array
from balansfilter.engine.parallel import in_order
from balansfilter.engine.rules import CONSENT_RULES, CUSTOMER_RULES, LIST_RULES, PERSON_RULES, Rule
from balansfilter.errors import SourceError
from balansfilter.intake import Intake, Taken, call_list_columns
from balansfilter.lists import Ruling, rule
from balansfilter.person import Person, read_person
from balansfilter.plan import REASONS, Plan, ground_code, reason_code
from balansfilter.policy.law import GROUNDS, Ground
from balansfilter.policy.loading import base_folder
from balansfilter.policy.site import Site


@dataclass(frozen=True)
class Answer:
    """One rule, asked of one row."""

    rule: str
    """Name of the rule: a reason, or a ground with `ground ` before it."""
    meaning: str
    """What the rule asks."""
    inputs: dict[str, Any]
    """What it looked at. Numbers are shown by their last three digits."""
    holds: bool
    """Its answer. A reason that holds drops the row, if no earlier one does; a ground that holds carries the call."""
    decides: bool
    """Whether this answer settled the row."""


@dataclass(frozen=True)
class RowExplained:
    """One row of the call list, explained."""

    row: int
    callable: bool
    reason: str | None
    basis: str | None
    anchor: date | None
    callable_until: date | None
    balanstest: str | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Explanation:
    """Why one person may or may not be called on a day."""

    brand: str
    as_of: date
    rows: tuple[RowExplained, ...]
    """The person's rows on the call list; none if it does not hold the person."""
    objected: bool
    """Whether an objection of the person is in force, on the list or not."""

    @property
    def callable(self) -> bool:
        """Whether any of the person's rows may be called."""
        return any(row.callable for row in self.rows)


def explain(  # noqa: PLR0913
    configs: Path, site: Site, brand: str, as_of: date, phone: str | None, customer_id: str | None
) -> Explanation:
    """Explain the decision on a person, from the policy and the sources as they are now.

    :raises BalansfilterError: as a run would.
    """
    ruling = rule(configs, brand, as_of)
    asked = read_person(phone, customer_id, ruling.plan.default_country)
    with tempfile.TemporaryDirectory(prefix="balansfilter-") as folder, ThreadPoolExecutor(WORKERS) as pool:
        scratch = Path(folder)
        zone = ZoneInfo(site.timezone)
        intake = Intake(ruling.loaded.policy, ruling.plan, base_folder(configs), zone, scratch, {}, pool)
        evidence = intake.evidence()
        spec = ruling.loaded.policy.call_list
        question = Question(ruling.plan, spec.columns, intake.dates_of(spec), evidence)
        columns = call_list_columns(spec.columns)
        with intake.open(spec, "call_list", columns, on_bad_row=spec.on_bad_row) as source:
            mine, losers = _find(question, asked, source.blocks(), scratch, pool)
            intake.check(Taken(source.fingerprint, spec))
        intake.refuse()
    return Explanation(brand, as_of, tuple(_explained(ruling, mine, losers)), _objected(asked, evidence))


def _find(
    question: Question, asked: Person, blocks: Iterable[RawPart], scratch: Path, pool: ThreadPoolExecutor
) -> tuple[pl.DataFrame, UInt64Array]:
    plan = question.plan

    def look(block: RawPart) -> tuple[pl.DataFrame, pl.DataFrame]:
        answer = question.answer(block.parse())
        decided = answer.rows.with_columns(as_series(answer.customer_id, "customer_id"))
        contending = decided.filter(pl.col("reason") == 0).select("row", "first_number", "decided_anchor")
        mine = decided.filter(_rows_of(asked, decided, len(plan.phones)))
        return mine.with_columns(pl.col("product").cast(pl.String)), contending

    found: list[pl.DataFrame] = []
    with Contenders(scratch) as contenders:
        for mine, contending in in_order(pool, look, blocks, AHEAD):
            found.append(mine)
            if plan.keep_latest:
                contenders.add(contending)
        losers = contenders.losers()
    if not found:
        raise SourceError("the call list is empty")
    return pl.concat(found), losers


def _rows_of(asked: Person, facts: pl.DataFrame, phones: int) -> pl.Series:
    """Say of each row whether it is the person's."""
    mine = pl.lit(False)
    if asked.customer_id is not None:
        mine |= pl.col("customer_id") == asked.customer_id
    if asked.number is not None:
        mine |= pl.any_horizontal((pl.col(f"number_{i}") == asked.number).fill_null(False) for i in range(phones))
    return facts.select(mine.alias("mine")).to_series()


def _objected(asked: Person, evidence: Evidence) -> bool:
    by_number = asked.number is not None and evidence.objected.numbers.contains(np.array([asked.number], np.uint64))[0]
    ids = pl.Series([asked.customer_id or ""], dtype=pl.String)
    return bool(by_number or evidence.objected.customer_ids.contains(ids)[0])


def _explained(ruling: Ruling, mine: pl.DataFrame, losers: UInt64Array) -> Iterator[RowExplained]:
    plan = ruling.plan
    lost = set(losers.tolist()) & set(mine["row"].to_list())
    for index in range(mine.height):
        fact = mine[index]
        told: dict[str, Any] = fact.row(0, named=True)
        duplicate = told["row"] in lost
        reason = "duplicate" if duplicate else (REASONS[told["reason"] - 1] if told["reason"] else None)
        yield RowExplained(
            row=told["row"],
            callable=reason is None,
            reason=reason,
            basis=GROUNDS[told["basis"] - 1] if reason is None else None,
            anchor=told["decided_anchor"],
            callable_until=told["callable_until"] if reason is None or reason_code(reason) in WITH_UNTIL else None,
            balanstest=None if told["window"] is None else plan.windows[told["window"]].id,
            answers=tuple(_answers(plan, fact, told, reason, duplicate=duplicate)),
        )


def _answers(
    plan: Plan, fact: pl.DataFrame, told: dict[str, Any], reason: str | None, *, duplicate: bool
) -> Iterator[Answer]:
    """Ask every rule of one row, in the order of the decision."""

    def asked(rules: Iterable[Rule], *, may_decide: bool = True) -> Iterator[Answer]:
        for one in rules:
            inputs, holds = _inputs(plan, one.inputs, told), _holds(fact, one.holds(plan))
            yield Answer(one.reason, one.meaning, inputs, holds, one.reason == reason and may_decide)

    ground, by_consent = told["basis"], told["consent_answer"] > 0
    yield from asked(PERSON_RULES)
    if plan.consent_valid_for is not None:
        meaning = f"a consent is valid for {plan.consent_valid_for}"
        yield from asked(CONSENT_RULES, may_decide=by_consent)
        yield _ground("consent", meaning, {"consent_on": told["consent_on"]}, ground, reason)
    if plan.weighed:
        yield from asked(CUSTOMER_RULES, may_decide=not by_consent)
        inputs = _inputs(plan, ("window", "anchor"), told)
        yield _ground("customer", "the balanstest of the product says yes", inputs, ground, reason)
    if plan.screens:
        meaning = f"the policy screens `{plan.screen}`, and numbers that are not in the register may be called"
        yield _ground("register", meaning, {"law": "register" in plan.grounds}, ground, reason)
    if not plan.weighed:
        meaning = (
            "the row has no ground: the policy has no balanstest, and the law no ground `register` on the as-of date"
        )
        inputs = {"law": ", ".join(sorted(plan.grounds))}
        yield Answer("no_legal_basis", meaning, inputs, not ground, reason == "no_legal_basis")
    yield from asked(LIST_RULES)
    if plan.keep_latest:
        meaning = "another callable row has the same number and a later anchor date, or comes first"
        inputs = {"anchor": told["decided_anchor"], "number": _masked(told["first_number"])}
        yield Answer("duplicate", meaning, inputs, duplicate, duplicate)


def _ground(name: Ground, meaning: str, inputs: dict[str, Any], ground: int, reason: str | None) -> Answer:
    holds = ground == ground_code(name)
    return Answer(f"ground {name}", meaning, inputs, holds, holds and reason is None)


def _holds(fact: pl.DataFrame, expression: pl.Expr) -> bool:
    return bool(fact.select(expression.fill_null(False).alias("holds")).item())


def _inputs(plan: Plan, names: tuple[str, ...], told: dict[str, Any]) -> dict[str, Any]:
    """Give what a rule looked at, in words that say something to a reader."""
    made: dict[str, Any] = {}
    for name in names:
        if name.endswith("*"):
            made |= {plan.phones[i]: _phone(told, name[:-2], i) for i in range(len(plan.phones))}
        elif name == "window":
            made |= _window(plan, told["window"])
        else:
            made[name] = told[name]
    return made


_SAID = {
    "allowed": {True: "of an allowed country", False: "of another country"},
    "listed": {True: "in the register", False: "not in the register"},
}


def _phone(told: dict[str, Any], fact: str, i: int) -> str | None:
    """Say of the number in a phone column what a rule looked at; nothing where the cell holds no valid number."""
    number = _masked(told[f"number_{i}"])
    if number is None or fact == "number":
        return number
    return f"{number}, {_SAID[fact][told[f'{fact}_{i}']]}"


def _window(plan: Plan, index: int | None) -> dict[str, Any]:
    if index is None:
        return {"balanstest": None}
    window = plan.windows[index]
    told: dict[str, Any] = {"balanstest": window.id, "max_term": str(window.max_term)}
    told["earliest_anchor"] = window.earliest_anchor
    if window.latest_anchor != date.max:
        told["latest_anchor"] = window.latest_anchor
    if window.max_attempts is not None:
        told |= {"max_attempts": window.max_attempts, "attempts_after": window.attempts_after}
    return told


def _masked(number: int | None) -> str | None:
    """Show a number by its last three digits: enough to tell two numbers of one person apart."""
    return None if number is None else f"…{number % 1000:03d}"
