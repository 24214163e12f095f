"""What a call list is held against: the objections in force, the register, and the calls already made.

Everything here is taken from batches of cells, as any source gives them, and knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl

from balansfilter.compiled.texts import Column, as_series, trimmed
from balansfilter.engine.dates import LAST_EMPTY_DAY, DateReader
from balansfilter.engine.membership import IntpArray, NumberMap, NumberSet, TextSet, UInt64Array
from balansfilter.phone import read_numbers
from balansfilter.plan import Plan
from balansfilter.policy.model import ContactColumns, JoinedColumns, ObjectionColumns, RegisterColumns, as_columns

_TOLD_ROWS = 5


class Rows(Protocol):
    """A batch of rows of a source."""

    @property
    def row(self) -> pl.Series:
        """The number of each row, from 1."""

    def column(self, name: str) -> Column:
        """Give the cells of a column."""


@dataclass
class Tally:
    """How many rows of a source could be used, and which could not."""

    rows: int = 0
    unreadable: int = 0
    """Rows with neither a readable number nor a customer id, which speak of nobody."""
    first_unreadable: list[int] = field(default_factory=list)
    """The first few numbers of such rows."""
    in_force: int = 0
    """Rows that count on the as-of date."""

    def add(self, row: pl.Series, unreadable: pl.Series, in_force: int) -> None:
        """Count one batch."""
        self.rows += len(row)
        self.in_force += in_force
        lost = row.filter(unreadable)
        self.unreadable += len(lost)
        self.first_unreadable += lost.head(_TOLD_ROWS - len(self.first_unreadable)).to_list()


@dataclass(frozen=True)
class Objected:
    """Everybody who objected, and whose objection is in force on the as-of date."""

    numbers: NumberSet
    customer_ids: TextSet


@dataclass(frozen=True)
class People:
    """Numbers and customer ids out of one source, before they are made into a set."""

    numbers: UInt64Array
    customer_ids: pl.Series
    tally: Tally


def text_of(rows: Rows, column: str) -> pl.Series:
    """Give the texts of a column without the white space around them."""
    return as_series(trimmed(rows.column(column)))


def objectors(
    batches: Iterable[Rows], columns: ObjectionColumns, dates: DateReader, country: str, plan: Plan
) -> People:
    """Read one objections file.

    An objection is in force if it was made to this brand or to all, and was not taken back on or before the as-of
    date; a withdrawal that cannot be read, or of 1970-01-01 or before, is none, and the day of the objection itself
    excuses nothing (GDPR art. 21(2)-(3)).
    """
    tally = Tally()
    numbers: list[UInt64Array] = []
    ids: list[pl.Series] = [pl.Series(dtype=pl.String)]
    for batch in batches:
        found = [read_numbers(batch.column(column), country) for column in as_columns(columns.phone)]
        customer_id = text_of(batch, columns.customer_id) if columns.customer_id else None
        in_force = _in_force(batch, columns, dates, plan)
        tally.add(batch.row, _names_nobody(found, customer_id, len(batch.row)), int(in_force.sum()))
        numbers += [column.filter(in_force).drop_nulls().to_numpy() for column in found]
        if customer_id is not None:
            ids.append(customer_id.filter(in_force))
    return People(_joined(numbers), pl.concat(ids), tally)


def everybody(people: Sequence[People]) -> Objected:
    """Make one set of all who objected, whatever the file."""
    return Objected(
        NumberSet.of(_joined([part.numbers for part in people])),
        TextSet.of(pl.concat([pl.Series(dtype=pl.String), *(part.customer_ids for part in people)])),
    )


def _in_force(batch: Rows, columns: ObjectionColumns, dates: DateReader, plan: Plan) -> pl.Series:
    in_force = pl.repeat(True, len(batch.row), dtype=pl.Boolean, eager=True)
    if columns.brand:
        in_force &= made_to_brand(text_of(batch, columns.brand), plan.brand_names)
    if columns.withdrawn_on:
        withdrawn_on = dates.read(batch.column(columns.withdrawn_on), columns.withdrawn_on).day
        in_force &= ~withdrawn_on.is_between(LAST_EMPTY_DAY, plan.as_of, closed="right").fill_null(False)
    return in_force


def made_to_brand(made_to: pl.Series, brand_names: frozenset[str]) -> pl.Series:
    """Say of trimmed cells whether an objection was made to this brand, or to all: empty or `*`."""
    brands = made_to.unique()
    ours = pl.Series([text.casefold() in brand_names | {"", "*"} for text in brands], dtype=pl.Boolean)
    return made_to.replace_strict(brands, ours, default=True, return_dtype=pl.Boolean)


def _names_nobody(numbers: Sequence[pl.Series], customer_id: pl.Series | None, rows: int) -> pl.Series:
    nobody = pl.repeat(True, rows, dtype=pl.Boolean, eager=True)
    for column in numbers:
        nobody &= column.is_null()
    return nobody if customer_id is None else nobody & (customer_id == "")


def _joined(parts: Sequence[UInt64Array]) -> UInt64Array:
    return np.concatenate([np.empty(0, dtype=np.uint64), *parts])


# --- the register ---------------------------------------------------------------------------------------------


class RegisteredPart(NamedTuple):
    """A batch of a register, read."""

    row: pl.Series
    numbers: list[pl.Series]
    """The numbers of its rows; null where a cell holds no valid one."""


def read_registered(batch: Rows, columns: RegisterColumns, country: str) -> RegisteredPart:
    """Read a batch of a register; in any thread."""
    return RegisteredPart(batch.row, [read_numbers(cells, country) for cells in _register_cells(batch, columns)])


def registered(parts: Iterable[RegisteredPart]) -> People:
    """Gather one register: every number that stands in it."""
    tally = Tally()
    numbers: list[UInt64Array] = []
    for row, found in parts:
        tally.add(row, _names_nobody(found, None, len(row)), len(row))
        numbers += [column.drop_nulls().to_numpy() for column in found]
    return People(_joined(numbers), pl.Series(dtype=pl.String), tally)


def _register_cells(batch: Rows, columns: RegisterColumns) -> list[Column]:
    if isinstance(columns.phone, JoinedColumns):
        parts = pl.DataFrame([text_of(batch, column).alias(column) for column in columns.phone.join])
        return [parts.select(joined=pl.concat_str(pl.all())).to_series()]
    return [batch.column(column) for column in as_columns(columns.phone)]


# --- the calls already made -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """How many calls each number, each customer id, and each pair of the two has had within one window."""

    by_number: tuple[NumberSet, IntpArray]
    by_customer: tuple[TextSet, IntpArray]
    by_pair: tuple[TextSet, IntpArray]
    calls: pl.DataFrame | None
    """The calls themselves (`call`, `id`, `number`), where one may have several numbers and pairs do not suffice."""

    def of(self, numbers: Sequence[pl.Series], customer_id: pl.Series) -> IntpArray:
        """Count the calls of each row: those to its customer id or to one of its numbers, each call once.

        :param numbers: one Series a phone column, each number at most once a row.
        """
        if self.calls is not None:
            return _matched(self.calls, numbers, customer_id)
        customers, calls = self.by_customer
        total = _taken(calls, customers.positions(customer_id))
        for column in numbers:
            probes, calls = self.by_number
            present = column.is_not_null().to_numpy()
            total += _taken(calls, probes.positions(column.fill_null(0).to_numpy())) * present
            pairs, calls = self.by_pair
            total -= _taken(calls, pairs.positions(_pair(customer_id, column))) * present
        return total


def _matched(calls: pl.DataFrame, numbers: Sequence[pl.Series], customer_id: pl.Series) -> IntpArray:
    """Count the different calls that match a row in any way, by matching them one by one."""
    rows = pl.DataFrame({"place": pl.int_range(len(customer_id), eager=True), "id": customer_id})
    found = [rows.filter(pl.col("id") != "").join(calls, on="id").select("place", "call")]
    for column in numbers:
        by_number = rows.select("place", number=column).join(calls, on="number")
        found.append(by_number.select("place", "call"))
    counted = pl.concat(found).unique().group_by("place").len()
    total = np.zeros(len(customer_id), dtype=np.intp)
    total[counted["place"].to_numpy()] = counted["len"].to_numpy()
    return total


def _taken(calls: IntpArray, positions: IntpArray) -> IntpArray:
    return np.where(positions >= 0, calls[positions], 0) if len(calls) else np.zeros(len(positions), dtype=np.intp)


def _pair(customer_id: pl.Series, number: pl.Series) -> pl.Series:
    """Give customer id and number as one text; empty, which counts for nobody, where either is missing."""
    frame = pl.DataFrame({"id": customer_id, "number": number})
    both = (pl.col("id") != "") & pl.col("number").is_not_null()
    return frame.select(pl.when(both).then(pl.format("{} {}", "number", "id")).otherwise(pl.lit(""))).to_series()


@dataclass(frozen=True)
class Calls:
    """The calls already made, counted within each window that a balanstest asks for."""

    within: dict[date, Counts]
    """Counts by the day after which calls count."""


def calls_made(
    batches: Iterable[Rows], columns: ContactColumns, dates: DateReader, country: str, plan: Plan
) -> tuple[Calls, Tally]:
    """Read the call history, as far as a balanstest limits the number of calls (section 2b).

    A call counts if it was made after the start of the window, up to and including the as-of date. A call whose day
    cannot be read counts in every window: unknown is never callable.
    """
    tally = Tally()
    starts = sorted({w.attempts_after for w in plan.windows if w.attempts_after is not None})
    phones = as_columns(columns.phone)
    kept = [pl.DataFrame(schema={"call": pl.UInt64, "id": pl.String, "number": pl.UInt64, "day": pl.Date})]
    for batch in batches:
        calls = _calls_of(batch, columns, dates, country)
        nobody = calls.select((pl.col("number").list.len() == 0) & (pl.col("id") == "")).to_series()
        unread = pl.col("day").is_null()
        counted = calls.filter(unread | pl.col("day").is_between(starts[0], plan.as_of, closed="right"))
        tally.add(batch.row, nobody | calls["day"].is_null(), counted.height)
        kept.append(counted.explode("number", empty_as_null=True))
    history = pl.concat(kept)
    within = (history.filter(pl.col("day").is_null() | (pl.col("day") > start)) for start in starts)
    counts = {start: _counts(calls, several=len(phones) > 1) for start, calls in zip(starts, within, strict=True)}
    return Calls(counts), tally


def _calls_of(batch: Rows, columns: ContactColumns, dates: DateReader, country: str) -> pl.DataFrame:
    """Give each call with the readable numbers that it has."""
    numbers = [read_numbers(batch.column(column), country) for column in as_columns(columns.phone)]
    nothing = pl.repeat(None, len(batch.row), dtype=pl.UInt64, eager=True)
    frame = pl.DataFrame([column.alias(f"number_{i}") for i, column in enumerate(numbers or [nothing])])
    nobody = pl.repeat("", len(batch.row), dtype=pl.String, eager=True)
    return pl.DataFrame(
        {
            "call": batch.row,
            "id": text_of(batch, columns.customer_id) if columns.customer_id else nobody,
            "number": frame.select(pl.concat_list(pl.all()).list.drop_nulls().list.unique()).to_series(),
            "day": dates.read(batch.column(columns.called_on), columns.called_on).day,
        }
    )


def _counts(history: pl.DataFrame, *, several: bool) -> Counts:
    numbers = history.filter(pl.col("number").is_not_null()).group_by("number").len().sort("number")
    by_number = NumberSet.of_sorted(numbers["number"].to_numpy()), numbers["len"].to_numpy().astype(np.intp)
    pairs = history.with_columns(pair=_pair(history["id"], history["number"]))
    calls = history.select("call", "id", "number") if several else None
    return Counts(by_number, _text_counts(history["id"]), _text_counts(pairs["pair"]), calls)


def _text_counts(texts: pl.Series) -> tuple[TextSet, IntpArray]:
    known = TextSet.of(texts)
    counted = texts.alias("text").to_frame().filter(pl.col("text") != "").group_by("text").len()
    calls = np.zeros(len(known.texts), dtype=np.intp)
    np.add.at(calls, known.positions(counted["text"]), counted["len"].to_numpy().astype(np.intp))
    return known, calls


@dataclass(frozen=True)
class Evidence:
    """All that the rows of a call list are held against."""

    objected: Objected
    register: NumberSet | NumberMap | None
    """The register; None where the policy does not screen."""
    register_until: date | None
    """The last day on which the register is fresh enough; None where it has no largest age."""
    calls: Calls | None
    """The calls already made; None where no balanstest limits them."""
