"""What the decision of a row looks at beside its texts: a few flags, and how often the person was called."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.evidence.lookup import IntpArray
from balansfilter.native.case_loops import Codes

Flags = npt.NDArray[np.bool_]
_OF_A_NUMBER = ("number", "allowed", "listed")
_OF_A_ROW = ("objected", "chosen", "is_active", "consent_proven", "used_in_time")


class CaseFlags:
    """How the flags of a row lie in one number."""

    def __init__(self, plan: Plan) -> None:
        """Lay them out for a plan: calls beyond the largest number at which calling stops tell nothing more."""
        phones = range(len(plan.phones))
        self._numbers = [f"number_{i}" for i in phones]
        self._names = [*(f"{fact}_{i}" for i in phones for fact in _OF_A_NUMBER), *_OF_A_ROW]
        self._most_calls = max((window.max_attempts or 0 for window in plan.windows), default=0)

    @property
    def bits(self) -> int:
        """How many bits they take."""
        return len(self._names) + self._most_calls.bit_length()

    def packed(self, flags: Mapping[str, Flags | bool], attempts: IntpArray) -> Codes:
        """Return the flags of each row in one number; one that is not named is no, and one may hold of all.

        :param flags: `number_0`: whether the number is known; `used_in_time`: whether the consent was used in time; the
            others as in :mod:`balansfilter.decision.facts`.
        """
        packed = np.minimum(attempts, self._most_calls).astype(np.uint32) << np.uint32(len(self._names))
        for place, name in enumerate(self._names):
            holds = flags.get(name, False)
            if isinstance(holds, bool):
                packed |= np.uint32(holds << place)
            else:
                packed |= holds.astype(np.uint32) << np.uint32(place)
        return packed

    def facts(self, packed: Codes) -> list[pl.Series]:
        """Return the facts that some rows' flags tell; a number that is known is told by any number."""
        made = []
        for place, name in enumerate(self._names):
            holds = pl.Series(name, (packed >> np.uint32(place) & np.uint32(1)).astype(np.bool_))
            made.append(holds.cast(pl.UInt64).set(~holds, None) if name in self._numbers else holds)
        return [*made, pl.Series("attempts", (packed >> np.uint32(len(self._names))).astype(np.intp))]
