"""How each brand stands: what is published, how old it is, and what has to be done soon."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.ledger import read_chain
from balansfilter.errors import BalansfilterError
from balansfilter.policy.calling import calling_day
from balansfilter.policy.law import load_law
from balansfilter.policy.loading import brand_file, load_policy
from balansfilter.policy.site import Site
from balansfilter.publish.folders import BrandFolders

_GOOD_ENDS = ("run.published", "balanstest.approved", "objections.confirmed")


@dataclass(frozen=True)
class BrandStatus:
    """How one brand stands. Days are ISO 8601; null where there is none."""

    brand: str
    run_id: str | None
    as_of: str | None
    """The day for which the published list was made."""
    days_old: int | None
    callable: int | None
    valid_until: str | None
    """The last day on which every source of the list is fresh enough."""
    review_by: str | None
    """The first day on which an approval lapses."""
    last_event: str | None
    """The last event in the ledger."""
    problem: str | None
    """What is wrong with the policy; null if nothing is."""
    closed: str | None
    """Why there are no calls today; null where there are."""
    good: bool
    """Whether there is a list for today, still valid, or none is needed, and the last run ended well."""

    def as_json(self) -> dict[str, Any]:
        """Give it as plain JSON values."""
        return asdict(self)


def brand_status(configs: Path, site: Site, brand: str, today: date) -> BrandStatus:
    """Tell how a brand stands on a day."""
    folders = BrandFolders(site.output.dir / brand)
    run_id = folders.current_run()
    manifest = (folders.manifest(run_id) if run_id else None) or {}
    events = read_chain(BrandAudit(site.audit.dir / brand).ledger).events
    review_by, problem, closed = _review(configs, site, brand, today)
    as_of, valid_until = manifest.get("as_of"), manifest.get("valid_until")
    fresh = as_of == today.isoformat() and (valid_until is None or valid_until >= today.isoformat())
    last = events[-1].event if events else None
    return BrandStatus(
        brand=brand,
        run_id=run_id,
        as_of=as_of,
        days_old=(today - date.fromisoformat(as_of)).days if as_of else None,
        callable=manifest.get("callable"),
        valid_until=valid_until,
        review_by=review_by,
        last_event=last,
        problem=problem,
        closed=closed,
        good=(fresh or closed is not None) and problem is None and last in _GOOD_ENDS,
    )


def _review(configs: Path, site: Site, brand: str, today: date) -> tuple[str | None, str | None, str | None]:
    try:
        policy = load_policy(brand_file(configs, brand))
        law = load_law(policy.law, configs)
    except BalansfilterError as error:
        return None, error.message, None
    days = [test.approval.review_by for test in policy.balanstests if test.approval]
    closed = calling_day(policy, law, today, ZoneInfo(site.timezone)).closed
    return (min(days).isoformat() if days else None), None, closed
