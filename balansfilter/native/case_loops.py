"""Each different case once: rows that agree in all that a decision looks at get one number, in all parts of a list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from balansfilter.native.loop import loop
from balansfilter.native.view_parts import HALF, ONE
from balansfilter.native.views import Words

Codes = npt.NDArray[np.uint32]
Cases = npt.NDArray[np.uint32]

MOST_CASES = 1 << 16
_SLOTS = 1 << 17
WORDS = 2
"""Words of 64 bits that tell a case."""
_MIXER, _OTHER_MIXER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x9FB21C651E98DF25)
_TOO_MANY = -1


@loop
def _number(flags, codes, begins, meanings, slots, known, firsts, cases):
    """Number each row by its case, and return how many cases are known then; `_TOO_MANY` for more than there may be.

    :param codes: for each column of text, which of its texts each row has.
    :param begins: where the meanings of each column begin.
    :param meanings: what each text of each column adds to the two words that tell a case.
    :param slots: for each slot the two words of a case, and its number plus one; zeros where there is none.
    :param known: how many cases are known before.
    :param firsts: takes the first row of each case that was not.
    :param cases: takes the case of each row.
    """
    mask, found = np.uintp(len(slots) - 1), known
    for row in range(len(flags)):
        one, other = np.uint64(flags[row]), np.uint64(0)
        for column in range(len(begins)):
            place = np.uintp(begins[column] + codes[column, row])
            one |= meanings[place, 0]
            other |= meanings[place, 1]
        mixture = (one ^ (one >> HALF)) * _MIXER + other * _OTHER_MIXER
        slot = np.uintp((mixture ^ (mixture >> HALF)) * _OTHER_MIXER >> HALF) & mask
        while True:
            number = slots[slot, 2]
            if not number:
                if found == MOST_CASES:
                    return _TOO_MANY
                firsts[found - known] = row
                found += 1
                number = np.uint64(found)
                slots[slot, 0], slots[slot, 1], slots[slot, 2] = one, other, number
                break
            if slots[slot, 0] == one and slots[slot, 1] == other:
                break
            slot = (slot + ONE) & mask
        cases[row] = np.uint32(number) - np.uint32(1)
    return found


class CaseNumbers:
    """The numbers of cases, each told by two words."""

    def __init__(self) -> None:
        """Begin without any."""
        self._slots = np.zeros((_SLOTS, WORDS + 1), np.uint64)
        self.known = 0

    @staticmethod
    def pays(rows: int) -> bool:
        """Return whether the cases of so many rows are to be had, and worth it."""
        return bool(_number.pays(rows))

    def of(self, flags: Codes, columns: Sequence[tuple[Codes, Words]]) -> tuple[Cases, npt.NDArray[np.int64]] | None:
        """Return the case of each row, and the first row of each new one; None for more cases than there may be.

        :param flags: what tells the case of each row beside its texts: the lowest bits of the first word.
        :param columns: which text of each column each row has, and what that adds to the two words.
        """
        codes = np.array([codes for codes, _ in columns], np.uint32).reshape(len(columns), len(flags))
        meanings = np.concatenate([meanings for _, meanings in columns]) if columns else np.zeros((1, WORDS), np.uint64)
        begins = np.cumsum([0, *(len(meanings) for _, meanings in columns)])[:-1].astype(np.int64)
        cases = np.empty(len(flags), np.uint32)
        firsts = np.empty(min(MOST_CASES - self.known, len(flags)), np.int64)
        found = _number(flags, codes, begins, meanings, self._slots, self.known, firsts, cases)
        if found == _TOO_MANY:
            return None
        new, self.known = found - self.known, found
        return cases, firsts[:new]
