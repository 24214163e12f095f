"""What is asked of each row of a call list, and the answer, before rows are compared with each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import polars as pl

from balansfilter.decision.decide import first_number
from balansfilter.decision.plan import Plan
from balansfilter.engines.polars.case_book import CaseBook, DecidedCases
from balansfilter.engines.polars.case_rows import CaseReader
from balansfilter.engines.polars.reach import with_hidden
from balansfilter.engines.polars.row_facts import customer_ids, held_against, read_cells
from balansfilter.engines.polars.terms import decide
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.remarks import Remarks
from balansfilter.frozen import dataclass
from balansfilter.identity.hidden_numbers import NONE_HIDDEN, HiddenNumbers
from balansfilter.identity.ids import Ids
from balansfilter.identity.numbers import Rows
from balansfilter.native.case_loops import CaseNumbers
from balansfilter.native.coded_texts import Column
from balansfilter.native.held_loops import values_of
from balansfilter.native.text_loops import compacted
from balansfilter.native.without_queries import filled, kept, rows_at, without
from balansfilter.policy.model import CallList

_SETTLED_BY_THEN = ("product", "window", "reason")
"""What was decided of a case, and nobody asks of its rows once they may be called."""


class ListPart(Rows, Protocol):
    """A split part of a call list."""

    @property
    def texts(self) -> Mapping[str, Column]:
        """The cells as they were read; an empty one may be null."""

    @property
    def unreadable(self) -> pl.Series:
        """The numbers of rows that could not be split."""


@dataclass(frozen=True)
class Answer:
    """What was decided of the rows of a part."""

    plan: Plan
    told: pl.DataFrame
    """Of each row: `row`, `number_0`, `written_0`, …, `objected`, perhaps `consent_proof`; and all else where every row
    was decided by itself."""
    ids: Ids
    """The customer id of each row, and its key."""
    hidden: HiddenNumbers = NONE_HIDDEN
    """The numbers that can be found in cells that cannot be read."""
    by_case: DecidedCases | None = None
    """What was decided of each case, and which of them each row is; None where every row was decided by itself."""

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Of each row what is told, its `product` and `window`, and what :func:`decide` adds.

        With every fact where the question is asked `in_full`.
        """
        return (
            self.told
            if self.by_case is None
            else self._with_decided(self.told, rows_at(self.by_case.decided, self.by_case.cases))
        )

    @cached_property
    def is_callable(self) -> pl.Series:
        """Whether each row may be called."""
        if self.by_case is None:
            return self.told["reason"] == 0
        return pl.Series(values_of(self.by_case.cases, self.by_case.decided["reason"].to_numpy()) == 0)

    @cached_property
    def callable_rows(self) -> pl.DataFrame:
        """The rows that may be called: what is told of them and what was decided, but for what is settled by then.

        With every fact where every row was decided by itself.
        """
        mask = self.is_callable
        told = kept(self.told, mask)
        if self.by_case is None:
            return told
        cases = pl.Series(self.by_case.cases).filter(mask).to_numpy()
        return self._with_decided(told, rows_at(without(self.by_case.decided, *_SETTLED_BY_THEN), cases))

    @property
    def hits(self) -> pl.DataFrame:
        """The rows that an objection hits: `row`, the numbers, 0 for none, and `key`; see :func:`with_hidden`."""
        names = [f"number_{i}" for i in range(len(self.plan.phones))]
        columns = [*(self.told[name] for name in ("row", *names)), self.ids.key.alias("key")]
        places = np.flatnonzero(self.told["objected"].to_numpy())
        row, *numbers, keys = rows_at(pl.DataFrame(columns), places)
        lines = pl.DataFrame([row, *(filled(number, 0) for number in numbers), compacted(keys)])
        return with_hidden(lines, places, self.hidden)

    def _with_decided(self, told: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
        return told.hstack(decided).with_columns(first_number=first_number(pl, self.plan))


@dataclass(frozen=True)
class Question:
    """What is asked of each row: the plan, where the cells are, and what they are held against."""

    plan: Plan
    spec: CallList
    dates: DateReader
    evidence: Evidence
    keep: Callable[[pl.DataFrame], None] | None = None
    """Is given what the cells of each part say, with the `key` of each customer id, for another engine."""
    in_full: bool = field(default=False, kw_only=True)
    """Whether the answer holds every fact of a row."""

    def answer(self, part: ListPart) -> Answer:
        """Decide the readable rows of a part, but for duplicates and for how far objections reach."""
        # Asked for once: of two threads that ask for the first time, each may be given a book of its own.
        cases = self._cases if self._may_share_cases(part) else None
        texts = None if cases is None else cases.texts(part.texts)
        if cases is None or texts is None:
            return self._answer_each(part)
        ids = customer_ids(self.plan, self.spec.columns, part)
        read = CaseReader(self.plan, self.spec, self.evidence, cases).read(part, texts, ids.key)
        decided = cases.decided(texts, read.flags)
        if decided is None:
            unnoted = replace(self.evidence, remarks=Remarks(), unread=[])
            return replace(self, evidence=unnoted, in_full=True).answer(part)
        return Answer(self.plan, read.told, ids, read.hidden, decided)

    def _answer_each(self, part: ListPart) -> Answer:
        """Decide each row by itself, with every fact of it."""
        ids, cells = self.read(part)
        facts = held_against(self.evidence, self.plan, cells, ids.key)
        hidden = HiddenNumbers.of_texts(cells["hidden"])
        return Answer(self.plan, decide(self.plan, facts, self.evidence.register_until), ids, hidden)

    def read(self, part: ListPart) -> tuple[Ids, pl.DataFrame]:
        """Return the customer id of each readable row, and what its cells say."""
        ids = customer_ids(self.plan, self.spec.columns, part)
        cells = read_cells(self.plan, self.spec, self.dates, self.evidence, part)
        if self.keep is not None:
            self.keep(cells.with_columns(ids.key.alias("key")))
        return ids, cells

    def _may_share_cases(self, part: ListPart) -> bool:
        """Return whether each different case of a part is to be decided once; short lists never open the book."""
        return not self.in_full and self.keep is None and CaseNumbers.can_number(len(part.row))

    @cached_property
    def _cases(self) -> CaseBook:
        return CaseBook(self.plan, self.spec, self.dates, self.evidence.register_until)

    @property
    def is_settled(self) -> bool:
        """Whether the answers say already how far objections and duplicates reach."""
        return False

    @property
    def kept(self) -> list[str]:
        """The columns of an answer that are kept with each row, beside its outcome."""
        numbers = [f"number_{i}" for i in range(len(self.plan.phones))]
        proof = ["consent_proof"] if self.plan.proves_consent else []
        may_call = [f"may_call_{i}" for i in range(len(self.plan.phones))] if self.keep else []
        return ["row", *numbers, *proof, *may_call]
