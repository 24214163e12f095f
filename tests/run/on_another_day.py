"""The tests as they would go on another day: ``python -m tests.run.on_another_day 2026-12-25 [options of pytest]``.

libfaketime moves the clock of every process, and what `another_day/` holds the times of the files that they make.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import libfaketime

LEFT_OUT = [
    "tests/cli/test_streams.py",
    "tests/run/test_any_day.py",
    "tests/book/test_own_list.py::test_the_day_of_the_book_is_the_day_of_its_commands",
]
"""What closes a stream, which libfaketime does not bear, and what moves the clock itself."""


def another_day(day: str) -> dict[str, str]:
    """Return the environment in which every process thinks that it is noon of a day."""
    _, moved = libfaketime.get_reload_information()
    began = datetime.now().replace(microsecond=0) - timedelta(minutes=1)
    seconds = int((datetime.fromisoformat(f"{day}T12:00:00") - began).total_seconds())
    return {
        **os.environ,
        **moved,
        "FAKETIME": f"{seconds:+}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "BALANSFILTER_DAY_MOVED": str(seconds),
        "BALANSFILTER_DAY_BEGAN": str(int(began.timestamp())),
        "PYTHONPATH": str(Path(__file__).parent / "another_day"),
    }


def main() -> int:
    """Run the tests on the day that the first argument names; what follows is for pytest."""
    day, *options = sys.argv[1:]
    left_out = [f"--deselect={test}" for test in LEFT_OUT]
    command = [sys.executable, "-m", "pytest", "-n", "auto", "-p", "no:cacheprovider", *left_out, *options]
    # To a clock that is moved the folders of other tests, which run at this moment, are old and may go.
    with TemporaryDirectory(prefix="balansfilter-") as folder:
        return subprocess.call([*command, f"--basetemp={folder}/of"], env=another_day(day))


if __name__ == "__main__":
    raise SystemExit(main())
