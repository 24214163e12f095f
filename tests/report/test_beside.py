"""The page of a run is made by a process beside it: the same page, and where that process fails the run makes its own."""

import subprocess
import sys

import pytest

BEGINNING = """
import os, signal, sys
from balansfilter.report import beside
from balansfilter.report.beside import get_ready, page_beside, pages_beside
from tests.report.samples import CHECKPOINT, manifest
asked = (manifest(), (), CHECKPOINT, "nl", "Europe/Amsterdam")
"""


def told(code: str, **options) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + code], capture_output=True, text=True, check=True, timeout=60, **options
    )
    assert done.stderr == ""
    return done.stdout


def test_it_is_the_page_that_the_run_would_make():
    code = """
with pages_beside():
    print(get_ready("nl"), "jinja2" in sys.modules)
    first, second = page_beside(*asked), page_beside(*asked)
from balansfilter.report.page import run_page
print(first == second == run_page(*asked[:4], zone=asked[4]), page_beside(*asked), get_ready("nl"))
"""
    assert told(code) == "True False\nTrue None False\n"


@pytest.mark.parametrize("fails", ["os.kill(beside._makers[0].process, signal.SIGKILL)", "asked = ({}, *asked[1:])"])
def test_where_it_cannot_be_made_nobody_waits_for_it(fails):
    assert told(f"with pages_beside():\n    {fails}\n    print(page_beside(*asked))") == "None\n"


def test_where_there_are_threads_nothing_is_forked():
    code = """
import threading
over = threading.Event()
threading.Thread(target=over.wait).start()
with pages_beside():
    print(beside._makers, page_beside(*asked))
over.set()
"""
    assert told(code) == "[] None\n"


def test_a_run_that_is_killed_leaves_nobody_behind_at_the_end_of_its_pipes():
    """Who reads its output waits until the last process has closed it; and the process beside it ends as well."""
    code = """
reading, writing = os.pipe()
if os.fork():
    os.close(writing)
    print(os.read(reading, 1))
else:
    os.close(reading)
    with pages_beside():
        get_ready("nl")
        os.kill(os.getpid(), signal.SIGKILL)
"""
    assert told(code) == "b''\n"
