"""Polars: the functions of the nightly stream, over one list in memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from balansfilter.decision.decide import outcome
from balansfilter.decision.reasons import reason_code
from balansfilter.engines.interface import decisions_columns
from balansfilter.engines.polars.duplicates import losers
from balansfilter.engines.polars.reach import Hits, find_reached
from balansfilter.engines.polars.row_answers import Answer, ListPart, Question
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.identity.hidden_numbers import HiddenNumbers

_NO_ANCHOR = np.iinfo(np.int32).min


def decide(question: Question, part: ListPart) -> pl.DataFrame:
    """Decide every row of a list: by itself, by how far objections reach, and against its duplicates."""
    plan, answer = question.plan, question.answer(part)
    reached = _reached(question, answer) if plan.reaches_person else np.empty(0, np.uint64)
    is_reached = answer.rows["row"].is_in(pl.Series(reached, dtype=pl.UInt64).implode())
    settled = answer.rows.with_columns(**outcome(pl)).with_columns(
        reason=pl.when(is_reached).then(_code("objected")).otherwise("reason"),
        basis=pl.when(is_reached).then(pl.lit(0, dtype=pl.UInt8)).otherwise("basis"),
        callable_until=pl.when(~is_reached).then("callable_until"),
    )
    if plan.keep_latest:
        contending = settled.filter(pl.col("reason") == 0)
        anchor = contending["decided_anchor"].to_physical().cast(pl.Int64).fill_null(_NO_ANCHOR).to_numpy()
        lost = losers(contending["row"].to_numpy(), contending["first_number"].to_numpy(), anchor)
        loses = settled["row"].is_in(pl.Series(lost, dtype=pl.UInt64).implode())
        settled = settled.with_columns(
            reason=pl.when(loses).then(_code("duplicate")).otherwise("reason"),
            basis=pl.when(loses).then(pl.lit(0, dtype=pl.UInt8)).otherwise("basis"),
        )
    return settled.select(decisions_columns(plan))


def _code(reason: str) -> pl.Expr:
    return pl.lit(reason_code(reason), dtype=pl.UInt8)


def _reached(question: Question, answer: Answer) -> UInt64Array:
    evidence, phones = question.evidence, range(len(question.plan.phones))
    whole = _Whole(
        answer.rows["row"].to_numpy(),
        answer.rows["objected"],
        answer.ids.key,
        tuple(answer.rows[f"number_{i}"].fill_null(0).to_numpy() for i in phones),
        answer.hidden,
    )
    hits = Hits(evidence)
    hits.add(answer.hits)
    with ThreadPoolExecutor(1) as pool:
        return find_reached(hits, evidence, lambda: [whole], pool).rows


@dataclass(frozen=True)
class _Whole:
    """A list as the search for whom an objection reaches looks at it."""

    row: UInt64Array
    objected: pl.Series
    keys: pl.Series
    numbers: tuple[UInt64Array, ...]
    hidden: HiddenNumbers
