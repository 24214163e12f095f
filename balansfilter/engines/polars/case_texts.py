"""The texts of a list on which its decisions hang, such as dates and products, by what they mean.

Two texts may mean the same, such as two ways of writing a day. Each different text is read once in a list, and each
different meaning has a number, by which the cases of rows are told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.decision.facts import DATES
from balansfilter.decision.plan import Plan
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.identity.numbers import Rows
from balansfilter.native.case_loops import Codes
from balansfilter.native.text_loops import coded
from balansfilter.policy.model import CallList, DateColumn

_BITS, _DATE_BITS = 13, 14
"""How many different meanings a column may have, in bits: 16,384 days are 44 years."""
_MOST_TEXTS = 1 << 16


class Texts(NamedTuple):
    """A column of the rows of a part."""

    different: pl.Series
    """Its different texts."""
    codes: Codes
    """Which of them each row has."""


class MeantTexts:
    """What the different texts of a column mean."""

    def __init__(self, fact: str, column: str, bits: int, read: Callable[[pl.Series], pl.DataFrame]) -> None:
        """Begin without any.

        :param fact: what the column tells.
        :param bits: how large the numbers of meanings may become.
        :param read: gives the facts that each of some texts tells.
        """
        self.fact, self.column, self.bits = fact, column, bits
        self._read = read
        self._of_text: dict[str, int] = {}
        self._of_meaning: dict[tuple[object, ...], int] = {}
        self._facts = read(pl.Series([], dtype=pl.String))

    def of(self, rows: Rows) -> Texts:
        """Return the texts of some rows."""
        texts, codes = coded(rows.column(self.column))
        return Texts(texts, codes.to_numpy())

    def numbers(self, texts: pl.Series) -> UInt64Array | None:
        """Return the number of what each text means; None where there are too many. One thread at a time."""
        known = self._of_text
        several = texts.to_list()
        new = list(dict.fromkeys(text for text in several if text not in known))
        if new and not self._learn(new):
            return None
        return np.array([known[text] for text in several], np.uint64)

    def facts(self, numbers: UInt64Array) -> pl.DataFrame:
        """Return the facts that meanings tell, by their numbers."""
        return self._facts[numbers]

    def _learn(self, new: list[str]) -> bool:
        """Read texts that are new, and say whether there is room for them."""
        if len(self._of_text) + len(new) > _MOST_TEXTS:
            return False
        read, known, places = self._read(pl.Series(new, dtype=pl.String)), self._of_meaning, []
        for place, (text, meaning) in enumerate(zip(new, read.rows(), strict=True)):
            if meaning not in known:
                known[meaning] = len(known)
                places.append(place)
            self._of_text[text] = known[meaning]
        if places:
            self._facts = pl.concat([self._facts, read[places]], rechunk=True)
        return len(known) <= 1 << self.bits


def meant_texts(plan: Plan, spec: CallList, dates: DateReader) -> Iterator[MeantTexts]:
    """Yield the columns of a list on whose texts its decisions hang."""
    columns = spec.columns
    if columns.product is not None:
        yield MeantTexts("product", columns.product, _BITS, partial(_without_space, "product"))
    for name in DATES:
        column = getattr(columns, name)
        if column is not None:
            yield MeantTexts(name, column, _DATE_BITS, partial(_days, name, column, dates))
    if columns.consent_for is not None and plan.earliest_consent is not None:
        yield MeantTexts("consent_for", columns.consent_for, _BITS, partial(_without_space, "consent_for"))


def _without_space(name: str, texts: pl.Series) -> pl.DataFrame:
    return texts.str.strip_chars().to_frame(name)


def _days(name: str, column: DateColumn, dates: DateReader, texts: pl.Series) -> pl.DataFrame:
    read = dates.read(texts, column)
    return pl.DataFrame(
        [read.day.alias(name), read.empty.alias(f"{name}_empty"), read.unreadable.alias(f"{name}_unreadable")]
    )
