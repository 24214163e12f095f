"""Each different case once: what was decided of a row is kept, and told of every other row of the same case.

A case is all that the decision of a row looks at: what its texts mean, and its flags. A list of millions has some ten
thousands of cases, nearly all of them in its first part; so each is decided once, by the rules, and looked up for each
row. The rows of a list with more of them are decided one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.decision.facts import DATES
from balansfilter.decision.plan import Plan
from balansfilter.engines.polars.case_flags import CaseFlags
from balansfilter.engines.polars.case_texts import Texts, meant_texts
from balansfilter.engines.polars.consent import names_product
from balansfilter.engines.polars.days import offset
from balansfilter.engines.polars.terms import steps_of_few
from balansfilter.evidence.dates import DateReader
from balansfilter.native.case_loops import BITS_OF_FLAGS, CaseColumn, CaseNumbers, Cases, Codes
from balansfilter.native.coded_texts import Column
from balansfilter.native.without_queries import cells_at, extended
from balansfilter.policy.model import CallList

_AS_IT_STANDS = pl.QueryOptFlags.none()
"""To look for a shorter way takes longer than to go this one for a few rows."""


class PartTexts(NamedTuple):
    """The texts of a part on which its decisions hang, by what they tell."""

    columns: dict[str, Texts]
    places: dict[str, Codes]
    """For each of the different texts of a column: its place among those of the list."""
    cases: list[CaseColumn]
    """What each column tells of the cases."""


class DecidedCases(NamedTuple):
    """What was decided of the rows of a part."""

    decided: pl.DataFrame
    """Of each case so far: its `product`, and `reason`, `basis`, `window`, `decided_anchor`, `callable_until`, …."""
    cases: Cases
    """Which of them each row is."""
    book: CaseBook
    """Where they stand, in the same places, with those of later parts behind them."""


class CaseBook:
    """The cases of a list, in the order in which they came up, and what was decided of each; for all threads."""

    def __init__(self, plan: Plan, spec: CallList, dates: DateReader, register_until: date | None) -> None:
        """Begin without any.

        :param register_until: the last day on which the register is fresh enough.
        """
        self.flags = CaseFlags(plan)
        self._plan = plan
        self._meant = {meant.fact: meant for meant in meant_texts(plan, spec, dates)}
        self._is_open = self.flags.bits <= BITS_OF_FLAGS
        self._lock = Lock()
        self._numbers = CaseNumbers()
        self._unsaid = list(_unsaid(plan, self._meant))
        self._steps = [list(_following(plan, self._meant)), *steps_of_few(plan, register_until)]
        may_call = [f"may_call_{i}" for i in range(len(plan.phones))]
        self._kept = ["product", "reason", "basis", "window", "decided_anchor", "callable_until", *may_call]
        self._decided = pl.DataFrame()

    def texts(self, read: Mapping[str, Column]) -> PartTexts | None:
        """Return the texts of a part on which its decisions hang; None where its rows are to be decided one by one.

        :param read: its cells as they were read.
        """
        if not self._is_open:
            return None
        found, places, cases, shift = {}, {}, [], 0
        for fact, meant in self._meant.items():
            texts = found[fact] = meant.of(read)
            known = meant.places(texts)
            if known is None:
                self._is_open = False
                return None
            places[fact] = known
            meaning, days = meant.told(known)
            cases.append(CaseColumn(texts.codes, meaning << np.uint64(shift), days))
            shift += meant.bits
        return PartTexts(found, places, cases)

    def days(self, part: PartTexts, fact: str, rows: int) -> pl.Series:
        """Return the day of each row that a column tells; null for none."""
        if fact not in self._meant:
            return pl.repeat(None, rows, dtype=pl.Date, eager=True).alias(fact)
        days = self._meant[fact].facts(part.places[fact])[fact]
        return cells_at(days, part.columns[fact].codes)

    def windows(self, part: PartTexts, rows: int) -> npt.NDArray[np.int16]:
        """Return the place of the balanstest of each row; -1 for none."""
        plan = self._plan
        if "product" not in part.columns:
            return np.full(rows, _with_minus_one(plan.general_window), np.int16)
        products, codes = part.columns["product"]
        windows = [_with_minus_one(plan.window_of(product)) for product in products.str.strip_chars()]
        return np.array(windows, np.int16)[codes]

    def decided(self, part: PartTexts, flags: Codes) -> DecidedCases | None:
        """Return what is decided of each row by its texts and flags; None where there are too many cases."""
        with self._lock:
            numbered = self._numbers.of(flags, part.cases) if self._is_open else None
            if numbered is None:
                self._is_open = False
                return None
            cases, firsts = numbered
            if len(firsts):
                new = self._decide(part, flags, firsts)
                self._decided = extended(self._decided, new) if self._decided.width else new
            return DecidedCases(self._decided, cases, self)

    def all_decided(self) -> pl.DataFrame:
        """Return what was decided of each case so far."""
        with self._lock:
            return self._decided

    def _decide(self, part: PartTexts, flags: Codes, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
        """Decide some rows of a part."""
        told = [meant.facts(part.places[fact][part.columns[fact].codes[rows]]) for fact, meant in self._meant.items()]
        facts = pl.DataFrame([*self.flags.facts(flags[rows]), *(column for frame in told for column in frame)])
        decided = facts.hstack(list(self._of_products(facts))).lazy().with_columns(self._unsaid)
        for step in self._steps:
            decided = decided.with_columns(step)
        return decided.select(self._kept).collect(optimizations=_AS_IT_STANDS)

    def _of_products(self, facts: pl.DataFrame) -> Iterator[pl.Series]:
        """Return what follows from the product of each row."""
        plan = self._plan
        if "product" not in facts.columns:
            return
        named = facts["product"].to_list()
        window = {name: plan.window_of(name) for name in dict.fromkeys(named)}
        yield pl.Series("window", [window[name] for name in named], pl.Int16)
        if "consent_for" in facts.columns:
            product = facts["product"].cast(pl.Enum(list(window)))
            yield names_product(plan, product, facts["consent_for"]).alias("consent_names_product")


def _with_minus_one(window: int | None) -> int:
    """Return the place of a balanstest, -1 for none."""
    return -1 if window is None else window


def _unsaid(plan: Plan, told: Collection[str]) -> Iterator[pl.Expr]:
    """Return the facts that no column tells, the same of every row.

    :param told: what columns tell.
    """
    for name in DATES:
        if name not in told:
            yield pl.lit(None, pl.Date).alias(name)
            yield pl.lit(True).alias(f"{name}_empty")
            yield pl.lit(False).alias(f"{name}_unreadable")
    if "product" not in told:
        yield pl.lit("").alias("product")
        yield pl.lit(plan.general_window, pl.Int16).alias("window")
    if "consent_for" not in told:
        yield pl.lit(True).alias("consent_names_product")


def _following(plan: Plan, told: Collection[str]) -> Iterator[pl.Expr]:
    """Return the facts that follow from others: a call in time is told as one on the last day."""
    is_told = pl.lit("first_payment_on" in told)
    yield (pl.col("first_payment_on_empty") & is_told).alias("payment_missing")
    within = plan.first_call_within
    used_by = pl.lit(None, pl.Date) if within is None else pl.col("consent_on").dt.offset_by(offset(within))
    yield used_by.alias("consent_used_by")
    yield pl.when("used_in_time").then(used_by).alias("first_call_on")
