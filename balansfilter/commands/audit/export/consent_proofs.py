"""The references to the proof of a consent, in clear: for the person whom a bundle is about, and nobody else.

The decisions keep a reference as a keyed hash only. Its text is looked up in the call list that the run read, or in the
list that it published, and counts only where its keyed hash is the one that was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.history import PublishedRun
from balansfilter.audit.keys import AuditKey
from balansfilter.audit.sign_off import kept_policy
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.errors import SourceError
from balansfilter.fs.outputs import files_of
from balansfilter.native.text_loops import trimmed
from balansfilter.pipeline.delta import as_published
from balansfilter.policy.model import CallList
from balansfilter.sources import open_source


def consent_references(
    audited: AuditedBrand, run: PublishedRun, rows: Sequence[int], key: AuditKey
) -> Mapping[int, str]:
    """Return the reference of each row that has one whose text is still to be found, by the number of the row."""
    policy = kept_policy(audited.audit, run.prepared.body["policy"]["sha256"])
    column = policy.call_list.columns.consent_proof if policy else None
    if policy is None or column is None:
        return {}
    kept = _kept(RunDecisions.of(audited.audit, run), rows)
    found: dict[int, str] = {}
    for row, text in _candidates(audited, run, policy.call_list, column, list(kept)):
        if key.hash(text) == kept[row].hex():
            found.setdefault(row, text)
    return found


def _kept(decisions: RunDecisions, rows: Sequence[int]) -> dict[int, bytes]:
    """Return the keyed hashes that the decisions have."""
    scan = decisions.scan()
    if "consent_proof" not in scan.collect_schema().names():
        return {}
    chosen = scan.filter(pl.col("row").is_in(list(rows)) & pl.col("consent_proof").is_not_null())
    return dict(chosen.select("row", "consent_proof").collect().iter_rows())


def _candidates(
    audited: AuditedBrand, run: PublishedRun, spec: CallList, column: str, rows: list[int]
) -> Iterator[tuple[int, str]]:
    """Return what the lists say, each row of a list at its place."""
    if not rows:
        return
    (source,) = (one for one in run.prepared.body["sources"] if one["role"] == "call_list")
    zone = ZoneInfo(audited.site.timezone)
    yield from _cells(spec, [Path(file["path"]) for file in source["files"]], column, rows, zone)
    published = [audited.folders.runs / run.run_id / name for name in files_of(run.outputs["callable"])]
    lines = {row: line for row, line in _lines(RunDecisions.of(audited.audit, run)) if row in set(rows)}
    back = {line: row for row, line in lines.items()}
    for line, text in _cells(as_published(spec), published, column, list(back), zone):
        yield back[line], text


def _lines(decisions: RunDecisions) -> Iterable[tuple[int, int]]:
    """Return the line of each callable row in the published list."""
    scan = decisions.scan().filter(pl.col("decision").cast(pl.String) == "callable")
    return scan.select("row").collect().with_columns(line=pl.int_range(1, pl.len() + 1)).iter_rows()


def _cells(
    spec: CallList, paths: list[Path], column: str, rows: list[int], zone: ZoneInfo
) -> Iterator[tuple[int, str]]:
    if not rows or any(not path.is_file() for path in paths):
        return
    try:
        with open_source(
            spec, role="call_list", paths=paths, columns=[column], time_zone=zone, as_of=date.max, on_bad_row="drop"
        ) as source:
            for block in source.blocks():
                part = block.parse()
                texts = pl.DataFrame([part.row.alias("row"), trimmed(part.column(column)).alias("text")])
                yield from texts.filter(pl.col("row").is_in(rows)).iter_rows()
    except SourceError:
        return
