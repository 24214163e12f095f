"""A small working brand in a folder: configs, data, and what a run leaves. Shared by the tests of the nightly run."""

from __future__ import annotations

import copy
import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import yaml

from balansfilter.pipeline.request import Outcome, Request
from balansfilter.pipeline.run import run
from balansfilter.pipeline.watch import Watcher
from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.model import Policy
from tests import forkserver

AS_OF = date(2026, 11, 23)
ROOT = Path(__file__).parents[1]
Tree = dict[str, Any]
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

ANSWERS: Tree = {
    "customer_relation": {
        "payment_obligation": "Bij de eerste afschrijving.",
        "time_since_purchase": "Nooit langer dan de termijn.",
        "product_type": "Een abonnement.",
        "replacement_after": "Na een jaar of twee.",
    },
    "impact": {"calls_begin": "Na twee weken.", "frequency": "Zelden.", "measures": ["Alleen op werkdagen."]},
    "weighing": {
        "interest": "Lezers terugwinnen.",
        "conversion": "Neemt af met de tijd.",
        "objections": "Nemen toe met de tijd.",
        "complaints": "Blijven laag.",
    },
    "substantiation": "Binnen deze termijn weegt ons belang zwaarder.",
}

BASE: Tree = {
    "policy": 1,
    "brand": "courant",
    "name": "De Courant",
    "controller": "Courant B.V.",
    "sector": "press",
    "law": "nl",
    "balanstests": [{"id": "kranten", "products": "*", "max_term": "24 months"}],
    "call_list": {
        "path": "data/{brand}/calls.csv",
        "columns": {"customer_id": "klantnummer", "phone": "telefoon", "last_purchase_on": "laatste_aankoop"},
    },
    "objections": [
        {"path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon", "customer_id": "klantnummer"}}
    ],
}

CALLS = (
    ("klantnummer", "telefoon", "laatste_aankoop"),
    ("K1", "0612345678", "2026-01-15"),
    ("K2", "06-12345679", "2025-12-01"),
)
OBJECTIONS = (("telefoon", "klantnummer"), ("0687654321", "K9"))
Rows = Sequence[Sequence[str]]


def merged(base: Tree, changes: Mapping[str, Any], *, keep_none: bool = False) -> Tree:
    """Lay changes over a tree: mappings are merged, everything else is replaced, and null takes a key away.

    With `keep_none` a null stays, to take the key away when the tree is laid over another one.
    """
    made = copy.deepcopy(base)
    for key, value in changes.items():
        if value is None and not keep_none:
            made.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(made.get(key), dict):
            made[key] = merged(made[key], value, keep_none=keep_none)
        else:
            made[key] = copy.deepcopy(value)
    return made


def approved(tree: Tree) -> Tree:
    """Fill in the answers and the approval of each balanstest that lacks them, good from 2000 until 2099."""
    made = copy.deepcopy(tree)
    for test in made.get("balanstests", []):
        test.setdefault("answers", copy.deepcopy(ANSWERS))
    draft = Policy.model_validate_json(json.dumps(made, default=str))
    for test, read in zip(made.get("balanstests", []), draft.balanstests, strict=True):
        given = {"by": "A. de Vries", "role": "Directie", "on": date(2000, 1, 1), "review_by": date(2099, 12, 31)}
        test.setdefault("approval", {**given, "digest": balanstest_digest(draft, read)})
    return made


def write_rows(path: Path, rows: Rows, *, encoding: str = "utf-8", separator: str = ",", line_end: str = "\n") -> Path:
    """Write rows as CSV, the header first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator, lineterminator=line_end).writerows(rows)
    return path


def read_rows(path: Path, encoding: str = "utf-8", separator: str = ",") -> list[dict[str, str]]:
    """Read a CSV file with a header."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


