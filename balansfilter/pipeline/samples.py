"""The first rows of a source, and what was read as what, made unreadable: enough to see that the columns are right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.flags import read_flags
from balansfilter.evidence.tally import chosen_rows
from balansfilter.frozen import dataclass
from balansfilter.identity.countries import read_countries
from balansfilter.identity.ids import read_ids
from balansfilter.identity.numbers import NumberColumns, Rows
from balansfilter.native.text_loops import trimmed
from balansfilter.phone.metadata import regions_by_calling_code
from balansfilter.policy.model import DateColumn, JoinedColumns, SourceFile, as_columns
from balansfilter.wording.spelling import NullWords

ROWS = 3
"""Rows that are shown of a source."""
_EMPTY, _UNREADABLE, _HIDDEN = "–", "?", "•"
_LONGEST = 24
_TOLD_DIGITS = 3
_FLAGS = ("active", "converted", "objected", "complained", "reached")
ANSWERED = (*_FLAGS, "brand", "where")
"""What is shown in words of ours."""


@dataclass(frozen=True)
class Sample:
    """One row: for each role what its cell was read as, `–` where it is empty, `?` where it cannot be read."""

    row: int
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sampler:
    """Reads the first rows of a source as a run does."""

    plan: Plan
    spec: SourceFile
    dates: DateReader
    numbers: NumberColumns

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are looked at."""
        named = [columns for _, columns in getattr(self.spec, "columns", ())]
        return (*(name for columns in named for name in _names(columns)), *self.spec.where)

    def samples(self, rows: Rows) -> tuple[Sample, ...]:
        """Return the first rows of a batch."""
        columns = [*self._columns(_First(rows)), *self._chosen(_First(rows))]
        numbers = rows.row.head(ROWS).to_list()
        return tuple(Sample(row, tuple((role, cells[n]) for role, cells in columns)) for n, row in enumerate(numbers))

    def _columns(self, rows: Rows) -> Iterator[tuple[str, list[str]]]:
        for role, named in getattr(self.spec, "columns", ()):
            if role == "phone":
                yield from self._phones(rows)
            elif role == "phone_country":
                yield from self._countries(rows)
            elif isinstance(named, DateColumn):
                yield role, self._days(rows, named)
            elif isinstance(named, str):
                yield role, self._texts(rows, role, named)

    def _phones(self, rows: Rows) -> Iterator[tuple[str, list[str]]]:
        for parts, read in zip(self.numbers.phones, self.numbers.to_call(rows), strict=True):
            cells = ["".join(texts) for texts in zip(*(_texts(rows, name) for name in parts), strict=True)]
            role = "phone" if len(self.numbers.phones) == 1 else f"phone ({parts[0]})"
            cells_read = zip(cells, read.number, read.written, strict=True)
            yield role, [_told(cell, _masked(number)) if written else _EMPTY for cell, number, written in cells_read]

    def _countries(self, rows: Rows) -> Iterator[tuple[str, list[str]]]:
        for column in self.numbers.countries:
            read = read_countries(rows.column(column), self.numbers.null_words)
            yield "phone_country", [code or _EMPTY for code in read]

    def _chosen(self, rows: Rows) -> Iterator[tuple[str, list[str]]]:
        if self.spec.where:
            answers = zip(*chosen_rows(self.spec.where, rows), strict=True)
            yield "where", ["taken" if taken else _UNREADABLE if unknown else "left out" for taken, unknown in answers]

    def _days(self, rows: Rows, named: DateColumn) -> list[str]:
        read = self.dates.read(rows.column(named), named)
        cells_read = zip(_texts(rows, named), read.day, read.empty, strict=True)
        return [_EMPTY if empty else str(day) if day else _told(cell, None) for cell, day, empty in cells_read]

    def _texts(self, rows: Rows, role: str, named: str) -> list[str]:
        cells = _texts(rows, named)
        if role in _FLAGS:
            flags = zip(cells, *read_flags(rows.column(named), NullWords(self.spec.null_words)), strict=True)
            return [_UNREADABLE if odd else "yes" if yes else "no" if cell else _EMPTY for cell, yes, odd in flags]
        if role == "product":
            return [cell if cell in self.plan.products else hidden(cell, 0) or _EMPTY for cell in cells]
        if role == "brand":
            made_to = self.plan.brands.made_to(pl.Series(cells, dtype=pl.String), NullWords(self.spec.null_words))
            answers = zip(cells, made_to.ours, strict=True)
            return [self.plan.brand if own else f"another ({hidden(cell, 0)})" for cell, own in answers]
        if role == "customer_id":
            cells = read_ids(rows.column(named), self.numbers.null_words).text.to_list()
        return [hidden(cell, min(_TOLD_DIGITS, len(cell) // 3)) or _EMPTY for cell in cells]


@dataclass(frozen=True)
class _First:
    """The first rows of a batch."""

    of: Rows

    @property
    def row(self) -> pl.Series:
        return self.of.row.head(ROWS)

    def column(self, name: str) -> pl.Series:
        return self.of.column(name).head(ROWS)


def _names(columns: Any) -> tuple[str, ...]:
    return columns.join if isinstance(columns, JoinedColumns) else as_columns(columns)


def _texts(rows: Rows, column: str) -> list[str]:
    return trimmed(rows.column(column)).to_list()


def _told(cell: str, read: str | None) -> str:
    """Say how a number or a day is written, made unreadable, and what was read in it."""
    if not cell:
        return _EMPTY
    digits = sum(sign.isdecimal() for sign in cell)
    return f"{hidden(cell, _TOLD_DIGITS if digits > 2 * _TOLD_DIGITS else 0)} → {read or _UNREADABLE}"


def _masked(number: int | None) -> str | None:
    """Return the calling code of a number, and its last digits."""
    if number is None:
        return None
    digits = str(number)
    code = next(digits[:n] for n in (1, 2, 3) if int(digits[:n]) in regions_by_calling_code())
    return f"+{code}…{digits[-_TOLD_DIGITS:]}"


def hidden(cell: str, shown: int) -> str:
    """Return a cell with every letter and digit hidden but some of the last, and the marks between them."""
    signs = [n for n, sign in enumerate(cell) if sign.isalnum()]
    seen = set(signs[len(signs) - shown :]) if shown else set()
    text = "".join(_HIDDEN if sign.isalnum() and n not in seen else sign for n, sign in enumerate(cell))
    return text if len(text) <= _LONGEST else "…" + text[1 - _LONGEST :]
