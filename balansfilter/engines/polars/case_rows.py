"""The rows of a part, decided by their cases: what is looked at row by row is their numbers and ids."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.decision.rules import used_in_time
from balansfilter.engines.polars.case_book import CaseBook, PartTexts
from balansfilter.engines.polars.case_flags import Flags
from balansfilter.engines.polars.consent import consent_use, proof_of_consent
from balansfilter.engines.polars.row_facts import (
    active_cells,
    attempts_of,
    chosen_by,
    filled_with_zeros,
    hidden_numbers,
    hit_by_objections,
    listed_in,
    note_unread,
)
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.lookup import IntpArray, UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.identity.hidden_numbers import HiddenNumbers
from balansfilter.identity.numbers import Rows
from balansfilter.native.case_loops import Codes
from balansfilter.phone import Regions
from balansfilter.policy.model import CallList


class CaseRows(NamedTuple):
    """Rows of a part, with what tells the case of each beside its texts."""

    told: pl.DataFrame
    """What is told of the rows whatever is decided: `row`, `number_0`, `written_0`, …, and `objected`."""
    flags: Codes
    hidden: HiddenNumbers
    """The numbers that can be found in cells that cannot be read."""


@dataclass(frozen=True)
class CaseReader:
    """Reads what is looked at row by row, and notes what was seen."""

    plan: Plan
    spec: CallList
    evidence: Evidence
    book: CaseBook

    def read(self, rows: Rows, texts: PartTexts, keys: pl.Series) -> CaseRows:
        """Hold the rows of a part against the evidence.

        :param keys: the key of the customer id of each row.
        """
        plan, evidence = self.plan, self.evidence
        phones = plan.numbers.to_call(rows)
        note_unread(evidence, plan, rows, phones)
        hidden = hidden_numbers(plan, rows, phones)
        valid = [one.number for one in phones]
        filled = [filled_with_zeros(number) for number in valid]
        objected = hit_by_objections(evidence, keys, filled, hidden)
        proof = proof_of_consent(plan, self.spec, rows)
        told = [rows.row.alias("row"), pl.Series("objected", objected)]
        flags: dict[str, Flags | bool] = {"objected": objected, **self._said(rows)}
        for i, one in enumerate(phones):
            number, of_number = self._number(one.number, filled[i])
            told += [number.alias(f"number_{i}"), one.written.alias(f"written_{i}")]
            flags |= {f"{fact}_{i}": holds for fact, holds in of_number.items()}
        if proof is not None:
            told.append(proof)
        if plan.earliest_consent is not None:
            flags["consent_proven"] = proof is None or (proof != "").to_numpy()
            flags["used_in_time"] = self._used_in_time(texts, valid, keys)
        attempts = self._attempts(texts, valid, keys)
        return CaseRows(pl.DataFrame(told), self.book.flags.packed(flags, attempts), hidden)

    def _number(self, number: pl.Series, filled: UInt64Array) -> tuple[pl.Series, dict[str, Flags]]:
        """Return the numbers on which a person may answer, and what is asked of each."""
        regions = Regions(filled)
        nobody = regions.not_callable
        if nobody.any():
            filled = np.where(nobody, np.uint64(0), filled)
            number = number.set(pl.Series(nobody), None)
        return number, {
            "number": filled > 0,
            "allowed": regions.callable_in(self.plan.allow_countries),
            "listed": listed_in(self.evidence, filled),
        }

    def _said(self, rows: Rows) -> dict[str, Flags | bool]:
        """Return what columns of words, and of yes and no, say; where there are none, it is the same of all rows."""
        spec, where = self.spec, bool(self.spec.where)
        is_active = spec.columns.active is not None
        return {
            "chosen": chosen_by(spec, self.evidence, rows).to_numpy() if where else True,
            "is_active": is_active and active_cells(self.plan, spec.columns, self.evidence, rows).to_numpy(),
        }

    def _used_in_time(self, texts: PartTexts, numbers: list[pl.Series], keys: pl.Series) -> Flags | bool:
        """Say of each row whether somebody called soon enough after its consent."""
        if self.evidence.calls is None or self.evidence.calls.first is None:
            return False
        given = self.book.days(texts, "consent_on", len(keys)).to_frame()
        used = pl.DataFrame(list(consent_use(self.plan, self.evidence, given, numbers, keys)))
        return used.select(used_in_time(pl)).to_series().to_numpy()

    def _attempts(self, texts: PartTexts, numbers: list[pl.Series], keys: pl.Series) -> IntpArray:
        windows = self.book.windows(texts, len(keys)) if self.evidence.calls is not None else np.empty(0, np.int16)
        return attempts_of(self.plan, self.evidence, windows, numbers, keys)
