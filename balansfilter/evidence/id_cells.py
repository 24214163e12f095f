"""Cells with customer ids of people who objected: an objection protects every reading of its id, as of its number."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.identity.ids import read_ids
from balansfilter.identity.more_in_ids import MoreInIds, more_in_ids
from balansfilter.identity.numbers import NumberColumns
from balansfilter.native.without_queries import filled
from balansfilter.wording.spelling import NullWords

_NONE = pl.DataFrame(schema={"row": pl.UInt64, "key": pl.String, "number": pl.UInt64})


@dataclass(frozen=True)
class IdCells:
    """How the ids of people who objected are read."""

    numbers: NumberColumns
    """How a phone number is read that somebody wrote in the place of an id."""
    null_words: NullWords
    mixed: bool
    """Whether the column holds phone numbers as well."""
    exact: bool

    def more(self, row: pl.Series, cells: pl.Series, keys: pl.Series) -> MoreNamed:
        """Return whom cells name besides the id that each is as a whole.

        :param row: the numbers of the rows.
        :param keys: the keys of the whole cells; empty where there is no id.
        """
        cells = filled(cells, "")
        found = more_in_ids(cells.set(keys == "", ""), self.numbers, mixed=self.mixed, exact=self.exact)
        if found is None:
            return MoreNamed.none(len(row))
        unreadable = pl.repeat(False, len(row), dtype=pl.Boolean, eager=True).scatter(found.unclear, True)
        numbers = found.numbers.select("place", pl.lit("").alias("key"), "number")
        named = pl.concat([self._ids(found, keys), numbers])
        return MoreNamed(named.select(row.gather(named["place"]).alias("row"), "key", "number"), unreadable)

    def _ids(self, found: MoreInIds, keys: pl.Series) -> pl.DataFrame:
        key = read_ids(found.ids["text"], self.null_words, exact=self.exact).key
        ids = found.ids.select("place", key.alias("key"), number=pl.lit(None, pl.UInt64))
        others = (ids["key"] != "") & (ids["key"] != keys.gather(ids["place"]))
        return ids.filter(others).unique(maintain_order=True)


class MoreNamed(NamedTuple):
    """Whom the cells with ids name besides the ids that they are as a whole."""

    named: pl.DataFrame
    """`row`, `key` of an id (empty for none) and `number` (null for none)."""
    unreadable: pl.Series
    """Whether a row has a cell there of which nobody is sure whom it names."""

    @staticmethod
    def none(rows: int) -> MoreNamed:
        """Return what rows without ids name."""
        return MoreNamed(_NONE, pl.repeat(False, rows, dtype=pl.Boolean, eager=True))
