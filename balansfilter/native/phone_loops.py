"""Phone numbers, cell by cell: the same reading as that of :mod:`balansfilter.phone`, for the cells that are usual.

What a cell holds beyond digits, a plus, dots, dashes, a slash, brackets, spaces, letters and question marks is not
judged here: such a cell is read where every cell can be. One that holds no number may be a word for nothing, which is
not judged here either, unless it is clear that it is none. Without loops no cell is read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.boundaries import Kinds, Numbers, near, no_hints, place_of
from balansfilter.native.digit_parts import MOST_DIGITS, plain_digits, spaced_digits
from balansfilter.native.loop import inlined, loop
from balansfilter.native.view_parts import cell
from balansfilter.native.views import Views

_SPACE, _PLUS, _MINUS, _DOT, _SLASH, _OPEN, _CLOSE, _ZERO, _NINE = 32, 43, 45, 46, 47, 40, 41, 48, 57
_SMALL_A, _SMALL_Z = 97, 122
_QUESTION = 63
"""What programs write for a character that a code page lacks, such as a narrow space: no number has it."""
_MOST_BEFORE_SLASH, _LEAST_BEHIND_SLASH = 6, 6
"""Digits before and behind a slash that stands between an area code and a number."""
_MOST_BYTES = 60
_LONGEST_USUAL = np.uintp(24)
"""Bytes of the longest cell for which the quick ways are tried."""
_ONE, _TWO, _THREE, _EIGHT, _SIXTEEN = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(8), np.uintp(16)
_TEN, _NONE = np.uint64(10), np.uint64(0)
_NUMBER, _INTERNATIONAL = 1, 2

FOUND, UNREAD, NO_NUMBER, DOUBTFUL = 0, 1, 2, 3
"""What became of a cell: it holds a number, or is empty · it was not judged · it holds no number, but a text with a
digit that is not one digit repeated · it holds no number, and perhaps a word for nothing."""


@inlined
def _from_code(number, bounds, kinds, amounts, hints):
    """Return the E.164 digits of digits that begin with a calling code, and whether that could be told."""
    place = near(bounds, hints, number)
    if kinds[place] < 0:
        return _NONE, False
    return (number + amounts[place] if kinds[place] == _NUMBER else _NONE), True


@inlined
def _resolved(value, count, plus, keys, largest, national, world):
    """Return the E.164 digits of digits, 0 where they are no valid number, and whether that could be told."""
    key = value + keys[count] if value <= largest[count] else _NONE
    place = near(national[0], national[3], key)
    kind, number = national[1][place], key + national[2][place]
    if not plus:
        if kind == _NUMBER:
            return number, True
        if kind != _INTERNATIONAL:
            return _NONE, True
        return _from_code(number, world[0], world[1], world[2], world[3])
    if value >= keys[max(count, 1) - 1]:
        return _from_code(value, world[0], world[1], world[2], world[3])
    if kind == _INTERNATIONAL:
        return _from_code(number, world[0], world[1], world[2], world[3])
    return _NONE, True


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
    zero, and how many (-1 for no such zero); whether it has a plus, and how many dots; whether it holds a plus or a
    slash where none stands in a number; whether it holds anything else, or too much; and where its first digit and the
    end of its last character are.
    """
    place, first, last = start, end, start
    value, count, shorter, before, before_count = np.uint64(0), 0, np.uint64(0), np.uint64(0), -1
    slash = -1
    plus, dots, misplaced, strange = False, 0, False, end - start > np.uintp(_MOST_BYTES)
    while place < end and not (strange or misplaced):
        code = text[place]
        if _ZERO <= code <= _NINE:
            value = value * _TEN + np.uint64(code - _ZERO)
            shorter = shorter * _TEN + np.uint64(code - _ZERO)
            first = min(first, place)
            count += 1
        elif code == _PLUS:
            misplaced = plus or count > 0
            plus = True
        elif before_count < 0 and _is_trunk_zero(text, place, end):
            shorter, before, before_count = value, value, count
            value *= _TEN
            first = min(first, place)
            count += 1
            place += _TWO
        elif code == _DOT:
            dots += 1
        elif code == _SLASH:
            misplaced = slash >= 0 or not 0 < count <= _MOST_BEFORE_SLASH
            slash = count
        elif code not in (_SPACE, _MINUS, _OPEN, _CLOSE):
            width = _space(text, place, end)
            strange = width == np.uintp(0)
            place += width
            continue
        place += _ONE
        if code != _SPACE:
            last = place
    misplaced |= slash >= 0 and count - slash < _LEAST_BEHIND_SLASH
    strange |= count > MOST_DIGITS
    return value, count, shorter, before, before_count, plus, dots, misplaced, strange, first, last


@inlined
def _decimals(text, start, first, last, count):
    """Say of a cell with one dot in it whether it ends in `.0` or `.00`: 1 if that is what a dataframe left, else 2."""
    if text[last - _ONE] != _ZERO:
        return 0
    if text[last - _TWO] == _DOT:
        return 1 if first == start and text[first] != _OPEN and last - _TWO - first == np.uintp(count - 1) else 2
    return 2 if text[last - _TWO] == _ZERO and text[last - _THREE] == _DOT else 0


