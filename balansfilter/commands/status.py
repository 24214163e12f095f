"""How each brand stands: what is published, how old it is, and what has to be done soon."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from balansfilter.audit.history import History, history
from balansfilter.audit.ledger import read_chain
from balansfilter.audit.names import ENDINGS, PUBLISHED
from balansfilter.errors import BalansfilterError
from balansfilter.pipeline.delivery import Delivery
from balansfilter.pipeline.recovery import brand_places, breaks, sweep_site
from balansfilter.policy.calling import calling_day
from balansfilter.policy.law import load_law
from balansfilter.policy.loading import brand_file, load_policy
from balansfilter.policy.site import Site
from balansfilter.publish.folders import BrandFolders


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
    head_kept_at: str | None
    """When the head of the ledger was last handed over."""
    head_kept_days: int | None
    """How many days ago that was."""
    not_handed_over: str | None
    """Why the list that stands, or the last head, was not handed over; null if it was, or is to go nowhere."""
    problem: str | None
    """What is wrong with the policy; null if nothing is."""
    closed: str | None
    """Why there are no calls today; null where there are."""
    good: bool
    """Whether there is a list for today, still valid, or none is needed, the last run ended well, and all of it was
    handed over."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def brand_status(configs: Path, site: Site, brand: str, today: date) -> BrandStatus:
    """Tell how a brand stands on a day."""
    folders = BrandFolders(site.output.dir / brand)
    run_id = folders.current_run()
    manifest = (folders.manifest(run_id) if run_id else None) or {}
    places = brand_places(configs, site, brand)
    sweep_site(site, places)
    chain = read_chain(places.audit.ledger)
    events = chain.events
    past = history(events)
    kept_at = past.handed_over.at if past.handed_over else None
    kept_on = datetime.fromisoformat(kept_at).astimezone(ZoneInfo(site.timezone)).date() if kept_at else None
    review_by, problem, closed = _review(configs, site, brand, today)
    failed = _not_handed_over(configs, site, brand, past)
    as_of, valid_until = manifest.get("as_of"), manifest.get("valid_until")
    fresh = as_of == today.isoformat() and (valid_until is None or valid_until >= today.isoformat())
    last = events[-1].event if events else None
    ended = next((event.event for event in reversed(events) if event.event in ENDINGS), None)
    bears_out = not chain.problems and not list(breaks(places, past, events))
    return BrandStatus(
        brand=brand,
        run_id=run_id,
        as_of=as_of,
        days_old=(today - date.fromisoformat(as_of)).days if as_of else None,
        callable=manifest.get("callable"),
        valid_until=valid_until,
        review_by=review_by,
        last_event=last,
        head_kept_at=kept_at,
        head_kept_days=(today - kept_on).days if kept_on else None,
        not_handed_over=failed,
        problem=problem,
        closed=closed,
        good=(fresh or closed is not None) and problem is None and ended == PUBLISHED and failed is None and bears_out,
    )


def _not_handed_over(configs: Path, site: Site, brand: str, past: History) -> str | None:
    undone: list[str] = []
    with suppress(BalansfilterError):
        undone += Delivery(site, load_policy(brand_file(configs, brand))).undone(past)
    if past.not_handed_over:
        undone.append(str(past.not_handed_over.body["message"]))
    return "; ".join(undone) or None


def _review(configs: Path, site: Site, brand: str, today: date) -> tuple[str | None, str | None, str | None]:
    try:
        policy = load_policy(brand_file(configs, brand))
        law = load_law(policy.law, configs)
    except BalansfilterError as error:
        return None, error.message, None
    days = [test.approval.review_by for test in policy.balanstests if test.approval]
    closed = calling_day(policy, law, today, ZoneInfo(site.timezone)).closed
    return (min(days).isoformat() if days else None), None, closed