@dataclass(frozen=True)
class BrandFolder:
    """A brand with its policy and data, in a folder of its own."""

    root: Path
    brand: str = "courant"

    @property
    def configs(self) -> Path:
        return self.root / "configs"

    @property
    def policy_file(self) -> Path:
        return self.configs / "brands" / f"{self.brand}.yaml"

    @property
    def data(self) -> Path:
        return self.root / "data" / self.brand

    @property
    def calls(self) -> Path:
        return self.data / "calls.csv"

    @property
    def out(self) -> Path:
        return self.root / "out" / self.brand

    @property
    def current(self) -> Path:
        return self.out / "current"

    @property
    def audit(self) -> Path:
        return self.root / "audit" / self.brand

    @property
    def ledger(self) -> Path:
        return self.audit / "ledger.jsonl"

    def write_policy(self, changes: Mapping[str, Any] | None = None, base: Tree = BASE) -> None:
        """Write the base policy with changes, approved as it is then."""
        tree = approved(merged(base | {"brand": self.brand}, changes or {}))
        self.policy_file.parent.mkdir(parents=True, exist_ok=True)
        self.policy_file.write_text(
            yaml.dump(tree, Dumper=_DUMPER, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )

    def request(self, **options: Any) -> Request:
        return Request(**{"configs": self.configs, "brand": self.brand, "as_of": AS_OF, **options})

    def run(self, watch: Watcher | None = None, **options: Any) -> Outcome:
        """Run in this process."""
        return run(self.request(**options), watch)

    def callable_rows(self) -> list[dict[str, str]]:
        return read_rows(self.current / "callable.csv")

    def dropped_rows(self) -> list[dict[str, str]]:
        """Read the dropped list as text, whatever its format."""
        (path,) = self.current.glob("dropped.*")
        if path.suffix == ".csv":
            return read_rows(path)
        if path.suffix == ".parquet":
            return pl.read_parquet(path).select(pl.all().cast(pl.String).fill_null("")).to_dicts()
        names, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [dict(zip(names, [cell or "" for cell in cells], strict=True)) for cells in rows]

    def reasons(self) -> dict[str, str]:
        """Return the reason of each dropped row, by customer id."""
        return {row["customer_id"]: row["reason"] for row in self.dropped_rows()}

    def decisions(self) -> pl.DataFrame:
        """Read the decisions of the published run."""
        file = self.audit / "decisions" / f"{self.current.readlink().name}.parquet"
        return pl.read_parquet(file if file.exists() else sorted(file.with_suffix("").glob("part-*.parquet")))

    def events(self) -> list[Tree]:
        """Read the ledger."""
        return [json.loads(line) for line in self.ledger.read_text(encoding="utf-8").splitlines()]

    def cli(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the command line as a process of its own."""
        return cli("--configs", str(self.configs), *arguments, **options)

    def cli_run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `run` for this brand as a process."""
        return self.cli("run", "--brand", self.brand, "--as-of", str(AS_OF), *arguments, **options)


def make_brand(
    root: Path,
    policy: Mapping[str, Any] | None = None,
    *,
    base: Tree = BASE,
    brand: str = "courant",
    calls: Rows = CALLS,
    objections: Rows = OBJECTIONS,
    register: Rows | None = None,
    contacts: Rows | None = None,
) -> BrandFolder:
    """Make a brand that works as it is: two callable rows, and an objection of somebody else."""
    folder = BrandFolder(root, brand)
    folder.write_policy(policy, base)
    named = {"calls": calls, "objections": objections, "register": register, "contacts": contacts}
    for name, rows in named.items():
        if rows is not None:
            write_rows(folder.data / f"{name}.csv", rows)
    return folder


def cli(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    command = [sys.executable, "-m", "balansfilter", *arguments]
    environment = {**os.environ, "COLUMNS": "100", **options.pop("env", {})}
    if options.keys() <= {"input"} and forkserver.can_fork(environment):
        return forkserver.run(list(arguments), environment, options.get("input"), 120)
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment, timeout=120, **options
    )


def snapshot(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """Return everything under a folder: mode, and the bytes of a file, the target of a link, or nothing for a folder."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content: bytes | str = (
            str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
        )
        found[str(path.relative_to(folder))] = (mode, content)
    return found
