"""How the property tests look for examples, where tests write, which are long, and what a skipped one means."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time in `make test`, new ones in `make slow`.
shared = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
settings.register_profile("same", shared, max_examples=40, derandomize=True, database=None)
settings.register_profile("new", shared, max_examples=100)
settings.load_profile("same")

# A night syncs every file that it writes: in memory that costs nothing, where there is memory enough.
MEMORY, LEAST_FREE = Path("/dev/shm"), 2 << 30
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= LEAST_FREE:
    os.environ.setdefault("TMPDIR", str(MEMORY))
    tempfile.tempdir = None


# Tests whose cases take a second each, or more: `make test` leaves them to CI, so that a change is tried in minutes.
LONG, SECONDS = Path(__file__).with_name("long.txt"), 1.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail where a test was skipped, for want of a program")
    parser.addoption("--find-long", action="store_true", help="write down which tests are long, of those that are run")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the long tests."""
    long = known_as_long()
    for item in items:
        if function_of(item.nodeid) in long and item.get_closest_marker("slow") is None:
            item.add_marker("long")


def known_as_long() -> set[str]:
    """Return the tests that were long when that was measured last."""
    return set(LONG.read_text(encoding="utf-8").split()) if LONG.exists() else set()


def function_of(test: str) -> str:
    """Return a test without its case."""
    return test.partition("[")[0]


def long_among(reports: Iterable[pytest.TestReport]) -> set[str]:
    """Return the tests whose cases take long, on the average."""
    seconds, cases = defaultdict(float), defaultdict(set)
    for report in reports:
        seconds[function_of(report.nodeid)] += report.duration
        cases[function_of(report.nodeid)].add(report.nodeid)
    return {test for test in seconds if seconds[test] >= SECONDS * len(cases[test])}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down the long tests; turn a good end into a failure where it rests on a test that was not run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--find-long") and reporter is not None:
        reports = [one for some in reporter.stats.values() for one in some if isinstance(one, pytest.TestReport)]
        run = {function_of(report.nodeid) for report in reports}
        kept = {test for test in known_as_long() if test not in run}
        LONG.write_text("".join(f"{test}\n" for test in sorted(kept | long_among(reports))), encoding="utf-8")
    if session.config.getoption("--no-skips") and skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which tests were skipped where none may be."""
    if config.getoption("--no-skips"):
        for report in skipped(config):
            why = report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""
            terminalreporter.write_line(f"not run, and every test is to be run: {report.nodeid}: {why}", red=True)


def skipped(config: pytest.Config) -> list[pytest.TestReport]:
    """Return what was skipped; a worker of pytest-xdist leaves that to the process that started it."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return [] if reporter is None else reporter.stats.get("skipped", [])
