"""Whether two engines decided the same of every row of a list. What is told of a difference names no person."""

from __future__ import annotations

from threading import Lock
from typing import Any

import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import REASONS, reason_code
from balansfilter.engines.interface import Decisions
from balansfilter.errors import EngineError, Problem
from balansfilter.policy.law import GROUNDS
from balansfilter.wording.plural import rows_told

_COMPARED = ("reason", "basis", "callable_until", "anchor", "window")
_TOLD_ROWS = 20
_NO_CELLS = reason_code("unreadable_row")


class Agreement:
    """Compares the decisions of a list, part by part, with those of another engine; in any thread."""

    def __init__(self, plan: Plan, engine: str, others: Decisions) -> None:
        """Compare with what another engine decided."""
        self._plan, self._engine, self._others = plan, engine, others
        self._lock = Lock()
        self._rows = self._differing = 0
        self._first: list[tuple[int, Problem]] = []

    def compare(self, rows: pl.DataFrame, unreadable: int = _NO_CELLS) -> None:
        """Compare the decided rows of a part; those that could not be split into cells have nothing to decide."""
        mine = rows.filter(pl.col("reason") != unreadable)
        if not mine.height:
            return
        theirs = self._others.between(mine["row"][0], mine["row"][-1])
        numbers = [f"may_call_{i}" for i in range(len(self._plan.phones))]
        both = mine.select("row", *_COMPARED, *numbers).join(
            theirs.select("row", *_COMPARED, *numbers), on="row", how="full", coalesce=True, suffix="_there"
        )
        same = [pl.col(name).eq_missing(pl.col(f"{name}_there")) for name in _COMPARED]
        # A number is blanked in a callable row only, so that elsewhere it says nothing.
        same += [(pl.col("reason") != 0) | pl.col(name).eq_missing(pl.col(f"{name}_there")) for name in numbers]
        differing = both.filter(~pl.all_horizontal(same).fill_null(False)).sort("row")
        shown = [(line["row"], self._problem(line)) for line in differing.head(_TOLD_ROWS).iter_rows(named=True)]
        with self._lock:
            self._rows += mine.height
            self._differing += differing.height
            self._first = sorted([*self._first, *shown], key=lambda one: one[0])[:_TOLD_ROWS]

    def settled(self) -> dict[str, Any]:
        """Return what was agreed on, as plain JSON values.

        :raises EngineError: the two differ on some rows.
        """
        if self._differing:
            rows = rows_told(self._rows)
            message = f"two engines differ on {self._differing:,} of {rows}, and nothing is published:"
            raise EngineError(message, [problem for _, problem in self._first])
        return {"engine": self._engine, "rows": self._rows}

    def _problem(self, line: dict[str, Any]) -> Problem:
        here, there = self._said(line, ""), self._said(line, "_there")
        return Problem("", message=f"row {line['row']:,}: polars says {here}; {self._engine} says {there}")

    def _said(self, line: dict[str, Any], suffix: str) -> str:
        reason, basis, until, anchor, window = (line[f"{name}{suffix}"] for name in _COMPARED)
        if reason is None:
            return "nothing"
        answer = REASONS[reason - 1] if reason else f"callable ({GROUNDS[basis - 1] if basis else 'no ground'})"
        parts = [answer, f"until {until}", f"anchor {anchor}"]
        parts.append("no balanstest" if window is None else self._plan.windows[window].id)
        if reason == 0:
            may = [name for i, name in enumerate(self._plan.phones) if line[f"may_call_{i}{suffix}"]]
            parts.append(f"numbers in {', '.join(may) or 'no column'}")
        return ", ".join(parts)
