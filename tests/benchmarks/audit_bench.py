"""How long it takes to find one person among the decisions of many runs, and what the audit log takes on disk.

`python -m tests.benchmarks.audit_bench` makes 100 runs of 1 M rows in a folder of its own (about 8 GB with the indexes) and
removes it; `--runs` and `--rows` scale it. Every person stands in every run, which is the worst case: a row is read of each.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from balansfilter.audit.decision_files import RunDecisions, place_of
from balansfilter.audit.decisions import widths
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import history
from balansfilter.audit.kept_texts import keep_texts
from balansfilter.audit.keys import AuditKey, load_key
from balansfilter.audit.leaves import DAYS, NO_DAY, FewNames, Secret, days_of, hash_columns
from balansfilter.audit.ledger import Ledger, read_chain
from balansfilter.audit.sealed import DecisionsOf
from balansfilter.decision.reasons import REASONS
from balansfilter.fs.parquet_pages import ColumnChunk, days_chunk, hashes_chunk, names_chunk, numbers_chunk
from balansfilter.fs.row_groups import RowGroupsFile, row_group
from balansfilter.policy.law import GROUNDS, load_law
from balansfilter.policy.loading import load_site, read_policy
from balansfilter.version import VERSION

ROOT = Path(__file__).parents[2]
BRAND = "noorderpost"
PART_ROWS = 125_000
FIRST_DAY = date(2026, 1, 1)


SCHEMA = pl.Schema(
    {"row": pl.UInt64, "customer": pl.Binary, "number_1": pl.Binary, "number_2": pl.Binary, "product": pl.String}
    | {"decision": pl.Enum(["callable", "dropped"]), "basis": pl.Enum(GROUNDS), "reason": pl.Enum(REASONS)}
    | {"anchor": pl.Date, "callable_until": pl.Date, "balanstest": pl.Enum(["abonnementen"])}
)


def decisions_part(start: int, rows: int, day: int, key: AuditKey) -> dict[str, ColumnChunk]:
    """Make decisions that look like real ones: ids, mobile numbers, a landline for every second row, many anchor days."""
    person = pl.col("person")
    callable_row = person % 7 < 3
    anchor = pl.lit(FIRST_DAY) - pl.duration(days=person * 2654435761 % 900 + day)
    frame = pl.select(person=pl.int_range(start, start + rows, dtype=pl.UInt64)).select(
        customer="K" + person.cast(pl.String),
        number_1="+316" + (10_000_000 + person).cast(pl.String),
        number_2=pl.when(person % 2 == 0).then("+3120" + (1_000_000 + person).cast(pl.String)),
        product=pl.when(person % 3 == 0).then(pl.lit("weekend")).otherwise(pl.lit("dagblad")),
        decision=pl.when(callable_row).then(pl.lit("callable")).otherwise(pl.lit("dropped")).cast(SCHEMA["decision"]),
        basis=pl.when(callable_row).then(pl.lit("customer")).cast(SCHEMA["basis"]),
        reason=pl.when(~callable_row).then(pl.lit("expired")).cast(SCHEMA["reason"]),
        anchor=anchor,
        callable_until=anchor.dt.offset_by("24mo").cast(pl.Date),
        balanstest=pl.lit("abonnementen", dtype=SCHEMA["balanstest"]),
    )
    return {
        "row": numbers_chunk(start + 1, rows),
        **{name: hashes_chunk(*key.hashes(frame[name])) for name in hash_columns(frame.columns)},
        **{
            name: names_chunk(*FewNames.of(frame[name]), np.arange(frame.height, dtype=np.uint32))
            for name in ("product", "decision", "basis", "reason", "balanstest")
        },
        **{name: days_chunk(days_of(frame[name]), NO_DAY, np.arange(frame.height, dtype=np.uint32)) for name in DAYS},
    }


def make_run(audit: BrandAudit, ledger: Ledger, key: AuditKey, day: int, rows: int, texts: dict[str, Any]) -> None:
    """Write the decisions of a run, and the events that speak of them."""
    run_id = f"{FIRST_DAY + timedelta(days=day):%Y%m%d}T010000Z-{day:06x}"
    path = audit.decisions(run_id)
    secret = place_of(path).secret
    for folder in (path.parent, secret.parent):
        folder.mkdir(parents=True, exist_ok=True)
    secret.write_text(Secret.make().text, encoding="ascii")
    with RowGroupsFile(path, SCHEMA, widths(SCHEMA.names())) as file:
        for start in range(0, rows, PART_ROWS):
            file.add(row_group(decisions_part(start, min(PART_ROWS, rows - start), day, key)))
        made = file.finish()
    output = {"name": made.name, "sha256": made.sha256, "bytes": made.bytes, "rows": made.rows}
    body = {"run_id": run_id, "brand": BRAND, "as_of": str(FIRST_DAY + timedelta(days=day)), **texts}
    callable_rows = sum(person % 7 < 3 for person in range(rows))
    counts = {"rows": rows, "callable": callable_rows, "dropped": rows - callable_rows}
    body |= counts | {"bases": {"customer": callable_rows}, "reasons": {"expired": rows - callable_rows}}
    body |= {
        "valid_until": None,
        "version": VERSION,
        "key_id": key.id,
        "outputs": {"decisions": output},
        "manifest_sha256": "0" * 64,
        "sources": [],
    }
    ledger.append("run.prepared", body)
    ledger.append("run.published", {"run_id": run_id})


def make_audit(root: Path, runs: int, rows: int) -> BrandAudit:
    """Make the audit log of a brand with so many runs."""
    shutil.copytree(ROOT / "configs", root / "configs")
    site = load_site(root / "configs")
    audit = BrandAudit(site.audit.dir / BRAND)
    policy, law = read_policy(root / "configs" / "brands" / f"{BRAND}.yaml"), load_law("nl")
    keep_texts(audit, policy, law)
    texts = {
        "policy": {"sha256": policy.sha256, "file": policy.path.name, "balanstests": []},
        "law": {"name": "nl", "sha256": law.sha256, "origin": "packaged", "grounds": []},
    }
    ledger, key = Ledger(audit.ledger), load_key(site.audit.key_file)
    for day in range(runs):
        make_run(audit, ledger, key, day, rows, texts)
    return audit


def megabytes(folder: Path) -> float:
    """Return what the files under a folder take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def asked(root: Path, *arguments: str) -> tuple[float, int]:
    """Ask the command line, as a process; gives seconds, and how many runs held the person."""
    command = [
        sys.executable,
        "-m",
        "balansfilter",
        "--configs",
        str(root / "configs"),
        *arguments,
        "--brand",
        BRAND,
        "--json",
    ]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return time.perf_counter() - began, len(json.loads(done.stdout)["moments"])


