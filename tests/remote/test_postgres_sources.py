"""Rows of a real Postgres as sources: what is read, how it is known again, and every way in which it goes wrong."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.audit.replay import replay
from balansfilter.commands.recheck import recheck
from balansfilter.commands.verify import verify_list
from balansfilter.errors import OutputError, SourceError
from balansfilter.pipeline.watch import Silence
from balansfilter.policy.site import load_site
from balansfilter.remote.postgres import literal
from tests.brandfolder import AS_OF, ROOT, BrandFolder, make_brand, merged, write_rows
from tests.remote.servers import PASSWORD, Postgres, has_secret

TABLES = (
    "CREATE TABLE calls (klantnummer bigint, telefoon text, laatste_aankoop date, bedrag numeric(8,2))",
    "INSERT INTO calls VALUES (2, '06-12345679', '2025-12-01', 12.50), (1, '0612345678', '2026-01-15', NULL)",
    "INSERT INTO calls VALUES (3, '0612345670', '2026-02-01', 7)",
    "CREATE TABLE objections (telefoon text, klantnummer numeric(10,2), op timestamptz)",
    "INSERT INTO objections VALUES ('0687654321', 9, now()), (NULL, 3.00, '2026-11-22 23:30:00+00')",
)


def in_database(postgres: Postgres, **changes):
    """Return the changes to a policy that read both lists from the database."""
    made = {
        "call_list": {"path": postgres.url(), "table": "calls", "key": "klantnummer"},
        "objections": [
            {
                "path": postgres.url(),
                "query": "SELECT telefoon, klantnummer, op FROM objections",
                "columns": {"phone": "telefoon", "customer_id": "klantnummer", "objected_on": "op"},
            }
        ],
    }
    return merged(made, changes)


@pytest.fixture
def brand(postgres, tmp_path) -> BrandFolder:
    postgres.run(*TABLES)
    return make_brand(tmp_path, in_database(postgres))


def verified(folder: BrandFolder):
    return verify_list(folder.configs, folder.current / "manifest.json", load_site(folder.configs), AS_OF)


def source(manifest, role="call_list"):
    return next(one for one in manifest["sources"] if one["role"] == role)


def refused(folder: BrandFolder, *says: str) -> str:
    """Run, and make sure that nothing is published, with exit code 4, in sentences without a secret."""
    with pytest.raises(SourceError) as error:
        folder.run()
    assert error.value.exit_code == 4
    for told in says:
        assert told in str(error.value)
    assert not has_secret(str(error.value))
    assert not folder.current.exists()
    return str(error.value)


# --- what is read ---------------------------------------------------------------------------------------------


def test_the_decision_is_the_same_as_with_files(brand, postgres):
    outcome = brand.run()
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["1", "2"]
    assert brand.reasons() == {"3": "objected"}
    assert brand.callable_rows()[0] == {
        "klantnummer": "1",
        "telefoon": "0612345678",
        "laatste_aankoop": "2026-01-15",
        "bedrag": "",
        "basis": "customer",
        "callable_until": "2028-01-15",
    }
    assert outcome.manifest["sources"][0]["rows"] == 3


def test_every_role_is_read_from_a_database_and_all_of_one_snapshot(postgres, tmp_path):
    postgres.run(
        *TABLES,
        "CREATE TABLE register AS SELECT '0612345679' AS nummer",
        "CREATE TABLE gebeld (klantnummer bigint, op timestamp)",
        "INSERT INTO gebeld VALUES (1, '2026-11-20 10:00'), (1, '2026-11-21 10:00')",
    )
    register = {"path": postgres.url(), "table": "register", "columns": {"phone": "nummer"}}
    policy = in_database(
        postgres,
        bel_me_niet={"screen": "always", "register": register},
        contacts={
            "path": postgres.url(),
            "table": "public.gebeld",
            "columns": {"customer_id": "klantnummer", "called_on": "op"},
        },
    )
    test = {"id": "kranten", "products": "*", "max_term": "24 months"}
    policy["balanstests"] = [{**test, "max_attempts": {"count": 2, "within": "1 month"}}]
    folder = make_brand(tmp_path, policy)
    outcome = folder.run()
    assert folder.reasons() == {"1": "called_too_often", "2": "listed", "3": "objected"}
    snapshots = [one["files"][0]["taken_from"]["snapshot"] for one in outcome.manifest["sources"]]
    assert len(snapshots) == 4
    assert len(set(snapshots)) == 1


def test_nothing_that_is_secret_stands_in_anything_that_is_written(brand, postgres, tmp_path):
    done = brand.cli_run("--json")
    assert done.returncode == 0, done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file() and "runs" not in path.parts]
    written += [brand.current / "manifest.json", brand.current / "report.html"]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
    assert PASSWORD not in done.stdout + done.stderr
    assert source(json.loads(done.stdout))["files"][0]["path"] == postgres.name


def test_the_digest_is_that_of_what_psql_writes_of_the_query_that_was_recorded(brand, postgres):
    mark = source(brand.run().manifest)
    copied = postgres.psql(f"\\copy ({mark['files'][0]['taken_from']['query']}) TO STDOUT (FORMAT csv, HEADER)")
    assert hashlib.sha256(copied).hexdigest() == mark["sha256"]
    assert len(copied) == mark["bytes"]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.none()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_any_text_is_read_as_psql_would_write_it(server, tmp_path_factory, rows):
    from datetime import date
    from zoneinfo import ZoneInfo

    from balansfilter.policy.model import SourceFile
    from balansfilter.sources import Asking, Remote

    server.run("DROP TABLE IF EXISTS anything", "CREATE TABLE anything (a text, b text)")
    told = [f"({', '.join('NULL' if cell is None else literal(cell) for cell in row)})" for row in rows]
    server.run(f"INSERT INTO anything VALUES {', '.join(told)}")
    url = server.url().replace("@", f":{PASSWORD}@")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PGPASSWORD", PASSWORD)
        folder = tmp_path_factory.mktemp("fetched")
        spec = SourceFile(path=server.url(), table="anything")
        (found,) = Remote(Asking(folder, "x", date(2026, 1, 1), ZoneInfo("UTC"))).take(spec, "call_list")
    assert url not in found.name
    copied = server.psql(f"\\copy ({found.taken_from['query']}) TO STDOUT (FORMAT csv, HEADER)")
    assert found.path.read_bytes() == copied


def test_the_rows_are_in_the_order_of_the_key_whatever_order_they_lie_in(brand, postgres):
    first = source(brand.run().manifest)["sha256"]
    postgres.run("UPDATE calls SET bedrag = bedrag WHERE klantnummer = 1", "VACUUM FULL calls")
    again = brand.run()
    assert source(again.manifest)["sha256"] == first
    postgres.run("UPDATE calls SET bedrag = 1 WHERE klantnummer = 1")
    assert source(brand.run().manifest)["sha256"] != first


def test_a_query_may_ask_for_the_day_and_the_brand(brand, postgres):
    changed = in_database(postgres)
    changed["call_list"] |= {
        "table": None,
        "query": """-- only what was bought before the day
            SELECT * FROM calls WHERE laatste_aankoop < current_setting('balansfilter.as_of')::date - 300
            AND current_setting('balansfilter.brand') = 'courant';""",
    }
    brand.write_policy(merged({}, changed))
    brand.run()
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["1", "2"]


def test_a_whole_decimal_is_the_id_that_it_stands_for(brand):
    brand.run()
    assert brand.reasons() == {"3": "objected"}, "3.00 in the objections is 3 in the list"


def test_a_moment_is_of_the_day_that_it_was_in_the_zone_of_the_site(brand, postgres):
    """23:30 in UTC is the next day in Amsterdam, so the withdrawal is in force only from then."""
    changed = in_database(postgres)
    changed["objections"][0]["query"] = (
        "SELECT klantnummer, op, '2026-11-23 23:30:00+00'::timestamptz AS terug FROM objections"
    )
    changed["objections"][0]["columns"] = {"customer_id": "klantnummer", "objected_on": "op", "withdrawn_on": "terug"}
    brand.write_policy(changed)
    brand.run()
    assert brand.reasons() == {"3": "objected"}
    brand.run(as_of=AS_OF.replace(day=24))
    assert brand.reasons() == {}


# --- a table that is changed while it is read -----------------------------------------------------------------


def test_a_table_that_is_changed_while_it_is_read_gives_the_rows_of_one_moment(postgres, tmp_path):
    """A pair of rows moves between the list and the objections all the time: in every snapshot they hold each other."""
    postgres.run(
        "CREATE TABLE calls AS SELECT i AS klantnummer, '0612345678' AS telefoon, '2026-01-15'::date AS laatste_aankoop "
        "FROM generate_series(1, 20000) i",
        "CREATE TABLE objections AS SELECT 1 AS klantnummer, '0687654321' AS telefoon, now() AS op",
        "CREATE TABLE turn AS SELECT 0 AS n",
    )
    folder = make_brand(tmp_path, in_database(postgres, duplicates="keep_all"))
    policy = in_database(postgres, duplicates="keep_all", objections_reach="row")
    policy["call_list"] |= {"table": None, "query": "SELECT calls.*, n FROM calls, turn"}
    policy["objections"][0] |= {"query": "SELECT n + 1 AS klantnummer, NULL AS telefoon, now() AS op FROM turn"}
    folder.write_policy(policy)
    stop = threading.Event()

    def turning():
        n = 0
        while not stop.is_set():
            n += 1
            postgres.run(f"UPDATE turn SET n = {n}")

    thread = threading.Thread(target=turning)
    thread.start()
    try:
        for _ in range(3):
            folder.run()
            turns = {row["n"] for row in folder.callable_rows()}
            assert len(turns) == 1
            assert set(folder.reasons()) == {str(int(turns.pop()) + 1)}
    finally:
        stop.set()
        thread.join()


# --- what goes wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", [{"PGPASSWORD": "fout"}, {"PGPASSWORD": ""}])
def test_a_wrong_password_is_one_sentence(brand, monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    refused(brand, "the database refuses the user or the password", "PGPASSWORD")


def test_a_password_file_and_a_service_file_are_read(brand, postgres, monkeypatch, tmp_path):
    monkeypatch.delenv("PGPASSWORD")
    secrets = tmp_path / "pgpass"
    secrets.write_text(f"*:*:*:*:{PASSWORD}\n")
    secrets.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(secrets))
    assert brand.cli_run().returncode == 0
    monkeypatch.delenv("PGPASSFILE")
    service = tmp_path / "services"
    service.write_text(
        f"[crm]\nhost=127.0.0.1\nport={postgres.port}\nuser=nachtploeg\ndbname=crm\npassword={PASSWORD}\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    changed = in_database(postgres)
    for one in (changed["call_list"], changed["objections"][0]):
        one["path"] = "postgresql://?service=crm"
    brand.write_policy(changed)
    done = brand.cli_run("--json")
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr + brand.ledger.read_text()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("postgresql://127.0.0.1:1/crm", "no server answers there"),
        ("postgresql://nergens.invalid/crm", "there is no such host"),
        ("postgresql://{host}/nergens", "there is no such database"),
        ("postgresql://{host}/crm?sslmode=require", "no safe connection could be made"),
        ("postgresql://{host}/crm?onzin=1", "the address is wrong"),
        ("postgresql://?service=nergens", "the service is not in the service file"),
    ],
)
def test_a_server_that_cannot_be_reached_is_one_sentence(brand, postgres, path, told):
    changed = in_database(postgres)
    changed["call_list"]["path"] = path.replace("{host}", f"nachtploeg@127.0.0.1:{postgres.port}")
    brand.write_policy(changed)
    refused(brand, told)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT * FROM nergens", 'relation "nergens" does not exist'),
        ("SELECT telefoonnr, klantnummer, op FROM objections", 'column "telefoonnr" does not exist'),
        ("SELECT telefoon, klantnummer FROM objections", "has no column 'op'"),
        ("SELECT telefoon, op, klantnummer::float8 FROM objections", "does not keep every digit"),
        ("SELECT telefoon, klantnummer, klantnummer AS op FROM objections", "which is no day"),
        ("SELECT op AS telefoon, klantnummer, op FROM objections", "which is no id or number"),
        ("SELECT telefoon, klantnummer, op, op FROM objections", "has the column 'op' twice"),
        (
            "SELECT telefoon, klantnummer, op FROM objections WHERE klantnummer::text::date IS NOT NULL",
            "cannot be made into the type",
        ),
        ("SELECT telefoon, klantnummer, op FROM objections WHERE pg_sleep(3) IS NULL", "statement_timeout"),
        ("SELECT telefoon, klantnummer, op FROM objections; DROP TABLE calls", "syntax error"),
        ("SELECT telefoon, klantnummer, op, nextval('volgende') FROM objections", "takes no changes"),
    ],
)
def test_a_query_that_cannot_be_read_is_one_sentence(brand, postgres, query, told):
    postgres.run("CREATE SEQUENCE volgende")
    changed = in_database(postgres)
    changed["objections"][0] |= {"query": query, "path": postgres.url(options="-c%20statement_timeout%3D1500")}
    brand.write_policy(changed)
    error = refused(brand, told)
    assert error.count(postgres.name) == 1
    assert postgres.rows("SELECT count(*) FROM calls") == [(3,)]


def test_every_problem_of_every_source_is_told_at_once(brand, postgres):
    changed = in_database(postgres)
    changed["objections"][0]["query"] = "SELECT * FROM nergens"
    changed["call_list"] |= {"table": "kwijt"}
    brand.write_policy(changed)
    refused(brand, '"nergens" does not exist', '"kwijt" does not exist')


def test_a_table_that_somebody_has_locked_keeps_no_night_waiting(brand, postgres):
    changed = in_database(postgres)
    for one in (changed["call_list"], changed["objections"][0]):
        one["path"] = postgres.url(options="-c%20lock_timeout%3D300")
    brand.write_policy(changed)
    with postgres.connect() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
        refused(brand, "a table is locked by another program")
        cursor.execute("ROLLBACK")


@pytest.mark.parametrize("ends", ["session", "server"])
def test_a_connection_that_is_lost_while_rows_come_in_is_one_sentence(brand, postgres, ends):
    changed = in_database(postgres)
    changed["objections"][0]["query"] = (
        "SELECT telefoon, klantnummer, op FROM objections, generate_series(1, 3) WHERE pg_sleep(2) IS NOT NULL"
    )
    brand.write_policy(changed)

    def end():
        asleep = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%' AND pid <> pg_backend_pid()"
        for _ in range(200):
            if pids := postgres.rows(asleep):
                break
            time.sleep(0.05)
        if ends == "session":
            postgres.run(f"SELECT pg_terminate_backend({pids[0][0]})")
        else:
            postgres.stop()

    thread = threading.Thread(target=end)
    thread.start()
    refused(brand, "the connection was lost")
    thread.join()


def test_a_table_without_rows_is_too_small_and_not_a_list_of_nobody(brand, postgres):
    postgres.run("TRUNCATE objections")
    refused(brand, "has 0 rows")


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_run_that_is_stopped_while_the_database_is_busy_ends_at_once_and_leaves_nothing(brand, postgres, how, code):
    changed = in_database(postgres)
    changed["objections"][0]["query"] = "SELECT telefoon, klantnummer, op FROM objections, pg_sleep(60)"
    brand.write_policy(changed)
    command = [sys.executable, "-m", "balansfilter", "--configs", brand.configs, "run", "--brand", "courant"]
    busy = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%sleep(60)%' AND pid <> pg_backend_pid()"
    with subprocess.Popen([*map(str, command), "--as-of", str(AS_OF)], cwd=ROOT, stderr=subprocess.PIPE) as process:
        while not postgres.rows(busy):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(how)
        try:
            assert process.wait(40) == code
            process.stderr.read()  # until the process that worked for it is gone as well
        finally:
            process.kill()
    assert not brand.current.exists()
    brand.write_policy(in_database(postgres))
    brand.run()
    assert list((brand.out / ".staging").iterdir()) == []


# --- what is done with it afterwards --------------------------------------------------------------------------


def test_a_replay_reads_the_rows_again_and_tells_when_they_are_others(brand, postgres):
    run_id = brand.run().run_id
    audited = AuditedBrand(brand.configs, load_site(brand.configs), "courant")
    assert replay(audited, run_id, None, Silence()).differing == 0
    postgres.run("DELETE FROM objections WHERE klantnummer = 9")
    with pytest.raises(SourceError, match=r"other files or rows are found today for objections\[0\]"):
        replay(audited, run_id, None, Silence())


def test_a_recheck_finds_who_objected_in_the_database_since(brand, postgres):
    brand.run()
    assert verified(brand).callable == 2
    postgres.run("INSERT INTO objections VALUES ('0612345678', NULL, '2026-11-23 09:00')")
    with pytest.raises(OutputError, match="1 person on the list objected since"):
        verified(brand)
    found = recheck(brand.configs, load_site(brand.configs), "courant", AS_OF)
    assert (found.withdrawn, found.whole) == (1, True)


def test_check_and_plan_and_the_balanstest_read_a_database_too(brand, postgres):
    done = brand.cli("check", "--brand", "courant", "--as-of", str(AS_OF))
    assert done.returncode == 0, done.stderr
    assert not has_secret(done.stdout)
    done = brand.cli("plan", "--brand", "courant", "--as-of", str(AS_OF))
    assert done.returncode == 0, done.stderr
    assert postgres.name in done.stdout
    postgres.run(
        "CREATE TABLE gebeld AS SELECT i AS klantnummer, '2026-10-01'::date + i % 20 AS op, 'ja' AS verkocht, "
        "'2026-01-15'::date AS gekocht FROM generate_series(1, 200) i"
    )
    columns = {"customer_id": "klantnummer", "called_on": "op", "converted": "verkocht", "last_purchase_on": "gekocht"}
    contacts = {"path": postgres.url(), "table": "gebeld", "columns": columns}
    brand.write_policy(in_database(postgres, contacts=contacts))
    done = brand.cli("balanstest", "overview", "--brand", "courant", "--as-of", str(AS_OF))
    assert done.returncode == 0, done.stderr


def test_both_engines_read_one_snapshot(brand):
    assert brand.run(verify_with="duckdb").manifest["agreed"]["rows"] == 3
    assert brand.run(engine="duckdb").manifest["callable"] == 2


def test_a_file_instead_of_the_database_asks_nothing_of_the_database(brand, postgres, tmp_path):
    changed = in_database(postgres)
    changed["objections"] = [{"path": str(tmp_path / "o.csv"), "columns": {"phone": "telefoon"}}]
    write_rows(tmp_path / "o.csv", [("telefoon",), ("0687654321",)])
    calls = write_rows(
        tmp_path / "c.csv", [("klantnummer", "telefoon", "laatste_aankoop"), ("K1", "0612345678", "2026-01-15")]
    )
    brand.write_policy(changed)
    postgres.stop()
    outcome = brand.run(input=str(calls))
    assert outcome.manifest["callable"] == 1
    with pytest.raises(SourceError, match="no server answers there"):
        brand.run()


def test_the_extra_that_is_missing_is_named(brand, monkeypatch):
    code = (
        "import sys; sys.modules['adbc_driver_postgresql'] = None\n"
        "from balansfilter.cli.main import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "--configs", str(brand.configs), "run", "--brand", "courant"]
    done = subprocess.run([*command, "--as-of", str(AS_OF)], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 4
    assert "needs the extra `postgres` — install it: pip install 'balansfilter[postgres]'" in done.stderr
