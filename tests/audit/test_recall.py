"""The recall: which lists held somebody as callable; and a list that was recalled is not handed over."""

from __future__ import annotations

import json

import pytest

from tests.audit.story import FIRST_DAY, make_folder, names, past, run_days, verified
from tests.brandfolder import make_brand, write_rows


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path)
    run_days(made, 0, 1)
    write_rows(made.data / "objections.csv", [("telefoon", "klantnummer"), ("0610000007", "")])
    run_days(made, 2)
    return made


def recalled(folder, *arguments):
    done = folder.cli("audit", "recall", "--brand", "courant", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [(moment["as_of"], moment["replaced_at"] is None) for moment in json.loads(done.stdout)["moments"]]


def test_the_lists_that_held_a_late_objector_are_found(folder):
    assert recalled(folder, "--phone", "0610000007") == [("2026-11-18", False), ("2026-11-19", False)]
    assert recalled(folder, "--customer", "K001", "--since", "2026-11-19") == [("2026-11-19", False)]
    assert recalled(folder, "--customer", "K002")[-1] == ("2026-11-20", True)
    assert recalled(folder, "--customer", "K003") == []


def test_a_customer_is_found_however_the_id_is_written(tmp_path):
    header = ["klantnummer", "telefoon", "laatste_aankoop"]
    rows = [[id_, f"06120000{n:02}", "2026-05-01"] for n, id_ in enumerate(("00457", "k-7a", "457x", "8"))]
    folder = make_brand(tmp_path, {"guards": {"max_unreadable": "100%"}}, calls=[header, *rows])
    folder.run()
    told = folder.cli("audit", "recall", "--brand", "courant", "--customer", "457", "--json")
    assert [row["row"] for moment in json.loads(told.stdout)["moments"] for row in moment["rows"]] == [1]
    told = folder.cli("audit", "recall", "--brand", "courant", "--customer", "K-7A", "--json")
    assert [row["row"] for moment in json.loads(told.stdout)["moments"] for row in moment["rows"]] == [2]
    assert recalled(folder, "--customer", "0") == []
    bundle = tmp_path / "bundle.zip"
    told = folder.cli("audit", "export", "--brand", "courant", "--customer", "457", "--to", str(bundle), "--no-pdf")
    assert (told.returncode, bundle.exists()) == (2, False)  # evidence on a person is asked for by the id itself
    assert "no published run" in told.stderr
    assert "rows of 1 list have this customer id written otherwise" in told.stderr
    told = folder.cli("audit", "export", "--brand", "courant", "--customer", "00457", "--to", str(bundle), "--no-pdf")
    assert (told.returncode, bundle.exists()) == (0, True)
    assert "written otherwise" not in told.stderr
    told = folder.cli("explain", "--brand", "courant", "--on", "2026-11-23", "--customer", "00008")
    assert "rows of 1 list have this customer id written otherwise" in told.stderr
    told = folder.cli("audit", "forget", "--brand", "courant", "--customer", "K-7A")
    assert "forgotten in the decisions: 0 rows, in 0 runs" in told.stdout
    assert "rows of 1 list have this customer id written otherwise" in told.stderr


def test_a_number_on_which_nobody_is_called_is_found_or_told(tmp_path):
    header = ["klantnummer", "telefoon", "laatste_aankoop"]
    rows = [["K1", "0800-1234567", "2026-05-01"], ["K2", "0612345678", "2026-05-01"]]
    folder = make_brand(tmp_path, {"guards": {"max_unreadable": "100%"}}, calls=[header, *rows])
    folder.run()
    asked = ("explain", "--brand", "courant", "--phone", "08001234567")
    now = json.loads(folder.cli(*asked, "--as-of", "2026-11-23", "--json").stdout)
    assert [(row["row"], row["reason"]) for row in now["rows"]] == [(1, "invalid_phone")]
    then = folder.cli(*asked, "--on", "2026-11-23")
    assert "nobody is called on a number of this kind, and no decision holds it; ask with --customer" in then.stderr
    assert "nobody is called" not in folder.cli(*asked[:-1], "0612345678", "--on", "2026-11-23").stderr


def test_a_recalled_list_is_not_handed_over(folder):
    manifest = folder.current / "manifest.json"
    day = str(past(folder).last.as_of)
    assert folder.cli("verify", str(manifest), "--as-of", day).returncode == 0
    run_id = past(folder).last.run_id
    arguments = ("audit", "recall", "--brand", "courant", "--run", run_id)
    assert folder.cli(*arguments).returncode == 2
    assert folder.cli(*arguments, "--reason", "wrong objections file").returncode == 0
    assert names(folder)[-1] == "run.recalled"
    done = folder.cli("verify", str(manifest), "--as-of", day)
    assert done.returncode == 6
    assert "wrong objections file" in done.stderr
    assert verified(folder).problems == ()
    assert folder.cli(*arguments, "--reason", "again").returncode == 2
    run_days(folder, 3)
    assert folder.cli("verify", str(manifest), "--as-of", str(FIRST_DAY.replace(day=21))).returncode == 0


def test_a_run_that_is_not_known_cannot_be_recalled(folder):
    done = folder.cli("audit", "recall", "--brand", "courant", "--run", "20200101T000000Z-000000", "--reason", "x")
    assert done.returncode == 2
    assert "knows no published run 20200101T000000Z-000000" in done.stderr
