"""What is said where Spark is asked for and cannot be had, or does not go with what else is asked; without Spark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from balansfilter.errors import UsageError
from balansfilter.remote import spark
from tests.engines.made import lenient_case, ran


def test_engines_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    case = lenient_case(1, 20, tmp_path)
    with pytest.raises(UsageError, match="--master goes with"):
        ran(case, master="local[2]")
    with pytest.raises(UsageError, match="leave --engine out"):
        ran(case, engine="duckdb", verify_with="spark")


def test_without_the_extra_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'balansfilter\[spark\]'") as found:
        ran(lenient_case(1, 20, tmp_path), engine="spark")
    assert found.value.exit_code == 2


@pytest.mark.parametrize("home", [None, "/nowhere"])
def test_without_java_java_is_named(home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: name)
    monkeypatch.setattr(spark, "_active", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("JAVA_HOME", home)
    with pytest.raises(UsageError, match="needs Java 17"):
        ran(lenient_case(1, 20, tmp_path), verify_with="spark")


def test_that_java_was_lost_is_told_by_us_alone() -> None:
    """What py4j logs in that moment, with a traceback, came between our messages."""
    code = "import logging; from balansfilter.remote import spark; spark._keep_py4j_quiet(); logging.exception('lost')"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (told.stdout, told.stderr) == ("", "")
