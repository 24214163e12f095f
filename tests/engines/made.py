"""Random lists of the oracle, decided by a run: what every engine and every kind of frame must say of each row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import yaml

import balansfilter
from balansfilter.pipeline.request import Outcome, Request
from balansfilter.pipeline.run import run
from tests.oracle.cases import Case, random_case

ANSWER = ("reason", "basis", "callable_until")


def lenient_case(seed: int, rows: int, folder: Path) -> Case:
    """Make a random case whose files may hold any number of rows that protect nobody or reach far."""
    case = random_case(seed, rows, folder)
    path = case.configs / "brands" / f"{case.brand}.yaml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    tree["guards"] = {**tree.get("guards", {}), "max_reached": "100%"}
    for source in (*tree["objections"], tree["bel_me_niet"].get("register"), tree.get("contacts")):
        if source is not None:
            source["max_unreadable"] = "100%"
    path.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return case


def ran(case: Case, **options: Any) -> Outcome:
    return run(Request(case.configs, case.brand, case.as_of, **options))


def published(outcome: Outcome) -> dict[str, bytes]:
    assert outcome.folder is not None
    return {name: (outcome.folder / name).read_bytes() for name in ("callable.csv", "dropped.csv")}


def decisions_of(case: Case, outcome: Outcome) -> pl.DataFrame:
    """Return what a run says of each row that could be split into cells, in order."""
    path = case.configs.parent / "audit" / case.brand / "decisions" / f"{outcome.run_id}.parquet"
    decided = pl.read_parquet(path).filter(pl.col("reason").cast(pl.String).ne_missing("unreadable_row"))
    return decided.select(pl.col("reason", "basis").cast(pl.String), "callable_until")


def frame_of(rows: list[Any], columns: tuple[str, ...]) -> pl.DataFrame:
    readable = [row for row in rows if row is not None]
    return pl.DataFrame(readable, schema=dict.fromkeys(columns, pl.String))


def decided(case: Case, frame: Any, **options: Any) -> Any:
    """Decide the call list of a case as a frame."""
    objections = [_table(rows) for rows in case.objection_rows]
    policy = case.configs / "brands" / f"{case.brand}.yaml"
    return balansfilter.decide(
        frame,
        policy,
        objections=objections,
        as_of=case.as_of,
        register=_table(case.register_rows),
        contacts=_table(case.contact_rows),
        register_on=case.register_snapshot,
        timezone=case.zone,
        **options,
    )


def _table(rows: list[Any]) -> pl.DataFrame | None:
    return frame_of(rows, tuple(rows[0])) if rows else None
