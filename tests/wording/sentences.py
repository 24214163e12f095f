"""The English sentences in the source of what an operator meets: each as a template, with its values numbered."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "balansfilter"
SPOKEN = (
    "policy", "sources", "publish", "engines/agreement.py", "engines/looked_up.py", "engines/duckdb.py", "evidence",
    "decision", "pipeline/deciding.py", "pipeline/delivery.py", "pipeline/delta.py", "pipeline/guards.py",
    "pipeline/housekeeping.py", "pipeline/intake.py", "pipeline/recovery.py", "pipeline/rows_lost.py", "pipeline/ruling.py",
    "pipeline/run.py", "pipeline/samples.py", "pipeline/source_warnings.py", "pipeline/taken.py", "errors.py", "logs.py",
    "audit/folder.py", "audit/keys.py", "audit/keyring.py", "audit/ledger.py", "audit/kept_texts.py",
    "audit/ledger_files.py", "audit/handing_over.py", "audit/signing.py",
    "balanstest/read_calls.py", "balanstest/simulate.py", "balanstest/bands.py", "balanstest/notes.py",
    "cli/balanstest/document.py", "cli/check.py", "cli/explain.py", "cli/main.py", "cli/recheck.py", "cli/run.py",
    "cli/status.py", "cli/shared/approval_shown.py", "cli/shared/balanstest_options.py", "cli/shared/audit_options.py",
    "cli/shared/bugs.py", "cli/shared/context.py", "cli/shared/lazy.py", "cli/shared/output.py", "cli/shared/progress.py",
    "cli/shared/run_tables.py", "commands/balanstest", "commands/audit/export/letter.py", "commands/check.py",
    "commands/explain.py", "commands/objected_since.py", "commands/objections", "commands/recheck.py", "commands/status.py",
    "commands/verify.py", "document/document_files.py", "document/typesetting.py", "document/word_file.py",
    "identity/person.py", "phone/metadata.py", "cli/deliver.py", "cli/warm.py", "nightly/attempt.py", "nightly/hooks.py", "remote",
)  # fmt: skip
"""Files and rooms whose sentences an operator may meet."""
_NOT_TOLD = {"AssertionError", "TypeError", "KeyError", "RuntimeError", "compile", "Field", "option", "command", "argument",
             "group", "execute", "sql", "step", "strftime", "sub", "fullmatch", "bind", "info", "TypeVar", "cast", "secho",
             "StringConstraints", "add_column", "removeprefix", "search"}  # fmt: skip
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
    for name in SPOKEN:
        path = ROOT / name
        for file in [path] if path.suffix else sorted(path.rglob("*.py")):
            for line, told in _of_file(file):
                found.setdefault(told, f"{file.relative_to(ROOT.parent)}:{line}")
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
