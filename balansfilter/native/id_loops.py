"""Customer ids, cell by cell: the same keys as those of :mod:`balansfilter.identity.ids`, for the cells that are usual.

A usual id is made of ASCII letters, digits and a few signs, holds a digit, and is neither of the length of a Salesforce
id nor written with layout in it. Any other is odd, and is read where every id can be.
"""

from __future__ import annotations

import numpy as np

from balansfilter.native.loop import inlined, loop
from balansfilter.native.text_loops import without_space

_ZERO, _NINE, _DOT = 48, 57, 46
_ONE, _TWO = np.uintp(1), np.uintp(2)
_SALESFORCE = (15, 18)
_DIGIT, _UPPER, _LOWER, _SIGN, _ODD = 1, 2, 4, 8, 16

USUAL, LOWER, ODD = 0, 1, 2
"""How the key of an id is made: it stands in the cell as it is, its letters must be made capitals, or it is odd."""


def _classes() -> np.ndarray:
    kinds = np.full(256, _ODD, np.uint8)
    kinds[list(b"!#$%&()*+,-./:;<>?@[]^_|~")] = _SIGN
    kinds[48:58], kinds[65:91], kinds[97:123] = _DIGIT, _UPPER, _LOWER
    return kinds


CLASSES = _classes()


@inlined
def _is_whole_decimal(text, start, end):
    """Whether digits and `.0` are all there is."""
    if end - start < np.uintp(3) or text[end - _ONE] != _ZERO or text[end - _TWO] != _DOT:
        return False
    for place in range(start, end - _TWO):
        if not _ZERO <= text[place] <= _NINE:
            return False
    return True


@loop
def read_ids(text, starts, lengths, classes, id_starts, id_lengths, key_starts, key_lengths, kinds):
    """Find the id in each cell, and its key.

    :param id_starts: takes where the id begins, without the white space around it.
    :param key_starts: takes where its key begins, without leading zeros; a row of zeros is no id.
    :param kinds: takes whether the key stands there, is written with small letters, or the cell is odd.
    :returns: how many cells are written with small letters, and how many are odd.
    """
    lower, odd = 0, 0
    for row in range(len(starts)):
        place = np.uintp(starts[row])
        start, end = without_space(text, place, place + np.uintp(lengths[row]))
        seen = 0
        for at in range(start, end):
            seen |= classes[text[at]]
        length = end - start
        kind = USUAL
        if seen & _ODD or (length and not seen & _DIGIT) or (seen & (_UPPER | _LOWER) and length in _SALESFORCE):
            kind = ODD
        elif seen & _LOWER:
            kind = LOWER
        id_starts[row], id_lengths[row] = start, length
        if not seen & (_UPPER | _LOWER) and _is_whole_decimal(text, start, end):
            end -= _TWO
        key = start
        while key < end and text[key] == _ZERO:
            key += _ONE
        if key == end:
            id_lengths[row] = 0
        key_starts[row], key_lengths[row] = key, end - key
        kinds[row] = kind
        lower += kind == LOWER
        odd += kind == ODD
    return lower, odd


@loop
def capitals(text, starts, lengths, offsets, out):
    """Put texts of ASCII one behind the other, their small letters made capitals."""
    place = 0
    for row in range(len(starts)):
        offsets[row] = place
        start = np.uintp(starts[row])
        for i in range(np.uintp(lengths[row])):
            code = text[start + np.uintp(i)]
            out[place] = code - np.uint8(32) if 97 <= code <= 122 else code
            place += 1
    offsets[len(starts)] = place
