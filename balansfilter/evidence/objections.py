"""The objections in force: who said "do not call me again" to this brand, and did not take it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.evidence.dates import LAST_EMPTY_DAY, DateReader, Dates
from balansfilter.evidence.id_cells import IdCells, MoreNamed
from balansfilter.evidence.lookup import IntpArray, NumberSet, TextSet, UInt64Array
from balansfilter.evidence.tally import NO_CHOICE, NO_ID, NO_NUMBER, NOBODY, Tally, chosen_rows
from balansfilter.frozen import dataclass
from balansfilter.identity.brands import Brands
from balansfilter.identity.ids import read_ids
from balansfilter.identity.numbers import NumberColumns, Rows, some_number
from balansfilter.native.text_loops import compacted
from balansfilter.policy.model import Objections
from balansfilter.wording.spelling import NullWords


@dataclass(frozen=True)
class ObjectionReading:
    """How one file of objections is read."""

    spec: Objections
    dates: DateReader
    numbers: NumberColumns
    brands: Brands
    null_words: NullWords
    as_of: date
    exact_ids: bool


@dataclass(frozen=True)
class Withdrawals:
    """Who took an objection back, and when: one line a person and number."""

    frame: pl.DataFrame
    """`key` of the customer id (empty for none), `number` (null for none), `day`."""

    @staticmethod
    def none() -> pl.DataFrame:
        """Return the frame of no withdrawals."""
        return pl.DataFrame(schema={"key": pl.String, "number": pl.UInt64, "day": pl.Date})


@dataclass(frozen=True)
class Objectors:
    """The numbers and keys of customer ids of whom one source says that they objected, and it is in force."""

    numbers: UInt64Array
    keys: pl.Series
    withdrawals: pl.DataFrame
    tally: Tally


class _Batch(NamedTuple):
    """Rows that count, unless they were made to another brand."""

    row: pl.Series
    numbers: list[pl.Series]
    keys: pl.Series
    more: pl.DataFrame
    """Whom the cells with ids name besides, by `row`: that protects them, and takes nothing back."""
    brand: pl.Series
    """The cell with the brand; empty where the file has none."""
    withdrawn_on: pl.Series
    """The day of a withdrawal that holds; null where there is none."""

    def where(self, chosen: pl.Series) -> _Batch:
        """Return some of the rows."""
        numbers = [column.filter(chosen) for column in self.numbers]
        others = (self.row, self.keys, self.brand, self.withdrawn_on)
        row, keys, brand, withdrawn_on = (column.filter(chosen) for column in others)
        more = self.more.filter(self.more["row"].is_in(row.implode())) if self.more.height else self.more
        return _Batch(row, numbers, keys, more, brand, withdrawn_on)


class ObjectionPart(NamedTuple):
    """A part of a file of objections, read; it may have been read in any thread."""

    batch: _Batch
    row: pl.Series
    """The numbers of all rows, also of those that do not count."""
    counts: pl.Series
    reasons: dict[str, pl.Series]
    """Why a row protects nobody, or not everybody whom it names."""
    unread: pl.Series
    ids: int
    numbers: int
    """Rows with a customer id, and with a phone number that was read."""
    newest: date | None
    """The newest day of an objection, up to the as-of date; None where none is told."""


def objectors(parts: Iterable[ObjectionPart], how: ObjectionReading) -> Objectors:
    """Gather one file of objections.

    An objection is in force if it was made to this brand or to all, and was not taken back: by a withdrawal after the
    day of the objection, on or before the as-of date. One that cannot be read is none, and the day of the objection
    itself excuses nothing (GDPR art. 21(2)-(3)). A name that nobody knows is in force, unless the file itself
    shows, by a cell that names it beside this brand, that it is another.
    """
    tally = Tally()
    ours: list[_Batch] = []
    unknown: list[_Batch] = []
    beside: set[str] = set()
    for part in parts:
        _count(part, tally)
        batch = part.batch
        if not how.spec.columns.brand:
            ours.append(batch)
            continue
        made_to = how.brands.made_to(batch.brand, how.null_words)
        beside |= how.brands.beside_ours(batch.brand)
        ours.append(batch.where(made_to.ours))
        unknown.append(batch.where(made_to.unknown))
    brands = how.brands.knowing(beside)
    for batch in unknown:
        left = batch.where(brands.made_to(batch.brand, how.null_words).unknown)
        tally.unknown_brand.add(left.row)
        ours.append(left)
    return _gathered(ours, tally)


def _count(part: ObjectionPart, tally: Tally) -> None:
    size = len(part.row)
    tally.count_unreadable(part.row, part.reasons, part.counts)
    tally.keep(part.unread)
    tally.rows += size
    tally.left_out += size - int(part.counts.sum())
    tally.ids += part.ids
    tally.numbers += part.numbers


def _gathered(batches: list[_Batch], tally: Tally) -> Objectors:
    numbers: list[UInt64Array] = [np.empty(0, dtype=np.uint64)]
    keys: list[pl.Series] = [pl.Series(dtype=pl.String)]
    withdrawals = [Withdrawals.none()]
    for batch in batches:
        in_force = batch.withdrawn_on.is_null()
        tally.in_force += int(in_force.sum())
        numbers += [column.filter(in_force).drop_nulls().to_numpy() for column in batch.numbers]
        keys.append(batch.keys.filter(in_force & (batch.keys != "")))
        more = batch.where(in_force).more
        tally.more_than_id.add(more["row"].unique())
        numbers.append(more["number"].drop_nulls().to_numpy())
        keys.append(more["key"].filter(more["key"] != ""))
        withdrawals.append(_withdrawals(batch))
    return Objectors(np.concatenate(numbers), pl.concat(keys), pl.concat(withdrawals), tally)


def read_objections(rows: Rows, how: ObjectionReading) -> ObjectionPart:
    """Read a part of a file of objections; in any thread."""
    columns, spec, size = how.spec.columns, how.spec, len(rows.row)
    found = how.numbers.to_protect(rows)
    keys = brand = pl.repeat("", size, dtype=pl.String, eager=True)
    more = MoreNamed.none(size)
    if columns.customer_id:
        cells = rows.column(columns.customer_id)
        keys = compacted(read_ids(cells, how.null_words, exact=how.exact_ids).key)
        mixed = columns.customer_id in how.numbers.mixed
        more = IdCells(how.numbers, how.null_words, mixed, how.exact_ids).more(rows.row, cells, keys)
    if columns.brand:
        brand = compacted(rows.column(columns.brand))
    chosen = chosen_rows(spec.where, rows)
    counts = chosen.taken | chosen.unknown
    known = some_number(found.numbers, size)
    reasons = {
        NO_CHOICE: chosen.unknown,
        NO_NUMBER: found.unreadable,
        NO_ID: more.unreadable,
        NOBODY: ~known & (keys == "") & ~found.unreadable,
    }
    objected_on = how.dates.read(rows.column(columns.objected_on), columns.objected_on) if columns.objected_on else None
    withdrawn_on = _withdrawn_on(rows, objected_on, how)
    batch = _Batch(rows.row, list(found.numbers), keys, more.named, brand, withdrawn_on).where(counts)
    ids, numbers = int((keys != "").sum()), int(known.sum())
    newest = None if objected_on is None else _newest(objected_on.day, how.as_of)
    return ObjectionPart(batch, rows.row, counts, reasons, found.unread, ids, numbers, newest)


def _newest(days: pl.Series, as_of: date) -> date | None:
    newest = days.filter(days <= as_of).max()
    return newest if isinstance(newest, date) else None


def _withdrawn_on(rows: Rows, objected_on: Dates | None, how: ObjectionReading) -> pl.Series:
    """Return the day of each withdrawal that holds on the as-of date; null where there is none."""
    columns = how.spec.columns
    if not columns.withdrawn_on:
        return pl.repeat(None, len(rows.row), dtype=pl.Date, eager=True)
    day = how.dates.read(rows.column(columns.withdrawn_on), columns.withdrawn_on).day
    holds = (day > LAST_EMPTY_DAY) & (day <= how.as_of)
    if objected_on is not None:
        holds &= objected_on.empty | (day > objected_on.day).fill_null(False)
    return day.set(~holds.fill_null(False), None)


def _withdrawals(batch: _Batch) -> pl.DataFrame:
    taken_back = batch.withdrawn_on.is_not_null()
    if not taken_back.any():
        return Withdrawals.none()
    frame = pl.DataFrame(
        [
            batch.keys.alias("key"),
            batch.withdrawn_on.alias("day"),
            *(n.alias(f"n{i}") for i, n in enumerate(batch.numbers)),
        ]
    ).filter(taken_back)
    numbers = [f"n{i}" for i in range(len(batch.numbers))]
    listed = (
        pl.concat_list(numbers).list.drop_nulls().list.unique() if numbers else pl.lit(None, dtype=pl.List(pl.UInt64))
    )
    return frame.select("key", listed.alias("number"), "day").explode("number", empty_as_null=True)


class SourceKeys(NamedTuple):
    """Which of all objected numbers and ids one source names: their positions."""

    role: str
    numbers: IntpArray
    ids: IntpArray


@dataclass(frozen=True)
class Objected:
    """Everybody whose objection is in force on the as-of date, whatever the source."""

    numbers: NumberSet
    customer_ids: TextSet
    """Keys of customer ids."""
    sources: tuple[SourceKeys, ...] = ()


def everybody(sources: Sequence[tuple[str, UInt64Array, pl.Series]]) -> Objected:
    """Make one set of all who objected.

    :param sources: of each source its role, the numbers in force, and the keys of the customer ids in force.
    """
    numbers = NumberSet.of(np.concatenate([np.empty(0, np.uint64), *(source[1] for source in sources)]))
    ids = TextSet.of(pl.concat([pl.Series(dtype=pl.String), *(source[2] for source in sources)]))
    if len(sources) == 1:  # all that is in the sets is of the one source: none need be looked up
        return Objected(numbers, ids, (SourceKeys(sources[0][0], np.arange(len(numbers)), np.arange(len(ids.texts))),))
    named = tuple(
        SourceKeys(role, _each_once(numbers.positions(found), len(numbers)), _each_once(ids.positions(keys), len(ids)))
        for role, found, keys in sources
    )
    return Objected(numbers, ids, named)


def _each_once(positions: IntpArray, size: int) -> IntpArray:
    """Return positions in a set of this size, sorted and each once: marking them takes a hundredth of sorting them."""
    marked = np.zeros(size, dtype=np.bool_)
    marked[positions[positions >= 0]] = True
    return np.flatnonzero(marked)
