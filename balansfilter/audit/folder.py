"""Where the audit log of one brand stands: `audit/<brand>`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from balansfilter.errors import AuditError
from balansfilter.frozen import dataclass
from balansfilter.fs import scratch


@contextmanager
def as_audit_error(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into an :class:`AuditError` that says where and why."""
    try:
        yield
    except OSError as error:
        raise AuditError(f"cannot write to the audit log in {path}: {error.strerror or error}") from error


@dataclass(frozen=True)
class BrandAudit:
    """The audit folder of one brand."""

    root: Path

    @property
    def brand(self) -> str:
        """The brand."""
        return self.root.name

    @property
    def ledger(self) -> Path:
        """The ledger."""
        return self.root / "ledger.jsonl"

    @property
    def decisions_folder(self) -> Path:
        """The folder of the decisions, a file a run."""
        return self.root / "decisions"

    def decisions(self, run_id: str) -> Path:
        """The decisions of a run."""
        return self.decisions_folder / f"{run_id}.parquet"

    @property
    def secrets(self) -> Path:
        """The folder of what opens the leaves of the decisions: a secret a run, or the nonces that are left."""
        return self.root / "secrets"

    @property
    def pending(self) -> Path:
        """The folder in which decisions are rewritten, out of sight, before they take the place of the old ones."""
        return self.root / ".pending"

    @property
    def temporary(self) -> Path:
        """The place of the whole site for what is not finished."""
        return self.root.parent / scratch.NAME

    @property
    def policies(self) -> Path:
        """The folder of the policies as they were used, each named after its digest."""
        return self.root / "policies"

    def policy(self, sha256: str) -> Path:
        """The text of a policy as it was used."""
        return self.policies / f"{sha256}.yaml"

    @property
    def laws(self) -> Path:
        """The folder of the law profiles as they were used, each named after its digest."""
        return self.root / "laws"

    def law(self, sha256: str) -> Path:
        """The text of a law profile as it was used."""
        return self.laws / f"{sha256}.yaml"

    @property
    def dossiers(self) -> Path:
        """The folder of what was signed: a dossier for each approval, named after its digest."""
        return self.root / "dossiers"

    def dossier(self, digest: str) -> Path:
        """The dossier of an approval; `digest` as the policy writes it."""
        return self.dossiers / digest.removeprefix("sha256:")
