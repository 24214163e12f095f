"""A brand with a call history and a whole balanstest that nobody has signed yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from balansfilter.policy.balanstest import Assessment
from tests.brandfolder import ANSWERS, AS_OF, BrandFolder, make_brand, merged, write_rows
from tests.document.samples import CONTACTS, HEADER

WHOLE = merged(
    ANSWERS,
    {
        "scope": "Alle kranten van dit merk, want de lezer ziet die als één product.",
        "assessment": {name: f"Het antwoord over {name.replace('_', ' ')}." for name in Assessment.model_fields},
    },
)
SIGNER = ("--by", "A. de Vries", "--role", "Compliance officer", "--on", str(AS_OF))


def history(calls: int = 40, converted: int = 4) -> list[tuple[str, ...]]:
    """Return calls in the first half year, of which so many converted."""
    return [
        ("", f"K{n}", "2026-05-01", "ja" if n < converted else "nee", "nee", "nee", "2026-02-15", "")
        for n in range(calls)
    ]


def unsigned(root: Path, answers: dict[str, Any] | None = None, **changes: Any) -> BrandFolder:
    """Make the brand."""
    test = {
        "id": "kranten",
        "products": "*",
        "max_term": "24 months",
        "answers": merged(WHOLE, answers or {}),
        **changes,
    }
    folder = make_brand(root, {"balanstests": [test], "contacts": CONTACTS})
    write_rows(folder.data / "contacts.csv", [HEADER, *history()])
    tree = policy(folder)
    del tree["balanstests"][0]["approval"]
    write_policy(folder, tree)
    return folder


def policy(folder: BrandFolder) -> dict[str, Any]:
    """Read the policy as plain values."""
    tree: dict[str, Any] = yaml.safe_load(folder.policy_file.read_text(encoding="utf-8"))
    return tree


def write_policy(folder: BrandFolder, tree: dict[str, Any]) -> None:
    """Write the policy."""
    folder.policy_file.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")


def approve(folder: BrandFolder, *more: str) -> Any:
    """Approve the balanstest as a script does, unless `--yes` is taken away."""
    return folder.cli("balanstest", "approve", "--brand", folder.brand, "--id", "kranten", *SIGNER, *more)
