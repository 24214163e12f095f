"""The facts of a row: its cells read, and held against the evidence. What they mean is for the rules to say."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from balansfilter.compiled.texts import Column, as_series, trimmed
from balansfilter.engine.cells import different, read_yes
from balansfilter.engine.dates import DateReader, Dates
from balansfilter.engine.evidence import Evidence, Rows
from balansfilter.phone import in_countries, read_phones
from balansfilter.plan import Plan
from balansfilter.policy.model import CallListColumns, DateColumn


def customer_ids(columns: CallListColumns, rows: Rows) -> Column:
    """Give the customer id of each row, without the white space around it."""
    return trimmed(rows.column(columns.customer_id))


def make_facts(  # noqa: PLR0913
    plan: Plan, columns: CallListColumns, dates: DateReader, evidence: Evidence, rows: Rows, customer_id: Column
) -> pl.DataFrame:
    """Make the facts of a batch, one line a row, in the order of the rows; but for the customer ids, which stay apart.

    For each phone column, by its place from 0: `written_0` (there is text in the cell), `number_0` (E.164 as an
    integer; null where the cell holds no valid number), `allowed_0` (of an allowed country), `listed_0` (in the
    register). `product` is an Enum of the products of this batch. The other columns are named after what the policy
    calls them.
    """
    facts = pl.DataFrame(
        [
            rows.row.alias("row"),
            *_numbers(plan, evidence, rows),
            *_product(plan, columns, rows),
            *_dates(plan, columns, dates, rows),
        ]
    )
    numbers = [facts[f"number_{i}"] for i in range(len(plan.phones))]
    objected = _objected(evidence, customer_id, numbers)
    return facts.with_columns(objected, _attempts(plan, evidence, facts, numbers, customer_id))


def _numbers(plan: Plan, evidence: Evidence, rows: Rows) -> list[pl.Series]:
    made: list[pl.Series] = []
    for i, column in enumerate(plan.phones):
        number, written = read_phones(rows.column(column), plan.default_country)
        listed = (
            pl.Series(evidence.register.contains(number.fill_null(0).to_numpy()))
            if evidence.register is not None
            else pl.repeat(False, len(number), dtype=pl.Boolean, eager=True)
        )
        made += [
            number.alias(f"number_{i}"),
            in_countries(number, plan.allow_countries).alias(f"allowed_{i}"),
            listed.alias(f"listed_{i}"),
            written.alias(f"written_{i}"),
        ]
    return made


def _product(plan: Plan, columns: CallListColumns, rows: Rows) -> list[pl.Series]:
    if columns.product is None:
        return [
            _same("", pl.Enum([""]), rows).alias("product"),
            _same(plan.general_window, pl.Int16, rows).alias("window"),
        ]
    products, places = different(rows.column(columns.product))
    windows = [plan.products.get(product, plan.general_window) for product in products]
    product = products.cast(pl.Enum(products.unique(maintain_order=True))).alias("product")
    window = pl.Series("window", windows, dtype=pl.Int16)
    return [product.gather(places), window.gather(places)]


def _dates(plan: Plan, columns: CallListColumns, dates: DateReader, rows: Rows) -> list[pl.Series]:
    purchase = _read(columns.last_purchase_on, dates, rows)
    ended = _read(columns.contract_ended_on, dates, rows)
    paid = _read(columns.first_payment_on, dates, rows)
    consent = _read(columns.consent_on, dates, rows)
    flag = read_yes(rows.column(columns.active)) if columns.active else _same(False, pl.Boolean, rows)
    active = flag | (ended.day > plan.as_of).fill_null(False)
    days = pl.DataFrame({"a": purchase.day, "b": ended.day, "active": active})
    anchor = pl.when("active").then(plan.as_of).otherwise(pl.max_horizontal("a", "b"))
    return [
        purchase.day.alias("last_purchase_on"),
        ended.day.alias("contract_ended_on"),
        active.alias("active"),
        (purchase.empty & ended.empty).alias("dates_missing"),
        (purchase.unreadable | ended.unreadable).alias("dates_unreadable"),
        days.select(anchor.alias("anchor")).to_series(),
        paid.day.alias("first_payment_on"),
        (paid.empty & (columns.first_payment_on is not None)).alias("payment_missing"),
        paid.unreadable.alias("payment_unreadable"),
        consent.day.alias("consent_on"),
        consent.unreadable.alias("consent_unreadable"),
    ]


def _read(column: DateColumn | None, dates: DateReader, rows: Rows) -> Dates:
    if column is not None:
        return dates.read(rows.column(column), column)
    return Dates(_same(None, pl.Date, rows), _same(True, pl.Boolean, rows), _same(False, pl.Boolean, rows))


def _same(value: Any, kind: pl.DataType | type[pl.DataType], rows: Rows) -> pl.Series:
    """Give a column that says the same of every row."""
    return pl.repeat(value, len(rows.row), dtype=kind, eager=True)


def _objected(evidence: Evidence, customer_id: Column, numbers: list[pl.Series]) -> pl.Series:
    objected = evidence.objected.customer_ids.contains(customer_id)
    for number in numbers:
        objected |= evidence.objected.numbers.contains(number.fill_null(0).to_numpy())
    return pl.Series("objected", objected)


def _attempts(
    plan: Plan, evidence: Evidence, facts: pl.DataFrame, numbers: list[pl.Series], customer_id: Column
) -> pl.Series:
    """Count the calls within the window of the row's balanstest; 0 where it limits none."""
    attempts = np.zeros(facts.height, dtype=np.intp)
    if evidence.calls is None:
        return pl.Series("attempts", attempts)
    window, ids = facts["window"].fill_null(-1).to_numpy(), as_series(customer_id)
    different = [_unless_repeated(numbers, i) for i in range(len(numbers))]
    for index, term in enumerate(plan.windows):
        if term.attempts_after is not None:
            counts = evidence.calls.within[term.attempts_after]
            rows = np.flatnonzero(window == index)
            attempts[rows] = counts.of([n.gather(rows) for n in different], ids.gather(rows))
    return pl.Series("attempts", attempts)


def _unless_repeated(numbers: list[pl.Series], i: int) -> pl.Series:
    """Give the numbers of one column, null where an earlier column of the row has the same."""
    number = numbers[i]
    for earlier in numbers[:i]:
        number = number.set((earlier == number).fill_null(False), None)
    return number
