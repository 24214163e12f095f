"""Figures for a monitor, as a text file that the node exporter of Prometheus reads.

They are moments rather than ages, so that they stay true though no run comes to renew them. The file tells of every
brand, and is written in one step, so that nobody ever reads half of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from balansfilter.commands.status import BrandStatus, brand_status
from balansfilter.errors import BalansfilterError
from balansfilter.fs.private import make_private_folder, sync, write_private
from balansfilter.fs.scratch import NAME, scratch
from balansfilter.pipeline.run import today
from balansfilter.policy.loading import find_brands
from balansfilter.policy.site import Site
from balansfilter.publish.ending import last_ending
from balansfilter.publish.folders import BrandFolders
from balansfilter.version import VERSION

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_WAIT = 10.0
_PUBLIC = 0o644
"""No person stands in the figures, and the monitor is another user."""
GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "info": ("The version of the program.", ("version",)),
    "good": ("Whether status has nothing to tell of the brand.", ("brand",)),
    "last_run_timestamp_seconds": ("When the last attempt at a run ended.", ("brand",)),
    "last_run_exit_code": ("How the last attempt at a run ended: 0 where it went well.", ("brand",)),
    "last_success_timestamp_seconds": ("When a run last published, or found that the day has no calls.", ("brand",)),
    "last_failure_info": ("How the last run failed; absent where it did not.", ("brand", "run_id", "code", "sentence")),
    "run_seconds": ("How long the last attempt at a run took.", ("brand",)),
    "step_seconds": ("How long each of its steps took.", ("brand", "step")),
    "rows": ("Rows of the call list that stands.", ("brand",)),
    "callable_rows": ("Rows of it that may be called.", ("brand",)),
    "dropped_rows": ("Rows of it that were dropped, by reason.", ("brand", "reason")),
    "list_day_timestamp_seconds": ("The day for which the list that stands was made.", ("brand",)),
    "list_valid_until_timestamp_seconds": ("The end of the last day on which that list may be used.", ("brand",)),
    "source_day_timestamp_seconds": ("The day of which each source of that list is.", ("brand", "source")),
    "approval_lapses_timestamp_seconds": ("The end of the last day of each approval.", ("brand", "balanstest")),
    "head_kept_timestamp_seconds": ("When the head of the ledger was last handed over.", ("brand",)),
    "not_handed_over": ("Whether what should have followed the last list failed.", ("brand",)),
    "not_told": ("How many could not be told how the last run ended.", ("brand",)),
    "stored_bytes": ("What is kept of the brand on disk.", ("brand", "kind")),
    "free_bytes": ("What is left on the disk of the lists, and of the audit log.", ("kind",)),
}
"""Each figure, without `balansfilter_` before it: what it is, and its labels."""


def write_metrics(configs: Path, site: Site) -> str | None:
    """Write the figures of every brand where the site wants them; return why that could not be done."""
    if site.metrics.file is None:
        return None
    try:
        with FileLock(_lock_file(site), timeout=_WAIT, mode=0o600):
            _put(site.metrics.file, figures(configs, site))
    except (OSError, BalansfilterError, Timeout) as error:
        why = "another run is writing them" if isinstance(error, Timeout) else getattr(error, "strerror", None) or error
        return f"the figures could not be written to {site.metrics.file}: {why}"
    return None


def _lock_file(site: Site) -> Path:
    make_private_folder(site.cache.dir)
    return site.cache.dir / ".metrics.lock"


def _put(file: Path, data: bytes) -> None:
    with scratch(file.parent / NAME) as folder:
        fresh = folder / "new"
        write_private(fresh, data)
        fresh.chmod(_PUBLIC)
        fresh.replace(file)
        sync(file.parent)


def figures(configs: Path, site: Site) -> bytes:
    """Return the figures of every brand that has a policy, as Prometheus reads them."""
    from prometheus_client import CollectorRegistry, generate_latest

    made = _Figures(CollectorRegistry(auto_describe=False), ZoneInfo(site.timezone))
    made.set("info", 1, VERSION)
    for kind, folder in (("output", site.output.dir), ("audit", site.audit.dir)):
        if folder.exists():
            made.set("free_bytes", shutil.disk_usage(folder).free, kind)
    for brand in find_brands(configs):
        made.add(brand_status(configs, site, brand, today(site)), BrandFolders(site.output.dir / brand))
    return generate_latest(made.registry)


class _Figures:
    """The figures that were set so far."""

    def __init__(self, registry: CollectorRegistry, zone: ZoneInfo) -> None:
        from prometheus_client import Gauge

        self.registry = registry
        self._zone = zone
        self._gauges = {
            name: Gauge(f"balansfilter_{name}", told, labels, registry=registry)
            for name, (told, labels) in GAUGES.items()
        }

    def set(self, name: str, value: float | None, *labels: str) -> None:
        """Set a figure; nothing where there is none."""
        if value is not None:
            self._gauges[name].labels(*labels).set(value)

    def add(self, status: BrandStatus, folders: BrandFolders) -> None:
        """Add all that is told of a brand."""
        brand, failure, ending = status.brand, status.failure, last_ending(folders)
        self.set("good", status.good, brand)
        self.set("last_success_timestamp_seconds", _moment(status.last_success), brand)
        self.set("last_run_exit_code", failure.exit if failure is not None else ending.exit if ending else 0, brand)
        if failure is not None:
            self.set("last_failure_info", 1, brand, failure.run_id, failure.code, failure.sentence)
        if ending is not None:
            self.set("last_run_timestamp_seconds", _moment(ending.ended_at), brand)
            self.set("run_seconds", ending.seconds, brand)
            for step, seconds in ending.steps.items():
                self.set("step_seconds", seconds, brand, step)
        self.set("head_kept_timestamp_seconds", _moment(status.head_kept_at), brand)
        self.set("not_handed_over", status.not_handed_over is not None, brand)
        self.set("not_told", len(status.not_told), brand)
        self.set("stored_bytes", status.stored.lists, brand, "lists")
        self.set("stored_bytes", status.stored.audit, brand, "audit")
        for balanstest, review_by in status.approvals:
            self.set("approval_lapses_timestamp_seconds", self._end_of(review_by), brand, balanstest)
        manifest = folders.manifest(status.run_id) if status.run_id is not None else None
        if manifest is not None:
            self._add_list(brand, manifest)

    def _add_list(self, brand: str, manifest: Mapping[str, Any]) -> None:
        self.set("rows", manifest["rows"], brand)
        self.set("callable_rows", manifest["callable"], brand)
        for reason, rows in manifest["reasons"].items():
            self.set("dropped_rows", rows, brand, reason)
        self.set("list_day_timestamp_seconds", self._begin_of(manifest["as_of"]), brand)
        if manifest["valid_until"] is not None:
            self.set("list_valid_until_timestamp_seconds", self._end_of(manifest["valid_until"]), brand)
        for source in manifest["sources"]:
            self.set("source_day_timestamp_seconds", self._begin_of(source["snapshot_on"]), brand, source["role"])

    def _begin_of(self, day: str) -> float:
        return datetime.combine(date.fromisoformat(day), time(), self._zone).timestamp()

    def _end_of(self, day: str) -> float:
        following = date.fromisoformat(day)
        return datetime.combine(following + timedelta(days=following < date.max), time(), self._zone).timestamp()


def _moment(at: str | None) -> float | None:
    return None if at is None else datetime.fromisoformat(at).timestamp()
