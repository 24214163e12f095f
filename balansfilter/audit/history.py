"""What the events of a ledger add up to: each published run, and what became of it since. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from balansfilter.audit.ledger import Event

PRUNED = "audit.pruned"
FORGOTTEN = "audit.forgotten"
RECALLED = "run.recalled"
REKEYED = "audit.rekeyed"
ROOTED = "decisions.rooted"
EXPORTED = "audit.exported"
CONFIRMED = "objections.confirmed"
RECHECKED = "list.rechecked"
LEFT_OUT = "list.without"


_NEEDED: dict[str, tuple[str, ...]] = {
    "run.prepared": ("run_id", "as_of", "policy", "law", "sources", "outputs", "key_id", "manifest_sha256"),
    "run.published": ("run_id",),
    "balanstest.approved": ("balanstest", "policy_sha256"),
    CONFIRMED: ("by", "complete_on", "lists"),
    RECALLED: ("run_id", "reason"),
    RECHECKED: ("run_id", "objections", "withdrawn", "people", "file"),
    LEFT_OUT: ("run_id", "sha256"),
    REKEYED: ("from", "to"),
    PRUNED: ("decisions", "lists"),
    FORGOTTEN: ("decisions", "lists"),
    ROOTED: ("run_id", "sha256", "root"),
}


def lacking(event: Event) -> tuple[str, ...]:
    """Give what an event should say and does not: then this program did not write it."""
    return tuple(name for name in _NEEDED.get(event.event, ()) if name not in event.body)


@dataclass(frozen=True)
class PublishedRun:
    """A run that was published, and what became of it since."""

    prepared: Event
    """Its `run.prepared`: digests and counts."""
    published: Event
    """Its `run.published`."""
    decisions_sha256: str
    """The digest that its decisions have now: as prepared, or as somebody was last forgotten in them."""
    replaced_at: str | None = None
    """When the next run was published; None for the last one."""
    decisions_pruned: Event | None = None
    """The `audit.pruned` that removed its decisions."""
    lists_pruned: Event | None = None
    """The `audit.pruned` or `audit.forgotten` that removed its lists."""
    recalled: Event | None = None
    """Its `run.recalled`."""
    rechecked: Event | None = None
    """Its last `list.rechecked`."""
    left_out: Event | None = None
    """Its last `list.without`: that the dialler has left out the rows of a list of withdrawn rows."""
    rooted: Event | None = None
    """The last `decisions.rooted` over its decisions as they are now."""

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return str(self.prepared.body["run_id"])

    @property
    def as_of(self) -> date:
        """The day for which it was made."""
        return date.fromisoformat(self.prepared.body["as_of"])

    @property
    def outputs(self) -> dict[str, Any]:
        """Name, digest, size and rows of each file that it made, by what it holds."""
        outputs: dict[str, Any] = self.prepared.body["outputs"]
        return outputs

    @property
    def key_id(self) -> str:
        """Names the key of its keyed hashes."""
        return str(self.prepared.body["key_id"])


@dataclass(frozen=True)
class History:
    """The published runs in order, and what else the ledger says that others rest on."""

    runs: dict[str, PublishedRun]
    key_id: str | None
    """Names the key that is in use; None before the first run."""
    key_ids: tuple[str, ...]
    """Names every key that was ever in use, oldest first."""
    lost_key_ids: frozenset[str]
    """Names the keys that were lost: what was written with them cannot be searched any more."""

    @property
    def last(self) -> PublishedRun | None:
        """The run that was published last."""
        return next(reversed(self.runs.values()), None)


def history(events: Sequence[Event]) -> History:
    """Work out what became of each published run."""
    prepared: dict[str, Event] = {}
    runs: dict[str, PublishedRun] = {}
    keys: list[str] = []
    lost: set[str] = set()
    for event in events:
        match event.event:
            case "run.prepared":
                prepared[event.body["run_id"]] = event
                keys.append(event.body["key_id"])
            case "run.published" if event.body["run_id"] in prepared:
                _publish(runs, prepared[event.body["run_id"]], event)
            case "audit.rekeyed":
                keys.append(event.body["to"])
                lost |= {event.body["from"]} if event.body.get("lost") else set()
            case _:
                _later(runs, event)
    return History(runs, keys[-1] if keys else None, tuple(dict.fromkeys(keys)), frozenset(lost))


def _publish(runs: dict[str, PublishedRun], prepared: Event, published: Event) -> None:
    if runs:
        last = next(reversed(runs))
        runs[last] = replace(runs[last], replaced_at=published.at)
    digest = prepared.body["outputs"]["decisions"]["sha256"]
    runs[prepared.body["run_id"]] = PublishedRun(prepared, published, digest)


def _later(runs: dict[str, PublishedRun], event: Event) -> None:
    body = event.body
    match event.event:
        case "audit.pruned":
            _change(runs, (file["run_id"] for file in body["decisions"]), decisions_pruned=event)
            _change(runs, body["lists"], lists_pruned=event)
        case "audit.forgotten":
            for file in body["decisions"]:
                _change(runs, [file["run_id"]], decisions_sha256=file["after"], rooted=None)
            _change(runs, body["lists"], lists_pruned=event)
        case "run.recalled":
            _change(runs, [body["run_id"]], recalled=event)
        case "list.rechecked":
            _change(runs, [body["run_id"]], rechecked=event)
        case "list.without":
            _change(runs, [body["run_id"]], left_out=event)
        case "decisions.rooted":
            _change(runs, [body["run_id"]], rooted=event)
        case _:
            pass


def _change(runs: dict[str, PublishedRun], run_ids: Iterable[str], **changes: Any) -> None:
    for run_id in run_ids:
        if run_id in runs:
            runs[run_id] = replace(runs[run_id], **changes)
