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
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", "__main__", "errors", "logs", "version"}


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


def imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
