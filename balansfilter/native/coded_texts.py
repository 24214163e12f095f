"""Texts by which of a few different ones each is: how they wait, and how they are written in Parquet."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.native.without_queries import cells_at


@dataclass(frozen=True, eq=False, repr=False)
class CodedTexts:
    """A column of texts of which few are different."""

    different: pl.Series
    """Each text once; null among them, where a row has none."""
    codes: npt.NDArray[np.uint32]
    """Which of them each row has."""

    def __len__(self) -> int:
        return len(self.codes)

    def series(self) -> pl.Series:
        """Return them as a column of Polars."""
        return cells_at(self.different, self.codes)

    def at(self, places: npt.NDArray[np.intp]) -> CodedTexts:
        """Return the rows in some places, counted from 0."""
        return CodedTexts(self.different, self.codes[places])


Column = pl.Series | CodedTexts


def as_series(column: Column) -> pl.Series:
    """Return a column as one of Polars."""
    return column if isinstance(column, pl.Series) else column.series()


def rows_of(columns: Mapping[str, Column]) -> int:
    """Return how many rows columns have; none, where there is no column."""
    return max(map(len, columns.values()), default=0)


def framed_of(columns: Mapping[str, Column]) -> pl.DataFrame:
    """Return columns as a frame."""
    return pl.DataFrame({name: as_series(column) for name, column in columns.items()})


def chosen_rows(columns: Mapping[str, Column], stays: pl.Series) -> dict[str, Column]:
    """Return the rows of columns of which a mask without nulls says so."""
    has_codes = any(isinstance(column, CodedTexts) for column in columns.values())
    places = np.flatnonzero(stays.to_numpy()) if has_codes else np.empty(0, np.intp)
    return {
        name: column.filter(stays) if isinstance(column, pl.Series) else column.at(places)
        for name, column in columns.items()
    }
