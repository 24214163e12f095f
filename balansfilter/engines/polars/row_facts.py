"""The facts of a row: its cells read, and held against the evidence. What they mean is for the rules to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.decision.facts import DATES, active, derived
from balansfilter.decision.plan import Plan
from balansfilter.engines.polars.consent import consent_cells, consent_use
from balansfilter.evidence.dates import DateReader, Dates
from balansfilter.evidence.flags import different, read_flags
from balansfilter.evidence.held import Evidence, Noted
from balansfilter.evidence.lookup import IntpArray, UInt64Array
from balansfilter.evidence.tally import chosen_rows
from balansfilter.identity.hidden_numbers import HiddenNumbers
from balansfilter.identity.ids import Ids, read_ids
from balansfilter.identity.numbers import Rows, some_number
from balansfilter.native.set_loops import Marks
from balansfilter.native.text_loops import compacted
from balansfilter.native.without_queries import filled
from balansfilter.phone import Phones, Regions
from balansfilter.policy.model import CallList, CallListColumns, DateColumn

_UNREAD_PARTS, _UNREAD_CELLS = 4, 50


def customer_ids(plan: Plan, columns: CallListColumns, rows: Rows) -> Ids:
    """Return the customer id of each row, without layout, and its key."""
    return read_ids(rows.column(columns.customer_id), plan.null_words, exact=plan.exact_ids)


def read_cells(plan: Plan, spec: CallList, dates: DateReader, seen: Noted, rows: Rows) -> pl.DataFrame:
    """Return what the cells of a batch say by themselves, as :mod:`balansfilter.decision.facts` names it.

    Beside those facts, for each phone column: `valid_0` (the number, though nobody may be called on it) and `written_0`
    (there is text in the cell). `hidden`: the numbers that can be found in cells that cannot be read, with spaces in
    between, null for none. `product` is an Enum of the products of this batch.
    """
    columns = spec.columns
    read = plan.numbers.to_call(rows)
    numbers, regions = [one.number for one in read], [Regions.of(one.number) for one in read]
    note_unread(seen, plan, rows, read)
    nobody = [pl.Series(where.not_callable) for where in regions]
    callable_ = [number.set(mask, None) if mask.any() else number for number, mask in zip(numbers, nobody, strict=True)]
    cells = pl.DataFrame(
        [
            rows.row.alias("row"),
            *_columns("number", callable_),
            *_columns("valid", numbers),
            *_columns("allowed", [pl.Series(where.callable_in(plan.allow_countries)) for where in regions]),
            *_columns("written", [one.written for one in read]),
            hidden_numbers(plan, rows, read).as_texts(len(rows.row)).alias("hidden"),
            *_product(plan, columns, rows),
            *_dates(columns, dates, rows),
            active_cells(plan, columns, seen, rows).alias("is_active"),
            chosen_by(spec, seen, rows),
        ]
    )
    missing = pl.col("first_payment_on_empty") & pl.lit(columns.first_payment_on is not None)
    return cells.with_columns(consent_cells(plan, spec, rows, cells["product"]), payment_missing=missing)


def held_against(evidence: Evidence, plan: Plan, cells: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """Return the facts of a batch: what its cells say, and what the evidence says of the people in it."""
    phones = range(len(plan.phones))
    listed = [pl.Series(listed_in(evidence, filled_with_zeros(cells[f"number_{i}"]))) for i in phones]
    valid = [filled_with_zeros(number) for number in _valid_numbers(plan, cells)]
    hidden = HiddenNumbers.of_texts(cells["hidden"])
    hit = pl.Series("objected", hit_by_objections(evidence, keys, valid, hidden))
    return counted_under(plan, evidence, cells.with_columns(*_columns("listed", listed), hit), keys)


def counted_under(plan: Plan, evidence: Evidence, facts: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """Return the facts of a batch with the calls counted in the windows of a plan, and what follows from its dates."""
    numbers = _valid_numbers(plan, facts)
    attempts = attempts_of(plan, evidence, facts["window"].fill_null(-1).to_numpy(), numbers, keys)
    counted = facts.with_columns(pl.Series("attempts", attempts), *consent_use(plan, evidence, facts, numbers, keys))
    return counted.with_columns(active=active(pl, plan)).with_columns(**derived(pl, plan))


def _valid_numbers(plan: Plan, cells: pl.DataFrame) -> list[pl.Series]:
    return [cells[f"valid_{i}"] for i in range(len(plan.phones))]


def hidden_numbers(plan: Plan, rows: Rows, read: list[Phones]) -> HiddenNumbers:
    """Return the numbers that can be found in cells that cannot be read, as far as an objection to one may matter.

    A row without a number to call needs no protection itself: it matters where an objection reaches other rows.
    """
    return plan.numbers.hidden(rows, read, beside_others=not plan.reaches_person)


def note_unread(evidence: Noted, plan: Plan, rows: Rows, read: list[Phones]) -> None:
    """Keep a few cells in which a number is written and none was read, and tell of those beside a number."""
    _tell_unread_beside_others(evidence, rows, read)
    for columns, phones in zip(plan.numbers.phones, read, strict=True):
        if len(evidence.unread) < _UNREAD_PARTS and phones.number.null_count():
            places = phones.unread.arg_true().head(_UNREAD_CELLS)
            cells = rows.column(columns[-1])
            if len(places):
                evidence.unread.append(compacted(cells.gather(places)))


def _tell_unread_beside_others(evidence: Noted, rows: Rows, read: list[Phones]) -> None:
    if len(read) > 1:
        unread = reduce(or_, (one.unread for one in read))
        beside = unread & some_number([one.number for one in read], len(rows.row))
        remark = "of the call list with a number that cannot be read, so not called, beside one that can"
        evidence.remarks.add(remark, rows.row.filter(beside))


def _columns(fact: str, made: list[pl.Series]) -> list[pl.Series]:
    return [column.alias(f"{fact}_{i}") for i, column in enumerate(made)]


def listed_in(evidence: Evidence, numbers: UInt64Array) -> Marks:
    """Say of numbers whether they stand in the register, and count those; 0 is none."""
    if evidence.register is None:
        return np.zeros(len(numbers), np.bool_)
    listed = evidence.register.contains(numbers)
    evidence.seen.add_listed(int(np.count_nonzero(listed)))
    return listed


def chosen_by(spec: CallList, evidence: Noted, rows: Rows) -> pl.Series:
    """Say of each row whether `where` takes it; a word that it does not know is told, and takes no row."""
    if not spec.where:
        return _same(True, pl.Boolean, rows).alias("chosen")
    chosen = chosen_rows(spec.where, rows)
    remark = "of the call list with a word that `where` neither takes nor leaves, so dropped"
    evidence.remarks.add(remark, rows.row.filter(chosen.unknown))
    return chosen.taken.alias("chosen")


def _product(plan: Plan, columns: CallListColumns, rows: Rows) -> list[pl.Series]:
    if columns.product is None:
        return [
            _same("", pl.Enum([""]), rows).alias("product"),
            _same(plan.general_window, pl.Int16, rows).alias("window"),
        ]
    products, places = different(rows.column(columns.product))
    windows = [plan.window_of(product) for product in products]
    window = pl.Series("window", windows, dtype=pl.Int16)
    return [as_products(products, places), window.gather(places)]


def as_products(products: pl.Series, places: pl.Series) -> pl.Series:
    """Return the product of each row, out of few different ones: an Enum of those."""
    return products.cast(pl.Enum(products.unique(maintain_order=True))).alias("product").gather(places)


def _dates(columns: CallListColumns, dates: DateReader, rows: Rows) -> Iterator[pl.Series]:
    for name in DATES:
        read = _read(getattr(columns, name), dates, rows)
        yield read.day.alias(name)
        yield read.empty.alias(f"{name}_empty")
        yield read.unreadable.alias(f"{name}_unreadable")


def active_cells(plan: Plan, columns: CallListColumns, evidence: Noted, rows: Rows) -> pl.Series:
    """Say of each row whether its cell says that the person is a customer still; a word that nobody knows is told."""
    if columns.active is None:
        return _same(False, pl.Boolean, rows)
    yes, unclear = read_flags(rows.column(columns.active), plan.null_words)
    remark = f"of the call list with a word in column {columns.active!r} that is neither yes nor no, which counts as no"
    evidence.remarks.add(remark, rows.row.filter(unclear))
    return yes


def _read(column: DateColumn | None, dates: DateReader, rows: Rows) -> Dates:
    if column is not None:
        return dates.read(rows.column(column), column)
    return Dates(_same(None, pl.Date, rows), _same(True, pl.Boolean, rows), _same(False, pl.Boolean, rows))


def _same(value: Any, kind: pl.DataType | type[pl.DataType], rows: Rows) -> pl.Series:
    """Return a column that says the same of every row."""
    return pl.repeat(value, len(rows.row), dtype=kind, eager=True)


def hit_by_objections(
    evidence: Evidence, keys: pl.Series, numbers: Sequence[UInt64Array], hidden: HiddenNumbers
) -> Marks:
    """Say of each row whether an objection hits it, and count in how many rows each objected id and number stands.

    :param numbers: those of each phone column; 0 for none.
    :param hidden: those that can be found in cells that cannot be read.
    """
    everybody, objected = evidence.objected, np.zeros(len(keys), np.bool_)
    none = np.empty(0, np.intp)
    ids = everybody.customer_ids.hits(keys, objected) if len(everybody.customer_ids) else none
    phones = range(len(numbers) if len(everybody.numbers) else 0)
    seen = [everybody.numbers.hits(_unless_repeated(numbers, i), objected) for i in phones]
    if len(hidden) and len(everybody.numbers):
        positions = everybody.numbers.positions(hidden.numbers)
        objected[hidden.places[positions >= 0]] = True
        seen.append(positions[positions >= 0])
    evidence.seen.add(np.concatenate([none, *seen]), ids)
    return objected


def attempts_of(
    plan: Plan, evidence: Evidence, window: npt.NDArray[np.int16], numbers: list[pl.Series], keys: pl.Series
) -> IntpArray:
    """Count the calls of each row within the window of its balanstest; 0 where it limits none.

    :param window: the place of the balanstest of each row, -1 for none; is looked at where there are calls.
    """
    attempts = np.zeros(len(keys), dtype=np.intp)
    if evidence.calls is None:
        return attempts
    filled = [filled_with_zeros(number) for number in numbers]
    different = [pl.Series(_unless_repeated(filled, i)) for i in range(len(numbers))]
    for index, term in enumerate(plan.windows):
        if term.attempts_after is not None:
            counts = evidence.calls.within[term.attempts_after]
            rows = np.flatnonzero(window == index)
            attempts[rows] = counts.of([n.gather(rows) for n in different], keys.gather(rows))
    return attempts


def _unless_repeated(numbers: Sequence[UInt64Array], i: int) -> UInt64Array:
    """Return the numbers of one column, 0 where an earlier column of the row has the same."""
    number = numbers[i]
    for earlier in numbers[:i]:
        number = np.where(earlier == number, np.uint64(0), number)
    return number


def filled_with_zeros(number: pl.Series) -> UInt64Array:
    """Return numbers with 0 for none."""
    return filled(number, 0).to_numpy()
