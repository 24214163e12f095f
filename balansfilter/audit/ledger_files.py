"""The files that a ledger speaks of: what each must hold, what they do hold, and those it does not know."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import History, PublishedRun
from balansfilter.audit.ledger import Event
from balansfilter.audit.names import APPROVED, APPROVING
from balansfilter.errors import Problem
from balansfilter.frozen import dataclass
from balansfilter.fs.private import sha256_file

_THREADS = 4
_PAGE = re.compile(r"report(\.[a-z]{2})?\.html")
"""The page of a run in some language: no evidence, since it can be made again from the manifest and the ledger."""


@dataclass(frozen=True)
class Expected:
    """One file, as the ledger knows it."""

    path: Path
    sha256: str
    seq: int
    """The event that gives the digest."""
    what: str
    """What it is, in a sentence such as `the decisions of run …`."""
    pruned: Event | None = None
    """The event that removed it."""
    may_be_gone: bool = False
    """Whether it need not be kept."""


@dataclass(frozen=True)
class Compared:
    """What became of the files that the ledger knows."""

    same: int
    pruned: int
    gone: tuple[str, ...]
    problems: tuple[Problem, ...]
    changed: frozenset[Path]
    """The files that are not as the ledger says, or not there."""


def expected_files(audit: BrandAudit, runs: Path, past: History, events: Sequence[Event]) -> list[Expected]:
    """Return every file that the ledger gives a digest of."""
    known = [*_of_runs(audit, runs, past.runs.values()), *_texts(audit, past.runs.values(), events)]
    return [*known, *_reopened(audit, runs, past)]


def _reopened(audit: BrandAudit, runs: Path, past: History) -> Iterator[Expected]:
    """Yield what a reopened ledger knows by digest alone."""
    for event in past.reopened:
        for file in event.body["files"]:
            top, *below = Path(file["path"]).parts
            path = (audit.root if top == "audit" else runs.parent).joinpath(*below)
            what = f"the file {path.name} that was there when the ledger was reopened"
            yield Expected(path, file["sha256"], event.seq, what, may_be_gone=True)


def _of_runs(audit: BrandAudit, runs: Path, published: Iterable[PublishedRun]) -> Iterator[Expected]:
    for run in published:
        seq, body, of_run = run.prepared.seq, run.prepared.body, f"of run {run.run_id}"
        folder = runs / run.run_id
        gone = not folder.exists()
        digests = {"manifest.json": body["manifest_sha256"], **run.list_files}
        for name, digest in digests.items():
            yield Expected(folder / name, digest, seq, f"the {name} {of_run}", run.lists_pruned, may_be_gone=gone)
        if run.rechecked is not None:
            yield replace(withdrawn_list(run.run_id, run.rechecked, folder), pruned=run.lists_pruned, may_be_gone=gone)
        yield from _decisions(audit, run)


def withdrawn_list(run_id: str, rechecked: Event, folder: Path) -> Expected:
    """Return the list of withdrawn rows that a recheck left in the folder of a run."""
    file, of_run = rechecked.body["file"], f"of run {run_id}"
    return Expected(folder / file["name"], file["sha256"], rechecked.seq, f"the list of withdrawn rows {of_run}")


def _decisions(audit: BrandAudit, run: PublishedRun) -> Iterator[Expected]:
    pruned = run.decisions_pruned
    for file in RunDecisions.of(audit, run).files:
        known, of_run = file.known, f"of run {run.run_id}"
        decisions, nonces = f"the decisions {of_run}", f"the nonces {of_run}"
        if known.part is not None:
            decisions, nonces = f"{known.part} of {decisions}", f"{file.place.nonces.name} {of_run}"
        yield Expected(file.path, known.sha256, known.seq, decisions, pruned)
        if known.nonces_sha256 is not None:
            yield Expected(file.place.nonces, known.nonces_sha256, known.seq, nonces, pruned)


def _texts(audit: BrandAudit, published: Iterable[PublishedRun], events: Sequence[Event]) -> Iterator[Expected]:
    known: dict[Path, Expected] = {}
    for run in published:
        body, of_run = run.prepared.body, f"that run {run.run_id} went by"
        policy, law = body["policy"]["sha256"], body["law"]["sha256"]
        for path, digest, what in ((audit.policy(policy), policy, "policy"), (audit.law(law), law, "law profile")):
            known.setdefault(path, Expected(path, digest, run.prepared.seq, f"the {what} {of_run}"))
    for event in events:
        if event.event in (APPROVED, APPROVING):
            digest = event.body["policy_sha256"]
            what = f"the policy with the approval of {event.body['balanstest']}"
            known.setdefault(audit.policy(digest), Expected(audit.policy(digest), digest, event.seq, what))
            known |= {file.path: file for file in _dossier(audit, event)}
    yield from known.values()


def _dossier(audit: BrandAudit, event: Event) -> Iterator[Expected]:
    """Yield the files that were frozen when a balanstest was signed; older approvals have none."""
    if event.body.get("dossier"):
        folder, what = audit.dossier(event.body["dossier"]), f"the signed dossier of {event.body['balanstest']}"
        for file in event.body["dossier_files"]:
            yield Expected(folder / file["name"], file["sha256"], event.seq, f"{file['name']} of {what}")


def compare(expected: Sequence[Expected]) -> Compared:
    """Compare every file with its digest."""
    with ThreadPoolExecutor(_THREADS) as pool:
        states = list(pool.map(_state, expected))
    gone = [str(file.path) for file, state in zip(expected, states, strict=True) if state == "gone"]
    wrong = [(file, state) for file, state in zip(expected, states, strict=True) if state not in _FINE]
    problems = tuple(_problem(file, state) for file, state in wrong)
    changed = frozenset(file.path for file, _ in wrong)
    return Compared(states.count("same"), states.count("pruned"), tuple(gone), problems, changed)


def as_recorded(file: Expected) -> bytes | Problem:
    """Return what a file holds, where it is what the ledger says; if not, what is wrong with it."""
    try:
        data = file.path.read_bytes()
    except FileNotFoundError:
        return _problem(file, "missing")
    except OSError:
        return _problem(file, "unreadable")
    return data if hashlib.sha256(data).hexdigest() == file.sha256 else _problem(file, "changed")


_FINE = frozenset({"same", "pruned", "gone"})


def _state(file: Expected) -> str:
    try:
        if not file.path.is_file():
            return "pruned" if file.pruned else "gone" if file.may_be_gone else "missing"
        if file.pruned:
            return "returned"
        return "same" if sha256_file(file.path) == file.sha256 else "changed"
    except OSError:
        return "unreadable"


def _problem(file: Expected, state: str) -> Problem:
    wording = {
        "missing": (f"{file.what} is not there", "put it back from your backup"),
        "changed": (f"{file.what} is not what event {file.seq} says", "it was changed or replaced afterwards"),
        "returned": (
            f"{file.what} was pruned by event {file.pruned.seq if file.pruned else 0}, yet is there",
            "remove it",
        ),
        "unreadable": (f"{file.what} cannot be read", "check its rights"),
    }
    message, hint = wording[state]
    return Problem(str(file.path), message=message, hint=hint)


@dataclass(frozen=True)
class Inputs:
    """What is left of the files that the runs read. A call list of yesterday need not be there today."""

    same: int
    """Files that are there, with the bytes that were read."""
    changed: int
    """Files in whose place there is another now."""
    gone: int


def compare_inputs(past: History) -> Inputs:
    """Compare the files that the runs read with what is at their places now."""
    read = {
        (file["path"], file["sha256"])
        for run in past.runs.values()
        for source in run.prepared.body["sources"]
        for file in source["files"]
        if file["path"] != "-"
    }
    now = {path: _digest(Path(path)) for path in {path for path, _ in read}}
    same = sum(now[path] == digest for path, digest in read)
    gone = sum(now[path] is None for path, _ in read)
    return Inputs(same, len(read) - same - gone, gone)


def _digest(path: Path) -> str | None:
    try:
        return sha256_file(path) if path.is_file() else None
    except OSError:
        return None
