"""The case files in `cases`: rows as people write them, and what a run and an explanation must say of each.

A file has a `policy` that is laid over the base below, and `cases`. A case has a `name`, an `as_of` day or a list of
them, and `rows`; it may have a `policy` and `defaults` (cells of every row) of its own, and rows of `objections`,
`register` and `contacts`. A row is its `cells` (or `split`, cells as they stand in the file, too few or too many) and
what is expected: `callable` with the ground, or `dropped` with the reason, then `until`, and if they matter `anchor`,
`balanstest` and the `blanked` columns. With several days, `expect` is a list with one of these for each day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from balansfilter.commands import explain as explaining
from balansfilter.commands.explain import explain
from balansfilter.commands.explanation import RowExplained
from balansfilter.decision.reasons import REASONS
from balansfilter.policy.law import GROUNDS
from balansfilter.policy.loading import load_site
from balansfilter.policy.model import as_columns
from tests import brandfolder
from tests.brandfolder import BrandFolder, Rows, Tree, make_brand, merged

CASES = Path(__file__).parent / "cases"
EVERYTHING: Tree = {
    "call_list": {"columns": {"product": "product", "contract_ended_on": "einddatum", "active": "actief"}},
    "objections": [
        {
            "path": "data/{brand}/objections.csv",
            "columns": {
                "phone": "telefoon",
                "customer_id": "klantnummer",
                "objected_on": "datum",
                "withdrawn_on": "ingetrokken",
                "brand": "merk",
            },
        }
    ],
    "guards": {"max_unreadable": None},
}
BASE = merged(brandfolder.BASE, EVERYTHING)
SOMEBODY_ELSE: dict[str, Tree] = {
    "objections": {"telefoon": "+31687654321", "klantnummer": "somebody-else"},
    "register": {"telefoon": "0687654322"},
    "contacts": {"telefoon": "0687654323", "klantnummer": "somebody-else", "gebeld_op": "2009-01-01"},
}


@dataclass(frozen=True)
class Case:
    """One case on one day."""

    file: str
    name: str
    as_of: date
    policy: Tree
    rows: list[Tree]
    """Cells and expectation of each row."""
    others: dict[str, list[Tree]]
    """The rows of the other files."""

    def __str__(self) -> str:
        return f"{self.file}: {self.name} ({self.as_of})"


class Typed(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads a case file with its types; a cell that only looks like a date stays text."""

    def day(self, node: yaml.ScalarNode) -> object:
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError:
            return node.value


Typed.add_constructor("tag:yaml.org,2002:timestamp", Typed.day)


def cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        yield from _cases_of(
            path.stem,
            yaml.load(text, Loader=Typed),
            yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)),
        )


def _cases_of(file: str, typed: Tree, written: Tree) -> Iterator[Case]:
    """Yield the cases of a file: the policy with its types, and cells as the text that stands there."""
    for one, text in zip(typed["cases"], written["cases"], strict=True):
        policy = merged(merged(BASE, typed.get("policy", {})), one.get("policy", {}))
        defaults = {**written.get("defaults", {}), **text.get("defaults", {})}
        days = text["as_of"] if isinstance(text["as_of"], list) else [text["as_of"]]
        for n, day in enumerate(days):
            rows = [_row(row, n, defaults) for row in text["rows"]]
            others = {name: text.get(name, [SOMEBODY_ELSE[name]]) for name in SOMEBODY_ELSE}
            yield Case(file, text["name"], date.fromisoformat(day), policy, rows, others)


def _row(row: Tree, day: int, defaults: Tree) -> Tree:
    expected = row["expect"][day] if "expect" in row else row
    return {"split": row.get("split"), "cells": {**defaults, **row.get("cells", {})}, "expected": expected}


ALL = list(cases())


