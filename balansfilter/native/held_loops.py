"""What rows hold of a column in which each names a value by its place among few, and some hold none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balansfilter.native.loop import loop

Codes = npt.NDArray[np.uint32]


class Held(NamedTuple):
    """The values of rows."""

    values: Codes
    """Those of the rows that have one."""
    known: npt.NDArray[np.bool_]
    """Whether each row has one."""


@loop
def _held(places, values, none, held, known):
    """Write the values of the rows that have one, and which those are; and return how many there are."""
    count = np.int64(0)
    for row in range(len(places)):
        value = values[places[row]]
        held[count] = value
        known[row] = value != np.uint32(none)
        count += np.int64(value != np.uint32(none))
    return count


def held_by(places: Codes, values: Codes, none: int) -> Held:
    """Return what rows hold.

    :param places: which of the values each row names.
    :param values: few of them, some of which may be the one that stands for none.
    """
    if not _held.pays(len(places)):
        of_all = values.take(places)
        known = of_all != np.uint32(none)
        return Held(of_all[known], known)
    held, known = np.empty(len(places), np.uint32), np.empty(len(places), np.bool_)
    return Held(held[: _held(places, values, none, held, known)], known)
