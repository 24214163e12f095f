"""Erasure: one person's rows in the decisions become tombstones that nobody can find, and the ledger still verifies.

A tombstone keeps the number of the row, the decision, its ground or reason and the balanstest, so that every count
still holds; the keyed hashes, the product and the days are gone. The ledger binds each file's digest before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from balansfilter.audit.find import Identity
from balansfilter.audit.history import FORGOTTEN, History, history
from balansfilter.audit.index import drop_index, hash_columns
from balansfilter.audit.pending import finish_pending
from balansfilter.audited import AuditedBrand
from balansfilter.disk import make_private_folder, sha256_file, sync
from balansfilter.errors import AuditError
from balansfilter.parquet import ParquetWriter
from balansfilter.timeline import finder

_BATCH_ROWS = 250_000
_EMPTIED = ("product", "anchor", "callable_until", "consent_proof")


@dataclass(frozen=True)
class Forgotten:
    """What was done to forget a person."""

    rows: Mapping[str, int]
    """How many rows became tombstones, by run id."""
    lists_removed: tuple[str, ...]
    """Runs whose lists held the person, and were removed."""
    lists_left: tuple[str, ...]
    """Runs whose lists hold the person still."""
    unsearched: tuple[str, ...]
    """Runs that hold nobody that could be found: their key is lost."""


def forget(
    audited: AuditedBrand, who: Identity, *, lists: bool, lock_wait: float, told: Callable[[int], None] | None = None
) -> Forgotten:
    """Make a person's rows unfindable in every decision of the brand.

    :param lists: whether to remove the lists that hold the person as well, except the one that stands.
    :raises AuditError: a key or decisions are missing, or cannot be written.
    :raises LockError: a run of the brand is busy.
    """
    with audited.locked("forget", lock_wait) as ledger:
        past = history(ledger.events)
        found = finder(audited).find(past, who, past.runs.values(), told)
        rows = {run_id: [one.row for one in decisions] for run_id, decisions in found.decisions.items()}
        removed, left = _lists(audited, past, rows) if lists else ((), _standing(audited, rows))
        if rows:
            changed = [_changed(audited, run_id, past.runs[run_id].decisions_sha256, rows[run_id]) for run_id in rows]
            body = {"rows": sum(map(len, rows.values())), "decisions": changed, "lists": list(removed)}
            ledger.append(FORGOTTEN, body)
            finish_pending(audited.audit, audited.folders.runs, ledger.events)
        for run_id in rows:
            drop_index(audited.indexes, run_id)
    return Forgotten({run_id: len(found) for run_id, found in rows.items()}, removed, left, found.lost)


def _standing(audited: AuditedBrand, run_ids: Mapping[str, list[int]]) -> tuple[str, ...]:
    return tuple(run_id for run_id in run_ids if (audited.folders.runs / run_id).exists())


def _lists(
    audited: AuditedBrand, past: History, run_ids: Mapping[str, list[int]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the runs whose lists go and stay: those that hold the person, but for the one that stands."""
    last = past.last.run_id if past.last else None
    held = _standing(audited, run_ids)
    return tuple(run_id for run_id in held if run_id != last), tuple(run_id for run_id in held if run_id == last)


def _changed(audited: AuditedBrand, run_id: str, before: str, rows: list[int]) -> dict[str, object]:
    path = audited.audit.decisions(run_id)
    if sha256_file(path) != before:
        raise AuditError(f"the decisions {path} are not what the ledger says; see: balansfilter audit verify")
    pending = audited.audit.pending / path.name
    try:
        make_private_folder(pending.parent)
        _bury(path, pending, rows)
        sync(pending.parent)
        after = sha256_file(pending)
    except OSError as error:
        raise AuditError(f"cannot rewrite the decisions {path}: {error.strerror or error}") from error
    return {"run_id": run_id, "before": before, "after": after, "rows": len(rows)}


def _bury(path: Path, pending: Path, rows: list[int]) -> None:
    scan = pl.scan_parquet(path)
    schema = scan.collect_schema()
    height = int(scan.select(pl.len()).collect().item())
    buried = pl.col("row").is_in(pl.Series(rows, dtype=pl.UInt64).implode())
    names = [*hash_columns(schema.names()), *(name for name in _EMPTIED if name in schema.names())]
    emptied = [pl.when(~buried).then(pl.col(name)).alias(name) for name in names]
    with ParquetWriter(pending, schema, compressed=False) as file:
        for start in range(0, height, _BATCH_ROWS):
            file.write(scan.slice(start, _BATCH_ROWS).with_columns(emptied).collect())
