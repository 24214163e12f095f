"""The texts of a list on which its decisions hang, such as dates and products: each different one is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from threading import Lock
from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.decision.facts import DATES, anchoring, standing
from balansfilter.decision.plan import Plan
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.native.case_loops import NO_DAY, Codes, Days
from balansfilter.native.coded_texts import CodedTexts, Column
from balansfilter.native.coding_loops import coded
from balansfilter.native.set_loops import Positions, TextPositions
from balansfilter.native.without_queries import cells_at, extended, filled, rows_at
from balansfilter.policy.model import CallList, DateColumn

_MOST_TEXTS = 1 << 16
_STANDING_BITS, _MEANING_BITS = 2, 16


class Texts(NamedTuple):
    """A column of the rows of a part."""

    different: pl.Series
    """Its different texts."""
    codes: Codes
    """Which of them each row has."""


class ToldTexts(NamedTuple):
    """What the texts of a column tell of the case of a row; one entry a text."""

    meaning: UInt64Array
    """A number for what is to be told apart."""
    day: Days
    """The day, where the latest of several counts."""


class _Known(NamedTuple):
    """What is known of the different texts of a column so far, one entry a text; it only grows, at its end."""

    positions: TextPositions
    facts: pl.DataFrame
    told: ToldTexts

    def with_more(self, texts: pl.Series, facts: pl.DataFrame, told: ToldTexts) -> _Known:
        """Return it with further texts."""
        every = TextPositions(self.positions.texts.clone().append(texts))
        meaning = np.concatenate([self.told.meaning, told.meaning])
        days = np.concatenate([self.told.day, told.day])
        return _Known(every, extended(self.facts, facts), ToldTexts(meaning, days))


class MeantTexts:
    """What the different texts of a column mean; for all threads, of which one at a time reads what is new."""

    def __init__(
        self,
        fact: str,
        column: str,
        bits: int,
        read: Callable[[pl.Series], pl.DataFrame],
        tell: Callable[[pl.DataFrame], ToldTexts],
    ) -> None:
        """Begin without any.

        :param fact: what the column tells.
        :param bits: how large the numbers of meanings may become.
        :param read: gives the facts that each of some texts tells.
        :param tell: gives what those tell of the case of a row.
        """
        self.fact, self.column, self.bits = fact, column, bits
        self._read, self._tell = read, tell
        self._lock = Lock()
        none = pl.Series([], dtype=pl.String)
        self._known = _Known(TextPositions(none), read(none), ToldTexts(np.empty(0, np.uint64), np.empty(0, np.int32)))

    def of(self, read: Mapping[str, Column]) -> Texts:
        """Return the texts of some rows, which were read so."""
        column = read[self.column]
        found = column if isinstance(column, CodedTexts) else coded(column)
        return Texts(filled(found.different, ""), found.codes)

    def places(self, texts: Texts) -> Codes | None:
        """Return the place of each different text among all that are known; None where there are too many."""
        places = self._places(texts)
        if len(places) and places.min() < 0:
            with self._lock:
                if not self._learn(cells_at(texts.different, np.flatnonzero(self._places(texts) < 0))):
                    return None
            places = self._places(texts)
        return places.astype(np.uint32)

    def facts(self, places: Codes) -> pl.DataFrame:
        """Return the facts that texts tell."""
        return rows_at(self._known.facts, places)

    def told(self, places: Codes) -> ToldTexts:
        """Return what texts tell of the case of a row."""
        told = self._known.told
        return ToldTexts(told.meaning[places], told.day[places])

    def _places(self, texts: Texts) -> Positions:
        return self._known.positions.of(texts.different, len(texts.codes))

    def _learn(self, new: pl.Series) -> bool:
        """Read texts that are new, and say whether there is room for them."""
        if len(self._known.positions.texts) + len(new) > _MOST_TEXTS:
            return False
        if len(new):
            read = self._read(new)
            self._known = self._known.with_more(new, read, self._tell(read))
        return True


def meant_texts(plan: Plan, spec: CallList, dates: DateReader) -> Iterator[MeantTexts]:
    """Yield the columns of a list on whose texts its decisions hang."""
    columns = spec.columns
    by_words = {"product": columns.product}
    if plan.earliest_consent is not None:
        by_words["consent_for"] = columns.consent_for
    for fact, named in by_words.items():
        if named is not None:
            yield MeantTexts(fact, named, _MEANING_BITS, partial(_words, fact), _ByMeaning())
    for fact in DATES:
        column: DateColumn | None = getattr(columns, fact)
        if column is None:
            continue
        read = partial(_days, fact, column, dates)
        if fact == "consent_on":
            yield MeantTexts(fact, column, _MEANING_BITS, read, _ByMeaning())
        else:
            yield MeantTexts(fact, column, _STANDING_BITS, read, partial(_standing, plan, fact))


class _ByMeaning:
    """Numbers each different meaning of texts."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], int] = {}

    def __call__(self, facts: pl.DataFrame) -> ToldTexts:
        """Return the number of what each text means."""
        known = self._known
        numbers = [known.setdefault(meaning, len(known)) for meaning in facts.rows()]
        return ToldTexts(np.array(numbers, np.uint64), np.full(len(numbers), NO_DAY, np.int32))


def _standing(plan: Plan, name: str, facts: pl.DataFrame) -> ToldTexts:
    """Return how each date stands, and its day where the latest is the anchor."""
    said = facts.select(standing(pl, plan, name), pl.col(name).to_physical().fill_null(NO_DAY).alias("day"))
    days = said["day"].to_numpy() if name in anchoring(plan) else np.full(facts.height, NO_DAY, np.int32)
    return ToldTexts(said.to_series().to_numpy().astype(np.uint64), days)


def _words(name: str, texts: pl.Series) -> pl.DataFrame:
    return texts.str.strip_chars().to_frame(name)


def _days(name: str, column: DateColumn, dates: DateReader, texts: pl.Series) -> pl.DataFrame:
    read = dates.read(texts, column)
    return pl.DataFrame(
        [read.day.alias(name), read.empty.alias(f"{name}_empty"), read.unreadable.alias(f"{name}_unreadable")]
    )
