"""Retention: what was kept long enough is removed. Counts and the chain stay, and the ledger says what went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from balansfilter.audit.history import History, PublishedRun, history
from balansfilter.audit.index import drop_index
from balansfilter.audit.names import PRUNED
from balansfilter.audit.pending import finish_pending
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.errors import UsageError
from balansfilter.policy.site import Site


@dataclass(frozen=True)
class Prunable:
    """What has been kept long enough. The run whose list stands is never among it."""

    decisions: tuple[PublishedRun, ...]
    """Runs of which the decisions go."""
    lists: tuple[PublishedRun, ...]
    """Runs of which the lists go."""


def prunable(site: Site, past: History, today: date, before: date | None) -> Prunable:
    """Say what has been kept long enough: by the site's retention, or everything of runs before a day.

    A run counts from the day of its list or the day of its publication, whichever is later.

    :raises UsageError: nothing says how long things stay.
    """
    retention = site.retention
    if before is None and retention.runs is None and retention.decisions is None:
        raise UsageError("nothing says how long things stay; set retention in balansfilter.yaml, or use --before")
    zone = ZoneInfo(site.timezone)
    old = [run for run in past.runs.values() if run.run_id != past.standing]
    decisions_before = before or (retention.decisions.before(today) if retention.decisions else date.min)
    span = retention.runs.span if retention.runs else None
    lists_before = before or (span.before(today) if span else date.min)
    count = retention.runs.count if retention.runs and before is None else None
    surplus = {run.run_id for run in old[: max(0, len(past.runs) - count)]} if count else set()
    return Prunable(
        tuple(run for run in old if not run.decisions_pruned and _day(run, zone) < decisions_before),
        tuple(run for run in old if not run.lists_pruned and (_day(run, zone) < lists_before or run.run_id in surplus)),
    )


def _day(run: PublishedRun, zone: ZoneInfo) -> date:
    published = datetime.fromisoformat(run.published.at).astimezone(zone).date()
    return max(run.as_of, published)


def prune(audited: AuditedBrand, today: date, before: date | None, lock_wait: float) -> Prunable:
    """Remove what has been kept long enough, and record it first: a crash in between is caught up with by the next run.

    :raises LockError: a run of the brand is busy.
    """
    with audited.locked("prune", lock_wait) as ledger:
        found = prunable(audited.site, history(ledger.events), today, before)
        if found.decisions or found.lists:
            ledger.append(PRUNED, _body(found, before))
            finish_pending(audited.audit, audited.folders.runs, ledger.events)
        for run in found.decisions:
            drop_index(audited.indexes, run.run_id)
    return found


def _body(found: Prunable, before: date | None) -> dict[str, object]:
    return {
        "before": before.isoformat() if before else None,
        "decisions": list(_files(found.decisions)),
        "lists": [run.run_id for run in found.lists],
    }


def _files(runs: tuple[PublishedRun, ...]) -> Iterator[dict[str, object]]:
    for run in runs:
        yield {"run_id": run.run_id, "sha256": run.decisions_sha256, "rows": run.outputs["decisions"]["rows"]}
