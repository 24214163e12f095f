"""A run: policy → sources → plan → engine → publish → audit, from top to bottom.

The order of what reaches the disk is what a crash at any moment rests on: the lists and the decisions, whole and synced
in places where nobody looks, then `run.prepared` in the ledger, then the swap of `current`, then `run.published`.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balansfilter.audit.folder import BrandAudit, as_audit_error
from balansfilter.audit.kept_texts import keep_texts
from balansfilter.audit.keyring import brand_key
from balansfilter.audit.keys import AuditKey
from balansfilter.audit.ledger import Event, Ledger, is_published, utc_now
from balansfilter.errors import (
    AuditError,
    ClosedDayError,
    GuardError,
    OutputError,
    UsageError,
    failure_json,
)
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder, sha256_file, sync, write_private
from balansfilter.fs.scratch import NAME, sweep
from balansfilter.pipeline.deciding import Job, refuse_engines
from balansfilter.pipeline.delta import PublishedLists
from balansfilter.pipeline.forked import refuse_forked
from balansfilter.pipeline.guards import guard_problems
from balansfilter.pipeline.housekeeping import keep_house, make_sure_of_room, registers_beside
from balansfilter.pipeline.lists import make_lists
from balansfilter.pipeline.manifest import make_manifest, prepared_body, written
from balansfilter.pipeline.recovery import BrandPlaces, brand_places, opened, refuse_broken, take_away
from balansfilter.pipeline.request import Outcome, Request
from balansfilter.pipeline.ruling import Ruling, rule
from balansfilter.pipeline.watch import Silence, Watcher
from balansfilter.policy.calling import refuse_closed_day
from balansfilter.policy.loading import brand_file, load_site
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site, work_folder
from balansfilter.publish.fixes import leave_fixes
from balansfilter.publish.folders import BrandFolders, as_output_error
from balansfilter.publish.lock import brand_lock
from balansfilter.report.beside import get_ready

if TYPE_CHECKING:
    from balansfilter.wording.formats import Language


@dataclass(frozen=True)
class _Run:
    """What the steps of one run share."""

    request: Request
    run_id: str
    site: Site
    as_of: date
    watch: Watcher

    @property
    def beside(self) -> bool:
        """Whether its list is published beside the one that stands."""
        return self.request.backfill

    @property
    def told_beside(self) -> dict[str, bool]:
        """What the ledger says of that."""
        return {"beside": True} if self.beside else {}

    @property
    def folders(self) -> BrandFolders:
        return BrandFolders(self.site.output.dir / self.request.brand)

    @property
    def audit(self) -> BrandAudit:
        return BrandAudit(self.site.audit.dir / self.request.brand)

    @property
    def places(self) -> BrandPlaces:
        return brand_places(self.request.configs, self.site, self.request.brand)


def new_run_id() -> str:
    """Return a new id for a run: the moment in UTC, and a few random digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def today(site: Site) -> date:
    """Return the day that it is in the site's time zone."""
    return datetime.now(ZoneInfo(site.timezone)).date()


def run(request: Request, watch: Watcher | None = None, run_id: str | None = None) -> Outcome:
    """Filter the call list of a brand, and publish the callable rows.

    :raises UsageError: the engines that are asked for do not go together, or are not installed.
    :raises EngineError: the process was forked from one that ran already.
    :raises BalansfilterError: nothing was published, and the last published list stands.
    """
    refuse_engines(request.engine, request.verify_with, request.master)
    refuse_forked()
    site = load_site(request.configs)
    brand_file(request.configs, request.brand)
    this = _Run(request, run_id or new_run_id(), site, request.as_of or today(site), watch or Silence())
    return _rehearse(this) if request.dry_run else _publish(this)


def _publish(this: _Run) -> Outcome:
    folders = this.folders
    with brand_lock(folders.lock, this.request.brand, this.run_id, utc_now(), this.request.lock_wait):
        this.watch.step("locked")
        ledger = opened(this.places, this.site)
        refuse_broken(this.places, ledger.events)
        previous = folders.current_run()
        previous_manifest = None if previous is None or this.beside else folders.manifest(previous)
        _refuse_older(this, previous_manifest)
        with _undone_on_failure(this, previous) as end:
            key = brand_key(this.site.audit.key_file, ledger)
            staged = folders.stage(this.run_id)
            manifest, policy = _make(this, staged, this.audit, key, previous_manifest, ledger)
            prepared = ledger.append("run.prepared", prepared_body(manifest, sha256_file(staged / "manifest.json")))
            _add_page(this, staged, manifest, prepared)
            sweep(staged / NAME)
            this.watch.step("prepared")
            folder = folders.place(this.run_id)
            this.watch.step("placed")
            if not this.beside:
                folders.swap(this.run_id)
            this.watch.step("swapped")
            ledger.append("run.published", {"run_id": this.run_id, **this.told_beside})
        this.watch.step("published")
        failure = end.failure or keep_house(this.site, policy, this.places, ledger, today(this.site))
    return Outcome(this.run_id, manifest, folder, previous_manifest, this.beside, failure)


def _refuse_older(this: _Run, previous: dict[str, Any] | None) -> None:
    """Make sure that no list of a past day takes the place of a later one; a day without calls has none anyway."""
    if previous is not None and this.as_of < date.fromisoformat(previous["as_of"]):
        _refuse_closed(this, rule(this.request.configs, this.request.brand, this.as_of))
        told = f"the list that stands is for {previous['as_of']}, and one for {this.as_of} would take its place"
        raise UsageError(f"{told}; with --backfill it is published beside it")


