"""Polars and DuckDB decide every row the same, on random lists; and where one of them errs, it is found."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import narwhals
import pytest

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.ledger import Ledger
from balansfilter.decision import rules
from balansfilter.errors import EngineError, UsageError
from tests.engines.made import decisions_of, lenient_case, published, ran

QUICK = (1, 2, 7)
SLOW = range(3000, 3000 + int(os.environ.get("BALANSFILTER_SEEDS", "40")))
_SAME = ("rows", "callable", "dropped", "reasons", "bases", "balanstests", "reached", "sources", "warnings", "guards")


def _agree(seed: int, rows: int, folder: Path) -> None:
    case = lenient_case(seed, rows, folder)
    by_polars = ran(case, verify_with="duckdb")
    by_duckdb = ran(case, engine="duckdb")
    assert published(by_polars) == published(by_duckdb)
    assert decisions_of(case, by_polars).equals(decisions_of(case, by_duckdb))
    assert {name: by_polars.manifest[name] for name in _SAME} == {name: by_duckdb.manifest[name] for name in _SAME}
    readable = sum(row is not None for row in case.call_rows)
    assert by_polars.manifest["agreed"] == {"engine": "duckdb", "rows": readable}
    assert by_duckdb.manifest["agreed"] is None


@pytest.mark.parametrize("seed", QUICK)
def test_both_engines_publish_the_same_bytes(seed: int, tmp_path: Path) -> None:
    _agree(seed, 250, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW)
def test_both_engines_publish_the_same_bytes_of_many_lists(seed: int, tmp_path: Path) -> None:
    _agree(seed, 600, tmp_path)


def _flipped(reason: str) -> tuple[rules.Rule, ...]:
    """Return the rules of a customer with the answer of one turned round where narwhals asks it, in DuckDB."""

    def flip(rule: rules.Rule) -> rules.Rule:
        return dataclasses.replace(
            rule, holds=lambda m, plan: ~rule.holds(m, plan) if m is narwhals else rule.holds(m, plan)
        )

    return tuple(flip(rule) if rule.reason == reason else rule for rule in rules.CUSTOMER_RULES)


def test_a_comparison_that_is_turned_round_in_one_engine_is_found(tmp_path: Path, monkeypatch) -> None:
    case = lenient_case(2, 250, tmp_path)
    before = ran(case)
    monkeypatch.setattr(rules, "CUSTOMER_RULES", _flipped("expired"))
    with pytest.raises(EngineError, match=r"two engines differ on [0-9]+ of [0-9]+ rows") as found:
        ran(case, verify_with="duckdb")
    assert found.value.exit_code == 5
    assert 0 < len(found.value.problems) <= 20
    told = str(found.value)
    assert "polars says expired" in told
    assert "duckdb says" in told
    cells = {cell for row in case.call_rows if row is not None for cell in row.values()}
    numbers = {cell for cell in cells if cell and sum(sign.isdigit() for sign in cell) >= 9}
    assert not [cell for cell in numbers if cell in told]
    ledger = Ledger(BrandAudit(case.configs.parent / "audit" / case.brand).ledger)
    assert ledger.events[-1].event == "run.failed"
    current = (case.configs.parent / "out" / case.brand / "current").resolve()
    assert current.name == before.run_id


def test_what_agreed_stands_in_the_ledger(tmp_path: Path) -> None:
    case = lenient_case(1, 60, tmp_path)
    outcome = ran(case, verify_with="duckdb")
    ledger = Ledger(BrandAudit(case.configs.parent / "audit" / case.brand).ledger)
    (prepared,) = [event for event in ledger.events if event.event == "run.prepared"]
    assert prepared.body["agreed"] == outcome.manifest["agreed"]
    assert prepared.body["engine"] == "polars"


def test_an_engine_is_not_verified_with_itself(tmp_path: Path) -> None:
    case = lenient_case(1, 20, tmp_path)
    with pytest.raises(UsageError, match="itself"):
        ran(case, engine="duckdb", verify_with="duckdb")


def test_duckdb_takes_no_list_that_can_be_read_only_once(tmp_path: Path) -> None:
    case = lenient_case(1, 20, tmp_path)
    with pytest.raises(UsageError, match="name a file"):
        ran(case, engine="duckdb", input="-")
