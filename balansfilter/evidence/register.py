"""The do-not-call register: every number that stands in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.evidence.lookup import NumberMap, NumberSet, NumbersInMaking, UInt64Array
from balansfilter.evidence.tally import NO_CHOICE, NO_NUMBER, NOBODY, Tally, chosen_rows
from balansfilter.frozen import dataclass
from balansfilter.identity.numbers import NumberColumns, Rows, some_number
from balansfilter.policy.model import Register


@dataclass(frozen=True)
class Registered:
    """The numbers of a register, and how its rows were read."""

    numbers: NumberSet | NumberMap
    tally: Tally


class RegisteredPart(NamedTuple):
    """A batch of a register, read."""

    row: pl.Series
    numbers: list[UInt64Array]
    """The numbers of the rows that count, ascending: one thread adds them all, and takes half as long for those."""
    lost: _Lost | None = None
    """Which rows do not count, or have no number; None where every row counts and has one."""


class _Lost(NamedTuple):
    reasons: dict[str, pl.Series]
    counts: pl.Series
    unread: pl.Series


def read_registered(rows: Rows, spec: Register, numbers: NumberColumns) -> RegisteredPart:
    """Read a batch of a register; in any thread."""
    found = numbers.to_protect(rows)
    if not spec.where and found.numbers and not found.numbers[0].null_count() and not found.unreadable.any():
        return RegisteredPart(rows.row, [_ascending(column) for column in found.numbers])
    chosen = chosen_rows(spec.where, rows) if spec.where else None
    everyone = pl.repeat(True, len(rows.row), dtype=pl.Boolean, eager=True)
    counts = everyone if chosen is None else chosen.taken | chosen.unknown
    known = some_number(found.numbers, len(rows.row))
    reasons = {NO_NUMBER: found.unreadable, NOBODY: ~known & ~found.unreadable}
    if chosen is not None:
        reasons[NO_CHOICE] = chosen.unknown
    kept = [_ascending(column if chosen is None else column.filter(counts)) for column in found.numbers]
    return RegisteredPart(rows.row, kept, _Lost(reasons, counts, found.unread))


def registered(parts: Iterable[RegisteredPart]) -> Registered:
    """Gather one register."""
    tally, numbers = Tally(), NumbersInMaking()
    for part in parts:
        rows = counted = len(part.row)
        if part.lost is not None:
            reasons, counts, unread = part.lost
            counted = int(counts.sum())
            tally.count_unreadable(part.row, reasons, counts)
            tally.keep(unread)
        tally.rows += rows
        tally.left_out += rows - counted
        tally.in_force += counted
        for found in part.numbers:
            tally.numbers += len(found)
            numbers.add(found)
    return Registered(numbers.made(), tally)


def _ascending(numbers: pl.Series) -> UInt64Array:
    return np.sort(numbers.drop_nulls().to_numpy())