@pytest.mark.parametrize("case", ALL, ids=str)
def test_a_run_decides_as_the_case_says(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brand, lines = prepared(case, tmp_path)
    brand.run(as_of=case.as_of)
    assert decided(brand, lines) == [told(case, row["expected"]) for row in case.rows]
    monkeypatch.setattr(
        explaining, "_rows_of", lambda _asked, facts, _phones: pl.repeat(True, facts.height, eager=True)
    )
    everybody = explain(brand.configs, load_site(brand.configs), brand.brand, case.as_of, None, "everybody")
    readable = [row for row in case.rows if row["split"] is None]
    for row, answer in zip(readable, everybody.rows, strict=True):
        check_explanation(answer, row["expected"])


def check_explanation(row: RowExplained, expected: Mapping[str, Any]) -> None:
    """The explanation of a row says the same as the run, and exactly one rule decides: the one that is named."""
    assert (row.reason or row.basis) == (expected.get("dropped") or expected.get("callable"))
    assert str(row.callable_until or "") == expected.get("until", "")
    deciding = [answer for answer in row.answers if answer.decides]
    assert [answer.rule for answer in deciding] == [row.reason or f"ground {row.basis}"]
    assert all(answer.holds for answer in deciding)
    assert str(row.anchor or "") == expected.get("anchor", str(row.anchor or ""))
    assert (row.balanstest or "") == expected.get("balanstest", row.balanstest or "")


# --- writing a case ---------------------------------------------------------------------------------------------


def prepared(case: Case, folder: Path) -> tuple[BrandFolder, list[Tree]]:
    """Write the files of a case; give the brand, and the cells of each row as written."""
    columns = call_columns(case)
    phone = columns_in(case.policy["call_list"]["columns"]["phone"])[0]
    lines = []
    for n, row in enumerate(case.rows, start=1):
        cells = {"klantnummer": f"K{n}", phone: f"06120000{n:02}", **row["cells"]}
        assert set(cells) <= set(columns), f"{case}: a cell in a column that the policy does not name"
        lines.append({name: cells.get(name, "") for name in columns})
    table = [
        columns,
        *(row["split"] or list(line.values()) for row, line in zip(case.rows, lines, strict=True)),
    ]
    policy = case.policy
    wanted = {
        "register": policy.get("bel_me_niet", {}).get("screen", "never") != "never",
        "contacts": "contacts" in policy,
        "objections": True,
    }
    others = {name: table_of(case.others[name]) for name, is_wanted in wanted.items() if is_wanted}
    return make_brand(folder, base=policy, calls=table, **others), lines


def call_columns(case: Case) -> list[str]:
    named = case.policy["call_list"]["columns"]
    used = [name for columns in named.values() for name in columns_in(columns)]
    return list(dict.fromkeys([*used, *case.policy["call_list"].get("where", {})]))


def columns_in(columns: object) -> tuple[str, ...]:
    """Return the names of the columns of a role, which may be joined, or have a date format of their own."""
    if isinstance(columns, dict):
        return tuple(columns["join"]) if "join" in columns else (columns["column"],)
    return as_columns(columns)


def table_of(rows: list[Tree]) -> Rows:
    """Return rows as a table with every column that any of the files may have."""
    columns = [
        "telefoon",
        "vast",
        "klantnummer",
        "datum",
        "ingetrokken",
        "merk",
        "gebeld_op",
        "land",
        "status",
        "afgemeld",
    ]
    return [columns, *([row.get(name, "") for name in columns] for row in rows)]


# --- what is expected, and what was found, in the same words ------------------------------------------------------


def told(case: Case, expected: Mapping[str, Any]) -> Tree:
    """Return what is expected of a row, with what is left out filled in, or None where it does not matter."""
    known = {"cells", "split", "callable", "dropped", "until", "anchor", "balanstest", "blanked"}
    assert not set(expected) - known, f"{case}: what is {set(expected) - known}?"
    assert ("callable" in expected) != ("dropped" in expected), f"{case}: callable or dropped?"
    if "dropped" in expected:
        assert expected["dropped"] in REASONS
        return {"reason": expected["dropped"], "until": expected.get("until", "")}
    assert expected["callable"] in GROUNDS
    blanked = sorted(as_columns(expected.get("blanked")))
    return {"basis": expected["callable"], "until": expected.get("until", ""), "blanked": blanked}


def decided(brand: BrandFolder, lines: list[Tree]) -> list[Tree]:
    """Return what the published lists say of each row; the decisions in the audit must say the same."""
    audit = brand.decisions()
    callables = iter(brand.callable_rows())
    dropped = {int(row["row"]): row for row in brand.dropped_rows()}
    found = []
    for n, line in enumerate(lines, start=1):
        if n in dropped:
            found.append({"reason": dropped[n]["reason"], "until": dropped[n]["callable_until"]})
        else:
            row = next(callables)
            kept = {name: row[name] for name in line}
            blanked = sorted(name for name in line if kept[name] != line[name])
            assert all(kept[name] == "" for name in blanked)
            found.append({"basis": row["basis"], "until": row["callable_until"], "blanked": blanked})
    assert list(callables) == []
    assert [audited(row) for row in audit.iter_rows(named=True)] == [
        {name: one[name] for name in one if name != "blanked"} for one in found
    ]
    return found


def audited(row: Mapping[str, Any]) -> Tree:
    """Return a decision in the audit as the lists say it."""
    ended = {"basis": row["basis"]} if row["decision"] == "callable" else {"reason": row["reason"]}
    return {**ended, "until": str(row["callable_until"] or "")}


# --- the case files themselves ------------------------------------------------------------------------------------


def test_the_cases_reach_every_reason_and_ground() -> None:
    reached = {row["expected"].get("dropped") or row["expected"].get("callable") for case in ALL for row in case.rows}
    assert reached == {*REASONS, *GROUNDS}
