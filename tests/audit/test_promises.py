"""Each promise of docs/audit.md names the test that keeps it, and that test is there."""

from __future__ import annotations

import ast
import re

import pytest

from balansfilter.fs.scratch import NAME, scratch, sweep
from tests.brandfolder import ROOT, make_brand


def test_every_test_that_a_promise_names_is_there():
    text = (ROOT / "docs" / "audit.md").read_text()
    named = re.findall(r"`(test_\w+)` \|$", text, re.MULTILINE)
    assert len(named) > 20
    there = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert set(named) - there == set()


def test_no_key_and_no_number_stands_on_a_command_line_of_the_documentation():
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        text = page.read_text()
        assert not re.findall(r"--phone [\d+]|--customer [A-Z]*\d|-hmac|\$\(cat [^)]*key", text)


def test_what_was_left_is_swept_and_what_is_in_use_is_not(tmp_path):
    place = tmp_path / NAME
    (place / "dead").mkdir(parents=True)
    (place / "dead" / "key").write_text("x")
    (place / "dead.link").symlink_to("/etc/passwd")
    with scratch(place) as alive:
        (alive / "new").write_text("x")
        sweep(place)
        assert list(place.iterdir()) == [alive]
    assert not place.exists()


@pytest.fixture
def brand(tmp_path):
    made = make_brand(tmp_path)
    made.run()
    return made


def test_a_person_is_read_from_standard_input(brand):
    asked = ("explain", "--brand", "courant", "--as-of", "2026-11-23", "--phone", "-", "--customer", "-")
    done = brand.cli(*asked, input="06-12345678\nK1\n")
    assert done.returncode == 0, done.stderr
    assert "may be called" in done.stdout
    done = brand.cli("audit", "recall", "--brand", "courant", "--customer", "-", input="K1\n")
    assert "this person was to be called in 1 of 1 published run" in done.stdout
    done = brand.cli("audit", "forget", "--brand", "courant", "--phone", "-", input="")
    assert (done.returncode, "holds no line for --phone" in done.stderr) == (2, True)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_harm_nothing(brand, closed):
    import subprocess
    import sys

    command = f'exec {closed}; exec "{sys.executable}" -m balansfilter --configs "{brand.configs}"'
    run = f"{command} run --brand courant --as-of 2026-11-24"
    done = subprocess.run(["sh", "-c", run], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert brand.cli("audit", "verify", "--brand", "courant").returncode == 0


def test_too_little_memory_is_an_error_of_the_engine_and_the_last_list_stands(brand, monkeypatch, capsys):
    from tests.run.test_failing_calls import run_cli, stands_whole

    before = stands_whole(brand)

    def too_little(*_):
        raise MemoryError

    monkeypatch.setattr("balansfilter.pipeline.run.make_lists", too_little)
    assert run_cli(brand) == 5
    told = capsys.readouterr().err
    assert "not enough memory" in told
    assert f"of run {before} stands" in told
    assert stands_whole(brand) == before


def test_of_very_many_problems_a_thousand_are_told():
    from balansfilter.errors import Problem
    from balansfilter.policy.findings import refusal

    made = refusal("policy", "p.yaml", [Problem("p.yaml", line, message="x") for line in range(1, 2001)])
    assert len(made.problems) == 1000
    assert made.message == "the policy p.yaml has 2,000 problems; the first 1000:"


def test_a_policy_of_more_than_a_megabyte_is_refused(brand):
    brand.policy_file.write_text(brand.policy_file.read_text() + "# x\n" * 300_000)
    done = brand.cli_run()
    assert done.returncode == 3
    assert "MB" in done.stderr or "bytes" in done.stderr
