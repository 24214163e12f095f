"""The way on after a restore, a lost disk or a tampering: the break is recorded, and stays in sight."""

from __future__ import annotations

from pathlib import Path

from balansfilter.audit.checkpoint import Head
from balansfilter.audit.folder import as_audit_error
from balansfilter.audit.handing_over import kept_checkpoints
from balansfilter.audit.history import history
from balansfilter.audit.ledger import Event, Ledger, read_chain, utc_now
from balansfilter.audit.ledger_files import expected_files
from balansfilter.audit.names import REOPENED
from balansfilter.audit.strays import strays
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.errors import OutputError, UsageError
from balansfilter.fs.private import sha256_file, sync
from balansfilter.pipeline.recovery import breaks, lost_heads, recover, sweep_site
from balansfilter.policy.yaml_file import has_control
from balansfilter.publish.lock import brand_lock


def reopen(audited: AuditedBrand, reason: str, lock_wait: float) -> Event:
    """Record what is broken, and let the ledger go on: runs are made again, and every later verification tells of it.

    A ledger that does not verify is set aside, with its digest in the new one; what it spoke of is known by digest.

    :raises UsageError: nothing is broken, or no reason is given.
    :raises LockError: a run of the brand is busy.
    """
    if not reason.strip() or has_control(reason):
        raise UsageError("say what happened, in a line of plain text")
    places, audit = audited.places, audited.audit
    with brand_lock(audited.folders.lock, audited.brand, "reopen", utc_now(), lock_wait):
        sweep_site(audited.site, places)
        chain = read_chain(audit.ledger)
        broken = [str(problem) for problem in chain.problems]
        if broken:
            _set_aside(audit.ledger)
        ledger = Ledger(audit.ledger)
        try:
            recover(places, ledger)
        except OutputError as error:
            broken.append(error.message)
        past = history(ledger.events)
        broken += [str(problem) for problem in breaks(places, past, ledger.events)]
        lost = lost_heads(places, past, ledger.events)
        if not broken:
            raise UsageError(f"nothing is broken: the ledger of {audited.brand} bears out what stands")
        return ledger.append(REOPENED, _body(audited, ledger, reason.strip(), broken, lost))


def _set_aside(ledger: Path) -> None:
    with as_audit_error(ledger.parent):
        ledger.rename(ledger.with_name(f"ledger-{sha256_file(ledger)[:16]}.jsonl"))
        sync(ledger.parent)


def _body(audited: AuditedBrand, ledger: Ledger, reason: str, broken: list[str], lost: list[Head]) -> dict[str, object]:
    folders = audited.folders
    try:
        current = folders.current_run()
    except OutputError:
        current = None
    manifest = folders.runs / current / "manifest.json" if current else None
    kept = [one.head for one in kept_checkpoints(audited.site.audit.checkpoint, audited.brand)[0]]
    return {
        "reason": reason,
        "broken": broken,
        "current": current,
        "manifest_sha256": sha256_file(manifest) if manifest is not None and manifest.is_file() else None,
        "files": _unknown(audited, ledger),
        "kept": [str(head) for head in lost],
        "last_kept": str(kept[-1]) if kept else None,
    }


def _unknown(audited: AuditedBrand, ledger: Ledger) -> list[dict[str, str]]:
    """Return the files that the ledger does not know, by their paths below `audit/` and `out/` of the brand."""
    audit, runs = audited.audit, audited.folders.runs
    past = history(ledger.events)
    expected = expected_files(audit, runs, past, ledger.events)
    found = strays(audit, runs)
    return [
        {"path": str(Path(top) / path.relative_to(root)), "sha256": sha256_file(path)}
        for path in found.unknown_files(expected, past)
        for top, root in (("audit", audit.root), ("out", runs.parent))
        if path.is_relative_to(root)
    ]
