"""Who on a published list objected since: the rows of the list, held against the objections as they are now.

An objection reaches a person here as it does in a run, so the whole call list of the run is read again, dropped rows
too. Where that list is gone or was changed only the published rows can be looked at, and that is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from balansfilter.audit.confirmations import confirmed_lists
from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import PublishedRun
from balansfilter.decision.plan import Plan
from balansfilter.engines.polars.reach import Hits, find_reached, with_hidden
from balansfilter.engines.polars.row_facts import (
    customer_ids,
    filled_with_zeros,
    hidden_numbers,
    hit_by_objections,
)
from balansfilter.errors import SourceError
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import files_of
from balansfilter.fs.private import sha256_file
from balansfilter.identity.hidden_numbers import HiddenNumbers
from balansfilter.identity.numbers import Rows
from balansfilter.native.parallel import WORKERS
from balansfilter.phone import Regions
from balansfilter.pipeline.delta import as_published
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.ruling import Ruling, ruling_without_approval
from balansfilter.pipeline.shrinking import lasting_counts
from balansfilter.pipeline.taken import newest_objection
from balansfilter.policy.model import CallList, SourceFile
from balansfilter.policy.site import Site, base_folder, work_folder
from balansfilter.publish.folders import BrandFolders
from balansfilter.remote import is_remote
from balansfilter.sources import (
    Asking,
    FileFingerprint,
    Fingerprint,
    Remote,
    expected_sources,
    resolve_paths,
)

CALLABLE = "callable"


@dataclass(frozen=True)
class StandingList:
    """A published list, and where everything of its brand is."""

    configs: Path
    site: Site
    run: PublishedRun

    @property
    def brand(self) -> str:
        """The brand of the list."""
        return str(self.run.prepared.body["brand"])

    @property
    def folder(self) -> Path:
        """The folder of the list."""
        return BrandFolders(self.site.output.dir / self.brand).runs / self.run.run_id

    @property
    def audit(self) -> BrandAudit:
        """The audit folder of the brand."""
        return BrandAudit(self.site.audit.dir / self.brand)


@dataclass(frozen=True)
class Withdrawn:
    """The rows of a published list that may no longer be called."""

    rows: pl.DataFrame
    """`line` (of the published list) and `row` (of the call list), both from 1; `customer_id` and `product`."""
    objections: Mapping[str, str]
    """The digest of each source of objections that was read, by its role."""
    newest_on: date | None
    """The day of the newest objection; None where no source tells days."""
    seen: Mapping[str, Mapping[str, int]]
    """How much each source of objections holds of what does not go by itself, by its role."""
    whole: bool
    """Whether the call list of the run was there still, so that an objection reaches as far as in a run."""

    @property
    def people(self) -> int:
        """How many people they are, as far as their ids tell; a row without an id is a person."""
        ids = self.rows["customer_id"]
        return ids.filter(ids != "").n_unique() + int((ids == "").sum())


def withdrawn_since(standing: StandingList, today: date, withdrawn: Collection[int]) -> Withdrawn:
    """Find the rows of a published list that an objection that is in force now reaches, or reached before.

    :param withdrawn: the rows that were withdrawn before. They stay so as long as the list stands: that an objection is
        gone does not say that the person took it back, and who did is on the next list.
    :raises PolicyError: the policy of the brand cannot be read.
    :raises SourceError: the objections cannot be read, are too old, or fewer than the run or a recheck of it saw.
    :raises AuditError: the decisions of the run are gone or were changed.
    """
    ruling = ruling_without_approval(standing.configs, standing.brand, today)
    plan = ruling.plan.of_objections_alone()
    with (
        work_folder(standing.site) as folder,
        ThreadPoolExecutor(WORKERS) as pool,
        ThreadPoolExecutor(2) as side_by_side,
    ):
        zone = ZoneInfo(standing.site.timezone)
        in_run = {source["role"]: source for source in standing.run.prepared.body["sources"]}
        intake = Intake(ruling.sources, plan, base_folder(standing.configs), zone, folder, in_run, pool)
        intake.rechecks = standing.run.seen_in_rechecks
        intake.confirmed = lambda: confirmed_lists(standing.site, standing.brand)
        reading = side_by_side.submit(_whole_list, intake, standing, ruling)
        before = side_by_side.submit(_published_rows, standing)
        evidence = intake.evidence()
        sources = {taken.fingerprint.role: taken.fingerprint.sha256 for taken in intake.taken}
        newest_on = newest_objection(intake.taken)
        seen = {taken.fingerprint.role: lasting_counts(taken) for taken in intake.taken}
        published = before.result()
        read = reading.result()
        whole = read is not None
        read = read if read is not None else _published_list(intake, standing, ruling, published)
        parts = list(pool.map(lambda part: _held_against(part, evidence), read))
        rows = np.union1d(_reached(parts, evidence, plan, pool), np.fromiter(withdrawn, np.uint64))
    found = _of_published(parts, published, rows)
    return Withdrawn(found, sources, newest_on, seen, whole)


def objections_now(standing: StandingList, today: date) -> dict[str, str]:
    """Return the digest of each source that may hold objections as its files are now, by its role.

    :raises PolicyError: the policy of the brand cannot be read.
    :raises SourceError: a file is gone.
    """
    ruling = ruling_without_approval(standing.configs, standing.brand, today)
    policy = ruling.loaded.policy
    named = {f"objections[{n}]": source for n, source in enumerate(policy.objections)}
    specs: dict[str, Any] = named | ({"contacts": policy.contacts} if policy.contacts else {})
    remote = expected_sources(specs.items())
    found = {role: _digest_now(standing, spec, role, today) for role, spec in specs.items() if role not in remote}
    if remote:
        with work_folder(standing.site) as folder:
            asking = Asking(folder, standing.brand, today, ZoneInfo(standing.site.timezone))
            elsewhere = Remote(asking, remote)
            for role, spec in remote.items():
                fetched = elsewhere.take(spec, role)
                found[role] = digest_of([(one.name, sha256_file(one.path)) for one in fetched])
    return found


def _digest_now(standing: StandingList, spec: SourceFile, role: str, today: date) -> str:
    base = base_folder(standing.configs)
    paths = resolve_paths(spec.path, base=base, brand=standing.brand, as_of=today, role=role)
    return digest_of([(str(path), sha256_file(path)) for path in paths])


def digest_of(files: list[tuple[str, str]]) -> str:
    """Return the digest of a source of these files, as the manifest of a run tells it."""
    marks = tuple(FileFingerprint(path, digest, 0, 0) for path, digest in files)
    return Fingerprint("", marks, date.min).sha256


def _published_rows(standing: StandingList) -> pl.DataFrame:
    """Return the callable rows of the run, in order: `row` and `product`."""
    decisions = RunDecisions.of(standing.audit, standing.run)
    decisions.refuse_changed()
    scan = decisions.scan().filter(pl.col("decision").cast(pl.String) == CALLABLE)
    return scan.select("row", pl.col("product").fill_null("")).collect()


# --- reading the list -----------------------------------------------------------------------------------------


class _ReadPart(NamedTuple):
    """The rows of a part, as they are needed to find who is reached."""

    row: UInt64Array
    customer_id: pl.Series
    keys: pl.Series
    """The keys of the customer ids."""
    numbers: list[pl.Series]
    """One series a column; null where a cell has none."""
    hidden: HiddenNumbers
    """Those that can be found in cells that cannot be read."""


class _Part(NamedTuple):
    """The rows of a part, held against the objections."""

    row: UInt64Array
    objected: pl.Series
    customer_id: pl.Series
    keys: pl.Series
    numbers: tuple[UInt64Array, ...]
    """Of the numbers, those that may be called; 0 for none."""
    hidden: HiddenNumbers
    hits: pl.DataFrame


def _whole_list(intake: Intake, standing: StandingList, ruling: Ruling) -> list[_ReadPart] | None:
    """Read the call list that the run read; None where it is gone or another."""
    (source,) = (one for one in standing.run.prepared.body["sources"] if one["role"] == "call_list")
    spec = ruling.loaded.policy.call_list
    paths: list[Path] | None = None
    if not is_remote(source["files"][0]["path"]):
        paths = [Path(file["path"]) for file in source["files"]]
        if any(not path.is_file() for path in paths):
            return None
        if [path.stat().st_size for path in paths] != [file["bytes"] for file in source["files"]]:
            return None
    try:
        parts, digest = _read(intake, spec, paths, ruling.plan)
    except SourceError:
        return None
    return parts if digest == source["sha256"] else None


def _published_list(intake: Intake, standing: StandingList, ruling: Ruling, published: pl.DataFrame) -> list[_ReadPart]:
    """Read the published list itself; its rows are given the numbers that they have in the call list."""
    paths = [standing.folder / name for name in files_of(standing.run.outputs[CALLABLE])]
    parts, _ = _read(intake, as_published(ruling.loaded.policy.call_list), paths, ruling.plan)
    rows = published["row"].to_numpy()
    return [part._replace(row=rows[part.row.astype(np.int64) - 1]) for part in parts]


def _read(intake: Intake, spec: CallList, paths: list[Path] | None, plan: Plan) -> tuple[list[_ReadPart], str]:
    """Read a list; where no paths are given, fetch it from where the policy says. Return its digest as well."""
    columns = [spec.columns.customer_id, *plan.numbers.names]
    with intake.open(spec, "call_list", columns, paths, on_bad_row=spec.on_bad_row) as source:
        parts = list(source.parts(intake.pool, lambda chunk: _read_part(chunk, spec, plan)))
        return parts, source.fingerprint.sha256


def _read_part(rows: Rows, spec: CallList, plan: Plan) -> _ReadPart:
    ids = customer_ids(plan, spec.columns, rows).compacted()
    phones = plan.numbers.to_call(rows)
    hidden = hidden_numbers(plan, rows, phones)
    return _ReadPart(rows.row.to_numpy(), ids.text, ids.key.alias("key"), [one.number for one in phones], hidden)


def _held_against(read: _ReadPart, evidence: Evidence) -> _Part:
    valid = [filled_with_zeros(number) for number in read.numbers]
    objected = pl.Series("objected", hit_by_objections(evidence, read.keys, valid, read.hidden))
    nobody = [pl.Series(Regions.of(number).not_callable) for number in read.numbers]
    callable_ = [n.set(mask, None) if mask.any() else n for n, mask in zip(read.numbers, nobody, strict=True)]
    filled = tuple(filled_with_zeros(number) for number in callable_)
    places = objected.arg_true().to_numpy()
    named = [pl.Series(f"number_{i}", column[places]) for i, column in enumerate(filled)]
    lines = pl.DataFrame([pl.Series("row", read.row[places]), *named, read.keys.gather(places)])
    hits = with_hidden(lines, places.astype(np.intp), read.hidden)
    return _Part(read.row, objected, read.customer_id, read.keys, filled, read.hidden, hits)


def _reached(parts: list[_Part], evidence: Evidence, plan: Plan, pool: ThreadPoolExecutor) -> UInt64Array:
    """Return the rows that an objection hits or reaches, sorted."""
    hit = [part.row[part.objected.to_numpy()] for part in parts]
    if not plan.reaches_person:
        return np.sort(np.concatenate([np.empty(0, np.uint64), *hit]))
    hits = Hits(evidence)
    hits.add_of_whole_list(part.hits for part in parts)
    reached = find_reached(hits, evidence, lambda: iter(parts), pool)
    return np.sort(np.concatenate([reached.rows, *hit]))


def _of_published(parts: Iterable[_Part], published: pl.DataFrame, rows: UInt64Array) -> pl.DataFrame:
    """Return those of the rows that were published, with their line and their customer."""
    lines = np.searchsorted(published["row"].to_numpy(), rows)
    lines = lines[(lines < published.height)]
    lines = lines[np.isin(published["row"].to_numpy()[lines], rows)]
    found = published[np.unique(lines)].with_columns(line=pl.Series(np.unique(lines) + 1, dtype=pl.UInt64))
    wanted = found["row"].to_numpy()
    named = pl.concat([_NOBODY, *_customers(parts, wanted)])
    return found.join(named, on="row", how="left", maintain_order="left").select(
        "line", "row", pl.col("customer_id").fill_null(""), "product"
    )


_NOBODY = pl.DataFrame(schema={"row": pl.UInt64, "customer_id": pl.String})


def _customers(parts: Iterable[_Part], wanted: UInt64Array) -> Iterator[pl.DataFrame]:
    for part in parts:
        places = np.flatnonzero(np.isin(part.row, wanted))
        yield pl.DataFrame({"row": part.row[places], "customer_id": part.customer_id.gather(places)})
