"""What the events of a ledger add up to: each published run, and what became of it since. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import Any

from balansfilter.audit.holds import Hold, holds_in
from balansfilter.audit.ledger import Event
from balansfilter.audit.names import (
    HANDED_OVER,
    LIST_DID_NOT_GO,
    LIST_GOES,
    LIST_WENT,
    NOT_HANDED_OVER,
    REOPENED,
)
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import files_of


@dataclass(frozen=True)
class KnownFile:
    """One file of the decisions of a run, as the ledger knows it now."""

    part: str | None
    """Its name, where it is one of the parts; None where it holds all."""
    rows: int
    sha256: str
    seq: int
    """The event that gives the digest: `run.prepared`, or the last forgetting in it."""
    nonces_sha256: str | None = None
    """The digest of the nonces that were left when somebody was last forgotten in it."""


@dataclass(frozen=True)
class PublishedRun:
    """A run that was published, and what became of it since."""

    prepared: Event
    """Its `run.prepared`: digests and counts."""
    published: Event
    """Its `run.published`."""
    decisions_sha256: str
    """The digest that its decisions have now: as prepared, or as somebody was last forgotten in them."""
    decision_files: tuple[KnownFile, ...]
    """The files of its decisions, in the order of the rows."""
    replaced_at: str | None = None
    """When the next run was published; None for the last one. A list beside the one that stood never stood itself."""
    decisions_pruned: Event | None = None
    """The `audit.pruned` that removed its decisions."""
    lists_pruned: Event | None = None
    """The `audit.pruned` or `audit.forgotten` that removed its lists."""
    recalled: Event | None = None
    """Its `run.recalled`."""
    rechecks: tuple[Event, ...] = ()
    """Each `list.rechecked` of it, in order."""
    left_out: Event | None = None
    """Its last `list.without`: that the dialler has left out the rows of a list of withdrawn rows."""
    forgotten: int = 0
    """How many of its rows were forgotten."""

    @property
    def rechecked(self) -> Event | None:
        """Its last `list.rechecked`."""
        return self.rechecks[-1] if self.rechecks else None

    @property
    def seen_in_rechecks(self) -> tuple[Mapping[str, Mapping[str, int]], ...]:
        """How much each recheck saw in each source of objections, by role; older ones do not tell."""
        return tuple(event.body["seen"] for event in self.rechecks if "seen" in event.body)

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
    def list_files(self) -> dict[str, str]:
        """The digest of each file of its lists, by the name from its folder; neither manifest nor decisions."""
        lists = (files_of(output) for what, output in self.outputs.items() if what != "decisions")
        return {name: digest for files in lists for name, digest in files.items()}

    @property
    def root(self) -> str | None:
        """The root over its decisions, fixed when it was written; None for a run of version 0.1."""
        root = self.outputs["decisions"].get("root")
        return None if root is None else str(root)

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
    reopened: tuple[Event, ...] = ()
    """Each `audit.reopened`: a break that was recorded, and after which the ledger went on."""
    standing: str | None = None
    """The run that `current` must show: the one that was published last, or that stood at the last reopening."""
    handed_over: Event | None = None
    """The last head that was handed over."""
    not_handed_over: Event | None = None
    """The last head of which the handing over failed, where none succeeded since."""
    holds: tuple[Hold, ...] = ()
    """The legal holds that stand."""

    lists_gone: Mapping[str, Event] = field(default_factory=dict)
    """The last event of the handing over of a list, by where it went."""

    @property
    def withdrawn(self) -> dict[str, str]:
        """The digest of the last list of withdrawn rows of each run that has one."""
        runs = self.runs.values()
        return {run.run_id: str(run.rechecked.body["file"]["sha256"]) for run in runs if run.rechecked}

    @property
    def last(self) -> PublishedRun | None:
        """The run that was published last."""
        return next(reversed(self.runs.values()), None)


def history(events: Sequence[Event]) -> History:
    """Work out what became of each published run; the events are those of a chain without problems."""
    prepared: dict[str, Event] = {}
    runs: dict[str, PublishedRun] = {}
    keys: list[str] = []
    lost: set[str] = set()
    standing: str | None = None
    for event in events:
        match event.event:
            case "run.prepared":
                prepared[event.body["run_id"]] = event
                keys.append(event.body["key_id"])
            case "run.published" if event.body["run_id"] in prepared:
                _publish(runs, prepared[event.body["run_id"]], event, standing)
                standing = standing if event.body.get("beside") else event.body["run_id"]
            case "audit.rekeyed":
                keys.append(event.body["to"])
                lost |= {event.body["from"]} if event.body.get("lost") else set()
            case "audit.reopened":
                standing = event.body["current"]
            case _:
                _later(runs, event)
    found = History(runs, keys[-1] if keys else None, tuple(dict.fromkeys(keys)), frozenset(lost))
    return replace(
        found,
        standing=standing,
        reopened=tuple(event for event in events if event.event == REOPENED),
        handed_over=next((event for event in reversed(events) if event.event == HANDED_OVER), None),
        not_handed_over=_still_failing(events),
        holds=holds_in(events),
        lists_gone={
            event.body["to"]: event for event in events if event.event in (LIST_GOES, LIST_WENT, LIST_DID_NOT_GO)
        },
    )


def _still_failing(events: Sequence[Event]) -> Event | None:
    last = next((event for event in reversed(events) if event.event in (HANDED_OVER, NOT_HANDED_OVER)), None)
    return last if last is not None and last.event == NOT_HANDED_OVER else None


def _publish(runs: dict[str, PublishedRun], prepared: Event, published: Event, standing: str | None) -> None:
    beside = bool(published.body.get("beside"))
    if standing in runs and not beside:
        runs[standing] = replace(runs[standing], replaced_at=published.at)
    decisions = prepared.body["outputs"]["decisions"]
    replaced_at = published.at if beside else None
    files = tuple(_known_files(prepared.seq, decisions))
    runs[prepared.body["run_id"]] = PublishedRun(prepared, published, decisions["sha256"], files, replaced_at)


def _known_files(seq: int, decisions: Mapping[str, Any]) -> Iterator[KnownFile]:
    """Yield the files of decisions as a run made them."""
    if "parts" not in decisions:
        yield KnownFile(None, decisions["rows"], decisions["sha256"], seq)
    for part in decisions.get("parts", ()):
        yield KnownFile(part["name"], part["rows"], part["sha256"], seq)


def _later(runs: dict[str, PublishedRun], event: Event) -> None:
    body = event.body
    match event.event:
        case "audit.pruned":
            _change(runs, (file["run_id"] for file in body["decisions"]), decisions_pruned=event)
            _change(runs, body["lists"], lists_pruned=event)
        case "audit.forgotten":
            for file in body["decisions"]:
                _forget(runs, event.seq, file)
            _change(runs, body["lists"], lists_pruned=event)
        case "run.recalled":
            _change(runs, [body["run_id"]], recalled=event)
        case "list.rechecked" if body["run_id"] in runs:
            _change(runs, [body["run_id"]], rechecks=(*runs[body["run_id"]].rechecks, event))
        case "list.without":
            _change(runs, [body["run_id"]], left_out=event)
        case _:
            pass


def _forget(runs: dict[str, PublishedRun], seq: int, file: dict[str, Any]) -> None:
    run = runs.get(file["run_id"])
    if run is not None:
        changed = {part["name"]: part for part in file.get("parts", ())} or {None: file}
        files = tuple(_as_left(known, seq, changed.get(known.part)) for known in run.decision_files)
        forgotten = run.forgotten + file["rows"]
        now = replace(run, decisions_sha256=file["after"], decision_files=files, forgotten=forgotten)
        runs[file["run_id"]] = now


def _as_left(known: KnownFile, seq: int, changed: Mapping[str, Any] | None) -> KnownFile:
    """Return a file as somebody was forgotten in it."""
    if changed is None:
        return known
    return replace(known, sha256=changed["after"], seq=seq, nonces_sha256=changed.get("nonces"))


def _change(runs: dict[str, PublishedRun], run_ids: Iterable[str], **changes: Any) -> None:
    for run_id in run_ids:
        if run_id in runs:
            runs[run_id] = replace(runs[run_id], **changes)
