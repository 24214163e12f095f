"""Find one person's decisions in the runs of a brand: by keyed hash, through the indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import History, PublishedRun
from balansfilter.audit.index import Kind, rows_of
from balansfilter.audit.keyring import search_keys
from balansfilter.audit.keys import AuditKey
from balansfilter.errors import AuditError
from balansfilter.frozen import dataclass

_THREADS = 2
_TOLD = ("row", "product", "decision", "basis", "reason", "anchor", "callable_until", "balanstest")


@dataclass(frozen=True)
class Identity:
    """Whom the question is about, as they stand in the decisions before hashing: a number, a customer id, or both."""

    number: str | None
    """E.164 with the plus sign."""
    customer_id: str | None
    """Trimmed."""

    def __repr__(self) -> str:
        return "Identity(…)"

    def hashes(self, key: AuditKey) -> dict[Kind, str]:
        """Return the keyed hashes by which the person is found: `customer`, `number` or both."""
        known: dict[Kind, str | None] = {"customer": self.customer_id, "number": self.number}
        return {name: key.hash(text) for name, text in known.items() if text}


@dataclass(frozen=True)
class Decision:
    """One row of a run's decisions."""

    row: int
    """Number of the row in the call list, from 1."""
    product: str | None
    decision: str
    """`callable` or `dropped`."""
    basis: str | None
    reason: str | None
    anchor: date | None
    callable_until: date | None
    balanstest: str | None

    @property
    def callable(self) -> bool:
        """Whether the row was in the list to call."""
        return self.decision == "callable"


@dataclass(frozen=True)
class Found:
    """A person's decisions in each run that was searched."""

    decisions: Mapping[str, tuple[Decision, ...]]
    """By run id; only runs that hold the person."""
    searched: int
    """How many runs were searched."""
    pruned: tuple[str, ...]
    """Runs whose decisions were pruned, so that they cannot be searched."""
    lost: tuple[str, ...]
    """Runs whose key was lost, so that they cannot be searched."""


@dataclass(frozen=True)
class Finder:
    """Where the decisions of a brand, their indexes and the key are."""

    audit: BrandAudit
    indexes: Path
    key_file: Path

    def find(
        self, past: History, who: Identity, runs: Iterable[PublishedRun], progress: Callable[[int], None] | None = None
    ) -> Found:
        """Find a person in the decisions of some runs.

        :param progress: is told how many runs have been searched, when that takes long.
        :raises AuditError: a key or decisions are missing, or cannot be read.
        """
        keys = search_keys(self.key_file, past)
        chosen = list(runs)
        pruned = tuple(run.run_id for run in chosen if run.decisions_pruned)
        lost = tuple(run.run_id for run in chosen if run.key_id not in keys and not run.decisions_pruned)
        searched = [run for run in chosen if not run.decisions_pruned and run.key_id in keys]
        hashes = {key_id: who.hashes(key) for key_id, key in keys.items()}
        places = list(self._places(searched, hashes, progress))
        return Found(_decisions(places), len(searched), pruned, lost)

    def _places(
        self, runs: list[PublishedRun], hashes: Mapping[str, dict[Kind, str]], progress: Callable[[int], None] | None
    ) -> Iterator[tuple[RunDecisions, list[int]]]:
        def place(run: PublishedRun) -> tuple[RunDecisions, list[int]]:
            decisions = RunDecisions.of(self.audit, run)
            for path in decisions.paths:
                if not path.exists():
                    raise AuditError(f"the decisions {path} are gone; see: balansfilter audit verify")
            return decisions, rows_of(decisions, self.indexes, hashes[run.key_id])

        with ThreadPoolExecutor(_THREADS) as pool:
            for number, (decisions, rows) in enumerate(pool.map(place, runs), start=1):
                if progress is not None:
                    progress(number)
                if rows:
                    yield decisions, rows


def _decisions(places: list[tuple[RunDecisions, list[int]]]) -> dict[str, tuple[Decision, ...]]:
    """Read rows by their places in the files: no other row group is read, and no column of hashes.

    There is one line a row.
    """
    asked = [
        (decisions.run_id, file, row)
        for decisions, rows in places
        for file, held in decisions.holding(rows)
        for row in held
    ]
    scans = [pl.scan_parquet(file.path, glob=False).slice(file.rows.index(row), 1) for _, file, row in asked]
    try:
        lines = pl.collect_all([scan.select(_TOLD) for scan in scans])
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        folder = places[0][0].place.parent
        raise AuditError(f"cannot read the decisions in {folder}; see: balansfilter audit verify") from error
    found: dict[str, list[Decision]] = {decisions.run_id: [] for decisions, _ in places}
    for (run_id, _, _), line in zip(asked, lines, strict=True):
        found[run_id] += [Decision(*cells) for cells in line.iter_rows()]
    for decisions, rows in places:
        if [one.row for one in found[decisions.run_id]] != rows:
            raise AuditError(
                f"the rows in {decisions.place} do not stand in their order; see: balansfilter audit verify"
            )
    return {run_id: tuple(rows) for run_id, rows in found.items()}
