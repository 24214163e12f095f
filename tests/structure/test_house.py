"""Where things stand: rooms with a rule each, files named as their commands, one name for one thing."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "balansfilter"
ROOMS = sorted(init.parent for init in PACKAGE.glob("*/__init__.py"))
ADAPTERS = {"interface", "registry"}
"""Modules that every room of adapters has: what an adapter is, and which there are."""
OF_LOOPS_ALONE = (
    "compiler", "instructions", "lending", "loop", "machine_code", "sha256", "view_parts", "views",
)  # fmt: skip
"""Modules of `native/` for the rest of it: what a column is to a loop, and what a loop is."""
LOOPS_OF_ANOTHER = {"_capitals", "_fill_slots", "_span", "_split", "_states_behind"}
"""Loops that run only behind one that was asked whether it pays."""
GROUPS = ("audit", "balanstest", "objections")


def modules(*but: str) -> Iterator[Path]:
    """Yield the modules of the package that say something, outside some of its rooms."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.stem != "__init__" and path.relative_to(PACKAGE).parts[0] not in but:
            yield path


def same(named: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    homes: dict[str, list[str]] = defaultdict(list)
    for name, home in named:
        homes[name].append(home)
    return {name: where for name, where in homes.items() if len(where) > 1}


def test_nothing_stands_loose_at_the_root() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {
        "__init__",
        "__main__",
        "errors",
        "frozen",
        "logs",
        "version",
    }


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_room_has_a_rule_that_the_guide_repeats(room: Path) -> None:
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    (rule,) = re.findall(r"^Rule: (.+)\.$", said, re.MULTILINE)
    rows = re.findall(
        r"^\| `(\w+)/` \| .+ \| (.+) \|$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert dict(rows)[room.name] == rule


def test_the_guide_names_no_room_that_is_gone() -> None:
    rows = re.findall(r"^\| `(\w+)/` \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == [room.name for room in ROOMS]


def test_no_two_public_classes_have_one_name() -> None:
    classes = (
        (node.name, str(path.relative_to(PACKAGE)))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert same(classes) == {}


def test_no_two_modules_have_one_name_but_a_command_and_what_it_calls() -> None:
    names = ((path.stem, str(path.relative_to(PACKAGE))) for path in modules("cli", "commands"))
    assert {name: where for name, where in same(names).items() if name not in ADAPTERS} == {}


def test_every_file_of_the_command_line_is_a_command_and_every_command_a_file() -> None:
    files = {
        str(path.relative_to(PACKAGE / "cli").with_suffix(""))
        for path in (PACKAGE / "cli").rglob("*.py")
        if path.stem not in ("__init__", "main") and "shared" not in path.parts
    }
    top = importlib.import_module("balansfilter.cli.main").COMMANDS
    told = {name for name in top if name not in GROUPS}
    for group in GROUPS:
        told |= {f"{group}/{name}" for name in importlib.import_module(f"balansfilter.cli.{group}").SUBCOMMANDS}
    assert files == told


def test_what_is_decided_needs_no_library() -> None:
    imported = {
        name.split(".")[0]
        for path in (PACKAGE / "decision").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in imported_by(node)
    }
    assert imported - sys.stdlib_module_names == {"balansfilter"}


def test_a_column_has_one_form_outside_the_room_of_the_loops() -> None:
    """Nobody else sees views, or asks whether there are loops: a column is one of Polars."""
    seen = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in modules("native")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (*imported_by(node), *named_in(node))
        if name in {"pays", "MANY"} or name in {f"balansfilter.native.{module}" for module in OF_LOOPS_ALONE}
    ]
    assert seen == []


def test_every_loop_stands_behind_a_function_that_has_its_twin() -> None:
    loops = {
        node.name: path.stem
        for path in (PACKAGE / "native").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        if any(isinstance(mark, ast.Name) and mark.id == "loop" for mark in node.decorator_list)
    }
    assert len(loops) > 15
    assert {name: module for name, module in loops.items() if not name.startswith("_")} == {}
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (PACKAGE / "native").glob("*.py")}
    asked = {name for name, module in loops.items() if re.search(rf"\b{name}\.pays\(", texts[module])}
    assert set(loops) - asked == LOOPS_OF_ANOTHER


def named_in(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
