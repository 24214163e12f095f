"""Customer ids, cell by cell: the same keys as those of :mod:`balansfilter.identity.ids`, for the cells that are usual.

A usual id is made of ASCII letters, digits and a few signs, holds a digit, and is neither of the length of a Salesforce
id nor written with layout in it. Any other is odd, and is read where every id can be; without loops every one is.
"""

from __future__ import annotations

from functools import reduce
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.instructions import eight_bytes, ir, types
from balansfilter.native.loop import inlined, instruction, loop
from balansfilter.native.text_loops import extent, without_space
from balansfilter.native.view_parts import EIGHT, HALF, cell, part_of_cell, view
from balansfilter.native.views import Buffers, Views

_ZERO, _NINE, _DOT = 48, 57, 46
_ONE, _TWO, _SIXTEEN = np.uintp(1), np.uintp(2), np.uintp(16)
_SALESFORCE = (15, 18)
_ROOM = 8
"""Bytes behind the last text, which are read with it."""
_DIGIT, _UPPER, _LOWER_CASE, _SIGN, _ODD = 1, 2, 4, 8, 16

_USUAL, _LOWER, _IS_ODD = 0, 1, 2
"""How the key of an id is made: it stands in the cell as it is, its letters must be made capitals, or it is odd."""


def _classes() -> np.ndarray:
    kinds = np.full(256, _ODD, np.uint8)
    kinds[list(b"!#$%&()*+,-./:;<>?@[]^_|~")] = _SIGN
    kinds[48:58], kinds[65:91], kinds[97:123] = _DIGIT, _UPPER, _LOWER_CASE
    return kinds


_CLASSES = _classes()


def _runs(kind: int) -> list[tuple[int, int]]:
    """Return the first and the last byte of each run of bytes of a kind."""
    runs = (list(run) for same, run in groupby(range(256), lambda code: _CLASSES[code] == kind) if same)
    return [(run[0], run[-1]) for run in runs]


@instruction
def _classes_of(_: Any, first: Any, last: Any) -> Any:
    """Return the kinds of sixteen bytes, which are those of two numbers; signs are not told."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        text = ir.Constant(ir.VectorType(ir.IntType(64), 2), ir.Undefined)
        for place, value in enumerate(values):
            text = builder.insert_element(text, value, ir.Constant(ir.IntType(32), place))
        text = builder.bitcast(text, ir.VectorType(ir.IntType(8), 16))

        def every(number: int) -> Any:
            return ir.Constant(text.type, [number] * 16)

        def bit_if_any(kind: int) -> Any:
            found = (
                builder.icmp_unsigned("<=", builder.sub(text, every(low)), every(high - low))
                for low, high in _runs(kind)
            )
            bits = builder.bitcast(reduce(builder.or_, found), ir.IntType(16))
            is_there = builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))
            return builder.select(is_there, ir.Constant(ir.IntType(64), kind), ir.Constant(ir.IntType(64), 0))

        return reduce(builder.or_, map(bit_if_any, (_DIGIT, _UPPER, _LOWER_CASE, _ODD)))

    return types.int64(types.uint64, types.uint64), code


@inlined
def _classes_in(memory, start, end, classes):
    """Return the kinds of the bytes of a text: all at once, where they are as many as those of most ids."""
    if end - start >= EIGHT and end - start <= _SIXTEEN:
        return _classes_of(eight_bytes(memory, start), eight_bytes(memory, end - EIGHT))
    seen = 0
    for place in range(start, end):
        seen |= classes[memory[place]]
    return seen


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
def _read(words, places, memory, classes, id_words, key_words, kinds):
    """Find the id in each cell, and its key.

    :param id_words: takes the view of the id, without the white space around it.
    :param key_words: takes that of its key, without leading zeros; a cell of zeros holds no id.
    :param kinds: takes whether the key stands there, is written with small letters, or the cell is odd.
    :returns: how many cells are written with small letters, how many are odd, and how many others have an id or a key
        that is a part of the cell.
    """
    lower, odd, parts = 0, 0, 0
    for row in range(len(words)):
        at, size = cell(words, places, row)
        start, end = without_space(memory, at, at + size)
        seen = _classes_in(memory, start, end, classes)
        length = end - start
        kind = _USUAL
        if seen & _ODD or (length and not seen & _DIGIT) or (seen & (_UPPER | _LOWER_CASE) and length in _SALESFORCE):
            kind = _IS_ODD
        elif seen & _LOWER_CASE:
            kind = _LOWER
        key_end = end
        if not seen & (_UPPER | _LOWER_CASE) and _is_whole_decimal(memory, start, end):
            key_end -= _TWO
        key = start
        while key < key_end and memory[key] == _ZERO:
            key += _ONE
        if key == key_end:
            start = end = key
        id_words[row, 0], id_words[row, 1] = words[row, 0], words[row, 1]
        key_words[row, 0], key_words[row, 1] = words[row, 0], words[row, 1]
        if end - start != size:
            id_words[row, 0], id_words[row, 1] = part_of_cell(words, row, memory, at, start, end - start)
        if key_end - key != size:
            key_words[row, 0], key_words[row, 1] = part_of_cell(words, row, memory, at, key, key_end - key)
            parts += 1
        kinds[row] = kind
        lower += kind == _LOWER
        odd += kind == _IS_ODD
    return lower, odd, parts


@loop
def _capitals(words, places, memory, out, out_words):
    """Write texts of ASCII with their small letters made capitals, and the view of each."""
    to = np.uintp(0)
    for row in range(len(words)):
        begin = to
        at, length = cell(words, places, row)
        for place in range(at, at + length):
            code = memory[place]
            out[to] = code - np.uint8(32) if 97 <= code <= 122 else code
            to += _ONE
        out_words[row, 0], out_words[row, 1] = view(out, begin, length, np.uint64(begin) << HALF)


class UsualIds(NamedTuple):
    """The ids of a column of cells."""

    text: pl.Series
    """Each id without layout; empty where there is none."""
    key: pl.Series
    """Its key; the very same column where all keys are their ids."""
    odd: npt.NDArray[np.intp]
    """Which cells still have to be read; of those nothing is told."""


def usual_ids(cells: pl.Series) -> UsualIds:
    """Read the cells that are usual."""
    if not _read.pays(len(cells)):
        return UsualIds(cells, cells, np.arange(len(cells)))
    views = Views.of(cells)
    text, key, kinds = np.empty_like(views.words), np.empty_like(views.words), np.empty(len(views), np.uint8)
    lower, odd, parts = _read(*views.told, _CLASSES, text, key, kinds)
    odd_places = np.flatnonzero(kinds == _IS_ODD) if odd else np.empty(0, np.intp)
    if not parts and not lower:
        return UsualIds(cells, cells, odd_places)
    ids = Views(text, views.buffers).series()
    if not lower:
        return UsualIds(ids, Views(key, views.buffers).series(), odd_places)
    places = np.flatnonzero(kinds == _LOWER)
    large = _with_capitals(Views(key[places], views.buffers))
    return UsualIds(ids, Views(key, views.buffers).replaced(places, large).series(), odd_places)


def _with_capitals(views: Views) -> Views:
    out, words = np.empty(extent(views).size + _ROOM, np.uint8), np.empty_like(views.words)
    _capitals(*views.told, out, words)
    return Views(words, Buffers.of(out))
