"""Each different case once: rows that agree in all that a decision looks at get one number, in all parts of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balansfilter.native.loop import inlined, loop
from balansfilter.native.view_parts import HALF, MIXER, ONE, OTHER_MIXER
from balansfilter.native.views import Words

Codes = npt.NDArray[np.uint32]
Cases = npt.NDArray[np.uint32]
Days = npt.NDArray[np.int32]

BITS_OF_FLAGS, BITS_OF_TEXTS = 32, 64
NO_DAY = -(1 << 31)
"""Before any day."""
MOST_CASES, _MOST_KINDS = 1 << 18, 1 << 16
_SLOTS, _SLOTS_OF_KINDS = 1 << 20, 1 << 17
_WORDS_OF_A_KIND = 3
_DAY_BITS, _CASE_BITS = np.uint64(22), np.uint64(20)
_CASE = np.uint64((1 << 20) - 1)
_FIRST_DAY = -719_162
"""The first of January of the year 1."""
_BETWEEN_KINDS, _FURTHER = np.uintp(0x9E3779B1), np.uintp(4099)
_TOO_MANY = -1


class CaseColumn(NamedTuple):
    """What a column of text adds to the cases of some rows."""

    codes: Codes
    """Which of its different texts each row has."""
    told: Words
    """For each of those: the bits that tell what it means, which no other column has."""
    days: Days
    """For each of those: the day, where that of the row is the latest of several; else `NO_DAY`."""


@inlined
def _kind(flags, texts, kinds, known):
    """Return the number of the flags and texts of a row, and how many of those are known then."""
    mask = np.uintp(len(kinds) - 1)
    mixture = (flags ^ (flags >> HALF)) * MIXER + texts * OTHER_MIXER
    slot = np.uintp((mixture ^ (mixture >> HALF)) * OTHER_MIXER >> HALF) & mask
    while kinds[slot, 2]:
        if kinds[slot, 0] == flags and kinds[slot, 1] == texts:
            return kinds[slot, 2] - np.uint64(1), known
        slot = (slot + ONE) & mask
    kinds[slot, 0], kinds[slot, 1], kinds[slot, 2] = flags, texts, known + np.uint64(1)
    return known, known + np.uint64(1)


@loop
def _number(flags, codes, begins, told, days, kinds, slots, known_kinds, known, firsts, cases):
    """Number each row by its case, and return how many kinds and cases are known then; `_TOO_MANY` where they are.

    The days of rows of one kind, of the same flags and texts, lie close together, and so do their slots.

    :param codes: for each column of text, which of its texts each row has.
    :param begins: where those of each column begin in what is told of them.
    :param kinds: for each slot the flags and texts of a kind, and its number plus one; zeros where there is none.
    :param slots: for each slot the kind, the day and the number plus one of a case; zeros where there is none.
    :param firsts: takes the first row of each case that was not known.
    :param cases: takes the case of each row.
    """
    mask, found, found_kinds = np.uintp(len(slots) - 1), np.uint64(known), np.uint64(known_kinds)
    for row in range(len(flags)):
        latest, texts = np.int32(NO_DAY), np.uint64(0)
        for column in range(len(begins)):
            place = np.uintp(begins[column] + codes[column, row])
            texts |= told[place]
            latest = max(latest, days[place])
        kind, found_kinds = _kind(np.uint64(flags[row]), texts, kinds, found_kinds)
        day = np.uint64(np.int64(latest) - _FIRST_DAY + 1) if latest >= _FIRST_DAY else np.uint64(0)
        wanted = (kind << _DAY_BITS) | day
        slot = (np.uintp(kind) * _BETWEEN_KINDS + np.uintp(day)) & mask
        while slots[slot] and slots[slot] >> _CASE_BITS != wanted:
            slot = (slot + _FURTHER) & mask
        if not slots[slot]:
            if found == np.uint64(MOST_CASES) or found_kinds > np.uint64(_MOST_KINDS):
                return _TOO_MANY, _TOO_MANY
            firsts[found - np.uint64(known)] = row
            found += np.uint64(1)
            slots[slot] = (wanted << _CASE_BITS) | found
        cases[row] = np.uint32(slots[slot] & _CASE) - np.uint32(1)
    return np.int64(found_kinds), np.int64(found)


class CaseNumbers:
    """The numbers of cases, each told by its flags, what its texts mean, and the latest of some days."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kinds = np.zeros((_SLOTS_OF_KINDS, _WORDS_OF_A_KIND), np.uint64)
        self._slots = np.zeros(_SLOTS, np.uint64)
        self._known = (0, 0)

    @staticmethod
    def can_number(rows: int) -> bool:
        """Return whether the cases of so many rows are to be had, and worth it."""
        return bool(_number.pays(rows))

    def of(self, flags: Codes, columns: Sequence[CaseColumn]) -> tuple[Cases, npt.NDArray[np.int64]] | None:
        """Return the case of each row, and the first row of each new one; None for more cases than there may be.

        :param flags: what tells the case of each row beside its texts.
        """
        codes, cases = np.empty((len(columns), len(flags)), np.uint32), np.empty(len(flags), np.uint32)
        for place, column in enumerate(columns):
            codes[place] = column.codes
        begins = np.cumsum([0, *(len(column.told) for column in columns)])[:-1].astype(np.int64)
        told = np.concatenate([np.empty(0, np.uint64), *(column.told for column in columns)])
        days = np.concatenate([np.empty(0, np.int32), *(column.days for column in columns)])
        known_kinds, known = self._known
        firsts = np.empty(min(MOST_CASES - known, len(flags)), np.int64)
        tables = (self._kinds, self._slots)
        self._known = _number(flags, codes, begins, told, days, *tables, known_kinds, known, firsts, cases)
        return None if self._known[1] == _TOO_MANY else (cases, firsts[: self._known[1] - known])
