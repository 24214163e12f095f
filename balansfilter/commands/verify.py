"""The handover of a list to the dialler: whether it is the published one, unchanged, and still valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.forms import is_count, is_run_id
from balansfilter.audit.history import PublishedRun, history
from balansfilter.audit.ledger import Ledger, read_chain, utc_now
from balansfilter.audit.list_standing import lapsed, list_standing, objected_told
from balansfilter.audit.names import LEFT_OUT
from balansfilter.commands.objected_since import StandingList, withdrawn_since
from balansfilter.commands.recheck import changed_since, published_run, withdrawn_before
from balansfilter.errors import AuditError, OutputError, PolicyError, Problem, SourceError
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import files_of
from balansfilter.fs.private import sha256_file
from balansfilter.policy.model import is_brand_id
from balansfilter.policy.site import Site
from balansfilter.publish.folders import BrandFolders
from balansfilter.publish.lock import brand_lock
from balansfilter.publish.read_back import Lists, lists_beside
from balansfilter.remote import RemoteError

_LOCK_WAIT = 60.0


@dataclass(frozen=True)
class Handover:
    """A list that may be handed over."""

    brand: str
    run_id: str
    as_of: str
    valid_until: str | None
    callable: int


def verify_list(configs: Path, manifest: Path | str, site: Site, today: date, without: Path | None = None) -> Handover:
    """Hold a manifest and its lists against the ledger, and against the objections as they are now.

    :param without: the list of withdrawn rows that the dialler has left out; that is recorded where all else is well.
    :raises OutputError: it is not the published list, was changed, is not valid today, or somebody objected since.
    :raises AuditError: the ledger does not verify, or does not know the run.
    """
    lists = lists_beside(str(manifest))
    manifest_path = lists.name
    published = _read(lists)
    audit = BrandAudit(site.audit.dir / published["brand"])
    chain = read_chain(audit.ledger)
    if chain.problems:
        raise AuditError(f"the ledger {audit.ledger} does not verify:", chain.problems)
    past = history(chain.events)
    run = past.runs.get(published["run_id"])
    if run is None:
        raise AuditError(f"the ledger {audit.ledger} does not know a published run {published['run_id']}")
    folders = BrandFolders(site.output.dir / published["brand"])
    if folders.current_run() == run.run_id != past.standing:
        says = f"says that run {past.standing} was published last, not run {run.run_id}, which stands"
        raise AuditError(f"the ledger {audit.ledger} {says}; see: balansfilter audit verify")
    problems = [*_recalled(manifest_path, run), *_changed(lists, run)]
    problems += _out_of_date(manifest_path, published, folders, today)
    if not problems:
        problems += _objected_since(StandingList(configs, site, run), today, without)
    if problems:
        raise OutputError("this list must not be called:", problems)
    if without is not None:
        _record(folders, audit, run, sha256_file(without))
    return Handover(
        published["brand"], published["run_id"], published["as_of"], published["valid_until"], published["callable"]
    )


def _read(lists: Lists) -> dict[str, Any]:
    try:
        manifest = json.loads(lists.manifest())
    except (OSError, RemoteError, ValueError, RecursionError) as error:
        why = error if isinstance(error, RemoteError) else getattr(error, "strerror", None) or "it is no JSON"
        raise OutputError(f"cannot read the manifest {lists.name}: {why}") from error
    if not isinstance(manifest, dict) or not all(name in manifest and check(manifest[name]) for name, check in _FORM):
        raise OutputError(f"{lists.name} is not a manifest of a run")
    return manifest


def _objected_since(standing: StandingList, today: date, without: Path | None) -> Iterator[Problem]:
    """Return a problem where somebody on the list objected since, and the dialler has not left the rows out."""
    run, path = standing.run, str(standing.folder / "manifest.json")
    recorded = run.rechecked.body["file"]["sha256"] if run.rechecked else None
    if without is not None and (not without.is_file() or sha256_file(without) != recorded):
        hint = "recheck the list, leave out the rows in withdrawn.csv, and name that file"
        yield Problem(str(without), message="is not the list of withdrawn rows of the last recheck", hint=hint)
        return
    standing, before = _withdrawn(standing, without)
    try:
        left, people = _left(standing, today, before, left_out=without is not None)
    except (PolicyError, SourceError) as error:
        message = f"nobody can tell whether somebody on the list objected since: {error.message}"
        yield Problem(path, message=message, hint="" if error.problems else "see with `balansfilter check`")
        yield from error.problems
        return
    if left:
        yield Problem(path, message=objected_told(people), hint="recheck or run again")


def _withdrawn(standing: StandingList, without: Path | None) -> tuple[StandingList, frozenset[int]]:
    """Return the rows that the last recheck of a list withdrew, and the list as it is known then.

    A recheck may be at work meanwhile: what does not agree is looked at again once nobody is.
    """
    try:
        return standing, withdrawn_before(standing, without)
    except AuditError:
        lock = BrandFolders(standing.site.output.dir / standing.brand).lock
        with brand_lock(lock, standing.brand, "verification", utc_now(), _LOCK_WAIT):
            standing = replace(standing, run=published_run(standing.audit, standing.run.run_id))
            return standing, withdrawn_before(standing, without)


def _left(standing: StandingList, today: date, before: frozenset[int], *, left_out: bool) -> tuple[int, int]:
    """Return how many rows, and people, objected since, without those that the dialler has left out.

    :param before: the rows that the last recheck withdrew.
    :param left_out: whether the dialler says now that it has left them out; it may have said so before.
    """
    known = list_standing(standing.run).withdrawn
    settled = left_out or (known is not None and known.left_out)
    if not changed_since(standing, today):
        return (0, 0) if settled or known is None else (known.rows, known.people)
    found = withdrawn_since(standing, today, before)
    left = replace(found, rows=found.rows.filter(~pl.col("row").is_in(sorted(before)))) if settled else found
    return left.rows.height, left.people


def _record(folders: BrandFolders, audit: BrandAudit, run: PublishedRun, sha256: str) -> None:
    """Record, once, that the dialler has left out the rows of a list of withdrawn rows."""
    if run.left_out is not None and run.left_out.body["sha256"] == sha256:
        return
    with brand_lock(folders.lock, str(run.prepared.body["brand"]), "verification", utc_now(), _LOCK_WAIT):
        Ledger(audit.ledger).append(LEFT_OUT, {"run_id": run.run_id, "sha256": sha256})


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_FORM: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("brand", lambda value: isinstance(value, str) and is_brand_id(value)),
    ("run_id", is_run_id),
    ("as_of", _is_text),
    ("valid_until", lambda value: value is None or _is_text(value)),
    ("callable", is_count),
    ("outputs", lambda value: isinstance(value, dict)),
)
"""What a manifest must say for a list to be handed over, and how."""


def _recalled(manifest_path: str, run: PublishedRun) -> list[Problem]:
    recalled = list_standing(run).recalled
    if recalled is None:
        return []
    message = f"was recalled at {recalled.at}: {recalled.reason}"
    return [Problem(manifest_path, message=message, hint="run again, and call the new list")]


def _changed(lists: Lists, run: PublishedRun) -> list[Problem]:
    digests = {lists.manifest_name: run.prepared.body["manifest_sha256"], **run.list_files}
    problems = []
    for name, digest in digests.items():
        try:
            found = lists.digest(name)
        except RemoteError as error:
            problems.append(Problem(lists.address(name), message=error.message, hint=error.hint))
            continue
        if found is None:
            problems.append(Problem(lists.address(name), message="is gone"))
        elif found != digest:
            problems.append(Problem(lists.address(name), message="was changed after it was published"))
    folders = [output for output in run.outputs.values() if "parts" in output]
    return problems + [problem for output in folders for problem in _added(lists, output)]


def _added(lists: Lists, output: Mapping[str, Any]) -> list[Problem]:
    """Return the files in a folder of parts that whoever reads the folder would take for parts."""
    try:
        names = lists.inside(output["name"]) - set(files_of(output))
    except (OSError, RemoteError):
        return []  # its parts cannot be read either, which is told of each
    message, hint = "is no part of the list that was published", "remove it"
    return [Problem(lists.address(name), message=message, hint=hint) for name in sorted(names)]


def _out_of_date(path: str, manifest: dict[str, Any], folders: BrandFolders, today: date) -> list[Problem]:
    problems = []
    if folders.current_run() != manifest["run_id"]:
        problems.append(Problem(path, message=f"is not the current list; that is of run {folders.current_run()}"))
    if manifest["as_of"] != today.isoformat():
        problems.append(Problem(path, message=f"was made to be called on {manifest['as_of']}, not on {today}"))
    if lapsed(manifest["valid_until"], today):
        problems.append(Problem(path, message=f"a source is too old since {manifest['valid_until']}"))
    return problems
