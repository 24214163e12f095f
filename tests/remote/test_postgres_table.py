"""The callable rows in a table: the old ones or the new ones, at any moment, and the ledger says which."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from balansfilter.audit.ledger import read_chain
from balansfilter.commands.recheck import recheck
from balansfilter.commands.verify import verify_list
from balansfilter.policy.loading import load_site
from tests.brandfolder import AS_OF, CALLS, OBJECTIONS, ROOT, BrandFolder, make_brand, write_rows
from tests.remote.servers import PASSWORD, Postgres, has_secret

TABLE = "public.te_bellen"


@pytest.fixture
def brand(postgres, tmp_path) -> BrandFolder:
    return make_brand(tmp_path, {"output": {"postgres": {"url": postgres.url(), "table": TABLE}}})


def stands(postgres: Postgres) -> tuple[set[str], list[tuple[str, ...]]]:
    """Return the runs of the rows in the table, and its rows."""
    rows = postgres.rows(f"SELECT klantnummer, telefoon, laatste_aankoop, run_id FROM {TABLE} ORDER BY 1")
    return {row[3] for row in rows}, [row[:3] for row in rows]


def events(brand: BrandFolder) -> list[tuple[str, str]]:
    """Return what the whole lines of the ledger say of lists that go out."""
    told = read_chain(brand.ledger).events
    return [(one.event, one.body["run_id"]) for one in told if one.event.startswith("list.")]


def deliver(brand: BrandFolder, code: int = 0) -> str:
    done = brand.cli("deliver", "--brand", "courant")
    assert done.returncode == code, done.stderr
    assert not has_secret(done.stdout + done.stderr)
    return done.stderr


def status(brand: BrandFolder) -> str | None:
    (told,) = json.loads(brand.cli("status", "--json").stdout)
    return told["not_handed_over"]


def test_the_rows_of_the_run_that_stands_are_in_the_table(brand, postgres):
    first = brand.run()
    assert stands(postgres) == (
        {first.run_id},
        [("K1", "0612345678", "2026-01-15"), ("K2", "06-12345679", "2025-12-01")],
    )
    write_rows(brand.calls, [*CALLS[:2], ("K3", "0201234567", "2026-02-01")])
    second = brand.run()
    assert second.not_handed_over is None
    assert stands(postgres) == (
        {second.run_id},
        [("K1", "0612345678", "2026-01-15"), ("K3", "0201234567", "2026-02-01")],
    )
    told = "SELECT brand, run_id, as_of::text, valid_until::text, rows, sha256 FROM te_bellen_runs"
    digest = second.manifest["outputs"]["callable"]["sha256"]
    assert postgres.rows(told) == [("courant", second.run_id, "2026-11-23", second.manifest["valid_until"], 2, digest)]
    went = [brand.events()[-1]["body"], brand.events()[-2]["body"]]
    assert [one["to"] for one in went] == [f"{postgres.name} {TABLE}"] * 2
    assert events(brand) == [
        (event, run.run_id) for run in (first, second) for event in ("list.handing_over", "list.handed_over")
    ]
    assert brand.cli("audit", "verify", "--brand", "courant").returncode == 0


def test_an_empty_list_takes_the_old_rows_away_and_says_of_which_run_it_is(brand, postgres):
    brand.run()
    write_rows(brand.calls, [CALLS[0], ("K1", "0687654321", "2026-01-15")])
    empty = brand.run()
    assert stands(postgres) == (set(), [])
    assert postgres.rows("SELECT run_id, rows FROM te_bellen_runs") == [(empty.run_id, 0)]


def test_a_table_of_the_users_own_keeps_its_types_and_the_rows_of_other_brands(brand, postgres, tmp_path):
    postgres.run(
        f"CREATE TABLE {TABLE} (id serial, klantnummer varchar(10) NOT NULL, telefoon text, laatste_aankoop date, "
        "basis text, callable_until date, run_id text, gebeld boolean DEFAULT false)"
    )
    other = make_brand(tmp_path, {"output": {"postgres": {"url": postgres.url(), "table": TABLE}}}, brand="bode")
    runs = {brand.run().run_id, other.run().run_id}
    assert {row[0] for row in postgres.rows(f"SELECT run_id FROM {TABLE}")} == runs
    again = brand.run()
    rows = postgres.rows(f"SELECT run_id, callable_until::text, gebeld FROM {TABLE} WHERE klantnummer = 'K1'")
    assert ("2028-01-15", False) in {row[1:] for row in rows}
    assert len(rows) == 2
    assert again.run_id in {row[0] for row in rows}


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_a_list_in_another_format_gives_the_same_rows(brand, postgres, form):
    output = {"format": form, "postgres": {"url": postgres.url(), "table": TABLE}}
    brand.write_policy({"output": output})
    run = brand.run()
    assert run.not_handed_over is None
    assert stands(postgres) == ({run.run_id}, [("K1", "0612345678", "2026-01-15"), ("K2", "06-12345679", "2025-12-01")])


def test_the_table_is_in_the_database_of_the_call_list_unless_another_is_named(postgres, tmp_path):
    postgres.run(
        "CREATE TABLE calls AS SELECT 'K1' AS klantnummer, '0612345678' AS telefoon, '2026-01-15' AS laatste_aankoop"
    )
    folder = make_brand(
        tmp_path,
        {"call_list": {"path": postgres.url(), "table": "calls"}, "output": {"postgres": {"table": TABLE}}},
    )
    run = folder.run()
    assert stands(postgres)[0] == {run.run_id}


# --- what goes wrong ------------------------------------------------------------------------------------------


def test_where_it_fails_the_list_stands_with_9_and_deliver_repeats_it(brand, postgres, monkeypatch):
    first = brand.run()
    write_rows(brand.calls, [*CALLS, ("K3", "0201234567", "2026-02-01")])
    monkeypatch.setenv("PGPASSWORD", "fout")
    done = brand.cli_run("--quiet")
    assert done.returncode == 9
    assert "the list could not be handed over" in done.stderr
    assert "the database refuses the user or the password" in done.stderr
    assert "`balansfilter deliver` tries again" in done.stderr
    second = brand.current.readlink().name
    assert second != first.run_id
    assert events(brand)[-1] == ("list.not_handed_over", second)
    assert "could not be handed over" in (status(brand) or "")
    assert "refuses the user" in deliver(brand, 9)
    monkeypatch.undo()
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert stands(postgres)[0] == {first.run_id}
    deliver(brand)
    assert stands(postgres)[0] == {second}
    assert status(brand) is None
    assert deliver(brand) == "", "it is there already"
    assert brand.events()[-1]["body"]["already_there"] is True


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (f"CREATE TABLE {TABLE} (klantnummer text, telefoon text, run_id text)", "has no column 'laatste_aankoop'"),
        (
            (
                f"CREATE TABLE {TABLE} (klantnummer int, telefoon text, laatste_aankoop text, basis text, "
                "callable_until text, run_id text)"
            ),
            "a value cannot be made into the type",
        ),
        (
            (
                f"CREATE TABLE {TABLE} (klantnummer text, telefoon text UNIQUE CHECK (telefoon NOT LIKE '06-%'), "
                "laatste_aankoop text, basis text, callable_until text, run_id text)"
            ),
            "a row breaks a constraint",
        ),
        (f"CREATE VIEW {TABLE} AS SELECT 1 AS klantnummer", "has no column 'telefoon'"),
    ],
)
def test_a_table_that_does_not_fit_stays_as_it_is(brand, postgres, made, told):
    postgres.run(made)
    before = postgres.rows(f"SELECT count(*) FROM {TABLE}")
    outcome = brand.run()
    assert told in (outcome.not_handed_over or "")
    assert not has_secret(outcome.not_handed_over or "")
    assert postgres.rows(f"SELECT count(*) FROM {TABLE}") == before
    assert postgres.rows("SELECT to_regclass('te_bellen_runs') IS NULL") == [(True,)]


def test_a_user_without_rights_is_told(brand, postgres):
    postgres.run("CREATE ROLE lezer LOGIN PASSWORD 's3kreet-in-no-file'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    try:
        url = postgres.url().replace("nachtploeg", "lezer")
        brand.write_policy({"output": {"postgres": {"url": url, "table": TABLE}}})
        assert "the user may not do that" in (brand.run().not_handed_over or "")
    finally:
        postgres.run("DROP ROLE lezer")


def test_a_list_that_was_changed_or_recalled_goes_nowhere(brand, postgres):
    first = brand.run()
    path = brand.current / "callable.csv"
    text = path.read_text()
    path.write_text(text.replace("K1", "K7"))
    assert "was changed after it was published" in deliver(brand, 9)
    path.write_text(text)
    deliver(brand)
    done = brand.cli("audit", "recall", "--brand", "courant", "--run", first.run_id, "--reason", "fout bestand")
    assert done.returncode == 0, done.stderr
    assert "the list was recalled at " in deliver(brand, 9)


def test_a_list_on_which_somebody_objected_since_goes_once_the_rows_are_left_out(brand, postgres):
    brand.run()
    site, configs = load_site(brand.configs), brand.configs
    write_rows(brand.data / "objections.csv", [OBJECTIONS[0], ("0612345678", "")])
    assert recheck(configs, site, "courant", AS_OF).withdrawn == 1
    assert "1 person on the list objected since, and the list must not be called as it is" in deliver(brand, 9)
    verify_list(configs, brand.current / "manifest.json", site, AS_OF, brand.current / "withdrawn.csv")
    deliver(brand)


def test_nothing_to_hand_over_is_told_and_is_no_failure(tmp_path):
    folder = make_brand(tmp_path)
    folder.run()
    done = folder.cli("deliver", "--brand", "courant")
    assert (done.returncode, "nothing is to be handed over" in done.stderr) == (0, True)


# --- killed ---------------------------------------------------------------------------------------------------

KILLED_RUN = "20261123T020000Z-killed"
CHILD = """
import os, signal, sys
from datetime import date
from pathlib import Path
from balansfilter.remote.postgres import Database
from balansfilter.audit import ledger
from balansfilter.pipeline.request import Request
from balansfilter.pipeline.run import run
configs, point = sys.argv[1:]
when, _, what = point.partition(" ")

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def dying(name):
    whole = getattr(Database, name)
    def killed(self, text, *more):
        said = text if name != "append" else name
        hit = said == what if what == "COMMIT" else what in said
        if hit and when == "before":
            die()
        result = whole(self, text, *more)
        if hit and when == "after":
            die()
        return result
    setattr(Database, name, killed)

