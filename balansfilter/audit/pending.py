"""What prune and forget have recorded, done to the files: the ledger says it first, so that a crash can be mended.

Before `audit.forgotten` is in the ledger, the rewritten decisions are whole and on disk in the pending folder. Whatever
of the two events' work is not done, because the process was killed, the next command that holds the brand's lock does.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import PublishedRun, history
from balansfilter.audit.ledger import Event
from balansfilter.disk import sha256_file, sync
from balansfilter.errors import AuditError


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
    for path in audit.pending.iterdir():
        run = runs.get(path.stem)
        if run is not None and not run.decisions_pruned and sha256_file(path) == run.decisions_sha256:
            path.rename(audit.decisions(path.stem))
        else:
            path.unlink()
    sync(audit.decisions_folder)
    audit.pending.rmdir()


def _remove(audit: BrandAudit, runs: Path, published: Iterable[PublishedRun]) -> None:
    for run in published:
        if run.decisions_pruned:
            audit.decisions(run.run_id).unlink(missing_ok=True)
        if run.lists_pruned and (runs / run.run_id).exists():
            shutil.rmtree(runs / run.run_id)
