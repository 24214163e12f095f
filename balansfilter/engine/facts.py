"""The facts of a row: its cells read, and held against the evidence. What they mean is for the rules to say."""

from __future__ import annotations

import numpy as np
import polars as pl

from balansfilter.engine.cells import Dates, read_dates, read_yes
from balansfilter.engine.evidence import Evidence, trimmed
from balansfilter.phone import in_countries, read_numbers
from balansfilter.plan import Plan
from balansfilter.policy.model import CallListColumns


def make_facts(  # noqa: PLR0913
    plan: Plan, columns: CallListColumns, date_format: str, evidence: Evidence, row: pl.Series, cells: pl.DataFrame
) -> pl.DataFrame:
    """Make the facts of a batch, one line a row, in the order of the rows.

    For each phone column, by its place from 0: `written_0` (there is text in the cell), `number_0` (E.164 as an
    integer; null where the cell holds no valid number), `allowed_0` (of an allowed country), `listed_0` (in the
    register). The other columns are named after what the policy calls them.
    """
    facts = pl.DataFrame({"row": row, "customer_id": trimmed(cells, columns.customer_id)})
    facts = facts.with_columns(
        *_numbers(plan, evidence, cells),
        *_product(plan, columns, cells),
        *_dates(plan, columns, date_format, cells),
    )
    numbers = [facts[f"number_{i}"] for i in range(len(plan.phones))]
    return facts.with_columns(_objected(evidence, facts), _attempts(plan, evidence, facts, numbers))


def _numbers(plan: Plan, evidence: Evidence, cells: pl.DataFrame) -> list[pl.Series]:
    made: list[pl.Series] = []
    for i, column in enumerate(plan.phones):
        number = read_numbers(cells[column], plan.default_country)
        listed = (
            pl.Series(evidence.register.contains(number.fill_null(0).to_numpy()))
            if evidence.register is not None
            else pl.repeat(False, len(number), dtype=pl.Boolean, eager=True)
        )
        made += [
            number.alias(f"number_{i}"),
            in_countries(number, plan.allow_countries).alias(f"allowed_{i}"),
            listed.alias(f"listed_{i}"),
            _written(cells[column], number).alias(f"written_{i}"),
        ]
    return made


def _written(cells: pl.Series, number: pl.Series) -> pl.Series:
    """Say of each cell whether there is more in it than white space; where there is a number, there is."""
    doubtful = (number.is_null() & (cells != "")).arg_true()
    return number.is_not_null().scatter(doubtful, cells.gather(doubtful).str.strip_chars() != "")


def _product(plan: Plan, columns: CallListColumns, cells: pl.DataFrame) -> list[pl.Series]:
    rows = cells.height
    product = trimmed(cells, columns.product) if columns.product else pl.repeat("", rows, dtype=pl.String, eager=True)
    if columns.product and plan.products:
        window = product.replace_strict(plan.products, default=plan.general_window, return_dtype=pl.Int16)
    else:
        window = pl.repeat(plan.general_window, rows, dtype=pl.Int16, eager=True)
    return [product.alias("product"), window.alias("window")]


def _dates(plan: Plan, columns: CallListColumns, date_format: str, cells: pl.DataFrame) -> list[pl.Series]:
    rows = cells.height
    purchase = _read(columns.last_purchase_on, date_format, cells)
    ended = _read(columns.contract_ended_on, date_format, cells)
    paid = _read(columns.first_payment_on, date_format, cells)
    consent = _read(columns.consent_on, date_format, cells)
    flag = read_yes(trimmed(cells, columns.active)) if columns.active else pl.repeat(False, rows, eager=True)
    active = flag | (ended.day > plan.as_of).fill_null(False)
    latest = pl.DataFrame({"a": purchase.day, "b": ended.day}).select(pl.max_horizontal("a", "b")).to_series()
    return [
        purchase.day.alias("last_purchase_on"),
        ended.day.alias("contract_ended_on"),
        active.alias("active"),
        (purchase.empty & ended.empty).alias("dates_missing"),
        (purchase.unreadable | ended.unreadable).alias("dates_unreadable"),
        latest.set(active, plan.as_of).alias("anchor"),
        paid.day.alias("first_payment_on"),
        (paid.empty & (columns.first_payment_on is not None)).alias("payment_missing"),
        paid.unreadable.alias("payment_unreadable"),
        consent.day.alias("consent_on"),
    ]


def _read(column: str | None, date_format: str, cells: pl.DataFrame) -> Dates:
    if column is not None:
        return read_dates(trimmed(cells, column), date_format)
    rows = cells.height
    return Dates(
        pl.repeat(None, rows, dtype=pl.Date, eager=True),
        pl.repeat(True, rows, dtype=pl.Boolean, eager=True),
        pl.repeat(False, rows, dtype=pl.Boolean, eager=True),
    )


def _objected(evidence: Evidence, facts: pl.DataFrame) -> pl.Series:
    objected = evidence.objected.customer_ids.contains(facts["customer_id"])
    for name in facts.columns:
        if name.startswith("number_"):
            objected |= evidence.objected.numbers.contains(facts[name].fill_null(0).to_numpy())
    return pl.Series("objected", objected)


def _attempts(plan: Plan, evidence: Evidence, facts: pl.DataFrame, numbers: list[pl.Series]) -> pl.Series:
    """Count the calls within the window of the row's balanstest; 0 where it limits none."""
    attempts = np.zeros(facts.height, dtype=np.intp)
    if evidence.calls is None:
        return pl.Series("attempts", attempts)
    window = facts["window"].fill_null(-1).to_numpy()
    different = [_unless_repeated(numbers, i) for i in range(len(numbers))]
    for index, term in enumerate(plan.windows):
        if term.attempts_after is not None:
            counts = evidence.calls.within[term.attempts_after]
            rows = np.flatnonzero(window == index)
            attempts[rows] = counts.of([n.gather(rows) for n in different], facts["customer_id"].gather(rows))
    return pl.Series("attempts", attempts)


def _unless_repeated(numbers: list[pl.Series], i: int) -> pl.Series:
    """Give the numbers of one column, null where an earlier column of the row has the same."""
    number = numbers[i]
    for earlier in numbers[:i]:
        number = number.set((earlier == number).fill_null(False), None)
    return number
