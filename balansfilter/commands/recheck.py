"""The recheck of a published list: who objected since it was published is put beside it, and recorded."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import PublishedRun, history
from balansfilter.audit.ledger import read_chain, utc_now
from balansfilter.audit.ledger_files import as_recorded, withdrawn_list
from balansfilter.audit.names import RECHECKED
from balansfilter.commands.objected_since import StandingList, Withdrawn, objections_now, withdrawn_since
from balansfilter.errors import AuditError, OutputError, Problem
from balansfilter.frozen import dataclass
from balansfilter.pipeline.recovery import brand_places, opened, refuse_broken
from balansfilter.policy.site import Site
from balansfilter.publish.folders import BrandFolders
from balansfilter.publish.lock import brand_lock
from balansfilter.publish.withdrawn import WITHDRAWN, place_withdrawn, prepare_withdrawn, rows_in


@dataclass(frozen=True)
class Rechecked:
    """How a recheck went."""

    brand: str
    run_id: str
    withdrawn: int
    """Rows of the list that may no longer be called."""
    people: int
    path: Path
    """The list of those rows."""
    newest_on: date | None
    waited_days: int | None
    """How many days the newest objections waited until a list honoured them."""
    whole: bool
    """Whether the call list of the run was there still."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        day = self.newest_on.isoformat() if self.newest_on else None
        return {**self.__dict__, "path": str(self.path), "newest_on": day}


def standing_list(configs: Path, site: Site, brand: str) -> StandingList:
    """Return the published list of a brand that stands.

    :raises OutputError: there is none.
    :raises AuditError: the ledger does not verify, or does not know it.
    """
    run_id = BrandFolders(site.output.dir / brand).current_run()
    if run_id is None:
        raise OutputError(f"there is no published list of {brand} to recheck")
    return StandingList(configs, site, published_run(BrandAudit(site.audit.dir / brand), run_id))


def published_run(audit: BrandAudit, run_id: str) -> PublishedRun:
    """Return a run that the ledger knows as published.

    :raises AuditError: the ledger does not verify, or does not know it.
    """
    chain = read_chain(audit.ledger)
    if chain.problems:
        raise AuditError(f"the ledger {audit.ledger} does not verify:", chain.problems)
    run = history(chain.events).runs.get(run_id)
    if run is None:
        raise AuditError(f"the ledger {audit.ledger} does not know a published run {run_id}")
    return run


def recheck(configs: Path, site: Site, brand: str, today: date, *, lock_wait: float = 0) -> Rechecked:
    """Hold the standing list against the objections as they are now, put the rows that fall beside it, and record it.

    :raises BalansfilterError: nothing was written.
    """
    places = brand_places(configs, site, brand)
    with brand_lock(places.folders.lock, brand, "recheck", utc_now(), lock_wait):
        ledger = opened(places, site)
        refuse_broken(places, ledger.events)
        standing = standing_list(configs, site, brand)
        found = withdrawn_since(standing, today, withdrawn_before(standing))
        data = _as_csv(found)
        prepare_withdrawn(places.folders, standing.run.run_id, data)
        waited = None if found.newest_on is None else (today - found.newest_on).days
        body = {
            "run_id": standing.run.run_id,
            "as_of": today.isoformat(),
            "objections": dict(found.objections),
            "seen": {role: dict(counts) for role, counts in found.seen.items()},
            "withdrawn": found.rows.height,
            "people": found.people,
            "whole": found.whole,
            "newest_on": found.newest_on.isoformat() if found.newest_on else None,
            "waited_days": waited,
            "file": _described(data, found),
        }
        ledger.append(RECHECKED, body)
        place_withdrawn(places.folders, history(ledger.events).withdrawn)
    path = standing.folder / WITHDRAWN
    run_id = standing.run.run_id
    return Rechecked(brand, run_id, found.rows.height, found.people, path, found.newest_on, waited, found.whole)


def _as_csv(found: Withdrawn) -> bytes:
    buffer = io.BytesIO()
    found.rows.write_csv(buffer)
    return buffer.getvalue()


def _described(data: bytes, found: Withdrawn) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"name": WITHDRAWN, "sha256": digest, "bytes": len(data), "rows": found.rows.height}


def withdrawn_before(standing: StandingList, path: Path | None = None) -> frozenset[int]:
    """Return the rows of the call list that the last recheck of a list withdrew.

    :param path: a copy of the list of them; the one beside the list itself unless given.
    :raises AuditError: it is gone, or is not what the ledger says.
    :raises OutputError: what the recheck left is no such list.
    """
    run = standing.run
    if run.rechecked is None:
        return frozenset()
    expected = withdrawn_list(run.run_id, run.rechecked, standing.folder)
    expected = replace(expected, path=path or expected.path)
    data = as_recorded(expected)
    if isinstance(data, Problem):
        problem = replace(data, hint="put it back from your backup, or run again")
        raise AuditError(f"the ledger {standing.audit.ledger} does not bear out what stands:", [problem])
    return rows_in(data, expected.path)


def changed_since(standing: StandingList, today: date) -> bool:
    """Whether any source of objections is another than when the list was made or last rechecked.

    :raises PolicyError: the policy of the brand cannot be read.
    :raises SourceError: a file is gone.
    """
    return objections_now(standing, today) != last_looked_at(standing.run)


def last_looked_at(run: PublishedRun) -> dict[str, str]:
    """Return the digests of the objections that the list was last held against, by their roles."""
    if run.rechecked is not None:
        return dict(run.rechecked.body["objections"])
    roles = {source["role"]: source["sha256"] for source in run.prepared.body["sources"]}
    return {role: digest for role, digest in roles.items() if role == "contacts" or role.startswith("objections[")}
