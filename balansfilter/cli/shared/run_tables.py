"""What people see of a run: one table, and where the list is. Pure: it gives what a Rich console can print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from balansfilter.decision.reasons import REASONS

if TYPE_CHECKING:
    from balansfilter.pipeline.request import Outcome


def outcome_table(outcome: Outcome) -> Iterator[Table | Text]:
    """Yield the counts of a run by reason, with shares and the change since the run before, where the list is."""
    manifest, before = outcome.manifest, outcome.previous
    title = f"{manifest['name']} ({manifest['brand']}), to be called on {manifest['as_of']}"
    yield Text(title, style="bold")
    table = Table()
    table.add_column("")
    for heading in ("rows", "share", *(["change"] if before else [])):
        table.add_column(heading, justify="right")
    rows = manifest["rows"]
    for name, label, style in _lines(manifest):
        change = [_change(_found(manifest, name), _found(before, name))] if before else []
        table.add_row(label, f"{_found(manifest, name):,}", _share(_found(manifest, name), rows), *change, style=style)
    yield table
    yield Text(_where(outcome))


def _lines(manifest: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield "rows", "call list", ""
    yield "callable", "callable", "bold green"
    for ground in manifest["bases"]:
        yield f"bases.{ground}", f"  on {ground}", "green"
    yield "dropped", "dropped", "bold"
    for reason in REASONS:
        if reason in manifest["reasons"]:
            yield f"reasons.{reason}", f"  {reason}", ""


def _found(manifest: dict[str, Any], name: str) -> int:
    first, _, second = name.partition(".")
    found = manifest.get(first, 0)
    return int(found.get(second, 0) if second else found)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _change(now: int, before: int) -> str:
    return f"{now - before:+,}" if now != before else "="


def _where(outcome: Outcome) -> str:
    manifest = outcome.manifest
    if outcome.folder is None:
        return "Nothing was written: this was a dry run."
    if outcome.beside:
        return f"Published beside the list that stands: {outcome.lists['callable']}"
    current = outcome.folder.parent.parent / "current" / manifest["outputs"]["callable"]["name"]
    valid = f", valid until {manifest['valid_until']}" if manifest["valid_until"] else ""
    return f"Published{valid}: {current}"
