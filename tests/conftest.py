"""How the property tests look for examples, where tests write, and what becomes of a run in which one was skipped."""

from __future__ import annotations

import os
import shutil
import tempfile
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail where a test was skipped, for want of a program")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a good end into a failure where it rests on a test that was not run."""
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
