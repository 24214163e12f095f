"""The filter: a call list goes through in parts, is decided, waits on disk until duplicates are settled, and comes out.

Memory holds a few parts, whatever the length of the list. A part that waits is some files in a scratch folder: what was
decided of each row, the customer ids, and the callable rows as they will be published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

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
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.evidence.remarks import SomeRows
from balansfilter.identity.ids import Ids, read_ids
from balansfilter.native.parallel import AHEAD, in_order
from balansfilter.native.texts import Column, Packed, Texts, as_series

_DUPLICATE, _OBJECTED = reason_code("duplicate"), reason_code("objected")
_NO_ROWS: UInt64Array = np.empty(0, dtype=np.uint64)
_UNREADABLE_ROW = reason_code("unreadable_row")


class CallableRows(Protocol):
    """The callable rows of a part as they will be published, in order."""

    def __len__(self) -> int: ...
    def without(self, rows: UInt64Array) -> Self:
        """Return them without some rows, named by their sorted numbers."""

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
Render = Callable[[Any, "Answer"], Rendered]
"""Makes, of a part and of what was decided of its rows, the callable rows as published."""


@dataclass(frozen=True)
class DecidedPart(Generic[Rendered]):
    """A part that came out: every row decided."""

    rows: pl.DataFrame
    """In order: `row`, `product`, `number_0`…, `reason`, `basis`, `window`, `anchor`, `callable_until`."""
    customer_id: pl.Series | Packed
    """The customer id of each of them; empty where it is missing."""
    keys_differ: bool
    """Whether any of these ids has a key that is another text."""
    callable_rows: Rendered
    """The callable rows as published, in order."""


class _Waiting(NamedTuple, Generic[Rendered]):
    """What takes a part out again."""

    customer_id: Callable[[], Packed] | None
    """None where the customer ids stand with what was decided."""
    keys_differ: bool
    """Whether any of these ids has a key that is another text."""
    callable_rows: Callable[[], Rendered]


@dataclass(frozen=True)
class _PartAgain:
    """A part that waits, of which only what is asked for is read back."""

    decided: Path
    waiting: _Waiting[Any]
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
        stored = self.waiting.customer_id
        ids = stored().texts() if stored else self._column("customer_id")
        return read_ids(ids, exact=self.plan.exact_ids) if self.waiting.keys_differ else Ids(ids, ids)

    @cached_property
    def keys(self) -> Column:
        """The keys of the customer ids."""
        return self.ids.key

    @cached_property
    def numbers(self) -> tuple[UInt64Array, ...]:
        """The number in each phone column; 0 for none."""
        names = [f"number_{i}" for i in range(len(self.plan.phones))]
        return tuple(self._column(name).fill_null(0).to_numpy() for name in names)

    def _column(self, name: str) -> pl.Series:
        return pl.read_ipc(self.decided, columns=[name]).to_series()


class Filter(Generic[Rendered]):
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
        self._waiting: dict[int, _Waiting[Rendered]] = {}

    def take_in(
        self,
        raw_parts: Iterable[RawPart],
        question: Question,
        render: Render[Rendered],
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
            contenders.leave_out(self._reached.rows)
            self._losers = contenders.losers()
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
            yield _PartAgain(self._path(number, "decided"), self._waiting[number], plan)

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
        self, question: Question, render: Render[Rendered]
    ) -> Callable[[tuple[int, RawPart]], tuple[pl.DataFrame, pl.DataFrame, bool, int]]:
        """Return what is done to each part: it is decided and put away, and its callable rows and hits are given."""

        def decide_part(numbered: tuple[int, RawPart]) -> tuple[pl.DataFrame, pl.DataFrame, bool, int]:
            number, raw = numbered
            part = raw.parse()
            answer = question.answer(part)
            decided, customer_id = answer.rows, answer.ids.text
            contending = decided.select("row", "first_number", "decided_anchor", "reason").filter(pl.col("reason") == 0)
            rendered = render(part, answer)
            if len(rendered) != contending.height:
                raise EngineError("the callable rows and their text do not agree in number; nothing is published")
            outcome = decided.with_columns(**outcome_of(pl)).select(question.kept)
            if isinstance(customer_id, Texts):
                ids = customer_id.packed().put_away(self._path(number, "ids"))
            else:
                outcome = _with_unreadable(outcome.with_columns(customer_id.alias("customer_id")), part.unreadable)
                ids = None
            outcome.write_ipc(self._path(number, "decided"))
            differ = answer.ids.differ
            self._waiting[number] = _Waiting(ids, differ, rendered.put_away(self._path(number, "callable")))
            return contending, _hits(answer, len(question.plan.phones)), differ, raw.rows

        return decide_part

    def settle(self, number: int) -> DecidedPart[Rendered]:
        """Take a part out, its duplicates dropped; in any thread, once."""
        waiting = self._waiting.pop(number)
        rows, published = pl.read_ipc(self._path(number, "decided")), waiting.callable_rows()
        customer_id = waiting.customer_id() if waiting.customer_id else rows["customer_id"]
        for name in ("decided", "callable", "ids"):
            self._path(number, name).unlink(missing_ok=True)
        lost = _within(self._losers, rows)
        if len(lost):
            places = np.searchsorted(rows["row"].to_numpy(), lost)
            reason, basis = rows["reason"].to_numpy().copy(), rows["basis"].to_numpy().copy()
            reason[places], basis[places] = _DUPLICATE, 0
            rows = rows.with_columns(pl.Series("reason", reason), pl.Series("basis", basis))
            published = published.without(lost)
        rows, published = self._with_reached(rows, published)
        with self._lock:
            self._rows_out += rows.height
        return DecidedPart(rows, customer_id, waiting.keys_differ, published)

    def _with_reached(self, rows: pl.DataFrame, published: Rendered) -> tuple[pl.DataFrame, Rendered]:
        """Drop the rows of a part that an objection to another row of the same person reaches."""
        reached = _within(self._reached.rows, rows)
        if not len(reached):
            return rows, published
        places = np.searchsorted(rows["row"].to_numpy(), reached)
        reason, basis = rows["reason"].to_numpy().copy(), rows["basis"].to_numpy().copy()
        gone = reached[reason[places] == 0]
        reason[places], basis[places] = _OBJECTED, 0
        until = rows["callable_until"].clone().scatter(places, None)
        changed = rows.with_columns(pl.Series("reason", reason), pl.Series("basis", basis), until)
        return changed, published.without(gone) if len(gone) else published


def _within(sorted_rows: UInt64Array, rows: pl.DataFrame) -> UInt64Array:
    """Return those of some rows that are of a part."""
    if not rows.height:
        return _NO_ROWS
    first, last = np.searchsorted(sorted_rows, (rows["row"][0], rows["row"][-1] + 1))
    return sorted_rows[first:last]


def _hits(answer: Answer, phones: int) -> pl.DataFrame:
    """Return the rows of a part that an objection hits: `row`, `key` and the numbers."""
    places = answer.rows["objected"].arg_true()
    keys = answer.ids.key
    found = as_series(keys.gather(places.to_numpy()) if isinstance(keys, Texts) else keys.gather(places), "key")
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
