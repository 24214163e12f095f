"""What a command loads: the libraries that it uses, and no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.brandfolder import AS_OF, ROOT, make_brand

LOADED = """
import sys
from balansfilter.cli import main as command

def leave(code):
    loaded = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
    others = {name for name in loaded if getattr(sys.modules.get(name), "__file__", None)}
    print("loaded:", *sorted(others), code)

command.leave = leave
command.main()
"""
PAGES = """
from balansfilter.report import beside

def ready(language):
    print("told:", language, sorted({"polars", "numpy"} & set(sys.modules)))

beside.get_ready = ready
"""
FRONT = {"balansfilter", "click"}
POLICY = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection", "yaml"} | {
    "dateutil", "six", "rfc8785",
}  # fmt: skip
ROWS = {"polars", "_polars_runtime_32", "numpy"}
RUN = {"phonenumbers", "polars_hash", "filelock"}


def loaded_by(*arguments: str) -> set[str]:
    """Return the libraries that a command has loaded when it is done, but for what Python itself brings."""
    command = [sys.executable, "-c", LOADED, *arguments]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    (line,) = [line for line in told if line.startswith("loaded:")]
    *names, code = line.split()[1:]
    assert code == "0"
    return {name for name in names if not name.startswith("_sysconfigdata")} - bare()


def bare() -> set[str]:
    """Return what is loaded before a command begins."""
    code = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    named = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return set(named.split())


def test_help_loads_no_more_than_the_command_line() -> None:
    assert loaded_by("--help") - FRONT == set()


def test_who_makes_the_page_hears_of_its_language_before_a_run_loads_what_is_large(tmp_path: Path) -> None:
    configs = str(make_brand(tmp_path).configs)
    asked = ("--configs", configs, "run", "--brand", "courant", "--as-of", str(AS_OF), "--quiet")
    command = [sys.executable, "-c", f"import sys{PAGES}{LOADED}", *asked]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    assert told[0] == "told: nl []"


@pytest.mark.parametrize(("more", "shown"), [(("--quiet",), set()), ((), {"rich"})])
def test_a_short_run_loads_what_it_uses_and_an_explanation_less(
    tmp_path: Path, more: tuple[str, ...], shown: set[str]
) -> None:
    configs = ("--configs", str(make_brand(tmp_path).configs))
    by_run = loaded_by(*configs, "run", "--brand", "courant", "--as-of", str(AS_OF), *more)
    assert by_run - FRONT - POLICY - ROWS - RUN == shown
    asked = ("explain", "--brand", "courant", "--customer", "1", "--on", str(AS_OF), "--json")
    assert loaded_by(*configs, *asked) - FRONT - POLICY - ROWS == set()
