"""The filter: a call list goes through in parts, is decided, waits on disk until duplicates are settled, and comes out.

Memory holds a few parts, whatever the length of the list. A part that waits is two files in a scratch folder: what was
decided of each row, and the callable rows as they will be published.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
import polars as pl

from balansfilter.engine.decide import WITH_UNTIL, decide
from balansfilter.engine.duplicates import Contenders
from balansfilter.engine.evidence import Evidence, Rows
from balansfilter.engine.facts import make_facts
from balansfilter.engine.membership import UInt64Array
from balansfilter.engine.parallel import in_order
from balansfilter.errors import EngineError
from balansfilter.plan import Plan, reason_code
from balansfilter.policy.model import CallListColumns

WORKERS = max(2, min(os.cpu_count() or 2, 8))
AHEAD = WORKERS + 1
_DUPLICATE = reason_code("duplicate")
_UNREADABLE_ROW = reason_code("unreadable_row")


class ListPart(Rows, Protocol):
    """A split part of a call list."""

    @property
    def unreadable(self) -> pl.Series:
        """The numbers of rows that could not be split."""

    @property
    def records(self) -> pl.Series | None:
        """The text of each row, of a CSV list."""

    @property
    def frame(self) -> pl.DataFrame | None:
        """Every column as typed, of a Parquet list."""


class RawPart(Protocol):
    """A part of a call list that is not split yet."""

    @property
    def rows(self) -> int:
        """The number of its rows, unreadable ones too."""

    def parse(self) -> ListPart:
        """Split it; in any thread."""


Render = Callable[[ListPart, pl.DataFrame], pl.DataFrame]
"""Makes, of a part and of what was decided of its rows, the callable rows as published, behind their row numbers."""


@dataclass(frozen=True)
class Question:
    """What is asked of each row: the plan, where the cells are, and what they are held against."""

    plan: Plan
    columns: CallListColumns
    date_format: str
    evidence: Evidence

    def answer(self, part: ListPart) -> pl.DataFrame:
        """Decide the readable rows of a part, but for duplicates."""
        facts = make_facts(self.plan, self.columns, self.date_format, self.evidence, part.row, part.cells)
        return decide(self.plan, facts, self.evidence.register_until)

    @property
    def kept(self) -> list[str]:
        """The columns of an answer that are kept with each row."""
        numbers = [f"number_{i}" for i in range(len(self.plan.phones))]
        return ["row", "customer_id", "product", *numbers, "reason", "basis", "window", "anchor", "callable_until"]


@dataclass(frozen=True)
class DecidedPart:
    """A part that came out: every row decided."""

    rows: pl.DataFrame
    """One line a row, in order: `row`, `customer_id`, `product`, `number_0`…, `reason`, `basis`, `window`, `anchor`,
    `callable_until`."""
    callable_rows: pl.DataFrame
    """The callable rows as published, in order, behind their row numbers."""


class Filter:
    """Filters one call list. Use :meth:`take_in` once, then :meth:`settle` once for each of :meth:`numbers`."""

    def __init__(self, scratch: Path, pool: ThreadPoolExecutor) -> None:
        self._scratch = scratch
        self._pool = pool
        self._parts = 0
        self._rows_in = 0
        self._rows_out = 0
        self._lock = Lock()
        self._losers: UInt64Array = np.empty(0, dtype=np.uint64)

    def take_in(
        self, raw_parts: Iterable[RawPart], question: Question, render: Render, progress: Callable[[int], None]
    ) -> None:
        """Decide each part, and find the duplicates.

        :param progress: is told the rows of each part that was decided.
        """
        with Contenders(self._scratch) as contenders:
            decide = self._deciding(question, render)
            for contending, rows in in_order(self._pool, decide, self._counted(raw_parts), AHEAD):
                if question.plan.keep_latest:
                    contenders.add(contending)
                progress(rows)
            self._losers = contenders.losers()

    def numbers(self) -> range:
        """Give the numbers of the parts, in order."""
        return range(1, self._parts + 1)

    def assert_complete(self) -> None:
        """Make sure that every row came out.

        :raises EngineError: not as many rows came out as went in; a bug, found before anything is published.
        """
        if self._rows_out != self._rows_in:
            raise EngineError(f"{self._rows_in} rows went in and {self._rows_out} came out; nothing is published")

    def _counted(self, raw_parts: Iterable[RawPart]) -> Iterator[tuple[int, RawPart]]:
        for raw in raw_parts:
            self._parts += 1
            self._rows_in += raw.rows
            yield self._parts, raw

    def _path(self, number: int, name: str) -> Path:
        return self._scratch / f"{number:06d}.{name}.arrow"

    def _deciding(
        self, question: Question, render: Render
    ) -> Callable[[tuple[int, RawPart]], tuple[pl.DataFrame, int]]:
        """Make what is done to each part: decide it, and put it away. It gives the callable rows, and counts all."""

        def decide_part(numbered: tuple[int, RawPart]) -> tuple[pl.DataFrame, int]:
            number, raw = numbered
            part = raw.parse()
            decided = question.answer(part)
            callable_rows = decided.filter(pl.col("reason") == 0)
            rendered = render(part, decided)
            if rendered.height != callable_rows.height:
                raise EngineError("the callable rows and their text do not agree in number; nothing is published")
            told = _with_unreadable(_told(decided).select(question.kept), part.unreadable)
            told.write_ipc(self._path(number, "decided"))
            rendered.write_ipc(self._path(number, "callable"))
            return callable_rows.select("row", "first_number", "decided_anchor"), raw.rows

        return decide_part

    def settle(self, number: int) -> DecidedPart:
        """Take a part out, its duplicates dropped; in any thread, once."""
        rows = pl.read_ipc(self._path(number, "decided"))
        published = pl.read_ipc(self._path(number, "callable"))
        for name in ("decided", "callable"):
            self._path(number, name).unlink()
        first, last = np.searchsorted(self._losers, (rows["row"][0], rows["row"][-1] + 1)) if rows.height else (0, 0)
        lost = self._losers[first:last]
        if len(lost):
            places = np.searchsorted(rows["row"].to_numpy(), lost)
            reason, basis = rows["reason"].to_numpy().copy(), rows["basis"].to_numpy().copy()
            reason[places], basis[places] = _DUPLICATE, 0
            rows = rows.with_columns(pl.Series("reason", reason), pl.Series("basis", basis))
            stays = np.ones(published.height, dtype=np.bool_)
            stays[np.searchsorted(published.to_series(0).to_numpy(), lost)] = False
            published = published.filter(pl.Series(stays))
        with self._lock:
            self._rows_out += rows.height
        return DecidedPart(rows, published)


def _told(decided: pl.DataFrame) -> pl.DataFrame:
    """Keep a ground of callable rows only, and a last callable day only where it says something."""
    reason = pl.col("reason")
    return decided.with_columns(
        anchor=pl.col("decided_anchor"),
        basis=pl.when(reason == 0).then("basis").otherwise(pl.lit(0, dtype=pl.UInt8)),
        callable_until=pl.when((reason == 0) | reason.is_in(WITH_UNTIL)).then("callable_until"),
    )


def _with_unreadable(rows: pl.DataFrame, unreadable: pl.Series) -> pl.DataFrame:
    if not len(unreadable):
        return rows
    lost = pl.DataFrame({"row": unreadable}).with_columns(
        customer_id=pl.lit(""),
        product=pl.lit(""),
        reason=pl.lit(_UNREADABLE_ROW, dtype=pl.UInt8),
        basis=pl.lit(0, dtype=pl.UInt8),
    )
    return pl.concat([rows, lost], how="diagonal").sort("row")
