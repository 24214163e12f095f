"""Where the decisions of a run lie: one file, or a folder of parts, and beside each file what opens its leaves.

    decisions/<run>.parquet             secrets/<run>                secrets/<run>.nonces
    decisions/<run>/part-00001.parquet  secrets/<run>/part-00001     secrets/<run>/part-00001.nonces

Each part has a secret of its own: when somebody is forgotten, only the parts that hold the person are written anew, and
only their secrets are destroyed. The root is over the rows of all parts, as if they were one file.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path

import polars as pl

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import KnownFile, PublishedRun
from balansfilter.errors import AuditError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import sha256_file


@dataclass(frozen=True)
class DecisionsPlace:
    """Where one file of decisions lies, and what opens its leaves."""

    path: Path
    secret: Path
    """The secret from which its nonces come, until somebody is forgotten in it."""
    nonces: Path
    """The nonces that are left, once somebody was forgotten in it."""


def place_of(decisions: Path, part: str | None = None) -> DecisionsPlace:
    """Return where the decisions of a run lie, or one of their parts.

    :param decisions: the file that they are where they are one.
    """
    opening = decisions.parents[1] / "secrets"
    if part is None:
        return DecisionsPlace(decisions, opening / decisions.stem, opening / f"{decisions.stem}.nonces")
    path = folder_of(decisions) / part
    opening /= decisions.stem
    return DecisionsPlace(path, opening / path.stem, opening / f"{path.stem}.nonces")


def folder_of(decisions: Path) -> Path:
    """Return the folder that the decisions of a run are where they are parts."""
    return decisions.with_suffix("")


def remove(decisions: Path) -> None:
    """Remove the decisions of a run, in whichever form they are, and first what opens them.

    :raises OSError: a file cannot be removed.
    """
    whole = place_of(decisions)
    for path in (whole.secret, whole.nonces, whole.path, folder_of(decisions)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class DecisionFile:
    """One file of the decisions of a published run, as the ledger knows it."""

    name: str
    """Names it among all files of decisions of the brand: `<run>`, or `<run>.part-00001`."""
    place: DecisionsPlace
    before: int
    """How many rows of the run stand before its first."""
    known: KnownFile

    @property
    def path(self) -> Path:
        """Where its rows are."""
        return self.place.path

    @property
    def rows(self) -> range:
        """The numbers of its rows."""
        return range(self.before + 1, self.before + self.known.rows + 1)

    def pending(self, audit: BrandAudit) -> Path:
        """Where it is written anew, out of sight, when somebody is forgotten in it."""
        return audit.pending / f"{self.name}.parquet"

    def pending_nonces(self, audit: BrandAudit) -> Path:
        """Where the nonces are written that are left then."""
        return audit.pending / f"{self.name}.nonces"

    def refuse_changed(self) -> None:
        """Make sure that it is there, with the bytes that the ledger knows.

        :raises AuditError: it is not.
        """
        if not self.path.is_file() or sha256_file(self.path) != self.known.sha256:
            raise AuditError(f"the decisions {self.path} are not what the ledger says; see: balansfilter audit verify")


@dataclass(frozen=True)
class RunDecisions:
    """The decisions of a published run, as the ledger knows them: whoever reads them need not know in which form."""

    run_id: str
    rooted: bool
    """Whether the run has a root in the ledger."""
    named: Path
    """The file that they are where they are one."""
    files: tuple[DecisionFile, ...]
    """In the order of the rows."""

    @classmethod
    def of(cls, audit: BrandAudit, run: PublishedRun) -> RunDecisions:
        """Return those of a run."""
        decisions = audit.decisions(run.run_id)
        return cls(run.run_id, run.root is not None, decisions, tuple(_files(decisions, run)))

    @property
    def in_parts(self) -> bool:
        """Whether they are a folder of parts."""
        return any(file.known.part is not None for file in self.files)

    @property
    def place(self) -> Path:
        """Where they lie: the file, or the folder of the parts."""
        return folder_of(self.named) if self.in_parts else self.named

    @cached_property
    def paths(self) -> list[Path]:
        """The files, in the order of the rows."""
        return [file.path for file in self.files]

    def refuse_changed(self) -> None:
        """Make sure that every file is there, with the bytes that the ledger knows.

        :raises AuditError: one is not.
        """
        for file in self.files:
            file.refuse_changed()

    def scan(self) -> pl.LazyFrame:
        """Return all rows, in their order."""
        return pl.scan_parquet(self.paths, glob=False)

    def holding(self, rows: Collection[int]) -> Iterator[tuple[DecisionFile, list[int]]]:
        """Yield each file that holds some of these rows, and which of them."""
        for file in self.files:
            held = sorted(row for row in rows if row in file.rows)
            if held:
                yield file, held


def _files(decisions: Path, run: PublishedRun) -> Iterator[DecisionFile]:
    before = 0
    for known in run.decision_files:
        place = place_of(decisions, known.part)
        name = run.run_id if known.part is None else f"{run.run_id}.{place.path.stem}"
        yield DecisionFile(name, place, before, known)
        before += known.rows
