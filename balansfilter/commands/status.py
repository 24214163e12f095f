"""How each brand stands: what is published, how old it is, how the last run ended, and what has to be done soon."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from balansfilter.audit.history import History, history
from balansfilter.audit.ledger import Chain, Event, read_chain
from balansfilter.audit.list_standing import Recall, Withdrawal, lapsed, list_standing
from balansfilter.audit.names import ENDINGS
from balansfilter.errors import (
    HANDOVER_FAILED,
    AuditError,
    BalansfilterError,
    PolicyError,
    failure_json,
    failure_sentence,
    sentence,
)
from balansfilter.frozen import dataclass
from balansfilter.pipeline.delivery import Delivery
from balansfilter.pipeline.recovery import BrandPlaces, brand_places, breaks, sweep_site
from balansfilter.policy.calling import calling_day
from balansfilter.policy.law import load_law
from balansfilter.policy.loading import brand_file, load_policy
from balansfilter.policy.site import Site
from balansfilter.publish.ending import RunEnding, ending_of_event, killed_run, last_ending
from balansfilter.publish.folders import BrandFolders

NOT_FRESH = 1
"""The exit code where no run failed, and yet there is no list that may be used."""


@dataclass(frozen=True)
class Failure:
    """How the last run of a brand failed, where none went well since."""

    run_id: str
    at: str
    exit: int
    code: str
    sentence: str
    """The same as whoever is notified got to read."""


@dataclass(frozen=True)
class Stored:
    """What of a brand is kept on disk, in bytes."""

    lists: int
    audit: int
    """The ledger, the decisions, and what opens them."""


@dataclass(frozen=True)
class BrandStatus:
    """How one brand stands. Days are ISO 8601; null where there is none."""

    brand: str
    run_id: str | None = None
    as_of: str | None = None
    """The day for which the published list was made."""
    days_old: int | None = None
    callable: int | None = None
    """How many rows of it may be called: none of a recalled list, and not those that were withdrawn since."""
    valid_until: str | None = None
    """The last day on which every source of the list is fresh enough."""
    recalled: Recall | None = None
    """When and why the list was recalled; null if it was not."""
    withdrawn: Withdrawal | None = None
    """What the last recheck found on the list; null where nobody on it objected since."""
    refused: str | None = None
    """Why the list must not be called any more, as the ledger tells; null where it may."""
    review_by: str | None = None
    """The first day on which an approval lapses."""
    approvals: tuple[tuple[str, str], ...] = ()
    """The id of each balanstest that is approved, and the last day of that."""
    last_event: str | None = None
    """The last event in the ledger."""
    last_success: str | None = None
    """When a run last did what it was to do: it published a list, or found that the day has no calls."""
    failure: Failure | None = None
    """How the last run failed; null if it did not."""
    head_kept_at: str | None = None
    """When the head of the ledger was last handed over."""
    head_kept_days: int | None = None
    """How many days ago that was."""
    not_handed_over: str | None = None
    """Why the list that stands, or the last head, was not handed over; null if it was, or is to go nowhere."""
    not_told: tuple[str, ...] = ()
    """Who could not be told how the last run ended, and why."""
    problem: str | None = None
    """What is wrong with the policy, or the ledger; null if nothing is."""
    closed: str | None = None
    """Why there are no calls today; null where there are."""
    stored: Stored = Stored(0, 0)
    good: bool = False
    """Whether there is a list for today, still valid and not refused, or none is needed, the last run ended well, and
    all of it was handed over."""
    exit: int = NOT_FRESH
    """The exit code that `status --exit-code` gives for it; 0 where it is good."""
    why: str | None = None
    """Why it is not good, in a sentence."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def brand_status(configs: Path, site: Site, brand: str, today: date, since: datetime | None = None) -> BrandStatus:
    """Tell how a brand stands on a day; of one whose ledger or lists cannot be read, what is wrong.

    :param since: the moment since which a run must have gone well; the list must be for that day unless given.
    """
    try:
        return _brand_status(configs, site, brand, today, since)
    except (BalansfilterError, OSError) as error:
        why = failure_sentence(error)
        return BrandStatus(brand, problem=why, exit=failure_json(error)["exit"], why=why)


def _brand_status(configs: Path, site: Site, brand: str, today: date, since: datetime | None) -> BrandStatus:
    places = brand_places(configs, site, brand)
    folders = places.folders
    run_id = folders.current_run()
    manifest = (folders.manifest(run_id) if run_id else None) or {}
    killed = killed_run(folders)
    sweep_site(site, places)
    chain = read_chain(places.audit.ledger)
    events = chain.events
    past = history(events)
    endings = _endings(folders, events, killed)
    approvals, problem, closed = _review(configs, site, brand, today)
    kept_at = past.handed_over.at if past.handed_over else None
    kept_on = datetime.fromisoformat(kept_at).astimezone(ZoneInfo(site.timezone)).date() if kept_at else None
    as_of, rows = manifest.get("as_of"), manifest.get("callable")
    standing = list_standing(past.runs.get(run_id or ""))
    told = BrandStatus(
        brand=brand,
        run_id=run_id,
        as_of=as_of,
        days_old=(today - date.fromisoformat(as_of)).days if as_of else None,
        callable=None if rows is None else standing.callable(rows),
        valid_until=manifest.get("valid_until"),
        recalled=standing.recalled,
        withdrawn=standing.withdrawn,
        refused=standing.refusal,
        review_by=min((review_by for _, review_by in approvals), default=None),
        approvals=approvals,
        last_event=events[-1].event if events else None,
        last_success=max((one.ended_at for one in endings if one.good), default=None),
        failure=_failure(endings),
        head_kept_at=kept_at,
        head_kept_days=(today - kept_on).days if kept_on else None,
        not_handed_over=_not_handed_over(configs, site, brand, past),
        not_told=endings[-1].not_told if endings else (),
        problem=problem,
        closed=closed,
        stored=Stored(stored_bytes(folders.runs), stored_bytes(places.audit.root)),
    )
    code, why = next(_reasons(told, _broken(places, chain, past), today, since), (0, None))
    return replace(told, good=why is None, exit=code, why=why)


