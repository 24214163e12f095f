"""One block of the call history: every call is set against the purchase that held then, or left out with a reason."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.balanstest.calls import (
    CALL,
    COMPLAINED,
    CONVERTED,
    NOBODY,
    OBJECTED,
    REACHED,
    Calls,
    id_keys,
    number_keys,
)
from balansfilter.balanstest.who_and_what import RowReader
from balansfilter.evidence.dates import Dates
from balansfilter.evidence.flags import read_flags
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.identity.numbers import Rows, text_of
from balansfilter.policy.model import ContactColumns

LEFT_OUT = (
    "call_date_missing",
    "call_date_unreadable",
    "call_after_as_of",
    "call_too_young",
    "call_before_since",
    "purchase_date_missing",
    "purchase_date_unreadable",
    "purchase_after_call",
    "outcome_unreadable",
)
"""Why a call lies in no band; the first that applies is counted."""

FLAGS = {"reached": REACHED, "converted": CONVERTED, "objected": OBJECTED, "complained": COMPLAINED}
"""The columns of a history that say yes or no, by their names in a policy."""

_NOT_MADE_YET = LEFT_OUT.index("call_after_as_of") + 1


@dataclass(frozen=True)
class Reader:
    """How the blocks of a history are read."""

    columns: ContactColumns
    rows: RowReader
    as_of: date
    until: date
    """Calls after this day are too young."""
    since: date | None

    def read(self, block: Rows) -> PlacedBlock:
        """Read a block, in any thread."""
        columns = self.columns
        assert columns.last_purchase_on, "a history without the day of the last purchase is not opened"
        called = self.rows.dates.read(block.column(columns.called_on), columns.called_on)
        bought = self.rows.dates.read(block.column(columns.last_purchase_on), columns.last_purchase_on)
        ended, unread = self._ended(block)
        why = self._why(called, bought, pl.Series(np.any(list(unread.values()), axis=0)) if unread else None)
        customer_id, numbers = self.rows.ids(block, columns.customer_id), self.rows.numbers(block)
        placed = np.flatnonzero(why == 0)
        product, products = self._products(block, placed)
        calls = np.zeros(len(placed), dtype=CALL)
        person, number, others = _keys(customer_id, numbers, placed)
        calls["person"], calls["number"] = person, number
        calls["row"] = block.row.to_numpy()[placed]
        calls["day"] = called.day.to_physical().fill_null(0).to_numpy()[placed]
        calls["purchase"] = bought.day.to_physical().fill_null(0).to_numpy()[placed]
        calls["product"] = product
        calls["ended"] = ended[placed]
        counts = np.bincount(why, minlength=len(LEFT_OUT) + 1)
        day = called.day.set(pl.Series((why > 0) & (why <= _NOT_MADE_YET)), None)
        unreadable = {name: int(words.sum()) for name, words in unread.items()}
        seen = SeenCalls(block.row, day, customer_id, numbers, pl.Series(why == 0))
        return PlacedBlock(calls, others, products, counts, unreadable, seen)

    def _why(self, called: Dates, bought: Dates, unread: pl.Series | None) -> npt.NDArray[np.uint8]:
        """Return the place, from 1, of the first reason for which each call is left out; 0 for none."""
        frame = pl.DataFrame({"called": called.day, "bought": bought.day})
        holds: tuple[pl.Series | pl.Expr, ...] = (
            called.empty,
            called.unreadable,
            pl.col("called") > self.as_of,
            pl.col("called") > self.until,
            pl.col("called") < self.since if self.since else pl.lit(False),
            bought.empty,
            bought.unreadable,
            pl.col("bought") > pl.col("called"),
            pl.lit(False) if unread is None else unread,
        )
        code = pl.lit(0, dtype=pl.UInt8)
        for place, held in reversed(list(enumerate(holds, start=1))):
            said = pl.lit(held) if isinstance(held, pl.Series) else held
            code = pl.when(said).then(pl.lit(place, dtype=pl.UInt8)).otherwise(code)
        return frame.select(code.alias("why")).to_series().to_numpy()

    def _products(self, block: Rows, placed: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Return each call's place among the products of those that were placed, and those, each once."""
        if self.columns.product is None:
            return np.zeros(len(placed), dtype=np.int64), [""]
        product = text_of(block, self.columns.product).gather(placed)
        different = product.unique(maintain_order=True)
        place = product.replace_strict(different, list(range(len(different))), return_dtype=pl.Int64)
        return place.to_numpy(), different.to_list()

    def _ended(self, block: Rows) -> tuple[npt.NDArray[np.uint8], dict[str, npt.NDArray[np.bool_]]]:
        """Return how each call ended, and by column whether there stands a word that is neither yes nor no."""
        ended, unread = np.zeros(len(block.row), dtype=np.uint8), {}
        for name, flag in FLAGS.items():
            if column := getattr(self.columns, name):
                said = read_flags(block.column(column), self.rows.phones.null_words)
                ended |= said.yes.to_numpy() * flag
                unread[name] = said.unclear.to_numpy()
        return ended, unread


@dataclass(frozen=True)
class SeenCalls:
    """The calls of a block as objections are held against them."""

    row: pl.Series
    day: pl.Series
    """Null where the day of a call is not known, or lies after the as-of date."""
    customer_id: pl.Series
    numbers: list[pl.Series]
    """One series a column."""
    placed: pl.Series
    """Whether the call lies in a band."""


@dataclass(frozen=True)
class PlacedBlock:
    """A block of the history, read."""

    calls: Calls
    """The calls that were placed. A call's product is its place in `products`."""
    others: list[UInt64Array]
    """The keys of the further numbers of each of them."""
    products: list[str]
    counts: npt.NDArray[np.int64]
    """How many rows were placed, and then how many were left out for each reason."""
    unreadable: dict[str, int]
    """Cells that say neither yes nor no, by the name of their column in the policy."""
    seen: SeenCalls


def _keys(
    customer_id: pl.Series, numbers: list[pl.Series], placed: npt.NDArray[np.intp]
) -> tuple[UInt64Array, UInt64Array, list[UInt64Array]]:
    """Return who each call that was placed goes by (its id, or its first number), its first number, and the others."""
    person: UInt64Array = id_keys(customer_id)[placed]
    of_column = [number_keys(number)[placed] for number in numbers]
    first = np.full(len(placed), NOBODY)
    others = []
    for keys in of_column:
        others.append(np.where(first == NOBODY, NOBODY, keys))
        first = np.where(first == NOBODY, keys, first)
    return np.where(person == NOBODY, first, person), first, others[1:]
