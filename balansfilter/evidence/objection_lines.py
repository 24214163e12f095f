"""Whose objection it was: who is named in each objection and its days, where a run asks for the numbers and ids alone.

An objection is surely a person's own where it names their customer id, or names no id but a number of theirs that
nobody else has. Any other may be somebody else's, and of that no person is told (GDPR art. 5(1)(d) and (f)).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import polars as pl

from balansfilter.evidence.contacts import standing_objections
from balansfilter.evidence.objections import ObjectionReading, read_objections
from balansfilter.frozen import dataclass
from balansfilter.identity.numbers import Rows

LINES = pl.Schema({"key": pl.String, "number": pl.UInt64, "made_on": pl.Date, "taken_back_on": pl.Date})
CALLS = pl.Schema({"key": pl.String, "number": pl.UInt64, "day": pl.Date})


@dataclass(frozen=True)
class ObjectionLines:
    """Every objection that names somebody, a line for each of its numbers."""

    lines: pl.DataFrame
    """`key` of the customer id (empty for none), `number`, `made_on` and `taken_back_on` (null for none)."""
    calls: pl.DataFrame
    """The calls that ended in an objection: `key`, `number` and `day` of each."""

    def standing(self, on: date, *, made_by: date | None = None) -> pl.DataFrame:
        """Return who is named by the objections that stand on a day: `key` and `number`.

        :param made_by: the day up to which they must have been made; one whose day is not known may have been.
        """
        made, called = self.lines, self.calls
        if made_by is not None:
            made = made.filter((pl.col("made_on") <= made_by).fill_null(True))
            called = called.filter((pl.col("day") <= made_by).fill_null(True))
        back = (pl.col("taken_back_on") <= on).fill_null(False)
        withdrawals = self.lines.filter(back).select("key", "number", day="taken_back_on")
        named = ("key", "number")
        return pl.concat([made.filter(~back).select(named), standing_objections(called, withdrawals).select(named)])


def objection_lines(rows: Rows, how: ObjectionReading) -> pl.DataFrame:
    """Read the objections of a part of a file that were made to this brand, or may have been; in any thread."""
    part, column = read_objections(rows, how), how.spec.columns.objected_on
    batch = part.batch
    made_on = pl.repeat(None, len(batch.row), dtype=pl.Date, eager=True)
    if column:
        made_on = how.dates.read(rows.column(column), column).day.filter(part.counts)
    numbers = [number.alias(f"n{i}") for i, number in enumerate(batch.numbers)]
    listed = pl.concat_list([n.name for n in numbers]).list.drop_nulls().list.unique() if numbers else pl.lit(None)
    told = [batch.keys.alias("key"), made_on.alias("made_on"), batch.withdrawn_on.alias("taken_back_on")]
    lines = pl.DataFrame([*told, *numbers]).with_columns(listed.cast(pl.List(pl.UInt64)).alias("number"))
    if how.spec.columns.brand:
        made_to = how.brands.made_to(batch.brand, how.null_words)
        lines = lines.filter(made_to.ours | made_to.unknown)
    return lines.select(LINES.names()).explode("number", empty_as_null=True)


def is_own(standing: pl.DataFrame, shared: Collection[int]) -> bool:
    """Return whether one of the objections that stand is surely a person's own.

    :param standing: `key` and `number` of each, with `mine` (whether the id is the person's) and `my_number`.
    :param shared: the numbers that others have as well.
    """
    if standing["mine"].any():
        return True
    named = standing.filter("my_number")
    others = named.filter(pl.col("key") != "")["number"].implode()
    beside = pl.col("number").is_in(others) | pl.col("number").is_in(list(shared))
    return not named.filter((pl.col("key") == "") & ~beside).is_empty()
