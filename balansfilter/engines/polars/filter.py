"""The filter: a call list goes through in parts, is decided, waits on disk until duplicates are settled, and comes out.

Memory holds a few parts, whatever the length of the list. A part that waits is some files in a scratch folder: what was
decided of each row, the customer ids, and the callable rows as they will be published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl

from balansfilter.decision.decide import outcome as outcome_of
from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import reason_code
from balansfilter.engines.polars.duplicates import Contenders
from balansfilter.engines.polars.reach import Hits, ReachedRows, find_reached
from balansfilter.engines.polars.row_answers import Answer, ListPart, Question
from balansfilter.engines.polars.shared_keys import rows_with_shared_keys
from balansfilter.errors import EngineError
from balansfilter.evidence.lookup import IntpArray, UInt64Array
from balansfilter.evidence.remarks import SomeRows
from balansfilter.frozen import dataclass
from balansfilter.identity.ids import Ids, read_ids
from balansfilter.native.parallel import AHEAD, in_order
from balansfilter.native.text_loops import compacted
from balansfilter.native.waiting import WaitingFrame, put_away

_DUPLICATE, _OBJECTED = reason_code("duplicate"), reason_code("objected")
_NO_ROWS: UInt64Array = np.empty(0, dtype=np.uint64)
_UNREADABLE_ROW = reason_code("unreadable_row")


class RawPart(Protocol):
    """A part of a call list that is not split yet."""

    @property
    def rows(self) -> int:
        """The number of its rows, unreadable ones too."""

    def parse(self) -> ListPart:
        """Split it; in any thread."""


Render = Callable[[Any, Answer], pl.DataFrame]
"""Makes, of a part and of what was decided of its rows, the callable rows as published, in order."""


@dataclass(frozen=True)
class DecidedPart:
    """A part that came out: every row decided."""

    rows: pl.DataFrame
    """In order: `row`, `customer_id` (empty where it is missing), `product`, `number_0`…, `reason`, `basis`, `window`,
    `anchor`, `callable_until`."""
    keys_differ: bool
    """Whether any of these ids has a key that is another text."""
    callable_rows: pl.DataFrame
    """The callable rows as published, in order."""


class _Waiting(NamedTuple):
    """A part that waits."""

    decided: WaitingFrame
    """What was decided of each row, with its customer id."""
    keys_differ: bool
    """Whether any of these ids has a key that is another text."""
    callable_rows: WaitingFrame


@dataclass(frozen=True)
class _PartAgain:
    """A part that waits, of which only what is asked for is read back."""

    waiting: _Waiting
    plan: Plan

    @property
    def row(self) -> UInt64Array:
        """The number of each row."""
        return self._column("row").to_numpy()

    @property
    def objected(self) -> pl.Series:
        """Whether an objection hit the row."""
        return self._column("reason") == _OBJECTED

    @cached_property
    def ids(self) -> Ids:
        """The customer ids, and their keys."""
        ids = self._column("customer_id")
        return read_ids(ids, exact=self.plan.exact_ids) if self.waiting.keys_differ else Ids(ids, ids)

    @cached_property
    def keys(self) -> pl.Series:
        """The keys of the customer ids."""
        return self.ids.key

    @cached_property
    def numbers(self) -> tuple[UInt64Array, ...]:
        """The number in each phone column; 0 for none."""
        names = [f"number_{i}" for i in range(len(self.plan.phones))]
        return tuple(self._column(name).fill_null(0).to_numpy() for name in names)

    def _column(self, name: str) -> pl.Series:
        return self.waiting.decided.column(name)


class Filter:
    """Filters one call list. Use :meth:`take_in` once, then :meth:`settle` once for each of :meth:`numbers`."""

    def __init__(self, scratch: Path, pool: ThreadPoolExecutor) -> None:
        self._scratch = scratch
        self._pool = pool
        self._parts = 0
        self._rows_in = 0
        self._rows_out = 0
        self._lock = Lock()
        self._losers = _NO_ROWS
        self._reached = ReachedRows(_NO_ROWS, SomeRows(), SomeRows())
        self._shared_keys = SomeRows()
        self._waiting: dict[int, _Waiting] = {}

    def take_in(
        self,
        raw_parts: Iterable[RawPart],
        question: Question,
        render: Render,
        progress: Callable[[int], None],
    ) -> None:
        """Decide each part, then find how far objections reach, then the duplicates among what is left.

        :param progress: is told the rows of each part that was decided.
        """
        plan, evidence = question.plan, question.evidence
        hits = Hits(evidence)
        with Contenders(self._scratch) as contenders:
            decide = self._deciding(question, render)
            differ = False
            reaches = plan.reaches_person and not question.is_settled
            for contending, hit, keys_differ, rows in in_order(self._pool, decide, self._counted(raw_parts), AHEAD):
                differ |= keys_differ
                if reaches:
                    hits.add(hit)
                if plan.keep_latest and not question.is_settled:
                    contenders.add(contending)
                progress(rows)
            if reaches:
                self._reached = find_reached(hits, evidence, lambda: self._again(plan), self._pool)
            self._losers = contenders.settled(without=self._reached.rows).losers
        if differ:
            self._shared_keys = rows_with_shared_keys(self._again(plan), self._scratch, self._pool)

    @property
    def reached(self) -> ReachedRows:
        """The rows that an objection reaches beyond those that it hits."""
        return self._reached

    @property
    def shared_keys(self) -> SomeRows:
        """The rows whose customer id is that of another row but for zeros in front, case and the like."""
        return self._shared_keys

    @property
    def losers(self) -> UInt64Array:
        """The rows that are a duplicate of another, sorted."""
        return self._losers

    def _again(self, plan: Plan) -> Iterator[_PartAgain]:
        """Go through the parts once more."""
        for number in self.numbers():
            yield _PartAgain(self._waiting[number], plan)

    def numbers(self) -> range:
        """Return the numbers of the parts, in order."""
        return range(1, self._parts + 1)

    def assert_complete(self) -> None:
        """Make sure that every row came out.

        :raises EngineError: not as many rows came out as went in; a bug, found before anything is published.
        """
        if self._rows_out != self._rows_in:
            raise EngineError(f"rows went in: {self._rows_in}; came out: {self._rows_out}; nothing is published")

    def _counted(self, raw_parts: Iterable[RawPart]) -> Iterator[tuple[int, RawPart]]:
        for raw in raw_parts:
            self._parts += 1
            self._rows_in += raw.rows
            yield self._parts, raw

    def _path(self, number: int, name: str) -> Path:
        return self._scratch / f"{number:06d}.{name}"

    def _deciding(
        self, question: Question, render: Render
    ) -> Callable[[tuple[int, RawPart]], tuple[pl.DataFrame, pl.DataFrame, bool, int]]:
        """Return what is done to each part: it is decided and put away, and its callable rows and hits are given."""

        def decide_part(numbered: tuple[int, RawPart]) -> tuple[pl.DataFrame, pl.DataFrame, bool, int]:
            number, raw = numbered
            part = raw.parse()
            answer = question.answer(part)
            decided = answer.rows
            contending = decided.select("row", "first_number", "decided_anchor", "reason").filter(pl.col("reason") == 0)
            rendered = render(part, answer)
            if rendered.height != contending.height:
                raise EngineError("the callable rows and their text do not agree in number; nothing is published")
            outcome = decided.with_columns(**outcome_of(pl)).select(question.kept)
            outcome = outcome.with_columns(answer.ids.text.alias("customer_id"))
            differ = answer.ids.differ
            self._waiting[number] = _Waiting(
                put_away(_with_unreadable(outcome, part.unreadable), self._path(number, "decided")),
                differ,
                put_away(rendered, self._path(number, "callable")),
            )
            return contending, _hits(answer, len(question.plan.phones)), differ, raw.rows

        return decide_part

    def settle(self, number: int) -> DecidedPart:
        """Take a part out, its duplicates dropped; in any thread, once."""
        waiting = self._waiting.pop(number)
        rows, published = waiting.decided.frame(), waiting.callable_rows.frame()
        for frame in (waiting.decided, waiting.callable_rows):
            frame.remove()
        was_callable = rows["reason"] == 0
        rows = self._with_reached(_dropped(rows, _within(self._losers, rows), _DUPLICATE))
        stays = (rows["reason"] == 0).filter(was_callable)
        with self._lock:
            self._rows_out += rows.height
        return DecidedPart(rows, waiting.keys_differ, published if stays.all() else published.filter(stays))

    def _with_reached(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Drop the rows of a part that an objection to another row of the same person reaches."""
        reached = _within(self._reached.rows, rows)
        if not len(reached):
            return rows
        until = rows["callable_until"].clone().scatter(_places(rows, reached), None)
        return _dropped(rows, reached, _OBJECTED).with_columns(until)


