"""The filter: a call list goes through in parts, is decided, waits on disk until duplicates are settled, and comes out.

Memory holds a few parts, whatever the length of the list. A part that waits is some files in a scratch folder: what was
decided of each row, the customer ids, and the callable rows as they will be published.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import polars as pl

from balansfilter.compiled.texts import Column, Packed, Texts
from balansfilter.engine.dates import DateReader
from balansfilter.engine.decide import WITH_UNTIL, decide
from balansfilter.engine.duplicates import Contenders
from balansfilter.engine.evidence import Evidence, Rows
from balansfilter.engine.facts import customer_ids, make_facts
from balansfilter.engine.membership import UInt64Array
from balansfilter.engine.parallel import in_order
from balansfilter.errors import EngineError
from balansfilter.plan import Plan, reason_code
from balansfilter.policy.model import CallListColumns

WORKERS = min((os.cpu_count() or 1) + 1, 9)
"""Threads that decide: one more than can run at once, since some of them wait for the disk."""
AHEAD = WORKERS + 1
_DUPLICATE = reason_code("duplicate")
_UNREADABLE_ROW = reason_code("unreadable_row")


class ListPart(Rows, Protocol):
    """A split part of a call list."""

    @property
    def unreadable(self) -> pl.Series:
        """The numbers of rows that could not be split."""


class CallableRows(Protocol):
    """The callable rows of a part as they will be published, in order."""

    def __len__(self) -> int: ...
    def without(self, rows: UInt64Array) -> Self:
        """Give them without some rows, named by their sorted numbers."""

    def put_away(self, path: Path) -> Callable[[], Self]:
        """Write them to a file, and give what reads them back."""


class RawPart(Protocol):
    """A part of a call list that is not split yet."""

    @property
    def rows(self) -> int:
        """The number of its rows, unreadable ones too."""

    def parse(self) -> ListPart:
        """Split it; in any thread."""


Rendered = TypeVar("Rendered", bound=CallableRows)
Render = Callable[[Any, pl.DataFrame], Rendered]
"""Makes, of a part and of what was decided of its rows, the callable rows as published."""


class Answer(NamedTuple):
    """What was decided of the rows of a part."""

    rows: pl.DataFrame
    """The facts of each row, and what :func:`balansfilter.engine.decide.decide` adds to them."""
    customer_id: Column
    """The customer id of each row."""


@dataclass(frozen=True)
class Question:
    """What is asked of each row: the plan, where the cells are, and what they are held against."""

    plan: Plan
    columns: CallListColumns
    dates: DateReader
    evidence: Evidence

    def answer(self, part: ListPart) -> Answer:
        """Decide the readable rows of a part, but for duplicates."""
        ids = customer_ids(self.columns, part)
        facts = make_facts(self.plan, self.columns, self.dates, self.evidence, part, ids)
        return Answer(decide(self.plan, facts, self.evidence.register_until), ids)

    @property
    def kept(self) -> list[str]:
        """The columns of an answer that are kept with each row."""
        numbers = [f"number_{i}" for i in range(len(self.plan.phones))]
        return ["row", "product", *numbers, "reason", "basis", "window", "anchor", "callable_until"]


@dataclass(frozen=True)
class DecidedPart(Generic[Rendered]):
    """A part that came out: every row decided."""

    rows: pl.DataFrame
    """In order: `row`, `product`, `number_0`…, `reason`, `basis`, `window`, `anchor`, `callable_until`."""
    customer_id: pl.Series | Packed
    """The customer id of each of them; empty where it is missing."""
    callable_rows: Rendered
    """The callable rows as published, in order."""


class _Waiting(NamedTuple, Generic[Rendered]):
    """What takes a part out again."""

    customer_id: Callable[[], Packed] | None
    """None where the customer ids stand with what was decided."""
    callable_rows: Callable[[], Rendered]


class Filter(Generic[Rendered]):
    """Filters one call list. Use :meth:`take_in` once, then :meth:`settle` once for each of :meth:`numbers`."""

    def __init__(self, scratch: Path, pool: ThreadPoolExecutor) -> None:
        self._scratch = scratch
        self._pool = pool
        self._parts = 0
        self._rows_in = 0
        self._rows_out = 0
        self._lock = Lock()
        self._losers: UInt64Array = np.empty(0, dtype=np.uint64)
        self._waiting: dict[int, _Waiting[Rendered]] = {}

    def take_in(
        self,
        raw_parts: Iterable[RawPart],
        question: Question,
        render: Render[Rendered],
        progress: Callable[[int], None],
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
        return self._scratch / f"{number:06d}.{name}"

    def _deciding(
        self, question: Question, render: Render[Rendered]
    ) -> Callable[[tuple[int, RawPart]], tuple[pl.DataFrame, int]]:
        """Make what is done to each part: decide it, and put it away. It gives the callable rows, and counts all."""

        def decide_part(numbered: tuple[int, RawPart]) -> tuple[pl.DataFrame, int]:
            number, raw = numbered
            part = raw.parse()
            decided, customer_id = question.answer(part)
            contending = decided.select("row", "first_number", "decided_anchor", "reason").filter(pl.col("reason") == 0)
            rendered = render(part, decided)
            if len(rendered) != contending.height:
                raise EngineError("the callable rows and their text do not agree in number; nothing is published")
            told = _told(decided).select(question.kept)
            if isinstance(customer_id, Texts):
                ids = customer_id.packed().put_away(self._path(number, "ids"))
            else:
                told = _with_unreadable(told.with_columns(customer_id.alias("customer_id")), part.unreadable)
                ids = None
            told.write_ipc(self._path(number, "decided"))
            self._waiting[number] = _Waiting(ids, rendered.put_away(self._path(number, "callable")))
            return contending, raw.rows

        return decide_part

    def settle(self, number: int) -> DecidedPart[Rendered]:
        """Take a part out, its duplicates dropped; in any thread, once."""
        waiting = self._waiting.pop(number)
        rows, published = pl.read_ipc(self._path(number, "decided")), waiting.callable_rows()
        customer_id = waiting.customer_id() if waiting.customer_id else rows["customer_id"]
        for name in ("decided", "callable", "ids"):
            self._path(number, name).unlink(missing_ok=True)
        first, last = np.searchsorted(self._losers, (rows["row"][0], rows["row"][-1] + 1)) if rows.height else (0, 0)
        lost = self._losers[first:last]
        if len(lost):
            places = np.searchsorted(rows["row"].to_numpy(), lost)
            reason, basis = rows["reason"].to_numpy().copy(), rows["basis"].to_numpy().copy()
            reason[places], basis[places] = _DUPLICATE, 0
            rows = rows.with_columns(pl.Series("reason", reason), pl.Series("basis", basis))
            published = published.without(lost)
        with self._lock:
            self._rows_out += rows.height
        return DecidedPart(rows, customer_id, published)


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
    return pl.concat([rows.with_columns(pl.col("product").cast(pl.String)), lost], how="diagonal").sort("row")
