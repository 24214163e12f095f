"""One block of the call history: every call is set against the purchase that held then, or left out with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.balanstest.calls import CALL, COMPLAINED, CONVERTED, OBJECTED, Calls, persons
from balansfilter.compiled.texts import as_series
from balansfilter.engine.cells import read_yes
from balansfilter.engine.dates import DateReader, Dates
from balansfilter.identity.ids import read_ids
from balansfilter.identity.numbers import NumberColumns, Rows, text_of
from balansfilter.policy.model import ContactColumns

LEFT_OUT = (
    "call_date_missing",
    "call_date_unreadable",
    "call_after_as_of",
    "call_before_since",
    "purchase_date_missing",
    "purchase_date_unreadable",
    "purchase_after_call",
)
"""Why a call lies in no band; the first that applies is counted."""

_OF_THE_DAY = LEFT_OUT.index("call_before_since") + 1


@dataclass(frozen=True)
class Reader:
    """How the blocks of a history are read."""

    columns: ContactColumns
    dates: DateReader
    phones: NumberColumns
    """Where the numbers are, and how they are read."""
    as_of: date
    since: date | None
    joins: bool
    """Whether objections will be put down to the calls, so that each number is needed."""

    def read(self, block: Rows) -> PlacedBlock:
        """Read a block, in any thread."""
        columns, rows = self.columns, len(block.row)
        assert columns.last_purchase_on, "a history without the day of the last purchase is not opened"
        called = self.dates.read(block.column(columns.called_on), columns.called_on)
        bought = self.dates.read(block.column(columns.last_purchase_on), columns.last_purchase_on)
        why = self._why(called, bought)
        customer_id = _empty(rows)
        if columns.customer_id:
            customer_id = as_series(read_ids(block.column(columns.customer_id), self.phones.null_words).key)
        numbers = self._numbers(block, customer_id)
        placed = np.flatnonzero(why == 0)
        calls = np.zeros(len(placed), dtype=CALL)
        product, products = self._products(block, placed)
        calls["person"] = persons(customer_id, _first(numbers, rows))[placed]
        calls["row"] = block.row.to_numpy()[placed]
        calls["day"] = called.day.to_physical().fill_null(0).to_numpy()[placed]
        calls["purchase"] = bought.day.to_physical().fill_null(0).to_numpy()[placed]
        calls["product"] = product
        calls["ended"] = self._ended(block)[placed]
        counts = np.bincount(why, minlength=len(LEFT_OUT) + 1)
        day = called.day.set(pl.Series((why > 0) & (why <= _OF_THE_DAY)), None)
        return PlacedBlock(calls, products, counts, block.row, day, customer_id, numbers)

    def _why(self, called: Dates, bought: Dates) -> npt.NDArray[np.uint8]:
        """Give the place, from 1, of the first reason for which each call is left out; 0 for none."""
        frame = pl.DataFrame({"called": called.day, "bought": bought.day})
        holds: tuple[pl.Series | pl.Expr, ...] = (
            called.empty,
            called.unreadable,
            pl.col("called") > self.as_of,
            pl.col("called") < self.since if self.since else pl.lit(False),
            bought.empty,
            bought.unreadable,
            pl.col("bought") > pl.col("called"),
        )
        code = pl.lit(0, dtype=pl.UInt8)
        for place, held in reversed(list(enumerate(holds, start=1))):
            said = pl.lit(held) if isinstance(held, pl.Series) else held
            code = pl.when(said).then(pl.lit(place, dtype=pl.UInt8)).otherwise(code)
        return frame.select(code.alias("why")).to_series().to_numpy()

    def _numbers(self, block: Rows, customer_id: pl.Series) -> list[pl.Series]:
        """Read the numbers; where nothing is joined, only of the calls that name no customer."""
        numbers = list(self.phones.to_protect(block).numbers)
        return numbers if self.joins else [number.set(customer_id != "", None) for number in numbers]

    def _products(self, block: Rows, placed: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Give the products of the calls that were placed, each once, and each call's place among them."""
        if self.columns.product is None:
            return np.zeros(len(placed), dtype=np.int64), [""]
        product = text_of(block, self.columns.product).gather(placed)
        different = product.unique(maintain_order=True)
        place = product.replace_strict(different, list(range(len(different))), return_dtype=pl.Int64)
        return place.to_numpy(), different.to_list()

    def _ended(self, block: Rows) -> npt.NDArray[np.uint8]:
        columns = self.columns
        ended = np.zeros(len(block.row), dtype=np.uint8)
        told = ((columns.converted, CONVERTED), (columns.objected, OBJECTED), (columns.complained, COMPLAINED))
        for column, flag in told:
            if column:
                ended |= read_yes(block.column(column)).to_numpy() * flag
        return ended


@dataclass(frozen=True)
class PlacedBlock:
    """A block of the history, read."""

    calls: Calls
    """The calls that were placed. A call's product is its place in `products`."""
    products: list[str]
    counts: npt.NDArray[np.int64]
    """How many rows were placed, and then how many were left out for each reason."""
    row: pl.Series
    day: pl.Series
    """The day of every row, null where it is left out for its day."""
    customer_id: pl.Series
    numbers: list[pl.Series]
    """The numbers of every row, one series a column; read only as far as they are needed."""


def _empty(rows: int) -> pl.Series:
    return pl.repeat("", rows, dtype=pl.String, eager=True)


def _first(numbers: list[pl.Series], rows: int) -> pl.Series:
    """Give the first number of each row."""
    if not numbers:
        return pl.repeat(None, rows, dtype=pl.UInt64, eager=True)
    frame = pl.DataFrame([number.alias(str(place)) for place, number in enumerate(numbers)])
    return frame.select(pl.coalesce(pl.all())).to_series()
