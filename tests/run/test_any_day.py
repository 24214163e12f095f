"""The demo shows the same on every day on which somebody tries it: Sundays, Christmas, and on a clone that is a year old."""

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
