"""Retention: what was kept long enough, unless it is held, and the removal of it by who holds the brand's lock.

A legal hold keeps what it names from being pruned or forgotten, until it is released. One on a person is written down
as the rows that they have in some runs, and their decisions, which stay, tell who that is. Where those cannot tell
whether a later run holds the person, because the key was rotated since, it stays: what is not known is not removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import History, PublishedRun, history
from balansfilter.audit.holds import Hold
from balansfilter.audit.index import Kind, drop_index, hashes_of, rows_of
from balansfilter.audit.ledger import Ledger
from balansfilter.audit.names import PRUNED
from balansfilter.audit.pending import finish_pending
from balansfilter.errors import UsageError
from balansfilter.frozen import dataclass
from balansfilter.policy.site import Site

Holds = Callable[[Hold, PublishedRun], bool]
"""Says whether a hold keeps a run."""


@dataclass(frozen=True)
class Prunable:
    """What has been kept long enough. The run whose list stands is never among it."""

    decisions: tuple[PublishedRun, ...]
    """Runs of which the decisions go."""
    lists: tuple[PublishedRun, ...]
    """Runs of which the lists go."""
    held: tuple[PublishedRun, ...] = ()
    """Runs of which something would go, were they not held."""


def prunable(site: Site, past: History, today: date, before: date | None, holds: Holds) -> Prunable:
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
    decisions = [run for run in old if not run.decisions_pruned and _day(run, zone) < decisions_before]
    lists = [run for run in old if not run.lists_pruned and (_day(run, zone) < lists_before or run.run_id in surplus)]
    due = {run.run_id: run for run in (*decisions, *lists)}
    held = tuple(run for run in due.values() if any(holds(hold, run) for hold in past.holds))
    return Prunable(
        tuple(run for run in decisions if run not in held), tuple(run for run in lists if run not in held), held
    )


def _day(run: PublishedRun, zone: ZoneInfo) -> date:
    published = datetime.fromisoformat(run.published.at).astimezone(zone).date()
    return max(run.as_of, published)


def holder(audit: BrandAudit, indexes: Path, past: History) -> Holds:
    """Return what says whether a hold keeps a run: it names the run, or a person whom the run holds."""

    def holds(hold: Hold, run: PublishedRun) -> bool:
        if hold.run_id == run.run_id or run.run_id in hold.rows:
            return True
        if hold.run_id is not None or run.prepared.seq < hold.seq:
            return False
        known = [held for held in hold.rows if past.runs[held].key_id == run.key_id]
        return not known or any(has(run, who) for who in persons(hold, known[-1]))

    def has(run: PublishedRun, who: tuple[Kind, str]) -> bool:
        return bool(rows_of(RunDecisions.of(audit, run), indexes, dict([who])))

    def persons(hold: Hold, run_id: str) -> set[tuple[Kind, str]]:
        return hashes_of(RunDecisions.of(audit, past.runs[run_id]), hold.rows[run_id])

    return holds


@dataclass(frozen=True)
class Kept:
    """Where all of a brand stands that may be kept long enough."""

    site: Site
    audit: BrandAudit
    runs: Path
    """The folder with the lists of its runs."""
    indexes: Path
    """The folder of the indexes of its decisions."""

    def prune(self, ledger: Ledger, today: date, before: date | None) -> Prunable:
        """Remove what has been kept long enough, and record it first: the next command catches up after a crash.

        :raises UsageError: nothing says how long things stay.
        :raises AuditError: it cannot be recorded, or a file cannot be removed.
        """
        past = history(ledger.events)
        found = prunable(self.site, past, today, before, holder(self.audit, self.indexes, past))
        if found.decisions or found.lists:
            ledger.append(PRUNED, _body(found, before))
            finish_pending(self.audit, self.runs, ledger.events)
        for run in found.decisions:
            drop_index(self.indexes, RunDecisions.of(self.audit, run).files)
        return found


def _body(found: Prunable, before: date | None) -> dict[str, object]:
    return {
        "before": before.isoformat() if before else None,
        "decisions": list(_files(found.decisions)),
        "lists": [run.run_id for run in found.lists],
    }


def _files(runs: Iterable[PublishedRun]) -> Iterator[dict[str, object]]:
    for run in runs:
        yield {"run_id": run.run_id, "sha256": run.decisions_sha256, "rows": run.outputs["decisions"]["rows"]}