def _refuse_closed(this: _Run, ruling: Ruling) -> None:
    refuse_closed_day(ruling.loaded.policy, ruling.law, ruling.calling_day(this.site), ZoneInfo(this.site.timezone))


def _rehearse(this: _Run) -> Outcome:
    previous = this.folders.current_run()
    previous_manifest = this.folders.manifest(previous) if previous else None
    with work_folder(this.site) as scratch:
        folder = scratch / "lists"
        make_private_folder(folder)
        audit = BrandAudit(scratch / "audit" / this.request.brand)
        manifest, _ = _make(this, folder, audit, AuditKey("0" * 64), previous_manifest, None)
    return Outcome(this.run_id, manifest, None, previous_manifest)


def _make(  # noqa: PLR0913 - a real run and a rehearsal differ in all of these
    this: _Run, folder: Path, audit: BrandAudit, key: AuditKey, previous: dict[str, Any] | None, ledger: Ledger | None
) -> tuple[dict[str, Any], Policy]:
    """Make the lists, the decisions and the manifest in a folder, and hold them against the guards."""
    request = this.request
    ruling = rule(request.configs, request.brand, this.as_of)
    for warning in ruling.warnings:
        this.watch.warn(warning)
    _refuse_closed(this, ruling)
    if not request.dry_run:
        make_sure_of_room(this.site, ruling, request.configs, request.input, previous)
    decisions = audit.decisions(this.run_id)
    with as_audit_error(decisions.parent):
        make_private_folder(decisions.parent)
    made = make_lists(
        Job(
            request.configs,
            this.site,
            ruling,
            request.input,
            folder,
            decisions,
            key,
            previous,
            this.watch,
            request.engine,
            request.verify_with,
            registers_beside(this.site, ruling, request, previous, this.watch.warn),
            request.master,
            ledger.events if ledger else None,
        ),
        (lambda: None) if request.dry_run or get_ready(this.site.lang) else partial(_load_page, this.site.lang),
    )
    for warning in made.warnings[len(ruling.warnings) :]:
        this.watch.warn(warning)
    policy = ruling.loaded.policy
    lists = PublishedLists(policy.call_list, ruling.plan, ZoneInfo(this.site.timezone))
    with as_output_error("write in", folder):
        delta = lists.delta(this.folders, previous, folder, this.watch) if policy.output.delta else None
    before = previous["run_id"] if previous else None
    manifest = make_manifest(made, this.run_id, utc_now(), key.id, before, delta)
    manifest["ledger"] = {"seq": ledger.head[0], "hash": ledger.head[1]} if ledger and ledger.events else None
    with as_output_error("write in", folder):
        shutil.rmtree(folder / ".scratch")
        write_private(folder / "manifest.json", written(manifest))
        sync(folder)
    tripped = guard_problems(made.guards, made.counts, made.call_list.fingerprint.files[0].path)
    if not request.dry_run and made.counts.unreadable and (request.fixes or tripped):
        left = leave_fixes(folder / made.dropped_list.name, this.folders.root, this.site.lang)
        this.watch.warn(f"the rows that cannot be read stand in {left}")
    if tripped:
        raise GuardError("a guard tripped:", tripped)
    keep_texts(audit, ruling.loaded, ruling.law)
    with as_audit_error(decisions.parent):
        for part in (audit.decisions_folder, audit.secrets, audit.root, audit.root.parent):
            sync(part)
    return manifest, policy


def _add_page(this: _Run, staged: Path, manifest: dict[str, Any], prepared: Event) -> None:
    """Write the run's page; the templates are imported only now, so that nothing else waits for them."""
    from balansfilter.report.page_files import add_page

    add_page(staged, manifest, prepared, this.folders, this.site.lang, this.site.timezone)


def _load_page(language: Language) -> None:
    from balansfilter.report.page_files import load_page

    load_page(language)


@contextmanager
def _undone_on_failure(this: _Run, previous: str | None) -> Iterator[_End]:
    """Put everything back as it was when a run fails, and record that it failed.

    Where the disk takes nothing any more the list may stand that was swapped in; then it was published, and the next
    command records it.

    An interruption may come in the midst of an append to the ledger, so the ledger is read anew. Where it says that
    the run was published the interruption came too late, and the run is done. A day without calls is no failure.
    """
    end = _End()
    try:
        yield end
    except BaseException as error:
        ledger = _ledger_again(this)
        if ledger is not None and is_published(ledger.events, this.run_id):
            return
        # The reason of the failure matters more than that it could not be put back, or be written down, as well: what
        # is left the next command finds by the staging folder, or by `run.prepared`.
        with suppress(AuditError, OutputError):
            _put_back(this, previous)
            if ledger is not None and not isinstance(error, ClosedDayError):
                ledger.append("run.failed", {"run_id": this.run_id, **this.told_beside, **failure_json(error)})
            this.folders.discard(this.run_id)
        if not isinstance(error, Exception) or not this.folders.stands(this.run_id):
            raise
        end.failure = f"the list stands, but the ledger could not be told: {error}; the next command records it"


@dataclass
class _End:
    """How a run ended."""

    failure: str | None = None
    """What went wrong after its list was swapped in, and could not be put back."""


def _ledger_again(this: _Run) -> Ledger | None:
    try:
        return Ledger(this.audit.ledger)
    except AuditError:
        return None


def _put_back(this: _Run, previous: str | None) -> None:
    folders = this.folders
    if previous != folders.current_run():
        if previous is None:
            with as_output_error("remove", folders.current):
                folders.current.unlink()
        else:
            folders.swap(previous)
    take_away(folders, this.audit, this.run_id)