for name in ("execute", "append"):
    dying(name)
whole = ledger._write_all
def half(descriptor, data):
    if when == "event" and what.encode() in data:
        whole(descriptor, data[: len(data) // 2])
        os.fsync(descriptor)
        die()
    whole(descriptor, data)
ledger._write_all = half
run(Request(Path(configs), "courant", date(2026, 11, 23)), run_id="20261123T020000Z-killed")
"""
OLD = (
    "event list.handing_over",
    "before BEGIN",
    "before CREATE TEMP",
    "before append",
    "after append",
    "after DELETE",
    'after INSERT INTO "public"."te_bellen" ',
    "before COMMIT",
)
NEW = ("after COMMIT", "event list.handed_over")


EVERY_TIME = ("before CREATE TEMP", "before COMMIT", "after COMMIT", "event list.handed_over")
POINTS = [one if one in EVERY_TIME else pytest.param(one, marks=pytest.mark.slow) for one in (*OLD, *NEW)]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_moment_the_old_or_the_new_rows_stand_and_the_ledger_says_which(brand, postgres, point):
    first = brand.run()
    old = stands(postgres)
    write_rows(brand.calls, [*CALLS, ("K3", "0201234567", "2026-02-01")])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(brand.configs), point], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert brand.current.readlink().name == KILLED_RUN, "the list itself stands"
    assert read_chain(brand.ledger).problems == ()
    runs, rows = stands(postgres)
    assert (runs, rows) == (old if point in OLD else ({KILLED_RUN}, [*old[1], ("K3", "0201234567", "2026-02-01")]))
    told = status(brand)
    begun = events(brand)[-1] == ("list.handing_over", KILLED_RUN)
    assert told == (
        f"the handing over of the list to {postgres.name} {TABLE} was cut off: it may be there, or not"
        if begun
        else f"the list was not handed over to {postgres.name} {TABLE} yet"
    )
    assert begun == (point != OLD[0])
    deliver(brand)
    assert stands(postgres)[0] == {KILLED_RUN}
    assert events(brand)[-1] == ("list.handed_over", KILLED_RUN)
    assert bool(brand.events()[-1]["body"].get("already_there")) == (point in NEW)
    assert status(brand) is None
    assert first.run_id not in stands(postgres)[0]
    assert str(AS_OF) in brand.ledger.read_text()
