"""The replay of a run: the same inputs, policy text, law and as-of date through the code of today, row by row compared.

A version of the program that decides differently, on purpose or not, is found by it. Nothing is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import PublishedRun
from balansfilter.audit.keyring import search_keys
from balansfilter.audit.keys import AuditKey
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.errors import AuditError, Problem, SourceError, UsageError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder, sha256_file
from balansfilter.pipeline.deciding import EngineName, Job, refuse_engines
from balansfilter.pipeline.lists import Made, make_lists
from balansfilter.pipeline.ruling import Ruling, rule
from balansfilter.pipeline.watch import Watcher
from balansfilter.policy.loading import other_brands
from balansfilter.policy.site import work_folder
from balansfilter.remote import is_database, is_remote
from balansfilter.version import VERSION

_COMPARED = ("decision", "basis", "reason", "anchor", "callable_until", "balanstest", "product")
_OUTCOME = ("decision", "basis", "reason", "balanstest")
_TOLD_ROWS = 20
_BY_RULE = """
    SELECT
        coalesce(was_basis, was_reason, 'absent') || ' → ' || coalesce(now_basis, now_reason, 'absent') AS rule,
        count(*) AS rows
    FROM differing GROUP BY rule ORDER BY rows DESC, rule
"""


@dataclass(frozen=True)
class ReplayDifference:
    """One row that is decided differently now."""

    row: int
    was: dict[str, str | None]
    """What the audit log holds, of the columns that differ."""
    now: dict[str, str | None]
    """What the program says today."""


@dataclass(frozen=True)
class Replay:
    """How a run compares with its replay."""

    run_id: str
    as_of: str
    version_then: str
    version_now: str
    rows: int
    differing: int
    """Rows that are decided differently."""
    by_rule: dict[str, int]
    """Differing rows by `was → now`, each the ground of a callable row or the reason of a dropped one."""
    first: tuple[ReplayDifference, ...]
    """The first of them, in the order of the list."""


def replay(  # noqa: PLR0913 - which run, of what, and by what
    audited: AuditedBrand,
    run_id: str,
    call_list: str | None,
    watch: Watcher,
    engine: EngineName = "polars",
    master: str | None = None,
) -> Replay:
    """Decide a run again and compare every decision.

    :param call_list: where the call list is now, if it was moved; it must have the digest that was recorded.
    :param engine: what decides the list again.
    :param master: where Spark runs, if it does.
    :raises UsageError: there is no such run.
    :raises SourceError: an input is gone, or is not the one that was read.
    :raises AuditError: the decisions or the texts are not what the ledger says.
    """
    refuse_engines(engine, None, master)
    past = audited.history()
    run = audited.run(run_id)
    decisions = _decisions(audited.audit, run)
    _refuse_changed_inputs(run, call_list)
    keys = search_keys(audited.site.audit.key_file, past)
    with work_folder(audited.site) as folder:
        ruling = _ruling_then(audited, run, folder)
        again = folder / "decisions" / "decisions.parquet"
        lists = folder / "lists"
        for part in (lists, again.parent):
            make_private_folder(part)
        key = keys.get(run.key_id, AuditKey("0" * 64))
        listed = call_list or _only_file(run)
        sources = (audited.configs, audited.site, ruling, listed)
        job = Job(*sources, lists, again, key, None, watch, engine, master=master)
        made = make_lists(job)
        _refuse_other_inputs(run, made)
        return _compare(run, decisions.paths, [again.parent / name for name in made.decisions.files])


def _decisions(audit: BrandAudit, run: PublishedRun) -> RunDecisions:
    decisions = RunDecisions.of(audit, run)
    if run.decisions_pruned:
        raise UsageError(f"the decisions of run {run.run_id} were pruned by event {run.decisions_pruned.seq}")
    decisions.refuse_changed()
    return decisions


def _files(run: PublishedRun) -> Iterator[tuple[str, dict[str, Any]]]:
    for source in run.prepared.body["sources"]:
        for file in source["files"]:
            yield source["role"], file


def _refuse_changed_inputs(run: PublishedRun, call_list: str | None) -> None:
    problems = []
    for role, file in _files(run):
        if is_remote(file["path"] if role != "call_list" or call_list is None else call_list):
            continue  # it is fetched anew, and told by its digest to be another
        path = Path(file["path"])
        if role == "call_list" and call_list is not None:
            path = Path(call_list)
        if not path.is_file():
            hint = "give it with --input" if role == "call_list" else "put back the file of that day"
            problems.append(Problem(str(path), path=role, message="is gone", hint=hint))
        elif sha256_file(path) != file["sha256"]:
            message = f"is not the file that run {run.run_id} read"
            problems.append(Problem(str(path), path=role, message=message, hint="put back the file of that day"))
    if problems:
        raise SourceError(f"run {run.run_id} cannot be replayed:", problems)


def _only_file(run: PublishedRun) -> str | None:
    """Return the call list that was read, whether the policy named it or `--input`; None where it was several files."""
    files = [str(file["path"]) for role, file in _files(run) if role == "call_list"]
    return files[0] if len(files) == 1 and not is_database(files[0]) else None


def _ruling_then(audited: AuditedBrand, run: PublishedRun, folder: Path) -> Ruling:
    """Read the policy and the law profile as they were, from the texts beside the ledger."""
    body = run.prepared.body
    configs = folder / "configs"
    kept = {
        configs / "brands" / f"{audited.brand}.yaml": (audited.audit.policy, body["policy"]["sha256"]),
        configs / "laws" / f"{body['law']['name']}.yaml": (audited.audit.law, body["law"]["sha256"]),
    }
    for path, (place, digest) in kept.items():
        text = place(digest)
        if not text.is_file() or sha256_file(text) != digest:
            raise AuditError(f"{text} is not the text that run {run.run_id} went by; see: balansfilter audit verify")
        make_private_folder(path.parent)
        path.write_bytes(text.read_bytes())
    others = body.get("brands") or other_brands(audited.configs, audited.brand, audited.site)
    return rule(configs, audited.brand, run.as_of, others)


def _refuse_other_inputs(run: PublishedRun, made: Made) -> None:
    """Make sure that what was read is what was read then: a glob may find more files today.

    The day of the register is looked at as well, since the last callable day may count from it.
    """
    then = {source["role"]: source["sha256"] for source in run.prepared.body["sources"]}
    now = {source.fingerprint.role: source.fingerprint.sha256 for source in made.sources}
    if then != now:
        roles = sorted(role for role in then.keys() | now.keys() if then.get(role) != now.get(role))
        raise SourceError(
            f"run {run.run_id} cannot be replayed: other files or rows are found today for {', '.join(roles)}"
        )
    days = {source["role"]: source["snapshot_on"] for source in run.prepared.body["sources"]}
    for source in made.sources:
        mark = source.fingerprint
        if mark.role == "register" and days["register"] != mark.snapshot_on.isoformat():
            raise SourceError(
                f"run {run.run_id} cannot be replayed: the register is of {mark.snapshot_on} by the date of its file, "
                f"and was of {days['register']} then; put it back: touch -d {days['register']} {mark.files[0].path}"
            )


def _compare(run: PublishedRun, was: Sequence[Path], now: Sequence[Path]) -> Replay:
    with duckdb.connect() as connection:
        files = {"was": [str(path) for path in was], "now": [str(path) for path in now]}
        connection.execute("CREATE TEMP TABLE differing AS " + _differing_sql(), files)
        counted = connection.execute(_BY_RULE).fetchall()
        names = ", ".join(f"was_{name}::VARCHAR, now_{name}::VARCHAR" for name in _COMPARED)
        first = f"SELECT row, {names} FROM differing ORDER BY row LIMIT {_TOLD_ROWS}"  # noqa: S608 - names of our own
        lines = connection.execute(first).fetchall()
    body = run.prepared.body
    return Replay(
        run_id=run.run_id,
        as_of=body["as_of"],
        version_then=body["version"],
        version_now=VERSION,
        rows=body["rows"],
        differing=sum(rows for _, rows in counted),
        by_rule=dict(counted),
        first=tuple(_difference(line) for line in lines),
    )


def _differing_sql() -> str:
    """Compare all that was decided; of a row that was forgotten only what its tombstone keeps."""
    columns = ", ".join(f"w.{name} AS was_{name}, n.{name} AS now_{name}" for name in _COMPARED)
    outcome = " OR ".join(f"w.{name} IS DISTINCT FROM n.{name}" for name in _OUTCOME)
    others = " OR ".join(f"w.{name} IS DISTINCT FROM n.{name}" for name in _COMPARED if name not in _OUTCOME)
    forgotten = "w.customer IS NULL AND w.number_1 IS NULL AND w.product IS NULL AND w.anchor IS NULL"
    return (
        f"SELECT coalesce(w.row, n.row) AS row, {columns} "  # noqa: S608 - names of our own
        "FROM read_parquet($was) w FULL JOIN read_parquet($now) n USING (row) "
        f"WHERE {outcome} OR (({others}) AND NOT ({forgotten}))"
    )


def _difference(line: tuple[Any, ...]) -> ReplayDifference:
    row, *cells = line
    pairs: Mapping[str, tuple[str | None, str | None]] = dict(
        zip(_COMPARED, zip(cells[::2], cells[1::2], strict=True), strict=True)
    )
    differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return ReplayDifference(
        row, {name: pair[0] for name, pair in differing.items()}, {name: pair[1] for name, pair in differing.items()}
    )
