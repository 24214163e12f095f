"""The replay: the same inputs, texts and day give the same decisions, and a program that decides otherwise is found."""

from __future__ import annotations

import json

import pytest

from balansfilter.audit import decisions
from balansfilter.commands.audit.replay import replay
from balansfilter.engines import duckdb_sql
from balansfilter.engines.duckdb import DuckDB
from balansfilter.errors import AuditError, SourceError
from balansfilter.pipeline.watch import Silence
from tests.audit.story import audited, broken_calls, make_folder, past, run_days


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path)
    run_days(made, 0)
    return made


def again(folder, call_list=None):
    return replay(audited(folder), past(folder).last.run_id, call_list, Silence())


def test_a_run_is_decided_as_it_was_though_its_policy_was_changed_since(folder):
    folder.write_policy({"balanstests": [{"id": "kranten", "products": "*", "max_term": "1 month"}]})
    done = folder.cli("audit", "replay", past(folder).last.run_id, "--brand", "courant")
    assert done.returncode == 0, done.stderr
    assert "40 rows, every one decided as it was then" in done.stdout


@pytest.mark.parametrize("decided_by", ["polars", "duckdb"])
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_either_engine_decides_a_run_of_either_as_it_was(folder, monkeypatch, decided_by, engine):
    outcome = folder.run(engine=decided_by)
    asked = []
    decide = DuckDB.decide
    monkeypatch.setattr(DuckDB, "decide", lambda self, *rest: asked.append(self) or decide(self, *rest))
    found = replay(audited(folder), outcome.run_id, None, Silence(), engine)
    assert (found.rows, found.differing) == (outcome.manifest["rows"], 0)
    assert len(asked) == (engine == "duckdb")


def test_the_command_replays_by_duckdb(folder):
    done = folder.cli("audit", "replay", past(folder).last.run_id, "--brand", "courant", "--engine", "duckdb")
    assert done.returncode == 0, done.stderr
    assert "40 rows, every one decided as it was then" in done.stdout


def test_a_last_day_that_duckdb_counts_otherwise_is_found(folder, monkeypatch):
    late = duckdb_sql.interval
    monkeypatch.setattr(duckdb_sql, "interval", lambda span: late(span).replace("MONTH", "DAY"))
    found = replay(audited(folder), past(folder).last.run_id, None, Silence(), "duckdb")
    assert found.differing == sum(found.by_rule.values()) > 0
    assert found.by_rule.keys() == {"customer → customer", "expired → expired"}
    assert found.first[0].was.keys() == found.first[0].now.keys() == {"callable_until"}


def test_every_run_of_a_past_with_another_key_and_forgotten_people_replays(told_story):
    brand = audited(told_story)
    searched = [run_id for run_id, run in past(told_story).runs.items() if not run.decisions_pruned]
    assert len(searched) == 4
    for run_id in searched:
        assert replay(brand, run_id, None, Silence()).differing == 0


def test_a_program_that_decides_otherwise_is_found_by_row_and_rule(folder, monkeypatch):
    rightly = decisions.names_of_codes

    def wrongly(plan):
        return [
            one.replace("customer", "consent") if one.meta.output_name() == "basis" else one for one in rightly(plan)
        ]

    monkeypatch.setattr(decisions, "names_of_codes", wrongly)
    callable_rows = past(folder).last.prepared.body["callable"]
    found = again(folder)
    assert found.differing == callable_rows
    assert found.by_rule == {"customer → consent": callable_rows}
    assert found.first[0].was == {"basis": "customer"}
    assert found.first[0].now == {"basis": "consent"}
    assert [one.row for one in found.first] == sorted(one.row for one in found.first)


def test_a_difference_is_an_exit_code(folder, tmp_path):
    run = past(folder).last
    (tmp_path / "sitecustomize.py").write_text(
        "import balansfilter.decision.plan as plan\nfrom datetime import date\n"
        "plan.earliest_anchor = lambda term, as_of: date(2026, 8, 1)\n"
    )
    done = folder.cli("audit", "replay", run.run_id, "--brand", "courant", "--json", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 5, done.stderr
    found = json.loads(done.stdout)
    assert found["by_rule"].keys() == {"customer → expired"}
    assert found["differing"] == sum(found["by_rule"].values()) > 0


def test_inputs_that_are_gone_or_replaced_are_named(folder):
    broken_calls(folder)
    (folder.data / "objections.csv").unlink()
    with pytest.raises(SourceError) as told:
        again(folder)
    assert "call_list: is not the file that run" in str(told.value)
    assert "objections[0]: is gone" in str(told.value)


def test_a_call_list_that_was_moved_is_given(folder):
    moved = folder.root / "archive.csv"
    folder.calls.rename(moved)
    assert again(folder, str(moved)).differing == 0


def test_a_policy_text_that_was_changed_is_refused(folder):
    path = next((folder.audit / "policies").iterdir())
    path.write_text(path.read_text() + "\n")
    with pytest.raises(AuditError, match="is not the text that run"):
        again(folder)


def test_nothing_is_left_behind(folder):
    before = sorted(folder.root.rglob("*"))
    again(folder)
    assert [path for path in sorted(folder.root.rglob("*")) if "cache" not in path.parts] == before
