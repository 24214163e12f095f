"""Phone numbers, cell by cell: the same reading as that of :mod:`balansfilter.phone`, for the cells that are usual.

What a cell holds beyond digits, a plus, dots, dashes, a slash, brackets and spaces is not judged here: such a cell is
odd, and is read where every cell can be. So is one that holds no valid number: it may be a word for nothing. Without
loops every cell is odd.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.loop import inlined, loop
from balansfilter.native.view_parts import cell
from balansfilter.native.views import Views

Numbers = npt.NDArray[np.uint64]
Kinds = npt.NDArray[np.int16]

_SPACE, _PLUS, _MINUS, _DOT, _SLASH, _OPEN, _CLOSE, _ZERO, _NINE = 32, 43, 45, 46, 47, 40, 41, 48, 57
_MOST_BEFORE_SLASH, _LEAST_BEHIND_SLASH = 6, 6
"""Digits before and behind a slash that stands between an area code and a number."""
_MOST_BYTES = 60
_MOST_DIGITS = 19
"""As many digits as surely fit in 64 bits."""
_ONE, _TWO, _THREE = np.uintp(1), np.uintp(2), np.uintp(3)
_TEN, _NO_NUMBER = np.uint64(10), np.uint64(0)
_NUMBER, _INTERNATIONAL = 1, 2


@inlined
def _place(bounds, number):
    """Return how many of sorted boundaries are not above a number."""
    place, size = np.uintp(0), np.uintp(len(bounds))
    while size > np.uintp(0):
        half = (size + _ONE) >> _ONE
        place += half if bounds[place + half - _ONE] <= number else np.uintp(0)
        size -= half
    return place


@loop
def _look_up(bounds, numbers, places):
    for row in range(len(numbers)):
        places[row] = _place(bounds, numbers[row])


def places_between(bounds: Numbers, numbers: Numbers) -> npt.NDArray[np.intp]:
    """Return for each number how many of the sorted boundaries are not above it."""
    if not _look_up.pays(len(numbers)):
        return np.searchsorted(bounds, numbers, side="right")
    places = np.empty(len(numbers), np.intp)
    _look_up(bounds, numbers, places)
    return places


@loop
def _kinds_of(bounds, kinds, numbers, found):
    for row in range(len(numbers)):
        found[row] = kinds[_place(bounds, numbers[row])]


def kinds_between(bounds: Numbers, kinds: Kinds, numbers: Numbers) -> Kinds:
    """Return for each number what kind holds between the sorted boundaries around it."""
    if not _kinds_of.pays(len(numbers)):
        return np.asarray(kinds[np.searchsorted(bounds, numbers, side="right")])
    found = np.empty(len(numbers), np.int16)
    _kinds_of(bounds, kinds, numbers, found)
    return found


@inlined
def _from_code(number, bounds, kinds, amounts):
    """Return the E.164 digits of digits that begin with a calling code, and whether that could be told."""
    place = _place(bounds, number)
    if kinds[place] < 0:
        return _NO_NUMBER, False
    return (number + amounts[place] if kinds[place] == _NUMBER else _NO_NUMBER), True


@inlined
def _resolved(value, count, plus, keys, largest, national, world):
    """Return the E.164 digits of digits, 0 where they are no valid number, and whether that could be told."""
    key = value + keys[count] if value <= largest[count] else _NO_NUMBER
    place = _place(national[0], key)
    kind, number = national[1][place], key + national[2][place]
    if not plus:
        if kind == _NUMBER:
            return number, True
        if kind != _INTERNATIONAL:
            return _NO_NUMBER, True
        return _from_code(number, world[0], world[1], world[2])
    if value >= keys[max(count, 1) - 1]:
        return _from_code(value, world[0], world[1], world[2])
    if kind == _INTERNATIONAL:
        return _from_code(number, world[0], world[1], world[2])
    return _NO_NUMBER, True


@inlined
def _space(text, place, end):
    """Return how many bytes the space beyond ASCII has that begins here; 0 where none does."""
    if place + _ONE < end and text[place] == 0xC2 and text[place + _ONE] == 0xA0:
        return _TWO
    if place + _TWO < end and text[place] == 0xE2:
        second, third = text[place + _ONE], text[place + _TWO]
        if second == 0x80 and (0x80 <= third <= 0x8A or third == 0xAF):
            return _THREE
    return np.uintp(0)


@inlined
def _is_trunk_zero(text, place, end):
    """Whether a zero in brackets stands here."""
    return place + _TWO < end and text[place] == _OPEN and text[place + _ONE] == _ZERO and text[place + _TWO] == _CLOSE


@inlined
def _scanned(text, start, end):
    """Return what is in a cell.

    Its digits as a number, and how many there are; the number without the zero in brackets; the digits before that
    zero, and how many (-1 for no such zero); whether it has a plus, or a dot; whether it holds anything else, or too
    much; and where its first digit and the end of its last character are.
    """
    place, first, last = start, end, start
    value, count, shorter, before, before_count = np.uint64(0), 0, np.uint64(0), np.uint64(0), -1
    slash = -1
    plus, dot, strange = False, False, end - start > np.uintp(_MOST_BYTES)
    while place < end and not strange:
        code = text[place]
        if _ZERO <= code <= _NINE:
            value = value * _TEN + np.uint64(code - _ZERO)
            shorter = shorter * _TEN + np.uint64(code - _ZERO)
            first = min(first, place)
            count += 1
        elif code == _PLUS:
            strange = plus or count > 0
            plus = True
        elif before_count < 0 and _is_trunk_zero(text, place, end):
            shorter, before, before_count = value, value, count
            value *= _TEN
            first = min(first, place)
            count += 1
            place += _TWO
        elif code == _DOT:
            dot = True
        elif code == _SLASH:
            strange = slash >= 0 or not 0 < count <= _MOST_BEFORE_SLASH
            slash = count
        elif code not in (_SPACE, _MINUS, _OPEN, _CLOSE):
            width = _space(text, place, end)
            strange = width == np.uintp(0)
            place += width
            continue
        place += _ONE
        if code != _SPACE:
            last = place
    strange |= count > _MOST_DIGITS or (slash >= 0 and count - slash < _LEAST_BEHIND_SLASH)
    return value, count, shorter, before, before_count, plus, dot, strange, first, last


@inlined
def _decimals(text, start, first, last, count):
    """Say of a cell with a dot in it whether it ends in `.0` or `.00`: 1 if that is what a dataframe left, else 2."""
    if text[last - _ONE] != _ZERO:
        return 0
    if text[last - _TWO] == _DOT:
        return 1 if first == start and text[first] != _OPEN and last - _TWO - first == np.uintp(count - 1) else 2
    return 2 if text[last - _TWO] == _ZERO and text[last - _THREE] == _DOT else 0


@inlined
def _agreed(number, other):
    """Return the one number that two readings of a cell leave; 0 where they give two different ones."""
    if number and other and number != other:
        return _NO_NUMBER
    return number or other


@inlined
def _is_among(sorted_keys, key):
    place = _place(sorted_keys, key)
    return place > np.uintp(0) and sorted_keys[place - _ONE] == key


@loop
def _read(
    words, places, text, keys, largest, national, world, codes, behind_prefix, prefix_known, numbers, written, odd
):
    """Read the cells of a column.

    :param text: all memory.
    :param keys: for each number of digits, what makes a key of a value of so many digits.
    :param largest: for each number of digits, the largest value that has a key.
    :param national: boundaries, kinds and amounts of the keys of cells without a plus.
    :param world: those of digits that begin with a calling code.
    :param codes: sorted keys of the calling codes.
    :param behind_prefix: sorted keys of the calling codes behind an international prefix.
    :param prefix_known: whether those are all that there are.
    :param numbers: takes the E.164 digits; 0 where a cell is no valid number.
    :param written: takes whether there is text in the cell.
    :param odd: takes whether the cell was not judged.
    """
    for row in range(len(words)):
        start, length = cell(words, places, row)
        end = start + length
        value, count, shorter, before, before_count, plus, dot, strange, first, last = _scanned(text, start, end)
        marked = before_count >= 0
        strange |= marked and not plus and not prefix_known
        if dot and not strange:
            ending = _decimals(text, start, first, last, count)
            strange = ending == 2 or (ending == 1 and (plus or marked))
            if ending == 1:
                value, count = value // _TEN, count - 1
        number, sure = _NO_NUMBER, True
        if count and not strange:
            number, sure = _resolved(value, count, plus, keys, largest, national, world)
            doubled = marked and count > before_count + 1
            if doubled and _is_among(codes if plus else behind_prefix, before + keys[before_count]):
                other, also_sure = _resolved(shorter, count - 1, plus, keys, largest, national, world)
                number, sure = _agreed(number, other), sure and also_sure
        numbers[row] = number if sure else _NO_NUMBER
        written[row] = last > start
        odd[row] = strange or not sure or (last > start and not number)


class PhoneTables(NamedTuple):
    """What the digits of a cell are looked up in."""

    keys: Numbers
    """For each number of digits, what makes a key of a value of so many digits."""
    largest: Numbers
    """For each number of digits, the largest value that has a key."""
    national: tuple[Numbers, Kinds, Numbers]
    """Boundaries, kinds and amounts of the keys of cells without a plus."""
    world: tuple[Numbers, Kinds, Numbers]
    """Those of digits that begin with a calling code."""
    codes: Numbers
    """Sorted keys of the calling codes."""
    behind_prefix: Numbers
    """Sorted keys of the calling codes behind an international prefix."""
    prefix_known: bool
    """Whether those are all that there are."""


class UsualPhones(NamedTuple):
    """What was read of a column, one entry a cell."""

    numbers: Numbers
    """E.164 digits; 0 where the cell does not hold one valid number."""
    written: npt.NDArray[np.bool_]
    """Whether there is more in the cell than white space."""
    odd: npt.NDArray[np.bool_]
    """Whether the cell is not a usual one, and still has to be read."""


def usual_phones(cells: pl.Series, tables: PhoneTables) -> UsualPhones:
    """Read the cells that are usual; a null is an empty cell."""
    size = len(cells)
    if not _read.pays(size):
        return UsualPhones(np.zeros(size, np.uint64), np.zeros(size, np.bool_), np.ones(size, np.bool_))
    found = UsualPhones(np.empty(size, np.uint64), np.empty(size, np.bool_), np.empty(size, np.bool_))
    _read(*Views.of(cells).told, *tables, *found)
    return found