def measure(root: Path, runs: int, rows: int) -> None:
    """Measure, and print a line for each measurement."""
    began = time.perf_counter()
    audit = make_audit(root, runs, rows)
    print(f"{runs} runs of {rows:,} rows made in {time.perf_counter() - began:.0f} s")
    print(
        f"decisions: {megabytes(audit.root / 'decisions') / runs:.1f} MB a run; ledger: {audit.ledger.stat().st_size / 1e6:.2f} MB in all"
    )
    person = ("--customer", f"K{rows // 2}")
    first, held = asked(root, "explain", *person, "--history")
    print(f"first search, which makes the indexes: {first:.2f} s, {first / runs * 1000:.0f} ms a run")
    assert held == runs
    print(f"indexes: {megabytes(root / 'cache') / runs:.1f} MB a run")
    questions = {
        "explain --customer --history, in every run": ("explain", *person, "--history"),
        "explain --phone --history, in every run": ("explain", "--phone", f"+316{10_000_000 + rows // 3}", "--history"),
        "explain --customer --history, in none": ("explain", "--customer", "nobody", "--history"),
        "explain --customer --on, in one": ("explain", *person, "--on", str(FIRST_DAY)),
        "recall --phone": ("audit", "recall", "--phone", f"+316{10_000_000 + rows // 3}"),
    }
    for told, question in questions.items():
        seconds = sorted(asked(root, *question)[0] for _ in range(3))
        print(f"{told}: {seconds[1]:.2f} s (of {seconds[0]:.2f} … {seconds[2]:.2f})")
    began = time.perf_counter()
    run = next(iter(history(read_chain(audit.ledger).events).runs.values()))
    DecisionsOf(RunDecisions.of(audit, run)).proved([1])
    print(f"the proof of a row for a bundle: {time.perf_counter() - began:.2f} s a run")


def main() -> None:
    """Make, measure, remove."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where to make it; a temporary folder unless given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="balansfilter-bench-", dir=given.folder) as folder:
        measure(Path(folder), given.runs, given.rows)


if __name__ == "__main__":
    main()
