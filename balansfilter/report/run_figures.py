"""The figures behind the charts and tables: from rows to callable, the difference with another run, the trend. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from balansfilter.decision.reasons import REASONS
from balansfilter.frozen import dataclass
from balansfilter.policy.grounds import GROUNDS
from balansfilter.report.run_facts import RunFacts, RunTally

Kind = Literal["rows", "reason", "callable", "ground", "dropped"]


@dataclass(frozen=True)
class Step:
    """One step on the way from all rows to the callable ones."""

    kind: Kind
    name: str
    """The reason or ground; empty for a total."""
    rows: int
    left: int
    """Rows left after this step; for a total and a ground its own rows."""
    start: int
    """Rows before its bar begins."""


def waterfall(tally: RunTally) -> tuple[Step, ...]:
    """Return the steps: all rows, less each reason in the order of the decision, the callable rows, their grounds."""
    return tuple(_steps(tally))


def _steps(tally: RunTally) -> Iterator[Step]:
    left = tally.rows
    yield Step("rows", "", left, left, 0)
    for reason in tally.reasons:
        left -= reason.rows
        yield Step("reason", reason.name, reason.rows, left, left)
    yield Step("callable", "", left, left, 0)
    start = 0
    for ground in tally.grounds:
        yield Step("ground", ground.name, ground.rows, ground.rows, start)
        start += ground.rows


@dataclass(frozen=True)
class Change:
    """How one figure differs from that of the run before."""

    kind: Kind
    name: str
    now: int
    before: int

    @property
    def difference(self) -> int:
        """Rows more than before, negative for fewer."""
        return self.now - self.before


def changes(now: RunTally, before: RunTally) -> tuple[Change, ...]:
    """Return the figures of two runs beside each other: totals, and every ground and reason that either has."""
    made = [
        Change("rows", "", now.rows, before.rows),
        Change("callable", "", now.callable, before.callable),
        *(Change("ground", name, now.of(name), before.of(name)) for name in GROUNDS),
        Change("dropped", "", now.dropped, before.dropped),
        *(Change("reason", name, now.of(name), before.of(name)) for name in REASONS),
    ]
    return tuple(change for change in made if not change.name or change.now or change.before)


@dataclass(frozen=True)
class TrendPoint:
    """One run of the trend."""

    run_id: str
    as_of: date
    rows: int
    callable: int


def trend(runs: Sequence[RunFacts]) -> tuple[TrendPoint, ...]:
    """Return the points of the trend, in the order of the runs."""
    return tuple(TrendPoint(run.run_id, run.as_of, run.tally.rows, run.tally.callable) for run in runs)
