"""Whether the decisions are those of the day on which they were written: the root in `run.prepared`, recomputed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import History, PublishedRun
from balansfilter.audit.sealed import DecisionsOf, Recomputed
from balansfilter.errors import AuditError, Problem

_THREADS = 2


def root_problems(audit: BrandAudit, past: History, changed: frozenset[Path]) -> list[Problem]:
    """Return the runs whose decisions are not under the root that was fixed, or do not agree with the counts.

    :param changed: files whose digests are told as wrong already.
    """
    runs = [run for run in past.runs.values() if not run.decisions_pruned]
    kept = [(run, RunDecisions.of(audit, run)) for run in runs]
    looked_at = [(run, decisions) for run, decisions in kept if not changed & set(decisions.paths)]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda one: _of_run(*one), looked_at)
        return [problem for problems in found for problem in problems]


def _of_run(run: PublishedRun, decisions: RunDecisions) -> list[Problem]:
    path = decisions.place
    try:
        made = DecisionsOf(decisions).recomputed()
    except AuditError as error:
        return [Problem(str(path), message=error.message)]
    except (pl.exceptions.PolarsError, ValueError, TypeError, AttributeError):
        return [
            Problem(str(path), message="does not hold decisions in their form", hint="put it back from your backup")
        ]
    return [Problem(str(path), message=message, hint=_hint(run)) for message in _wrong(run, made)]


def _wrong(run: PublishedRun, made: Recomputed) -> list[str]:
    body = run.prepared.body
    wrong = []
    if made.root != run.root:
        wrong.append(f"the decisions of run {run.run_id} are not under the root that event {run.prepared.seq} fixed")
    if made.rows != body["rows"] or made.answers != body["reasons"] | body["bases"]:
        wrong.append(f"the decisions of run {run.run_id} are not as many of each kind as event {run.prepared.seq} says")
    if not made.sound or (made.tombstones != run.forgotten if run.root else made.tombstones < run.forgotten):
        wrong.append(f"the tombstones of run {run.run_id} are not those that the ledger says were made")
    return wrong


def _hint(run: PublishedRun) -> str:
    return "a row was changed when somebody was forgotten" if run.forgotten else "the ledger was changed"
