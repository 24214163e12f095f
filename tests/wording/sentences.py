"""The English sentences in the source of what an operator meets: each as a template, with its values numbered."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "balansfilter"
UNSPOKEN = (
    "wording", "native", "version.py",
    "phone",  # but for metadata.py its errors are of numbering plans that nobody has written yet
    "engines/duckdb_sql.py", "engines/spark/sql.py", "engines/spark/spark_tables.py", "engines/spark/reaching.py",  # SQL
    "engines/spark/cell_reader.py", "engines/spark/engine.py",  # SQL
    "document/drawing.py",  # SVG
    "nightly/metrics.py",  # the help of figures, which a monitor reads
    "pipeline/manifest_schema.py", "pipeline/warm.py",  # data
    "pipeline/frames.py", "pipeline/given_arguments.py", "pipeline/given_days.py", "pipeline/forked.py", "engines/native_frames.py", "engines/relations.py", "engines/spark/own_session.py",  # told to programs
)  # fmt: skip
"""Rooms and files whose texts nobody is told on a terminal; every other sentence of the source has its Dutch."""
ALSO_SPOKEN = ("phone/metadata.py",)
_NOT_TOLD = {"AssertionError", "TypeError", "KeyError", "RuntimeError", "compile", "Field", "option", "command", "argument",
             "group", "execute", "sql", "step", "strftime", "sub", "fullmatch", "log", "TypeVar", "cast", "secho",
             "StringConstraints", "add_column", "removeprefix", "search", "written_language_option"}  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_PLACE = re.compile(r"\{(\d+)\}")


def template(node: ast.expr) -> str | None:
    """Return the template of a text: `{0}`, `{1}` … stand for its values, in their order."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _numbered(node.value)
    if not isinstance(node, ast.JoinedStr):
        return None
    told, number = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            told += str(part.value)
        else:
            told, number = f"{told}{{{number}}}", number + 1
    return told


def _numbered(text: str) -> str:
    """Number the named places of a text that is filled in elsewhere: `{found} of {rows}`."""
    names = iter(range(100))
    return re.sub(r"\{[a-z_]+\}", lambda _: f"{{{next(names)}}}", text)


def sentences() -> dict[str, str]:
    """Return every template, and where it stands first."""
    found: dict[str, str] = {}
    for file in sorted(ROOT.rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        if name in ALSO_SPOKEN or not any(name == quiet or name.startswith(f"{quiet}/") for quiet in UNSPOKEN):
            for line, told in _of_file(file):
                found.setdefault(told, f"{file.relative_to(ROOT.parent)}:{line}")
    return found


def told_words() -> dict[str, str]:
    """Return every text that is handed to `told` as it is, single words too, and where."""
    found: dict[str, str] = {}
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "told":
                for part in node.args[:1]:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        found.setdefault(part.value, f"{file.relative_to(ROOT.parent)}:{part.lineno}")
    return found


def _of_file(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(part) for node in ast.walk(tree) for part in _skipped(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and id(node) not in skipped:
            told = template(node)
            if told is not None and _is_sentence(told):
                yield node.lineno, told


def _skipped(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is no sentence of its own: docstrings, parts of other texts, what libraries are told."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from (part,) if isinstance(part, ast.Constant) else ast.walk(part.format_spec or ast.Pass())
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _NOT_TOLD:
            yield from (part for one in [*node.args, *(word.value for word in node.keywords)] for part in ast.walk(one))
    if isinstance(node, ast.Subscript):
        yield from ast.walk(node.slice)
    if isinstance(node, ast.AnnAssign):
        yield from ast.walk(node.annotation)


def _is_sentence(told: str) -> bool:
    words = _LETTERS.findall(_PLACE.sub("", told))
    return " " in told.strip() and bool(words) and not told.startswith(("\n", "(", "SELECT", "CREATE", "[", "%"))
