"""The confirmation that a list of objections is complete, though nothing was added: a quiet month is no failure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from balansfilter.audit.ledger import utc_now
from balansfilter.audit.names import CONFIRMED
from balansfilter.frozen import dataclass
from balansfilter.native.parallel import WORKERS
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.recovery import brand_places, opened
from balansfilter.pipeline.ruling import rule
from balansfilter.pipeline.taken import Taken
from balansfilter.policy.ages import without_ages
from balansfilter.policy.loading import base_folder
from balansfilter.policy.site import Site, work_folder
from balansfilter.publish.lock import brand_lock


@dataclass(frozen=True)
class Confirmed:
    """A list of objections that somebody vouches for."""

    role: str
    rows: int
    sha256: str
    was_of: date
    """The day that the list itself speaks of."""


def confirm_objections(configs: Path, site: Site, brand: str, *, by: str, on: date) -> tuple[Confirmed, ...]:
    """Record that the living lists of a brand are complete on a day: whoever objected up to then is on them.

    It holds for these very files; a list that changes speaks for itself again.

    :raises SourceError: a list cannot be read.
    :raises LockError: a run of the brand is busy.
    """
    found = _read(configs, site, brand, on)
    lists = [{"role": one.role, "sha256": one.sha256, "rows": one.rows} for one in found]
    places = brand_places(configs, site, brand)
    with brand_lock(places.folders.lock, brand, "confirmation", utc_now(), 0):
        opened(places, site).append(CONFIRMED, {"by": by, "complete_on": on.isoformat(), "lists": lists})
    return found


def _read(configs: Path, site: Site, brand: str, on: date) -> tuple[Confirmed, ...]:
    ruling = rule(configs, brand, on)
    with work_folder(site) as folder, ThreadPoolExecutor(WORKERS) as pool:
        zone, policy = ZoneInfo(site.timezone), without_ages(ruling.sources)
        intake = Intake(policy, ruling.plan, base_folder(configs), zone, folder, {}, pool)
        intake.all_objections()
        intake.refuse()
    return tuple(_confirmed(taken) for taken in intake.taken if taken.dated_by != "closed")


def _confirmed(taken: Taken) -> Confirmed:
    mark = taken.fingerprint
    return Confirmed(mark.role, mark.rows, mark.sha256, mark.snapshot_on)
