"""The examples for Airflow and Dagster: what their tasks do with each exit code."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.brandfolder import AS_OF, ROOT, make_brand

DOCS = ROOT / "docs" / "scheduling"


class RetryError(Exception):
    """Stands for what makes a scheduler try again."""


class GiveUpError(Exception):
    """Stands for what makes it fail at once."""


class Chain:
    """Stands for a task that was given its arguments."""

    def __rshift__(self, other):
        return other


def airflow() -> dict[str, ModuleType]:
    """Return modules in the place of Airflow's, with the names that the example takes from it."""
    top, sdk, exceptions = ModuleType("airflow"), ModuleType("airflow.sdk"), ModuleType("airflow.sdk.exceptions")
    sdk.dag = lambda **_: lambda function: function
    sdk.task = lambda **_: lambda function: lambda *given: Chain()
    exceptions.AirflowException, exceptions.AirflowFailException = RetryError, GiveUpError
    return {"airflow": top, "airflow.sdk": sdk, "airflow.sdk.exceptions": exceptions}


def dagster() -> dict[str, ModuleType]:
    """Return a module in the place of Dagster, with the names that the example takes from it."""
    made = ModuleType("dagster")
    made.op = lambda **_: lambda function: lambda *given: Chain()
    made.job = lambda function: function
    made.Definitions = made.ScheduleDefinition = lambda **_: None
    made.OpDefinition = Chain
    made.RetryRequested = lambda **_: RetryError()
    made.Failure = lambda message, allow_retries: RetryError() if allow_retries else GiveUpError(message)
    return {"dagster": made}


@pytest.fixture(params=["airflow_dag", "dagster_job"])
def example(request, monkeypatch) -> ModuleType:
    for name, module in (airflow() if request.param == "airflow_dag" else dagster()).items():
        monkeypatch.setitem(sys.modules, name, module)
    spec = importlib.util.spec_from_file_location(request.param, DOCS / f"{request.param}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.call_lists()
    return made


ENDS = {
    0: None,
    1: GiveUpError,
    2: GiveUpError,
    3: GiveUpError,
    4: RetryError,
    5: GiveUpError,
    6: RetryError,
    7: GiveUpError,
    8: RetryError,
    9: None,
    70: GiveUpError,
    130: RetryError,
}
DELIVERED = ENDS | {9: RetryError}


@pytest.mark.parametrize("code", ENDS)
def test_each_exit_code_of_a_run_is_tried_again_or_not(example, monkeypatch, code):
    calls = ends_with(monkeypatch, code)
    expect(ENDS[code], lambda: example.publish("noorderpost", "2026-11-23"))
    assert calls == [
        [
            "balansfilter",
            "--configs",
            example.CONFIGS,
            "run",
            "--brand",
            "noorderpost",
            "--as-of",
            "2026-11-23",
            "--quiet",
        ]
    ]


@pytest.mark.parametrize("code", DELIVERED)
def test_each_exit_code_of_a_hand_over_is_tried_again_or_not(example, monkeypatch, code):
    calls = ends_with(monkeypatch, code)
    expect(DELIVERED[code], lambda: example.hand_over("noorderpost"))
    assert calls == [["balansfilter", "--configs", example.CONFIGS, "deliver", "--brand", "noorderpost"]]


def ends_with(monkeypatch, code: int) -> list[list[str]]:
    calls: list[list[str]] = []

    def run(words, **_):
        calls.append(list(words))
        return subprocess.CompletedProcess(words, code, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def expect(error: type[Exception] | None, work) -> None:
    if error is None:
        work()
        return
    with pytest.raises(error):
        work()


def test_the_tasks_publish_a_list_and_leave_the_last_one_where_a_source_is_late(example, tmp_path, monkeypatch):
    folder = make_brand(tmp_path)
    example.CONFIGS = str(folder.configs)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    example.publish("courant", str(AS_OF))
    example.hand_over("courant")  # there is nobody to hand it over to
    published = folder.current.readlink()
    folder.calls.unlink()
    with pytest.raises(RetryError):
        example.publish("courant", str(AS_OF))
    assert folder.current.readlink() == published


def test_the_table_of_the_documentation_says_the_same():
    text = (DOCS.parent / "where-the-data-lives.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| ") and line[2].isdigit()]
    told = {int(code): (run.strip(), deliver.strip()) for row in rows for code, run, deliver in [row]}
    words = {None: "go on", RetryError: "try again", GiveUpError: "fail"}
    assert told == {code: (words[ENDS[code]], words[DELIVERED[code]]) for code in ENDS}
