"""What came and went between two published lists, for a dialler that loads differences.

A row is known by its customer id and its numbers, as far as they may be called; what else stands in it may change every
day. A row that stands twice counts twice.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.engines.polars.row_facts import customer_ids
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import WrittenFile, files_of
from balansfilter.fs.private import write_private
from balansfilter.pipeline.watch import Watcher
from balansfilter.policy.model import CallList, Csv
from balansfilter.publish.folders import BrandFolders
from balansfilter.sources import Block, open_source


def as_published(spec: CallList) -> CallList:
    """Return how the published rows of a call list are written: as the list, without what stood around its rows."""
    was_csv = (spec.format or "csv") == "csv"
    has_names = spec.csv.header and spec.header
    csv = (spec.csv if was_csv else Csv()).model_copy(update={"skip_lines": 0, "trailer_lines": 0, "header": has_names})
    rows = {"sheet": None, "header": has_names, "skip_rows": 0 if has_names else 1}  # a workbook names them "1", "2", …
    return spec.model_copy(update={"format": None, "csv": csv, "where": {}, **rows})


@dataclass(frozen=True)
class PublishedLists:
    """How published lists are read again: as the call list is written, without what stood around its rows."""

    call_list: CallList
    plan: Plan
    zone: ZoneInfo

    def delta(
        self, folders: BrandFolders, previous: Mapping[str, Any] | None, staged: Path, watch: Watcher
    ) -> WrittenFile:
        """Write what came and went against the list that stands, beside the new list."""
        (now,) = (path for path in staged.iterdir() if path.stem == "callable")
        parts = sorted(now.iterdir()) if now.is_dir() else [now]
        return write_delta(self, self._before(folders, previous, watch), parts, staged / DELTA)

    def _before(self, folders: BrandFolders, previous: Mapping[str, Any] | None, watch: Watcher) -> list[Path]:
        """Return the files of the list that stands, by its manifest; none where there is none. One gone is told."""
        if previous is None:
            return []
        names = files_of(previous["outputs"]["callable"])
        paths = [folders.runs / str(previous["run_id"]) / name for name in names]
        if all(path.is_file() for path in paths):
            return paths
        watch.warn(f"the list of run {previous['run_id']} is gone: {DELTA} tells only what is on the list now")
        return []

    def rows(self, paths: Sequence[Path]) -> pl.DataFrame:
        """Return the rows of a published list: `line`, `customer_id`, and `key` and `number_0`, … to know them by."""
        spec = as_published(self.call_list)
        columns = (spec.columns.customer_id, *self.plan.numbers.names)
        none = _NO_ROWS.with_columns(
            pl.lit(None, pl.UInt64).alias(f"number_{i}") for i in range(len(self.plan.numbers.phones))
        )
        filled = [path for path in paths if path.stat().st_size]  # without a header, a list of no rows has no bytes
        if not filled:
            return none
        with open_source(
            spec, role="call_list", paths=filled, columns=columns, time_zone=self.zone, as_of=date.max
        ) as source:
            return pl.concat([none, *self._parts(source.blocks())], how="diagonal")

    def _parts(self, blocks: Iterable[Block]) -> Iterator[pl.DataFrame]:
        for block in blocks:
            rows = block.parse()
            ids = customer_ids(self.plan, self.call_list.columns, rows).compacted()
            numbers = [one.number.alias(f"number_{i}") for i, one in enumerate(self.plan.numbers.to_call(rows))]
            columns = rows.row.alias("line"), ids.text.alias("customer_id"), ids.key.alias("key")
            yield pl.DataFrame([*columns, *numbers])


_NO_ROWS = pl.DataFrame(schema={"line": pl.UInt64, "customer_id": pl.String, "key": pl.String})
DELTA = "delta.csv"
DELTA_COLUMNS = ("change", "line", "customer_id")


def write_delta(lists: PublishedLists, before: Sequence[Path], now: Sequence[Path], to: Path) -> WrittenFile:
    """Write which rows came and went: `came` with their line in the new list, `went` with that in the old one.

    :param before: the files of the list that stood before; none if there was none.
    """
    new = lists.rows(now)
    old = lists.rows(before) if before else new.clear()
    known_by = ["key", *(name for name in new.columns if name.startswith("number_")), "nth"]
    new, old = (_numbered(frame, known_by[:-1]) for frame in (new, old))
    went = old.join(new, on=known_by, how="anti", nulls_equal=True, maintain_order="left")
    came = new.join(old, on=known_by, how="anti", nulls_equal=True, maintain_order="left")
    changes = pl.concat([_told(went, "went"), _told(came, "came")])
    buffer = io.BytesIO()
    changes.write_csv(buffer)
    data = buffer.getvalue()
    write_private(to, data)
    return WrittenFile(to.name, hashlib.sha256(data).hexdigest(), len(data), changes.height)


def _numbered(rows: pl.DataFrame, known_by: list[str]) -> pl.DataFrame:
    """Number the rows that cannot be told apart, so that each is paired once."""
    return rows.with_columns(nth=pl.int_range(pl.len()).over(known_by))


def _told(rows: pl.DataFrame, change: str) -> pl.DataFrame:
    return rows.with_columns(change=pl.lit(change)).select(DELTA_COLUMNS)
