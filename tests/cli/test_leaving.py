"""A command ends at once, and leaves nothing undone or unsaid."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.brandfolder import ROOT

LEAVES = """
import atexit, sys, threading, time
from balansfilter.cli.shared.process import leave

class Kept:
    def __del__(self):
        sys.__stdout__.write("taken apart ")

def late():
    time.sleep(0.2)
    sys.stdout.write("thread ")

kept = Kept()
atexit.register(lambda: sys.stdout.write("atexit "))
sys.stdout.write("said ")
{more}
leave(9)
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "said atexit "),
        ("threading.Thread(target=late, daemon=True).start()", "said atexit "),
        ("threading.Thread(target=late).start()", "said thread atexit taken apart "),
        ("sys.modules['duckdb'] = sys", "said atexit taken apart "),
        ("sys.modules['pyspark'] = sys", "said atexit taken apart "),
    ],
)
def test_what_is_said_and_registered_is_done_and_what_may_have_work_left_is_waited_for(more: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVES.format(more=more)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout, done.stderr) == (9, said, "")


def test_a_command_of_a_process_ends_so_and_one_that_is_called_returns_to_its_caller() -> None:
    ends = "from balansfilter.cli import main as m; m.leave = lambda code: print('left', code); m.main({given})"
    for given, said in (("", ["left 0"]), ("['--version']", [])):
        command = [sys.executable, "-c", ends.format(given=given), "--version"]
        told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        assert [line for line in told.stdout.splitlines() if line.startswith("left")] == said
