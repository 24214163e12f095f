"""The program and the oracle decide the same, row by row, on random cases.

A case that fails is made again with ``random_case(seed, rows, folder)``; its seed and rows are the test's id.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import balansfilter.native
import balansfilter.pipeline.run
from balansfilter.pipeline.request import Request
from tests.oracle.cases import OTHER_BRANDS, Case, random_case
from tests.oracle.oracle import Decision, decide
from tests.oracle.writing import id_in, trimmed

if TYPE_CHECKING:
    from datetime import date

    from tests.oracle.table import Table

SEEDS = int(os.environ.get("BALANSFILTER_SEEDS", "40"))
"""How many random cases the slow tests try, each in the plain and in the compiled way."""
QUICK = [(seed, 250) for seed in range(12)]
SLOW = [(seed, 600) for seed in range(1000, 1000 + SEEDS)]
SLOW += [(seed, 10_000) for seed in range(2000, 2000 + min(-(-SEEDS // 14), 14))]


@pytest.mark.parametrize(("seed", "rows"), QUICK)
def test_the_program_agrees_with_the_oracle(seed: int, rows: int, tmp_path: Path) -> None:
    assert differences(random_case(seed, rows, tmp_path), compiled=seed % 3 > 0) == []


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize(("seed", "rows"), SLOW)
@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_the_program_agrees_with_the_oracle_on_many_rows(seed: int, rows: int, compiled: bool, tmp_path: Path) -> None:
    assert differences(random_case(seed, rows, tmp_path), compiled=compiled) == []


@pytest.mark.slow
@pytest.mark.campaign
def test_the_cases_reach_every_reason_and_ground(tmp_path: Path) -> None:
    met: Counter[str] = Counter()
    for seed in range(60):
        met.update(one.reason or str(one.basis) for one in oracle_of(random_case(seed, 300, tmp_path / str(seed))))
    reasons = (
        "unreadable_row objected not_selected invalid_phone foreign_phone consent_not_for_product consent_unproven"
        " consent_unused unknown_product missing_date unreadable_date future_date"
        " not_a_customer too_early expired no_legal_basis listed called_too_often duplicate consent customer register"
    )
    assert {name for name in reasons.split() if met[name] < 10} == set()


# --- running both -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A row on which the two differ: what the oracle says, and what the program does."""

    row: int
    oracle: str
    program: str


def oracle_of(case: Case) -> list[Decision]:
    """Ask the oracle."""
    return decide(
        case.policy,
        case.as_of,
        case.grounds,
        case.call_rows,
        case.objection_rows,
        case.register_rows,
        case.register_snapshot,
        case.contact_rows,
        case.zone,
        OTHER_BRANDS,
    )


def differences(case: Case, *, compiled: bool) -> list[Difference]:
    """Run the program on a case, in compiled loops or without, and give the rows on which it differs from the oracle."""
    run(case, compiled=compiled)
    expected = oracle_of(case)
    current = case.configs.parent / "out" / case.brand / "current"
    told = [text(case, one) for one in expected]
    done = _dropped(current / "dropped.csv", len(expected))
    callable_rows = [n for n, one in enumerate(done) if one is None]
    lists = _callable(case.call_list, current / "callable.csv")
    for n, cells in zip(callable_rows, lists, strict=True):
        done[n] = "callable " + " | ".join(cells)
    return [Difference(n, a, str(b)) for n, (a, b) in enumerate(zip(told, done, strict=True), start=1) if a != b]


def run(case: Case, *, compiled: bool) -> None:
    """Run the program on a case, with loops compiled for everything, however short, or for nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(balansfilter.native, "MANY", 1 if compiled else 10**9)
        outcome = balansfilter.pipeline.run.run(Request(case.configs, case.brand, case.as_of))
    sources = {source["role"]: source["unreadable"] for source in outcome.manifest["sources"]}
    found = {role: sources.get(role, 0) for role in case.unreadable}
    assert found == case.unreadable, f"rows that are not understood: {found} != {case.unreadable}"


def text(case: Case, one: Decision) -> str:
    """Write what the oracle decided as the published lists say it."""
    cells = case.call_rows[one.row - 1]
    if cells is None:
        return "unreadable_row"
    if one.callable:
        kept = ["" if column in one.blanked else cells[column] or "" for column in case.call_list.columns]
        return "callable " + " | ".join([*kept, str(one.basis), _day(one.callable_until)])
    columns = case.policy.call_list.columns
    product = trimmed(cells[columns.product]) if columns.product else ""
    known = [id_in(cells[columns.customer_id], case.policy.call_list.null_words), product]
    return " | ".join([*known, str(one.reason), _day(one.callable_until)])


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _dropped(path: Path, rows: int) -> list[str | None]:
    """Return the dropped rows as text, each in its place; nothing where a row was not dropped."""
    found: list[str | None] = [None] * rows
    with path.open(encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            place = int(cells["row"]) - 1
            assert found[place] is None, f"row {place + 1} is there twice"
            known = [trimmed(cells[name]) for name in ("customer_id", "product")]
            line = " | ".join([*known, cells["reason"], cells["callable_until"]])
            found[place] = "unreadable_row" if cells["reason"] == "unreadable_row" else line
    return found


def _callable(table: Table, path: Path) -> list[list[str]]:
    with path.open(encoding=table.encoding, newline="") as file:
        if table.quote is None:
            lines = list(csv.reader(file, delimiter=table.separator, quoting=csv.QUOTE_NONE))
        else:
            lines = list(csv.reader(file, delimiter=table.separator, quotechar=table.quote))
    if table.header:
        assert lines[0] == [*table.columns, "basis", "callable_until"]
    return lines[1:] if table.header else lines