def _dropped(rows: pl.DataFrame, lost: UInt64Array, code: int) -> pl.DataFrame:
    """Return the rows of a part, of which some are dropped for a reason."""
    if not len(lost):
        return rows
    reason, basis = (rows[name].to_numpy().copy() for name in ("reason", "basis"))
    places = _places(rows, lost)
    reason[places], basis[places] = code, 0
    return rows.with_columns(pl.Series("reason", reason), pl.Series("basis", basis))


def _places(rows: pl.DataFrame, some: UInt64Array) -> IntpArray:
    """Return where some rows of a part are, named by their sorted numbers."""
    return np.searchsorted(rows["row"].to_numpy(), some)


def _within(sorted_rows: UInt64Array, rows: pl.DataFrame) -> UInt64Array:
    """Return those of some rows that are of a part."""
    if not rows.height:
        return _NO_ROWS
    first, last = np.searchsorted(sorted_rows, (rows["row"][0], rows["row"][-1] + 1))
    return sorted_rows[first:last]


def _hits(answer: Answer, phones: int) -> pl.DataFrame:
    """Return the rows of a part that an objection hits: `row`, `key` and the numbers."""
    places = answer.rows["objected"].arg_true()
    found = compacted(answer.ids.key.gather(places)).alias("key")
    numbers = [pl.col(f"number_{i}").fill_null(0) for i in range(phones)]
    return answer.rows[places].select("row", *numbers).with_columns(found)


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