@inlined
def _agreed(number, other):
    """Return the one number that two readings of a cell leave; 0 where they give two different ones."""
    if number and other and number != other:
        return _NONE
    return number or other


@inlined
def _is_among(sorted_keys, key):
    place = place_of(sorted_keys, key)
    return place > np.uintp(0) and sorted_keys[place - _ONE] == key


@inlined
def _unlike_a_number(text, start, end, misplaced):
    """Return what becomes of a cell with more in it than a number has; with a letter or a question mark, it is none.

    :param misplaced: whether it has a plus or a slash where none stands in a number.
    """
    unfit, digit, beyond = False, False, False
    for place in range(start, end):
        code = text[place]
        small = code | np.uint8(0x20)
        if _ZERO <= code <= _NINE:
            digit = True
        elif _SMALL_A <= small <= _SMALL_Z or code == _QUESTION:
            unfit = True
        else:
            beyond |= code not in (_SPACE, _PLUS, _MINUS, _DOT, _SLASH, _OPEN, _CLOSE)
    if unfit or (misplaced and not beyond):
        return NO_NUMBER if digit else DOUBTFUL
    return UNREAD


@inlined
def _without_number(text, start, end, dot):
    """Return what becomes of a cell with digits that are no number: those that are all the same may mean nothing."""
    seen = np.uint8(0)
    for place in range(start, end):
        code = text[place]
        if _ZERO <= code <= _NINE:
            if seen and seen != code:
                return DOUBTFUL if dot else NO_NUMBER
            seen = code
    return DOUBTFUL


@loop
def _read(
    words, places, text, keys, largest, national, world, codes, behind_prefix, prefix_known, numbers, written, became
):
    """Read the cells of a column.

    :param text: all memory.
    :param keys: for each number of digits, what makes a key of a value of so many digits.
    :param largest: for each number of digits, the largest value that has a key.
    :param national: boundaries, kinds and amounts of the keys of cells without a plus, and room for hints.
    :param world: those of digits that begin with a calling code.
    :param codes: sorted keys of the calling codes.
    :param behind_prefix: sorted keys of the calling codes behind an international prefix.
    :param prefix_known: whether those are all that there are.
    :param numbers: takes the E.164 digits; 0 where a cell is no valid number.
    :param written: takes whether there is text in the cell.
    :param became: takes what became of the cell.
    """
    for row in range(len(words)):
        start, length = cell(words, places, row)
        end = start + length
        if _EIGHT <= length <= _LONGEST_USUAL:
            value, count, plain, plus = _NONE, np.int64(length), False, False
            if length <= _SIXTEEN:
                value, plain = plain_digits(text, start, length)
            if not plain:
                plus = text[start] == _PLUS
                value, count, plain = spaced_digits(text, start + np.uintp(plus), end)
            if plain:
                number, sure = _resolved(value, count, plus, keys, largest, national, world)
                if number and sure:
                    numbers[row], written[row], became[row] = number, True, FOUND
                    continue
        value, count, shorter, before, before_count, plus, dots, misplaced, strange, first, last = _scanned(
            text, start, end
        )
        marked = before_count >= 0
        strange |= marked and not plus and not prefix_known
        if dots == 1 and not (strange or misplaced):
            ending = _decimals(text, start, first, last, count)
            strange = ending == 2 or (ending == 1 and (plus or marked))
            if ending == 1:
                value, count = value // _TEN, count - 1
        number, sure = _NONE, True
        if count and not (strange or misplaced):
            number, sure = _resolved(value, count, plus, keys, largest, national, world)
            doubled = marked and count > before_count + 1
            if doubled and _is_among(codes if plus else behind_prefix, before + keys[before_count]):
                other, also_sure = _resolved(shorter, count - 1, plus, keys, largest, national, world)
                number, sure = _agreed(number, other), sure and also_sure
        kind = FOUND
        if strange or misplaced:
            kind = _unlike_a_number(text, start, end, misplaced and not strange)
        elif not sure:
            kind = UNREAD
        elif not number and last > start:
            kind = _without_number(text, start, end, dots > 0)
        numbers[row] = number if sure else _NONE
        written[row] = last > start or kind == NO_NUMBER
        became[row] = kind


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
    became: npt.NDArray[np.uint8]
    """What became of the cell: `FOUND`, `UNREAD`, `NO_NUMBER` or `DOUBTFUL`."""


def usual_phones(cells: pl.Series, tables: PhoneTables) -> UsualPhones:
    """Read the cells that are usual; a null is an empty cell."""
    size = len(cells)
    if not _read.pays(size):
        return UsualPhones(np.zeros(size, np.uint64), np.zeros(size, np.bool_), np.full(size, UNREAD, np.uint8))
    found = UsualPhones(np.empty(size, np.uint64), np.empty(size, np.bool_), np.empty(size, np.uint8))
    keys, largest, national, world, *others = tables
    _read(*Views.of(cells).told, keys, largest, (*national, no_hints()), (*world, no_hints()), *others, *found)
    return found
