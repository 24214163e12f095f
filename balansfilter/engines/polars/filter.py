"""The filter: a call list goes through in parts, is decided, waits on disk until duplicates are settled, and comes out.

Memory holds a few parts, whatever the length of the list. A part that waits is some files in a scratch folder: of each
row the customer id, the numbers, and which of the outcomes it has; and the callable rows as they will be published,
but for the text of those that can be read again from their list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.decided.outcomes import OUTCOME, UNREADABLE, DecidedRows, Places, RowOutcomes
from balansfilter.decided.rendered import RECORD, CallableRows, Rendered
from balansfilter.decision.decide import outcome as outcome_of
from balansfilter.decision.plan import Plan
from balansfilter.engines.polars.case_book import CaseBook
from balansfilter.engines.polars.duplicates import Contenders, contending
from balansfilter.engines.polars.reach import Hits, ReachedRows, find_reached
from balansfilter.engines.polars.row_answers import Answer, ListPart, Question
from balansfilter.engines.polars.shared_keys import rows_with_shared_keys
from balansfilter.engines.polars.waiting_parts import PartAgain, WaitingPart, first_if_none_is_left_out, with_unreadable
from balansfilter.errors import EngineError
from balansfilter.evidence.lookup import IntpArray, UInt64Array
from balansfilter.evidence.remarks import SomeRows
from balansfilter.frozen import dataclass
from balansfilter.fs.waiting import WaitingFrame, WaitingFrames, kept_bytes
from balansfilter.native.bucket_loops import Buckets
from balansfilter.native.coded_texts import Column, chosen_rows
from balansfilter.native.combinations import different
from balansfilter.native.held_loops import values_of
from balansfilter.native.parallel import AHEAD, in_order
from balansfilter.native.without_queries import cells_at, filled, without

_NO_ROWS: UInt64Array = np.empty(0, dtype=np.uint64)
_FIRST = np.uint32(UNREADABLE + 1)
"""The place of the first of what was decided."""


class RawPart(Protocol):
    """A part of a call list that is not split yet."""

    @property
    def rows(self) -> int:
        """The number of its rows, unreadable ones too."""

    def parse(self) -> ListPart:
        """Split it; in any thread."""


Render = Callable[[Any, Answer], Rendered]
"""Makes, of a part and of what was decided of its rows, the callable rows as published, in order."""


@dataclass(frozen=True)
class DecidedPart:
    """A part that came out: every row decided."""

    rows: DecidedRows
    keys_differ: bool
    """Whether any of these ids has a key that is another text."""
    callable_rows: CallableRows


class Filter:
    """Filters one call list. Use :meth:`take_in` once, then :meth:`settle` once for each of :meth:`numbers`."""

    def __init__(self, scratch: Path, pool: ThreadPoolExecutor, list_bytes: int = 0) -> None:
        """Begin with a list of about so many bytes.

        :param scratch: the folder where parts wait that do not wait in memory.
        """
        self._scratch = scratch
        self._frames = WaitingFrames(scratch, kept_bytes(list_bytes))
        self._pool = pool
        self._parts = 0
        self._rows_in = 0
        self._rows_out = 0
        self._lock = Lock()
        self._losers = _NO_ROWS
        self._reached = ReachedRows(_NO_ROWS, SomeRows(), SomeRows())
        self._shared_keys = SomeRows()
        self._waiting: dict[int, WaitingPart] = {}
        self._of_books: dict[CaseBook, RowOutcomes] = {}

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
            for rivals, hit, keys_differ, rows in in_order(self._pool, decide, self._counted(raw_parts), AHEAD):
                differ |= keys_differ
                if reaches:
                    hits.add(hit)
                if plan.keep_latest and not question.is_settled:
                    contenders.add(rivals)
                progress(rows)
            if reaches:
                self._reached = find_reached(hits, evidence, lambda: self._again(plan), self._pool)
            self._losers = contenders.settled(self._reached.rows, self._pool).losers
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

    def _again(self, plan: Plan) -> Iterator[PartAgain]:
        """Go through the parts once more."""
        for number in self.numbers():
            waiting = self._waiting[number]
            yield PartAgain(waiting, self._outcomes(waiting), plan)

    def _outcomes(self, waiting: WaitingPart) -> RowOutcomes:
        """Return the outcomes of a part, once all parts are decided: a book has all its cases by then."""
        decided = waiting.outcomes
        if isinstance(decided, WaitingFrame):
            return RowOutcomes(decided.frame())
        with self._lock:
            if decided not in self._of_books:
                self._of_books[decided] = RowOutcomes(_told_of(decided.all_decided()))
            return self._of_books[decided]

    def numbers(self) -> range:
        """Return the numbers of the parts, in order."""
        return range(1, self._parts + 1)

    def numbers_read_ahead(self, reader: Executor) -> Iterator[int]:
        """Yield the numbers of the parts, in order; each part is read in another thread from then on."""
        for number in self.numbers():
            self._waiting[number] = self._waiting[number].being_read(reader)
            yield number

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

    def _put_away(self, columns: Mapping[str, Column], number: int, name: str) -> WaitingFrame:
        return self._frames.put_away(columns, f"{number:06d}.{name}")

    def _hidden_away(self, answer: Answer, number: int) -> WaitingFrame | None:
        """Put away the numbers that are hidden in cells of a part; None where there are none."""
        if not len(answer.hidden):
            return None
        rows = cells_at(answer.told["row"], answer.hidden.places)
        return self._put_away({"row": rows, "number": pl.Series(answer.hidden.numbers)}, number, "hidden")

    def _deciding(
        self, question: Question, render: Render
    ) -> Callable[[tuple[int, RawPart]], tuple[Buckets, pl.DataFrame, bool, int]]:
        """Return what is done to each part: it is decided and put away, and its callable rows and hits are given."""

        def decide_part(numbered: tuple[int, RawPart]) -> tuple[Buckets, pl.DataFrame, bool, int]:
            number, raw = numbered
            part = raw.parse()
            answer = question.answer(part)
            callable_rows = answer.callable_rows
            rendered = render(part, answer)
            if rendered.rows is not None and rendered.rows.height != callable_rows.height:
                raise EngineError("the callable rows and their text do not agree in number; nothing is published")
            differ = answer.ids.differ
            outcomes, places = self._outcomes_of(answer, number)
            told = [answer.told[name] for name in question.kept]
            persons = pl.DataFrame([*told, answer.ids.text.alias("customer_id"), pl.Series("place", places)])
            persons = pl.DataFrame([*map(_with_zeros, with_unreadable(persons, part.unreadable))])
            first_row = first_if_none_is_left_out(persons["row"])
            waits = persons if first_row is None else without(persons, "row")
            self._waiting[number] = WaitingPart(
                self._put_away(waits.to_dict(), number, "decided"),
                first_row,
                outcomes,
                differ,
                None if rendered.rows is None else self._put_away(rendered.rows.columns, number, "callable"),
                rendered.lines,
                self._hidden_away(answer, number),
            )
            return contending(callable_rows), answer.hits, differ, raw.rows

        return decide_part

    def _outcomes_of(self, answer: Answer, number: int) -> tuple[WaitingFrame | CaseBook, Places]:
        """Return where what was decided of a part stands, and in which place, from 1, what was of each row."""
        if answer.by_case is not None:
            return answer.by_case.book, answer.by_case.cases + _FIRST
        found = different(_told_of(answer.rows))
        return self._put_away(found.rows.to_dict(), number, "outcomes"), found.places.astype(np.uint32) + _FIRST

    def settle(self, number: int) -> DecidedPart:
        """Take a part out, its duplicates dropped; in any thread, once."""
        waiting = self._waiting.pop(number)
        persons, outcomes = waiting.persons.frame(), self._outcomes(waiting)
        row, before = waiting.row_numbers(persons.height), outcomes.places(persons["place"].to_numpy())
        lost, reached = (_places(row, _within(some, row)) for some in (self._losers, self._reached.rows))
        places = before
        if len(lost) or len(reached):
            places = before.copy()
            places[lost] = outcomes.as_duplicates(places[lost])
            places[reached] = outcomes.as_reached(places[reached])
        published = _published(waiting, outcomes, before, places, np.concatenate([lost, reached]))
        for frame in waiting.frames():
            frame.remove()
        with self._lock:
            self._rows_out += persons.height
        rows = DecidedRows(row, without(persons, "place", "row"), outcomes, places)
        return DecidedPart(rows, waiting.keys_differ, published)


def _told_of(decided: pl.DataFrame) -> pl.DataFrame:
    """Return what is told of rows, or cases, that were decided: the columns of `OUTCOME`."""
    return decided.with_columns(**outcome_of(pl)).select(OUTCOME.names())


def _places(row: pl.Series, some: UInt64Array) -> IntpArray:
    """Return where some rows of a part are, named by their sorted numbers."""
    return np.searchsorted(row.to_numpy(), some)


def _within(sorted_rows: UInt64Array, row: pl.Series) -> UInt64Array:
    """Return those of some rows that are of a part."""
    if not len(row):
        return _NO_ROWS
    first, last = np.searchsorted(sorted_rows, (row[0], row[-1] + 1))
    return sorted_rows[first:last]


def _with_zeros(told: pl.Series) -> pl.Series:
    """Return what is told of rows; of a number that is not known, 0."""
    return filled(told, 0) if told.name.startswith("number_") else told


def _published(
    waiting: WaitingPart, outcomes: RowOutcomes, before: Places, places: Places, dropped: IntpArray
) -> CallableRows:
    """Return the callable rows of a part as published.

    :param before: which of the outcomes each row had when it was put away.
    :param places: which of them it has now.
    :param dropped: the places of rows that are callable no more, whether they were or not.
    """
    columns: dict[str, Column] = {}
    if waiting.lines is not None:
        columns[RECORD] = waiting.lines.chosen(values_of(places, outcomes.reason) == 0)
    if waiting.callable_rows is not None:
        rows = waiting.callable_rows.read()
        columns |= _but_for(rows, values_of(before, outcomes.reason) == 0, dropped) if len(dropped) else rows
    return CallableRows(columns)


def _but_for(
    published: Mapping[str, Column], was_callable: npt.NDArray[np.bool_], dropped: IntpArray
) -> Mapping[str, Column]:
    """Return the callable rows of a part without those that were dropped since.

    :param was_callable: whether each row of the part was.
    :param dropped: the places of rows that are callable no more, whether they were or not.
    """
    lost = dropped[was_callable[dropped]]
    if not len(lost):
        return published
    before = np.flatnonzero(was_callable)
    stays = np.ones(len(before), np.bool_)
    stays[np.searchsorted(before, lost)] = False
    return chosen_rows(published, pl.Series(stays))
