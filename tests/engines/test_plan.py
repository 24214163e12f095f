"""`balansfilter plan`: what a run will decide by, and what differs on another day or under another policy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from balansfilter.commands.plan import as_sql, planned
from balansfilter.decision.reasons import REASONS
from balansfilter.engines.interface import schemas
from balansfilter.pipeline.ruling import rule
from balansfilter.policy.site import load_site
from tests.brandfolder import AS_OF, CALLS, OBJECTIONS, BrandFolder, write_rows

_TYPES = {"UInt64": "UBIGINT", "String": "VARCHAR", "Boolean": "BOOLEAN", "Date": "DATE"}


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    folder = BrandFolder(tmp_path)
    folder.write_policy()
    write_rows(folder.calls, CALLS)
    write_rows(folder.data / "objections.csv", OBJECTIONS)
    return folder


def plan(brand: BrandFolder, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "balansfilter", "--configs", str(brand.configs), "plan", "--brand", "courant"]
    return subprocess.run(
        [*command, "--as-of", str(AS_OF), *options], capture_output=True, text=True, check=False, cwd=brand.root
    )


def told(brand: BrandFolder, *options: str) -> dict:
    done = plan(brand, "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_plan_tells_the_dates_of_each_balanstest_and_the_sources(brand: BrandFolder) -> None:
    found = told(brand)
    assert found["balanstests"]["kranten"]["anchor_from"] == "2024-11-23"
    assert found["law"] == {"name": "nl", "grounds": ["consent", "customer"]}
    assert list(found["reasons"]) == list(REASONS)
    assert found["grounds"] == {"customer": "the balanstest of the product says yes"}
    assert found["sources"]["call_list"]["files"] == [str(brand.calls)]
    assert set(found["sources"]) == {"call_list", "objections[0]"}


def test_a_source_that_is_missing_is_told_and_stops_nothing(brand: BrandFolder) -> None:
    brand.calls.unlink()
    assert "calls.csv" in told(brand)["sources"]["call_list"]["problem"]


def test_another_day_shows_what_differs(brand: BrandFolder) -> None:
    changes = {change["what"]: change for change in told(brand, "--against", "2026-11-24")["changes"]}
    assert changes["balanstests.kranten.anchor_from"] == {
        "what": "balanstests.kranten.anchor_from",
        "here": "2024-11-23",
        "there": "2024-11-24",
    }
    assert "reasons.objected" not in changes


def test_another_policy_shows_what_differs_and_that_it_is_not_approved(brand: BrandFolder) -> None:
    tree = yaml.safe_load(brand.policy_file.read_text(encoding="utf-8"))
    tree["balanstests"][0]["max_term"] = "12 months"
    draft = brand.root / "draft.yaml"
    draft.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    found = told(brand, "--against", str(draft))
    terms = {change["what"]: (change["here"], change["there"]) for change in found["changes"]}
    assert terms["balanstests.kranten.max_term"] == ("24 months", "12 months")
    assert any("kranten" in problem for problem in found["problems"])


def test_the_same_day_differs_in_nothing(brand: BrandFolder) -> None:
    done = plan(brand, "--against", str(AS_OF))
    assert (done.returncode, done.stdout.strip()) == (0, "nothing is decided otherwise")


def test_the_sql_is_a_script_that_duckdb_runs(brand: BrandFolder) -> None:
    ruling = rule(brand.configs, "courant", AS_OF)
    script = as_sql(ruling, planned(ruling, load_site(brand.configs), brand.configs))
    with duckdb.connect() as connection:
        for name, schema in schemas(ruling.plan).items():
            columns = ", ".join(f'"{column}" {_TYPES[str(kind)]}' for column, kind in schema.items())
            connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute(script)
        assert connection.execute("SELECT count(*) FROM decisions").fetchall() == [(0,)]
    assert plan(brand, "--sql").stdout.strip() == script


def test_the_plan_says_what_is_wrong_with_the_command(brand: BrandFolder) -> None:
    done = plan(brand, "--sql", "--against", "2026-11-24")
    assert done.returncode == 2
    assert "one of --sql and --against" in done.stderr


def test_a_plan_for_people_fits_on_a_screen_and_has_no_traceback(brand: BrandFolder) -> None:
    done = plan(brand)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "max term: 24 months" in done.stdout
    assert all(len(line) <= 100 or str(brand.root) in line for line in done.stdout.splitlines())
