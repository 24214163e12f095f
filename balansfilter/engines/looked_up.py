"""Rows of which another engine has decided everything already, as the stream that lays them out asks for them."""

from __future__ import annotations

import polars as pl

from balansfilter.engines.interface import Decisions
from balansfilter.engines.polars.row_answers import Answer, ListPart, Question
from balansfilter.engines.polars.row_facts import customer_ids, read_cells
from balansfilter.errors import EngineError
from balansfilter.frozen import dataclass

_NAMED_OTHERWISE = {"anchor": "decided_anchor"}


@dataclass(frozen=True)
class LookedUp(Question):
    """What is asked of each row, where the answers stand already."""

    decisions: Decisions | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the answers say already how far objections and duplicates reach."""
        return True

    def answer(self, part: ListPart) -> Answer:
        """Look up the decisions of the readable rows of a part.

        :raises EngineError: a row has none.
        """
        ids = customer_ids(self.plan, self.spec.columns, part)
        cells = read_cells(self.plan, self.spec, self.dates, self.evidence, part).drop("window")
        if self.decisions is None:
            raise EngineError("there are no decisions to look up; nothing is published")
        first, last = (cells["row"][0], cells["row"][-1]) if cells.height else (1, 0)
        found = self.decisions.between(first, last).rename(_NAMED_OTHERWISE)
        rows = cells.join(found, on="row", how="left", maintain_order="left").with_columns(objected=pl.lit(False))
        if rows["reason"].null_count():
            raise EngineError("some rows of the call list were not decided; nothing is published")
        return Answer(self.plan, rows, ids)
