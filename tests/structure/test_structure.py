"""What keeps the house readable: layers, docstrings, short modules and functions, no hosts, a README that is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import balansfilter

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "balansfilter"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 320
MAX_FUNCTION = 60
LAW_SOURCES = (
    "ddma.nl",
    "reclamecode.nl",
    "security.nl",
    "tweakers.net",
    "consuwijzer.nl",
    "nieuws.nl",
    "bedrijven-bmnr.nl",
)
NO_HOST = ("http://www.w3.org/", "https://json-schema.org/")
"""Names of XML and of JSON Schema that look like addresses and that nothing ever opens."""


def name_of(module: Path) -> str:
    return str(module.relative_to(ROOT))


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {module: ast.parse(module.read_text(encoding="utf-8")) for module in MODULES}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_imports_point_down_only() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_says_what_it_is_for(trees: dict[Path, ast.Module]) -> None:
    assert [name_of(module) for module, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []


def test_no_module_is_long() -> None:
    lines = {name_of(module): len(module.read_text(encoding="utf-8").splitlines()) for module in MODULES}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def test_no_function_is_longer_than_a_screen(trees: dict[Path, ast.Module]) -> None:
    long = [
        f"{name_of(module)}:{one.lineno} {one.name}"
        for module, tree in trees.items()
        for one in functions(tree)
        if (one.end_lineno or 0) - one.lineno + 1 > MAX_FUNCTION
    ]
    assert long == []


def test_every_public_function_and_class_has_a_docstring(trees: dict[Path, ast.Module]) -> None:
    bare = [
        f"{name_of(module)}:{node.lineno} {node.name}"
        for module, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert bare == []


def test_no_module_takes_what_another_keeps_to_itself(trees: dict[Path, ast.Module]) -> None:
    """But the compiled loops, which are built of one another's parts."""
    taken = [
        f"{name_of(module)}: {name.name} of {node.module}"
        for module, tree in trees.items()
        if module.parent.name != "native"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("balansfilter")
        for name in node.names
        if any(part.startswith("_") for part in (name.name, *(node.module or "").split(".")))
    ]
    assert not taken


def test_what_the_package_says_it_has_it_has() -> None:
    names = {name: getattr(balansfilter, name) for name in balansfilter.__all__}
    told = balansfilter.__doc__ or ""
    assert [name for name, value in names.items() if value.__class__ is not str and f"`{name}`" not in told] == [
        "Policy",
        "Problem",
    ]


def test_nothing_catches_everything_but_the_command_line_the_night_of_all_brands_and_what_follows_a_publishing(
    trees: dict[Path, ast.Module],
) -> None:
    broad = [
        name_of(module)
        for module, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert broad == ["balansfilter/cli/main.py", "balansfilter/cli/run.py", "balansfilter/pipeline/housekeeping.py"]


def test_the_program_speaks_to_no_host() -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in (".py", ".yaml", ".html", ".css", ".js", ".json", ".typ"):
            hosts = re.findall(r"https?://[^\s\"'<>)`]+", path.read_text(encoding="utf-8"))
            strange = [host for host in hosts if not host.startswith(NO_HOST) and not is_a_law_source(host)]
            if strange:
                found[name_of(path)] = strange
    assert found == {}


def is_a_law_source(address: str) -> bool:
    host = re.sub(r"^https?://(www\.)?", "", address).split("/")[0]
    return host in LAW_SOURCES or host.endswith((".overheid.nl", "eur-lex.europa.eu"))


def test_the_commands_of_the_readme_are_there() -> None:
    targets = re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\s*(?:\$ )?make ([a-z-]+)|`make ([a-z-]+)`", readme, re.MULTILINE)
    assert {name for pair in named for name in pair if name} <= set(targets)


def test_the_makefile_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert set(phony.group(1).split()) == set(re.findall(r"^([a-z][a-z-]*):.*## ", text, re.MULTILINE))


def test_a_docstring_says_what_is_returned_and_has_one_notation_for_errors(trees: dict[Path, ast.Module]) -> None:
    said = [
        (f"{name_of(module)}:{node.lineno}", ast.get_docstring(node) or "")
        for module, tree in trees.items()
        for node in functions(tree)
    ]
    assert [place for place, text in said if text.startswith(("Give ", "Gives "))] == []
    assert [place for place, text in said if re.search(r"raises :class:|^Raises", text, re.MULTILINE)] == []
