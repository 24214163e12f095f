"""Erasure: one person's rows in the decisions become tombstones that nobody can find, and the ledger still verifies.

A tombstone keeps the number of the row, the decision, its ground or reason and the balanstest, so that every count
still holds; the keyed hashes, the product and the days are gone. The ledger binds each file's digest before and after.
The nonces of the other rows of the file are written out, and the secret that all came from is destroyed: the root in
`run.prepared` holds still, and nobody can confirm any more who stood in a tombstone. Of decisions in parts only those
are written anew that hold the person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from balansfilter.audit.decision_files import DecisionFile, RunDecisions
from balansfilter.audit.find import Identity
from balansfilter.audit.history import History, PublishedRun, history
from balansfilter.audit.index import drop_index
from balansfilter.audit.names import FORGOTTEN
from balansfilter.audit.pending import finish_pending
from balansfilter.audit.removal import holder
from balansfilter.audit.sealed import DecisionsOf
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.audit.timeline import finder
from balansfilter.errors import AuditError, UsageError
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import digest_of_files
from balansfilter.fs.private import make_private_folder, sha256_file, sync


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
    audited: AuditedBrand,
    who: Identity,
    *,
    lists: bool,
    lock_wait: float,
    progress: Callable[[int], None] | None = None,
) -> Forgotten:
    """Make a person's rows unfindable in every decision of the brand.

    :param lists: whether to remove the lists that hold the person as well, except the one that stands.
    :raises AuditError: a key or decisions are missing, or cannot be written.
    :raises LockError: a run of the brand is busy.
    """
    with audited.locked("forget", lock_wait) as ledger:
        past = history(ledger.events)
        found = finder(audited).find(past, who, past.runs.values(), progress)
        rows = {run_id: [one.row for one in decisions] for run_id, decisions in found.decisions.items()}
        _refuse_held(audited, past, rows)
        removed, left = _lists(audited, past, rows) if lists else ((), _standing(audited, rows))
        if rows:
            changed = [_changed(audited, past.runs[run_id], rows[run_id]) for run_id in rows]
            body = {"rows": sum(map(len, rows.values())), "decisions": changed, "lists": list(removed)}
            _drop_indexes(audited, past, rows)
            ledger.append(FORGOTTEN, body)
            finish_pending(audited.audit, audited.folders.runs, ledger.events)
            _drop_indexes(audited, past, rows)
    return Forgotten({run_id: len(found) for run_id, found in rows.items()}, removed, left, found.lost)


def _drop_indexes(audited: AuditedBrand, past: History, rows: Mapping[str, list[int]]) -> None:
    """Remove the indexes that know the rows: before it is recorded, since nobody does who finishes what was killed."""
    for run_id, found in rows.items():
        decisions = RunDecisions.of(audited.audit, past.runs[run_id])
        drop_index(audited.indexes, (file for file, _ in decisions.holding(found)))


def _refuse_held(audited: AuditedBrand, past: History, run_ids: Mapping[str, list[int]]) -> None:
    """Make sure that nothing is forgotten that somebody holds: the person, or a run that holds them."""
    holds = holder(audited.audit, audited.indexes, past)
    held = [hold for hold in past.holds if any(holds(hold, past.runs[run_id]) for run_id in run_ids)]
    if held:
        told = ", ".join(f"{hold.seq} ({hold.reason})" for hold in held)
        raise UsageError(f"runs that hold this person are under legal hold: {told}; release it first")


def _standing(audited: AuditedBrand, run_ids: Mapping[str, list[int]]) -> tuple[str, ...]:
    return tuple(run_id for run_id in run_ids if (audited.folders.runs / run_id).exists())


def _lists(
    audited: AuditedBrand, past: History, run_ids: Mapping[str, list[int]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the runs whose lists go and stay: those that hold the person, but for the one that stands."""
    last = past.standing
    held = _standing(audited, run_ids)
    return tuple(run_id for run_id in held if run_id != last), tuple(run_id for run_id in held if run_id == last)


def _changed(audited: AuditedBrand, run: PublishedRun, rows: list[int]) -> dict[str, object]:
    """Write anew, where nobody looks, each file that holds some of the rows; return what the ledger says of it."""
    decisions = RunDecisions.of(audited.audit, run)
    buried = {
        file.known.part: {"rows": len(held), **_buried(audited, decisions, file, held)}
        for file, held in decisions.holding(rows)
    }
    told = {"run_id": run.run_id, "before": run.decisions_sha256, "rows": len(rows)}
    if not decisions.in_parts:
        return told | buried[None]
    before = {str(file.known.part): file.known.sha256 for file in decisions.files}
    after = before | {str(part): str(made["after"]) for part, made in buried.items()}
    parts = [{"name": part, "before": before[str(part)], **made} for part, made in buried.items()]
    return told | {"after": digest_of_files(after.items()), "parts": parts}


def _buried(audited: AuditedBrand, decisions: RunDecisions, file: DecisionFile, rows: list[int]) -> dict[str, str]:
    """Write a file anew with some rows as tombstones; return its digest then, and that of the nonces that are left."""
    file.refuse_changed()
    to, nonces = file.pending(audited.audit), file.pending_nonces(audited.audit)
    try:
        make_private_folder(to.parent)
        DecisionsOf(decisions).bury(file, rows, to, nonces)
        sync(to.parent)
        return {"after": sha256_file(to)} | ({"nonces": sha256_file(nonces)} if decisions.rooted else {})
    except OSError as error:
        raise AuditError(f"cannot rewrite the decisions {file.path}: {error.strerror or error}") from error
