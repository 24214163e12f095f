"""Each different case once: rows that agree in all that a decision looks at get one number, in all parts of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balansfilter.native.loop import loop
from balansfilter.native.view_parts import HALF, ONE
from balansfilter.native.views import Words

Codes = npt.NDArray[np.uint32]
Cases = npt.NDArray[np.uint32]
Days = npt.NDArray[np.int32]

BITS_OF_FLAGS, BITS_OF_TEXTS = 32, 64
NO_DAY = -(1 << 31)
"""Before any day."""
MOST_CASES = 1 << 18
_SLOTS = 1 << 19
_WORDS_OF_A_SLOT = 3
_MIXER, _OTHER_MIXER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x9FB21C651E98DF25)
_TOO_MANY = -1


class CaseColumn(NamedTuple):
    """What a column of text adds to the cases of some rows."""

    codes: Codes
    """Which of its different texts each row has."""
    told: Words
    """For each of those: the bits that tell what it means, which no other column has."""
    days: Days
    """For each of those: the day, where that of the row is the latest of several; else `NO_DAY`."""


@loop
def _number(flags, codes, begins, told, days, slots, known, firsts, cases):
    """Number each row by its case, and return how many cases are known then; `_TOO_MANY` for more than there may be.

    :param codes: for each column of text, which of its texts each row has.
    :param begins: where those of each column begin in what is told of them.
    :param slots: for each slot the two words of a case, and its number plus one; zeros where there is none.
    :param known: how many cases are known before.
    :param firsts: takes the first row of each case that was not.
    :param cases: takes the case of each row.
    """
    mask, found = np.uintp(len(slots) - 1), known
    for row in range(len(flags)):
        latest, texts = np.int32(NO_DAY), np.uint64(0)
        for column in range(len(begins)):
            place = np.uintp(begins[column] + codes[column, row])
            texts |= told[place]
            latest = max(latest, days[place])
        rest = np.uint64(flags[row]) | (np.uint64(np.uint32(latest)) << HALF)
        mixture = (rest ^ (rest >> HALF)) * _MIXER + texts * _OTHER_MIXER
        slot = np.uintp((mixture ^ (mixture >> HALF)) * _OTHER_MIXER >> HALF) & mask
        while True:
            number = slots[slot, 2]
            if not number:
                if found == MOST_CASES:
                    return _TOO_MANY
                firsts[found - known] = row
                found += 1
                number = np.uint64(found)
                slots[slot, 0], slots[slot, 1], slots[slot, 2] = rest, texts, number
                break
            if slots[slot, 0] == rest and slots[slot, 1] == texts:
                break
            slot = (slot + ONE) & mask
        cases[row] = np.uint32(number) - np.uint32(1)
    return found


class CaseNumbers:
    """The numbers of cases, each told by its flags, what its texts mean, and the latest of some days."""

    def __init__(self) -> None:
        """Begin without any."""
        self._slots = np.zeros((_SLOTS, _WORDS_OF_A_SLOT), np.uint64)
        self.known = 0

    @staticmethod
    def pays(rows: int) -> bool:
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
        firsts = np.empty(min(MOST_CASES - self.known, len(flags)), np.int64)
        found = _number(flags, codes, begins, told, days, self._slots, self.known, firsts, cases)
        if found == _TOO_MANY:
            return None
        new, self.known = found - self.known, found
        return cases, firsts[:new]