def _endings(folders: BrandFolders, events: Sequence[Event], killed: RunEnding | None) -> list[RunEnding]:
    """Return how runs ended, the last one last: a run that was killed is the last that held the lock."""
    brand = folders.root.name
    told = (ending_of_event(brand, event.event, event.at, event.body) for event in events if event.event in ENDINGS)
    kept = last_ending(folders)
    found = sorted(filter(None, (*told, kept)), key=lambda one: one.ended_at)
    return [*found, killed] if killed is not None else found


def failed_runs(folders: BrandFolders, events: Sequence[Event]) -> tuple[RunEnding, ...]:
    """Return how runs failed, the last first; each run once."""
    failed = [one for one in _endings(folders, events, killed_run(folders)) if not one.good]
    return tuple({one.run_id: one for one in reversed(failed)}.values())


def _failure(endings: Sequence[RunEnding]) -> Failure | None:
    last = endings[-1] if endings else None
    if last is None or last.good:
        return None
    return Failure(last.run_id, last.ended_at, last.exit, str(last.code), str(last.sentence))


def _broken(places: BrandPlaces, chain: Chain, past: History) -> str | None:
    """Return what is wrong with the ledger, or with what it bears out."""
    problems = chain.problems or tuple(breaks(places, past, chain.events))
    told = f"the ledger {places.audit.ledger} does not bear out what stands:"
    return sentence(AuditError.code, told, [str(one) for one in problems]) if problems else None


def _reasons(told: BrandStatus, broken: str | None, today: date, since: datetime | None) -> Iterator[tuple[int, str]]:
    """Return why a brand is not good, the worst first, each with its exit code."""
    if broken is not None:
        yield AuditError.exit_code, broken
    if told.failure is not None:
        yield told.failure.exit, told.failure.sentence
    if told.problem is not None:
        yield PolicyError.exit_code, told.problem
    if told.refused is not None and not _past(told, today):
        yield NOT_FRESH, told.refused
    stale = _too_old(told, since) if since is not None else _not_for(told, today)
    if stale is None and told.closed is None and lapsed(told.valid_until, today):
        stale = f"the list was valid until {told.valid_until}: a source of it is too old"
    if stale is not None:
        yield NOT_FRESH, stale
    if told.not_handed_over is not None:
        yield HANDOVER_FAILED, f"published, but not handed over: {told.not_handed_over}"


def _past(told: BrandStatus, today: date) -> bool:
    """Return whether nobody is called today, and the list is of a day before it, so that it comes to no calls."""
    return told.closed is not None and told.as_of is not None and told.as_of < today.isoformat()


def _too_old(told: BrandStatus, since: datetime) -> str | None:
    if told.last_success is None:
        return "no run has gone well yet"
    if datetime.fromisoformat(told.last_success) >= since:
        return None
    return f"the last run that went well ended at {told.last_success}, longer ago than it may be"


def _not_for(told: BrandStatus, today: date) -> str | None:
    if told.last_success is None:
        return "no run has gone well yet"
    if told.closed is not None or told.as_of == today.isoformat():
        return None
    return f"there is no list for {today}" + (f"; the one that stands is for {told.as_of}" if told.as_of else "")


def stored_bytes(folder: Path) -> int:
    """Return how much the files below a folder take; what goes while it is counted counts for nothing."""
    found = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                found += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 - many files, each night
    return found


def _not_handed_over(configs: Path, site: Site, brand: str, past: History) -> str | None:
    undone: list[str] = []
    with suppress(BalansfilterError):
        undone += Delivery(site, load_policy(brand_file(configs, brand))).undone(past)
    if past.not_handed_over:
        undone.append(str(past.not_handed_over.body["message"]))
    return "; ".join(undone) or None


def _review(
    configs: Path, site: Site, brand: str, today: date
) -> tuple[tuple[tuple[str, str], ...], str | None, str | None]:
    try:
        policy = load_policy(brand_file(configs, brand))
        law = load_law(policy.law, configs)
    except BalansfilterError as error:
        return (), sentence(error.code, error.message, [str(one) for one in error.problems]), None
    approvals = tuple((test.id, test.approval.review_by.isoformat()) for test in policy.balanstests if test.approval)
    return approvals, None, calling_day(policy, law, today, ZoneInfo(site.timezone)).closed
