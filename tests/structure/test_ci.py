"""What CI rests on: a skipped test is a failure there, and a machine that lacks a program says so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.brandfolder import ROOT

LONG = (ROOT / "tests" / "long.txt").read_text(encoding="utf-8").split()

SUITE = """
import pytest

@pytest.mark.skipif({missing}, reason="a program is missing")
def test_with_a_program():
    assert True

def test_without():
    assert True
"""


def test_every_long_test_is_there_still():
    """One that was renamed would be run by `make test` again, and nobody would see why that became slow."""
    for test in LONG:
        file, *names = test.split("::")
        source = (ROOT / file).read_text(encoding="utf-8")
        assert all(re.search(rf"^ *(class|def) {name}\b", source, re.MULTILINE) for name in names), test


def test_what_make_test_leaves_out_is_run_before_a_change_lands():
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    made = re.findall(r"^(?:beside \w+ )?make (.*)$", run, re.MULTILINE)
    assert {"test", "long", "spark", "slow-in-ci"} <= {targets.split()[0] for targets in made}
    assert "test" in made, "word for word what the README says"


@pytest.mark.parametrize(("missing", "options", "code"), [
    (True, (), 0), (True, ("--no-skips",), 1), (True, ("--no-skips", "-n", "1"), 1), (False, ("--no-skips",), 0),
])  # fmt: skip
def test_a_skipped_test_fails_the_run_where_none_may_be(
    tmp_path: Path, missing: bool, options: tuple[str, ...], code: int
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_some.py").write_text(SUITE.format(missing=missing))
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    alone = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    told = "not run, and every test is to be run: test_some.py::test_with_a_program: Skipped: a program is missing"
    assert (told in done.stdout) == (code == 1)


def test_another_python_is_found_or_none() -> None:
    found = subprocess.run(["bash", str(ROOT / ".ci" / "newest")], capture_output=True, text=True, check=True).stdout
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if found:
        told = subprocess.run([found.strip(), "--version"], capture_output=True, text=True, check=True).stdout
        usual = subprocess.run(
            [ROOT / ".venv" / "bin" / "python", "--version"], capture_output=True, text=True, check=True
        )
        assert version_in(told) in set(named) - {version_in(usual.stdout)}


def version_in(told: str) -> str:
    """Return the version of Python without its last part."""
    return told.split()[1].rpartition(".")[0]


def test_a_machine_without_the_programs_is_told_what_to_install(tmp_path: Path) -> None:
    for name in ("bash", "id", "realpath"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "programs"), str(tmp_path / "tools")],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "there is no apt-get on this machine" in done.stderr
    for package in ("chromium", "poppler-utils", "jq", "openssl", "prometheus (promtool)"):
        assert package in done.stderr
    assert not (tmp_path / "tools").exists()
