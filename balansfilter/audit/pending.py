"""What prune and forget have recorded, done to the files: the ledger says it first, so that a crash can be mended.

Before `audit.forgotten` is in the ledger, the rewritten decisions are whole and on disk in the pending folder. Whatever
of the two events' work is not done, because the process was killed, the next command that holds the brand's lock does.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from balansfilter.audit.decision_files import RunDecisions, remove
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import PublishedRun, history
from balansfilter.audit.ledger import Event
from balansfilter.errors import AuditError
from balansfilter.fs.private import sha256_file, sync


def finish_pending(audit: BrandAudit, runs: Path, events: Sequence[Event]) -> None:
    """Do to the files what the ledger says was done to them. Nothing happens where it was.

    :param runs: the folder with the lists of the runs.
    :raises AuditError: a file cannot be moved or removed.
    """
    past = history(events)
    try:
        _put_in_place(audit, past.runs)
        _remove(audit, runs, past.runs.values())
        for folder in (audit.policies, audit.laws):
            for left in folder.glob(".*") if folder.exists() else ():
                left.unlink()
    except OSError as error:
        raise AuditError(
            f"cannot finish what the ledger {audit.ledger} says was removed: {error.strerror or error}"
        ) from error


def _put_in_place(audit: BrandAudit, runs: dict[str, PublishedRun]) -> None:
    if not audit.pending.exists():
        return
    changed = {audit.decisions_folder, audit.secrets}
    for path in audit.pending.iterdir():
        target = _target(audit, runs.get(path.name.partition(".")[0]), path)
        if target is None:
            path.unlink()
        else:
            path.rename(target)
            changed.add(target.parent)
    for folder in changed:
        if folder.exists():
            sync(folder)
    audit.pending.rmdir()


def _target(audit: BrandAudit, run: PublishedRun | None, path: Path) -> Path | None:
    """Return where a rewritten file belongs; None where the ledger knows nothing of it."""
    if run is None or run.decisions_pruned:
        return None
    files = RunDecisions.of(audit, run).files
    belongs: dict[Path, tuple[Path, str | None]] = {}
    for file in files:
        belongs[file.pending(audit)] = (file.path, file.known.sha256)
        belongs[file.pending_nonces(audit)] = (file.place.nonces, file.known.nonces_sha256)
    target, sha256 = belongs.get(path, (None, None))
    return target if target is not None and sha256_file(path) == sha256 else None


def _remove(audit: BrandAudit, runs: Path, published: Iterable[PublishedRun]) -> None:
    for run in published:
        if run.decisions_pruned:
            remove(audit.decisions(run.run_id))
        elif run.forgotten:
            for file in RunDecisions.of(audit, run).files:
                if file.known.nonces_sha256 is not None:
                    file.place.secret.unlink(missing_ok=True)
        if run.lists_pruned and (runs / run.run_id).exists():
            shutil.rmtree(runs / run.run_id)
