"""The numbers in cells of a call list that are written and cannot be read: nobody is called on them.

Objections are held against them all the same: a cell with two numbers may hold the one of which somebody said "do not
call me again", beside another cell with a number that could be called.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.frozen import dataclass

UInt64Array: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class HiddenNumbers:
    """Numbers hidden in cells of the rows of a part."""

    places: npt.NDArray[np.intp]
    """The place of the row of each, counted from 0."""
    numbers: UInt64Array
    """E.164 digits. Each stands once a row, and in no cell of the row that can be read."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.numbers)

    def places_of(self, number: int | None) -> npt.NDArray[np.intp]:
        """Return the places of the rows in which a number is hidden."""
        return self.places[np.flatnonzero(self.numbers == np.uint64(number or 0))]

    def as_texts(self, rows: int) -> pl.Series:
        """Return the numbers of each row as a text, with spaces in between; null for none."""
        texts = pl.repeat(None, rows, dtype=pl.String, eager=True)
        if not len(self):
            return texts
        each = pl.DataFrame({"place": self.places, "number": self.numbers}).sort("place", "number")
        joined = each.group_by("place", maintain_order=True).agg(pl.col("number").cast(pl.String).str.join(" "))
        return texts.scatter(joined["place"], joined["number"])

    @classmethod
    def of_texts(cls, texts: pl.Series) -> HiddenNumbers:
        """Take the numbers of each row as they were written as a text."""
        if texts.null_count() == len(texts):
            return NONE_HIDDEN
        places = texts.is_not_null().arg_true()
        lists = pl.DataFrame({"place": places, "number": texts.gather(places).str.split(" ")})
        each = lists.explode("number", empty_as_null=True)
        return cls(each["place"].cast(pl.Int64).to_numpy(), each["number"].cast(pl.UInt64).to_numpy())


NONE_HIDDEN = HiddenNumbers(np.empty(0, np.intp), np.empty(0, np.uint64))
