"""People who objected after a list was published: named beside it, and refused until the dialler has left them out."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from balansfilter.audit.verify import verify
from balansfilter.commands.recheck import Rechecked, recheck
from balansfilter.commands.verify import Handover, verify_list
from balansfilter.errors import AuditError, OutputError, SourceError
from balansfilter.policy.loading import load_site
from balansfilter.publish.folders import BrandFolders
from balansfilter.publish.lock import brand_lock
from tests.audit.story import audited
from tests.brandfolder import AS_OF, ROOT, BrandFolder, Tree, make_brand, read_rows, write_rows

CALLS = (
    ("klantnummer", "telefoon", "laatste_aankoop"),
    ("K1", "0612345671", "2026-01-15"),
    ("K2", "0612345672", "2010-01-01"),
    ("K3", "0612345673", "2026-01-15"),
    ("K4", "0612345674", "2026-01-15"),
    ("k4", "0612345675", "2010-01-01"),
)
"""Rows 1, 3 and 4 are callable; rows 2 and 5 are expired, and row 5 is of the customer of row 4."""
HEAD = ("telefoon", "klantnummer", "datum", "ingetrokken")
NOBODY = ("0687654321", "K9", "2026-11-20", "")


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    columns = {"phone": "telefoon", "customer_id": "klantnummer", "objected_on": "datum", "withdrawn_on": "ingetrokken"}
    sources: list[Tree] = [{"path": "data/{brand}/objections.csv", "columns": columns}]
    made = make_brand(tmp_path, {"objections": sources}, calls=CALLS, objections=[HEAD, NOBODY])
    made.run()
    return made


def objected(brand: BrandFolder, *rows: tuple[str, str, str, str]) -> None:
    write_rows(brand.data / "objections.csv", [HEAD, NOBODY, *rows])


def looked(brand: BrandFolder) -> Rechecked:
    return recheck(brand.configs, load_site(brand.configs), brand.brand, AS_OF)


def handed_over(brand: BrandFolder, without: Path | None = None) -> Handover:
    return verify_list(brand.configs, brand.current / "manifest.json", load_site(brand.configs), AS_OF, without)


def withdrawn(brand: BrandFolder) -> list[dict[str, str]]:
    return read_rows(brand.current / "withdrawn.csv")


def test_an_objection_by_a_number_in_a_cell_that_cannot_be_read_finds_the_row_and_the_person(tmp_path: Path) -> None:
    columns = {"phone": "telefoon", "customer_id": "klantnummer", "objected_on": "datum", "withdrawn_on": "ingetrokken"}
    calls = [
        ("klantnummer", "telefoon", "vast", "laatste_aankoop"),
        ("K1", "06-12345671 of 06-12345672", "0201234561", "2026-01-15"),
        ("K1", "0612345673", "", "2026-01-15"),
        ("K3", "0612345674", "", "2026-01-15"),
        ("K4", "0612345675", "0201234561 (na 18u)", "2026-01-15"),
    ]
    policy = {
        "objections": [{"path": "data/{brand}/objections.csv", "columns": columns}],
        "call_list": {"columns": {"phone": ["telefoon", "vast"]}},
    }
    made = make_brand(tmp_path, policy, calls=calls, objections=[HEAD, NOBODY])
    manifest = made.run().manifest
    assert manifest["warnings"] == [
        "2 rows of the call list with a number that cannot be read, so not called, beside one that can (rows 1, 4)"
    ]
    objected(made, ("06-12345672", "", "2026-11-22", ""))
    assert looked(made).withdrawn == 3
    assert [row["row"] for row in withdrawn(made)] == ["1", "2", "4"]


def test_an_objection_after_the_list_names_its_row_and_stops_the_list(brand: BrandFolder) -> None:
    assert handed_over(brand).callable == 3
    objected(brand, ("06-12345673", "", "2026-11-22", ""))
    with pytest.raises(OutputError, match="1 person on the list objected since — recheck or run again"):
        handed_over(brand)
    found = looked(brand)
    assert (found.withdrawn, found.people, found.waited_days, found.whole) == (1, 1, 1, True)
    assert withdrawn(brand) == [{"line": "2", "row": "3", "customer_id": "K3", "product": ""}]
    with pytest.raises(OutputError, match="1 person on the list objected since"):
        handed_over(brand)
    list_of_it = brand.current / "withdrawn.csv"
    assert handed_over(brand, list_of_it).callable == 3
    assert handed_over(brand).callable == 3
    events = [event["event"] for event in brand.events()]
    assert events[-2:] == ["list.rechecked", "list.without"]
    assert handed_over(brand, list_of_it).callable == 3
    assert [event["event"] for event in brand.events()] == events


def test_the_list_of_withdrawn_rows_is_known_to_the_ledger(brand: BrandFolder) -> None:
    objected(brand, ("06-12345673", "", "2026-11-22", ""))
    looked(brand)
    assert verify(audited(brand).place).problems == ()
    left = brand.current / "withdrawn.csv"
    as_left = left.read_text()
    left.write_text(as_left.replace("K3", "K4"))
    (problem,) = verify(audited(brand).place).problems
    assert problem.message.startswith("the list of withdrawn rows of run")
    with pytest.raises(AuditError, match=r"the list of withdrawn rows of run .* is not what event 4 says"):
        looked(brand)
    left.write_text(as_left)
    looked(brand)
    assert verify(audited(brand).place).problems == ()


def test_an_edited_list_of_withdrawn_rows_hides_nobody(brand: BrandFolder, tmp_path: Path) -> None:
    objected(brand, ("06-12345673", "", "2026-11-22", ""))
    looked(brand)
    left = brand.current / "withdrawn.csv"
    copy = tmp_path / "taken_by_the_dialler.csv"
    copy.write_bytes(left.read_bytes())
    handed_over(brand, left)
    objected(brand, ("06-12345673", "", "2026-11-22", ""), ("", "K1", "2026-11-23", ""))
    with left.open("a") as file:
        file.write("1,1,K1,\n")
    with pytest.raises(AuditError, match="is not what event 4 says — put it back from your backup, or run again"):
        handed_over(brand)
    left.unlink()
    with pytest.raises(AuditError, match="is not there"):
        handed_over(brand)
    with pytest.raises(OutputError, match="1 person on the list"):
        handed_over(brand, copy)
    brand.run()
    assert handed_over(brand).callable == 1


def test_a_list_that_is_being_rechecked_is_looked_at_after_that(brand: BrandFolder) -> None:
    objected(brand, ("06-12345673", "", "2026-11-22", ""))
    looked(brand)
    left, away = brand.current / "withdrawn.csv", brand.root / "away.csv"
    handed_over(brand, left)
    left.rename(away)
    with ThreadPoolExecutor(1) as beside:
        with brand_lock(BrandFolders(brand.out).lock, brand.brand, "recheck", "2026-11-23T10:00:00.000Z", 0):
            answer = beside.submit(handed_over, brand)
            time.sleep(0.5)
            assert not answer.done()
            away.rename(left)
        assert answer.result().callable == 3


MANY = tuple(("", f"Z{n}", "2026-11-01", "") for n in range(19))
"""With them, and with nobody else, there are 20 objections."""


def test_a_list_of_objections_that_was_cut_off_says_nothing_of_who_objected(brand: BrandFolder) -> None:
    objected(brand, *MANY)
    brand.run()
    objected(brand, *MANY, ("06-12345673", "", "2026-11-22", ""))
    looked(brand)
    as_left = (brand.current / "withdrawn.csv").read_bytes()
    objected(brand, *MANY[:3])
    with pytest.raises(SourceError, match="has 4 rows, 21 in a later recheck: it shrank by more than 10%"):
        looked(brand)
    assert (brand.current / "withdrawn.csv").read_bytes() == as_left
    for without in (None, brand.current / "withdrawn.csv"):
        with pytest.raises(OutputError, match="nobody can tell whether somebody on the list objected since") as caught:
            handed_over(brand, without)
        assert "has 4 rows, 21 in a later recheck" in str(caught.value)
    assert brand.events()[-1]["event"] == "list.rechecked"


def test_objections_are_held_against_the_most_that_was_seen_of_them(brand: BrandFolder) -> None:
    objected(brand, *MANY)
    brand.run()
    objected(brand, *MANY[:17])
    assert looked(brand).withdrawn == 0
    objected(brand, *MANY[:15])
    with pytest.raises(SourceError, match="has 16 rows, 20 in the last published run"):
        looked(brand)
    objected(brand, *MANY, ("", "Y1", "2026-11-22", ""), ("", "Y2", "2026-11-22", ""), ("", "Y3", "2026-11-22", ""))
    looked(brand)
    objected(brand, *MANY)
    for look in (lambda: looked(brand), brand.run):
        with pytest.raises(SourceError, match="has 20 rows, 23 in a later recheck"):
            look()
    seen = [event["body"]["seen"] for event in brand.events() if event["event"] == "list.rechecked"]
    assert seen == [{"objections[0]": {"rows": n, "in_force": n}} for n in (18, 23)]


def test_who_is_gone_from_the_objections_may_not_be_called_again(brand: BrandFolder) -> None:
    objected(brand, *MANY)
    brand.run()
    objected(brand, *MANY, ("06-12345673", "", "2026-11-22", ""))
    assert looked(brand).withdrawn == 1
    objected(brand, *MANY)
    with pytest.raises(OutputError, match="1 person on the list objected since"):
        handed_over(brand)
    assert looked(brand).withdrawn == 1
    assert [row["customer_id"] for row in withdrawn(brand)] == ["K3"]
    objected(brand, *MANY, ("06-12345671", "", "2026-11-22", ""))
    assert looked(brand).withdrawn == 2
    assert handed_over(brand, brand.current / "withdrawn.csv").callable == 3


def test_who_takes_an_objection_back_is_on_the_next_list(brand: BrandFolder) -> None:
    objected(brand, ("06-12345673", "", "2026-11-21", ""))
    looked(brand)
    objected(brand, ("06-12345673", "", "2026-11-21", "2026-11-22"))
    assert looked(brand).withdrawn == 1
    brand.run()
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["K1", "K3", "K4"]
    assert looked(brand).withdrawn == 0


def test_calls_that_ended_in_an_objection_do_not_go_unseen(brand: BrandFolder) -> None:
    columns = {"customer_id": "klantnummer", "called_on": "gebeld_op", "objected": "bezwaar"}
    head = tuple(columns.values())
    calls = [(f"Z{n}", "2026-11-01", "ja") for n in range(10)]
    write_rows(brand.data / "contacts.csv", [head, *calls])
    with brand.policy_file.open("a") as file:
        file.write(f"contacts: {json.dumps({'path': 'data/{brand}/contacts.csv', 'columns': columns})}\n")
    brand.run()
    write_rows(brand.data / "contacts.csv", [head, *calls[:9], ("K3", "2026-11-22", "nee")])
    assert handed_over(brand).callable == 3
    write_rows(brand.data / "contacts.csv", [head, *calls[:8]])
    with pytest.raises(OutputError, match="has 8 calls that ended in an objection, 10 in the last published run"):
        handed_over(brand)
    with pytest.raises(SourceError, match="deliver a call history that reaches back far enough"):
        looked(brand)


def test_another_objection_stops_it_again_and_a_new_list_is_free(brand: BrandFolder) -> None:
    objected(brand, ("06-12345673", "", "2026-11-22", ""))
    looked(brand)
    handed_over(brand, brand.current / "withdrawn.csv")
    objected(brand, ("06-12345673", "", "2026-11-22", ""), ("", "K1", "2026-11-23", ""))
    with pytest.raises(OutputError, match="1 person on the list"):
        handed_over(brand)
    with pytest.raises(OutputError, match="1 person on the list"):
        handed_over(brand, brand.current / "withdrawn.csv")
    assert looked(brand).withdrawn == 2
    assert [row["row"] for row in withdrawn(brand)] == ["1", "3"]
    brand.run()
    assert handed_over(brand).callable == 1
    assert looked(brand).withdrawn == 0
    assert withdrawn(brand) == []


def test_an_objection_reaches_as_far_as_in_a_run(brand: BrandFolder) -> None:
    objected(brand, ("0612345675", "", "2026-11-22", ""))
    assert looked(brand).withdrawn == 1
    assert [(row["row"], row["customer_id"]) for row in withdrawn(brand)] == [("4", "K4")]


def test_a_changed_file_in_which_nobody_of_the_list_objected_stops_nothing(brand: BrandFolder) -> None:
    objected(brand, ("0687654300", "", "2026-11-22", ""), ("0612345672", "", "2026-11-22", ""))
    assert handed_over(brand).callable == 3
    assert brand.events()[-1]["event"] == "run.published"
    objected(brand, ("0612345671", "", "2026-11-20", "2026-11-22"))
    assert handed_over(brand).callable == 3
    assert looked(brand).withdrawn == 0


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "another"])
def test_without_the_call_list_of_the_run_the_published_rows_are_looked_at(brand: BrandFolder, gone: bool) -> None:
    if gone:
        brand.calls.unlink()
    else:
        write_rows(brand.calls, [*CALLS, ("K6", "0612345676", "2026-01-01")])
    objected(brand, ("0612345673", "", "2026-11-22", ""), ("0612345675", "", "2026-11-22", ""))
    found = looked(brand)
    assert (found.withdrawn, found.whole) == (1, False)
    assert withdrawn(brand) == [{"line": "2", "row": "3", "customer_id": "K3", "product": ""}]


def test_a_call_that_ended_in_an_objection_counts(brand: BrandFolder, tmp_path: Path) -> None:
    columns = {"customer_id": "klantnummer", "called_on": "gebeld_op", "objected": "bezwaar"}
    write_rows(brand.data / "contacts.csv", [tuple(columns.values()), ("K9", "2026-11-01", "ja")])
    tree = brand.policy_file.read_text()
    brand.policy_file.write_text(
        tree + "contacts:\n  path: data/{brand}/contacts.csv\n  columns: "
        "{customer_id: klantnummer, called_on: gebeld_op, objected: bezwaar}\n"
    )
    brand.run()
    assert handed_over(brand).callable == 3
    write_rows(brand.data / "contacts.csv", [tuple(columns.values()), ("K1", "2026-11-23", "ja")])
    with pytest.raises(OutputError, match="1 person"):
        handed_over(brand)
    looked(brand)
    assert [row["customer_id"] for row in withdrawn(brand)] == ["K1"]


def test_a_list_of_withdrawn_rows_is_the_last_one_and_no_other(brand: BrandFolder, tmp_path: Path) -> None:
    objected(brand, ("0612345673", "", "2026-11-22", ""))
    with pytest.raises(OutputError, match="is not the list of withdrawn rows of the last recheck"):
        handed_over(brand, brand.current / "withdrawn.csv")
    looked(brand)
    (tmp_path / "other.csv").write_text("line,row,customer_id,product\n")
    with pytest.raises(OutputError, match="is not the list of withdrawn rows of the last recheck"):
        handed_over(brand, tmp_path / "other.csv")


def test_where_nobody_can_tell_the_list_is_not_handed_over(brand: BrandFolder) -> None:
    (brand.data / "objections.csv").unlink()
    with pytest.raises(OutputError, match="nobody can tell whether somebody on the list objected since"):
        handed_over(brand)
    with pytest.raises(SourceError):
        looked(brand)
    assert brand.events()[-1]["event"] == "run.published"


def test_nothing_is_left_of_a_recheck_that_fails(brand: BrandFolder) -> None:
    decisions = brand.audit / "decisions" / f"{brand.current.readlink().name}.parquet"
    decisions.write_bytes(decisions.read_bytes()[:-1])
    with pytest.raises(AuditError, match="are not what the ledger says"):
        looked(brand)
    assert not (brand.current / "withdrawn.csv").exists()


def test_before_the_first_list_there_is_nothing_to_recheck(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    with pytest.raises(OutputError, match="there is no published list of courant to recheck"):
        looked(brand)


MOVED = """
import sys
from datetime import date
import balansfilter.pipeline.run
balansfilter.pipeline.run.today = lambda site: date(2026, 11, 23)
from balansfilter.cli.main import main
main(sys.argv[1:])
"""


def at_the_day(brand: BrandFolder, *arguments: str) -> list[str]:
    return [sys.executable, "-c", MOVED, "--configs", str(brand.configs), *arguments]


def test_as_a_command(brand: BrandFolder) -> None:
    objected(brand, ("0612345673", "", "2026-11-22", ""))
    done = subprocess.run(
        at_the_day(brand, "recheck", "--brand", brand.brand), check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "courant: 1 row of run " in done.stdout
    assert "the newest objections are of 2026-11-22, and waited 1 day" in done.stdout
    assert "0612345673" not in done.stdout
    told = subprocess.run(
        at_the_day(brand, "recheck", "--all", "--json"), check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert json.loads(told.stdout)[0]["withdrawn"] == 1


def test_a_brand_that_cannot_be_rechecked_is_told_beside_the_others(brand: BrandFolder) -> None:
    (brand.configs / "brands" / "another.yaml").write_text("policy: 1\n")
    command = at_the_day(brand, "recheck", "--all", "--json")
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    another, courant = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (6, "")
    assert set(another) == {"brand", "error"}
    assert (another["brand"], another["error"]["exit"]) == ("another", 6)
    assert another["error"]["message"] == "there is no published list of another to recheck"
    assert courant["withdrawn"] == 0
    command.remove("--json")
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == "balansfilter: another: there is no published list of another to recheck\n"


def test_watching_a_day_of_calling(brand: BrandFolder) -> None:
    command = at_the_day(brand, "recheck", "--brand", brand.brand, "--watch", "0.1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as watching:
        assert watching.stdout is not None
        assert "0 rows" in watching.stdout.readline()
        time.sleep(0.3)
        objected(brand, ("0612345673", "", "2026-11-23", ""))
        assert "1 row " in watching.stdout.readline()
        watching.terminate()
        assert watching.wait(20) == 130
    assert [row["customer_id"] for row in withdrawn(brand)] == ["K3"]
