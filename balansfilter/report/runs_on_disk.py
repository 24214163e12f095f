"""Published runs as they stand on disk, held against the ledger: what the pages are made of."""

from __future__ import annotations

import json
from pathlib import Path

from balansfilter.audit.history import History, history
from balansfilter.audit.ledger import Event, read_chain
from balansfilter.audit.list_standing import list_standing
from balansfilter.errors import AuditError, Problem
from balansfilter.fs.private import sha256_file
from balansfilter.policy.model import is_brand_id
from balansfilter.publish.folders import BrandFolders
from balansfilter.report.run_facts import LedgerPlace
from balansfilter.report.runs import KeptRun

KNOWN_MANIFEST = 1
"""The version of manifests that pages are made of."""


def checkpoint_of(prepared: Event) -> LedgerPlace:
    """Return the place in the ledger of a run: its `run.prepared`, which is there before it is published."""
    return LedgerPlace(prepared.seq, prepared.hash, prepared.at)


def brands_with_runs(output: Path) -> tuple[str, ...]:
    """Return the brands that have published runs in the folder of the lists, sorted, with or without a policy."""
    folders = sorted(output.iterdir()) if output.is_dir() else []
    return tuple(path.name for path in folders if is_brand_id(path.name) and BrandFolders(path).runs.is_dir())


def read_runs(folders: BrandFolders, ledger: Path) -> tuple[KeptRun, ...]:
    """Read the published runs of a brand that are still on disk, the newest first.

    A run that is being published at this moment is passed over; one beside the list that stands comes last.

    :raises AuditError: with every problem: the ledger does not verify, or a manifest is not the one that it recorded.
    """
    chain = read_chain(ledger)
    if chain.problems:
        raise AuditError(f"the ledger {ledger} does not verify; no page is made of it", chain.problems)
    prepared = {event.body["run_id"]: event for event in chain.events if event.event == "run.prepared"}
    published = {event.body["run_id"] for event in chain.events if event.event == "run.published"}
    on_disk = [path.name for path in folders.runs.iterdir()] if folders.runs.is_dir() else []
    wanted = [run_id for run_id in on_disk if run_id in published or run_id not in prepared]
    past = history(chain.events)
    read = [_read(folders, run_id, prepared.get(run_id), past) for run_id in wanted]
    if problems := [problem for problem in read if isinstance(problem, Problem)]:
        raise AuditError("these runs are not as the ledger recorded them; no page is made:", problems)
    runs = [run for run in read if isinstance(run, KeptRun)]
    beside = {
        event.body["run_id"] for event in chain.events if event.event == "run.published" and "beside" in event.body
    }
    return tuple(sorted(runs, key=lambda run: (run.run_id not in beside, run.checkpoint.seq), reverse=True))


def _read(folders: BrandFolders, run_id: str, prepared: Event | None, past: History) -> KeptRun | Problem:
    path = folders.runs / run_id / "manifest.json"
    if prepared is None:
        return Problem(str(path), message="the ledger does not know this run", hint="find out where it came from")
    try:
        if sha256_file(path) != prepared.body["manifest_sha256"]:
            message = f"was changed after event {prepared.seq} of the ledger recorded it"
            return Problem(str(path), message=message, hint="put back the manifest as it was")
        manifest = json.loads(path.read_bytes())
        if manifest["manifest"] != KNOWN_MANIFEST:
            message = f"is of version {manifest['manifest']}, but this program knows version {KNOWN_MANIFEST}"
            return Problem(str(path), message=message, hint="make the page with the program that made the run")
        return KeptRun(manifest, checkpoint_of(prepared), list_standing(past.runs.get(run_id)))
    except OSError as error:
        return Problem(str(path), message=f"cannot be read: {error.strerror or error}", hint="put the file back")
