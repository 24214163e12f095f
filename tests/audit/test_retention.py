"""Retention and erasure: what went is gone, what stays still proves, and an objection stays an objection."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest

from balansfilter.commands.audit.prune import prunable
from balansfilter.errors import UsageError
from balansfilter.policy.loading import load_site
from tests.audit.story import HEADER, audited, held, make_folder, names, past, people, run_days, verified
from tests.brandfolder import write_rows

TODAY = date(2026, 11, 30)


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path)
    run_days(made, 0, 1, 2)
    return made


def retention(folder, text):
    folder.configs.joinpath("balansfilter.yaml").write_text(f"retention: {text}\n")
    return audited(folder)


@pytest.mark.parametrize(
    ("rule", "before", "lists", "decisions"),
    [
        ("{runs: 1}", None, 2, 0),
        ("{runs: 2}", None, 1, 0),
        ("{runs: 30}", None, 0, 0),
        ("{runs: 1 day}", None, 2, 0),
        ("{decisions: 1 day}", None, 0, 2),
        ("{decisions: 99 years}", None, 0, 0),
        ("{runs: 30, decisions: 5 years}", date(2099, 1, 1), 2, 2),
        ("{}", date(2020, 1, 1), 0, 0),
    ],
)
def test_what_was_kept_long_enough_goes_but_never_what_stands(folder, rule, before, lists, decisions):
    later = date(2099, 1, 1)
    found = prunable(retention(folder, rule), past(folder), later, before)
    assert (len(found.lists), len(found.decisions)) == (lists, decisions)
    assert past(folder).last not in (*found.lists, *found.decisions)


def test_without_a_retention_nothing_goes(folder):
    with pytest.raises(UsageError, match="nothing says how long things stay"):
        prunable(retention(folder, "{}"), past(folder), TODAY, None)


def test_prune_removes_rows_and_keeps_counts_and_chain(folder):
    before = {run_id: run.prepared.body for run_id, run in past(folder).runs.items()}
    held(folder, customer_id="K001")
    dry = folder.cli("audit", "prune", "--brand", "courant", "--before", "2099-01-01", "--dry-run")
    assert "the decisions of 2 runs and the lists of 2 runs would go" in dry.stdout
    assert "audit.pruned" not in names(folder)
    done = folder.cli("audit", "prune", "--brand", "courant", "--before", "2099-01-01")
    assert done.returncode == 0, done.stderr
    assert names(folder)[-1] == "audit.pruned"
    assert len(list((folder.audit / "decisions").iterdir())) == 1
    assert len(list((folder.out / "runs").iterdir())) == 1
    assert len(list(audited(folder).indexes.glob("*.index"))) == 1
    assert {run_id: run.prepared.body for run_id, run in past(folder).runs.items()} == before
    found = verified(folder)
    assert found.problems == ()
    assert found.pruned == 8
    told = folder.cli("explain", "--brand", "courant", "--customer", "K001", "--history").stdout
    assert "1 of 1 published run decided on this person; the decisions of 2 runs were pruned" in told
    again = folder.cli("audit", "prune", "--brand", "courant", "--before", "2099-01-01")
    assert "the decisions of 0 runs" in again.stdout
    assert names(folder).count("audit.pruned") == 1


def test_a_forgotten_person_is_found_by_nothing_and_everybody_else_still_is(folder):
    key = load_site(folder.configs).audit.key_file.read_text()
    assert held(folder, customer_id="K001")
    before = folder.decisions()
    done = folder.cli("audit", "forget", "--brand", "courant", "--customer", "K001")
    assert done.returncode == 0, done.stderr
    assert "forgotten in the decisions: 3 rows, in 3 runs" in done.stdout
    for who in ({"customer_id": "K001"}, {"number": "+31610000007"}, {"number": "+31206200001"}):
        assert held(folder, **who) == {}
    assert held(folder, customer_id="K002").keys() == past(folder).runs.keys()
    assert verified(folder).problems == ()

    after = folder.decisions()
    others = pl.col("row") != 2
    assert after.filter(others).equals(before.filter(others))
    kept = ("row", "decision", "basis", "reason", "balanstest")
    assert after.select(kept).equals(before.select(kept))
    assert [name for name, cell in after.row(1, named=True).items() if cell is not None] == [
        "row",
        "decision",
        "basis",
        "balanstest",
    ]
    assert after.schema == before.schema

    hashes = [cell for cell in before.row(1) if isinstance(cell, bytes)]
    assert len(hashes) == 3
    evidence = b"".join(path.read_bytes() for path in folder.audit.rglob("*") if path.is_file())
    cache = b"".join(path.read_bytes() for path in audited(folder).indexes.rglob("*") if path.is_file())
    for data in (*hashes, *(cell.hex().encode() for cell in hashes), b"K001", key.encode()):
        assert data not in evidence
    for cell in hashes:
        assert cell[:4][::-1] not in cache


def test_the_ledger_binds_the_decisions_before_and_after(folder):
    digests = {run_id: run.decisions_sha256 for run_id, run in past(folder).runs.items()}
    folder.cli("audit", "forget", "--brand", "courant", "--customer", "K001")
    folder.cli("audit", "forget", "--brand", "courant", "--phone", "0610000014")
    first, second = (event["body"] for event in folder.events() if event["event"] == "audit.forgotten")
    assert {file["run_id"]: file["before"] for file in first["decisions"]} == digests
    assert [file["before"] for file in second["decisions"]] == [file["after"] for file in first["decisions"]]
    assert "K001" not in json.dumps([first, second])
    assert verified(folder).problems == ()


def test_who_is_not_there_leaves_no_event(folder):
    before = folder.ledger.read_bytes()
    done = folder.cli("audit", "forget", "--brand", "courant", "--customer", "K999")
    assert done.returncode == 0
    assert folder.ledger.read_bytes() == before


def test_old_lists_go_when_asked_and_the_one_that_stands_is_told(folder):
    done = folder.cli("audit", "forget", "--brand", "courant", "--customer", "K001", "--lists")
    assert "The lists of 2 runs are removed." in done.stdout
    last = past(folder).last.run_id
    assert f"hold the person still: {last}" in done.stdout
    assert [path.name for path in (folder.out / "runs").iterdir()] == [last]
    assert verified(folder).problems == ()


def test_an_objection_outlives_the_forgetting(folder):
    write_rows(folder.data / "objections.csv", [("telefoon", "klantnummer"), ("", "K001")])
    folder.cli("audit", "forget", "--brand", "courant", "--customer", "K001")
    write_rows(folder.calls, [HEADER, *(person.row for person in people())])
    run_days(folder, 3)
    assert folder.reasons()["K001"] == "objected"
