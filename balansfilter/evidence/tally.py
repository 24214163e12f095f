"""How the rows of a source were read, whatever its role: which count, which cannot be used, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from balansfilter.evidence.remarks import SomeRows
from balansfilter.identity.numbers import Rows
from balansfilter.native.text_loops import trimmed
from balansfilter.policy.model import Words
from balansfilter.wording.spelling import USUAL_NULL_WORDS, folded, without_layout

NO_NUMBER = "a phone number that cannot be read"
NOBODY = "neither a phone number nor a customer id"
NO_ID = "a customer id that cannot be read"
NO_DAY = "a day of the call that cannot be read"
NO_FLAG = "a word that is neither yes nor no"
NO_CHOICE = "a word that `where` neither takes nor leaves"


@dataclass
class Tally:
    """How many rows of a source could be used, and which could not."""

    rows: int = 0
    left_out: int = 0
    """Rows that `where` leaves out."""
    in_force: int = 0
    """Rows that count on the as-of date."""
    objections: int | None = None
    """Calls that ended in an objection; None where the source is no call history."""
    oldest_objection_on: date | None = None
    """The day of the oldest of those calls."""
    ids: int = 0
    numbers: int = 0
    """Rows with a customer id, and with a phone number that was read."""
    more_than_id: SomeRows = field(default_factory=SomeRows)
    """Rows with more than one plain id in the cell of the customer id, of which every reading protects."""
    unreadable: SomeRows = field(default_factory=SomeRows)
    """Rows that protect nobody, or not everybody whom they name."""
    reasons: dict[str, SomeRows] = field(default_factory=dict)
    """Why they are unreadable; a row may have several reasons."""
    unread: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    """Some cells with a number that cannot be read, which are shown to nobody."""
    unknown_brand: SomeRows = field(default_factory=SomeRows)
    """Rows in force for a brand that nobody knows."""

    def keep(self, unread: pl.Series) -> None:
        """Keep the first cells with a number that cannot be read."""
        if not len(self.unread):
            self.unread = unread

    def count_unreadable(self, row: pl.Series, reasons: Mapping[str, pl.Series], chosen: pl.Series) -> pl.Series:
        """Count the rows of a batch that any reason holds for, among those chosen, and say which they are."""
        any_reason = pl.repeat(False, len(row), dtype=pl.Boolean, eager=True)
        for reason, holds in reasons.items():
            lost = holds & chosen
            any_reason |= lost
            if lost.any():
                self.reasons.setdefault(reason, SomeRows()).add(row.filter(lost))
        self.unreadable.add(row.filter(any_reason))
        return any_reason


class Chosen(NamedTuple):
    """Which rows of a batch count, by `where`."""

    taken: pl.Series
    unknown: pl.Series
    """Rows with a word that is neither taken nor left."""


def chosen_rows(where: Mapping[str, Words], rows: Rows) -> Chosen:
    """Say of each row whether it counts: all its words are to be taken; one that is to be left decides."""
    size = len(rows.row)
    taken, left = (pl.repeat(value, size, dtype=pl.Boolean, eager=True) for value in (True, False))
    for column, words in where.items():
        cells = without_layout(trimmed(rows.column(column))).str.to_lowercase()
        take, leave = ({folded(word) for word in some} for some in (words.take, words.leave))
        cells = cells.set(USUAL_NULL_WORDS.are_in(cells) & ~cells.is_in(sorted(take | leave)), "")
        taken &= cells.is_in(sorted(take))
        left |= cells.is_in(sorted(leave))
    return Chosen(taken & ~left, ~taken & ~left)
