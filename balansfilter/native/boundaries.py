"""Numbers looked up among sorted boundaries: how many of those are not above a number, and what holds between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from balansfilter.native.loop import inlined, loop

Numbers = npt.NDArray[np.uint64]
Kinds = npt.NDArray[np.int16]

_ONE = np.uintp(1)
_HINTS, _HINT_BITS = 256, np.uint64(22)
"""Where the last number of a few millions was found among boundaries, the next one is looked for first."""
_HINT_MASK = np.uint64(_HINTS - 1)


@inlined
def place_of(bounds, number):
    """Return how many of sorted boundaries are not above a number."""
    place, size = np.uintp(0), np.uintp(len(bounds))
    while size > np.uintp(0):
        half = (size + _ONE) >> _ONE
        place += half if bounds[place + half - _ONE] <= number else np.uintp(0)
        size -= half
    return place


@inlined
def near(bounds, hints, number):
    """Return how many of sorted boundaries are not above a number; it mostly lies where one like it did."""
    hint = np.uintp((number >> _HINT_BITS) & _HINT_MASK)
    place = hints[hint]
    begins = place == np.uintp(0) or bounds[place - _ONE] <= number
    if not (begins and (place == np.uintp(len(bounds)) or number < bounds[place])):
        place = place_of(bounds, number)
        hints[hint] = place
    return place


@loop
def _look_up(bounds, numbers, places):
    for row in range(len(numbers)):
        places[row] = place_of(bounds, numbers[row])


def places_between(bounds: Numbers, numbers: Numbers) -> npt.NDArray[np.intp]:
    """Return for each number how many of the sorted boundaries are not above it."""
    if not _look_up.pays(len(numbers)):
        return np.searchsorted(bounds, numbers, side="right")
    places = np.empty(len(numbers), np.intp)
    _look_up(bounds, numbers, places)
    return places


@loop
def _kinds_of(bounds, kinds, hints, numbers, found):
    for row in range(len(numbers)):
        found[row] = kinds[near(bounds, hints, numbers[row])]


def kinds_between(bounds: Numbers, kinds: Kinds, numbers: Numbers) -> Kinds:
    """Return for each number what kind holds between the sorted boundaries around it."""
    if not _kinds_of.pays(len(numbers)):
        return np.asarray(kinds[np.searchsorted(bounds, numbers, side="right")])
    found = np.empty(len(numbers), np.int16)
    _kinds_of(bounds, kinds, no_hints(), numbers, found)
    return found


def no_hints() -> npt.NDArray[np.uintp]:
    """Return room for hints, without any yet."""
    return np.zeros(_HINTS, np.uintp)
