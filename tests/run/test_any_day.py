"""The demo and the tests do the same on every day on which somebody tries them: Sundays, Christmas, a clone a year old.

The clock of the program alone is moved for the demo; libfaketime moves that of every process for the tests.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.brandfolder import ROOT
from tests.run.on_another_day import another_day

MOVED = """
import sys
from datetime import date
import balansfilter.pipeline.run
day = date.fromisoformat(sys.argv.pop(1))
balansfilter.pipeline.run.today = lambda site: day
from balansfilter.cli.main import main
main(sys.argv[1:])
"""


def demo() -> list[str]:
    """Return the arguments of the program in the Makefile's demo."""
    text = (ROOT / "Makefile").read_text()
    day = re.search(r"^DAY \?= (\S+)$", text, re.MULTILINE)
    command = re.search(r"^demo:.*\n\t\$\(BIN\)/balansfilter (.*)$", text, re.MULTILINE)
    assert day is not None
    assert command is not None
    return command[1].replace("$(DAY)", day[1]).split()


@pytest.mark.parametrize(
    ("today", "cloned"),
    [
        ("2026-11-29", "2026-11-29"),
        ("2026-12-25", "2026-12-25"),
        ("2027-11-28", "2026-11-27"),
        ("2028-02-29", "2028-02-29"),
    ],
)
def test_the_demo_publishes_every_brand(today: str, cloned: str, tmp_path: Path) -> None:
    for name in ("configs", "fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    moment = datetime.fromisoformat(f"{cloned}T12:00:00").timestamp()
    for path in (tmp_path / "fixtures").rglob("*"):
        os.utime(path, (moment, moment))
    command = [sys.executable, "-c", MOVED, today, *demo()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    brands = sorted(path.stem for path in (tmp_path / "configs" / "brands").glob("*.yaml"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == brands
    assert all((tmp_path / "out" / brand / "current" / "callable.csv").exists() for brand in brands)


def test_the_day_of_the_demo_has_calls() -> None:
    assert date.fromisoformat(demo()[-1]).weekday() < 5


DAYS = ["2026-11-29", "2026-12-25", "2027-11-26"]
"""A Sunday, a holiday, and a year after the fixtures were made."""
OF_THE_DAY = [
    "tests/run/test_any_day.py",
    "tests/run/test_living_law.py",
    "tests/run/test_recheck.py",
    "tests/nightly/test_holds.py",
    "tests/nightly/test_night_of_failures.py",
    "tests/policy/test_approve.py",
    "tests/policy/test_examples.py",
]
"""Tests that ask which day it is, or leave the program to ask; none that closes a stream, which libfaketime does not bear."""


@pytest.mark.parametrize("day", DAYS)
def test_another_day_is_one_for_the_clock_and_for_new_files(day: str, tmp_path: Path) -> None:
    program = """
import os, pathlib, sys, tempfile, time
from datetime import date
made = pathlib.Path(sys.argv[1]) / "made"
made.touch()
print(date.today(), date.fromtimestamp(made.stat().st_mtime), date.fromtimestamp(os.stat(made).st_mtime_ns / 1e9))
begun = time.monotonic()
time.sleep(0.01)
assert time.monotonic() - begun < 60
print(date.fromtimestamp(os.stat(sys.argv[2]).st_mtime))
"""
    old = tmp_path / "old"
    old.touch()
    os.utime(old, (1_700_000_000, 1_700_000_000))
    command = [sys.executable, "-c", program, str(tmp_path), str(old)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=another_day(day))
    assert done.stdout.split() == [day, day, day, "2023-11-14"], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
def test_what_asks_which_day_it_is_passes_on_any(day: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "of")]
    done = subprocess.run(
        [*command, "-k", "not another_day", *OF_THE_DAY],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=another_day(day),
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
