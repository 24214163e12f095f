"""The recall: which published lists held a person as callable, and the record that a list must not be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from balansfilter.audit.find import Identity
from balansfilter.audit.history import History
from balansfilter.audit.names import RECALLED
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.audit.timeline import Moment, Timeline, matched_by_key, other_spellings, timeline
from balansfilter.errors import UsageError
from balansfilter.policy.yaml_file import has_control


def lists_with(
    audited: AuditedBrand,
    past: History,
    who: Identity,
    since: date | None,
    progress: Callable[[int], None] | None = None,
) -> Timeline:
    """Find the published lists, for days from `since` on, that held a person among the rows to call.

    The decisions say that a row could be called, not which of its numbers: one that was listed in the register is
    blanked in the list, and the row is given all the same.

    :raises AuditError: a key or decisions are missing.
    """
    runs = [run for run in past.runs.values() if since is None or run.as_of >= since]
    by_key = matched_by_key(runs)
    found = _together(
        [
            timeline(audited, past, who, runs, progress),
            *(timeline(audited, past, one, by_key) for one in other_spellings(who)),
        ]
    )
    held = tuple(
        replace(moment, rows=tuple(row for row in moment.rows if row.callable))
        for moment in found.moments
        if moment.callable
    )
    return replace(found, moments=held)


def _together(found: list[Timeline]) -> Timeline:
    """Return what was found in several ways as one: each run once, with all its rows."""
    moments: dict[str, Moment] = {}
    for moment in (moment for one in found for moment in one.moments):
        known = moments.get(moment.run_id, moment)
        rows = {row.row: row for row in (*known.rows, *moment.rows)}
        withdrawn = tuple(sorted({*known.withdrawn, *moment.withdrawn}))
        rows_of_both = tuple(rows[number] for number in sorted(rows))
        moments[moment.run_id] = replace(known, rows=rows_of_both, withdrawn=withdrawn)
    return replace(found[0], moments=tuple(sorted(moments.values(), key=lambda one: one.published_at)))


def recall_run(audited: AuditedBrand, run_id: str, reason: str, lock_wait: float) -> None:
    """Record that a published list must not be used any more; `balansfilter verify` refuses it from then on.

    :raises UsageError: the run was never published or is recalled already, or there is no reason.
    :raises LockError: a run of the brand is busy.
    """
    if not reason.strip() or has_control(reason):
        raise UsageError("say why the list is recalled, in a line of plain text")
    if audited.run(run_id).recalled is not None:
        raise UsageError(f"run {run_id} is recalled already")
    with audited.locked("recall", lock_wait) as ledger:
        ledger.append(RECALLED, {"run_id": run_id, "reason": reason.strip()})
