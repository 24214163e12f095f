"""What rows hold of a column in which each names a value by its place among few."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from balansfilter.native.loop import loop

Codes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.uint32] | npt.NDArray[np.int32]
Kind = TypeVar("Kind", bound=np.generic)


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


@loop
def _values(places, values, out):
    """Write the value of each row."""
    for row in range(len(places)):
        out[row] = values[places[row]]


def values_of(places: Places, values: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """Return the value of each row, by the place that it names; every row has one."""
    if not _values.pays(len(places)):
        return values.take(places)
    out = np.empty(len(places), values.dtype)
    _values(places, values, out)
    return out


@loop
def _tally(places, counts):
    """Count the rows that name each place."""
    for row in range(len(places)):
        counts[places[row]] += 1


def tallied(places: Places, size: int) -> npt.NDArray[np.int64]:
    """Return how many rows name each of so many places."""
    if not _tally.pays(len(places)):
        return np.bincount(places, minlength=size)
    counts = np.zeros(size, np.int64)
    _tally(places, counts)
    return counts
