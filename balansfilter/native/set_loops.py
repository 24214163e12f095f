"""Sets of numbers and of texts: looked up in loops, and made in them."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.loop import inlined, loop
from balansfilter.native.text_loops import compacted
from balansfilter.native.view_parts import ONE, cell, last_of, mixed, same_middle
from balansfilter.native.views import Bytes, Views, Words

Positions = npt.NDArray[np.intp]
Marks = npt.NDArray[np.bool_]

_PLACE, _TAG = np.uint64(0xFFFFFFFF), np.uint64(0xFFFFFFFF00000000)
_MARK_BITS = np.uint64(28)


# --- numbers ------------------------------------------------------------------------------------------------------


@inlined
def _number_place(numbers, bitmap, probe):
    """Return the place of a number among sorted ones, -1 where it is not there."""
    slot = probe & (np.uint64(len(bitmap)) * np.uint64(8) - np.uint64(1))
    if not (bitmap[slot >> np.uint64(3)] >> np.uint8(slot & np.uint64(7))) & np.uint8(1):
        return -1
    place, left = np.uintp(0), np.uintp(len(numbers))
    while left > ONE:
        half = left >> ONE
        place += half if numbers[place + half] <= probe else np.uintp(0)
        left -= half
    return np.int64(place) if numbers[place] == probe else -1


@loop
def _number_positions(numbers, bitmap, probes, found):
    for row in range(len(probes)):
        found[row] = _number_place(numbers, bitmap, probes[row])


def number_positions(numbers: Words, bitmap: Bytes, probes: Words) -> Positions:
    """Return the position of each probe among sorted numbers, -1 where it is not there.

    :param bitmap: a bit for each value of a number's last bits; a power of two of bytes.
    """
    if not len(numbers):
        return np.full(len(probes), -1, np.intp)
    if not _number_positions.pays(len(probes)):
        places = np.minimum(np.searchsorted(numbers, probes), len(numbers) - 1)
        return np.where(numbers[places] == probes, places, -1)
    found = np.empty(len(probes), np.intp)
    _number_positions(numbers, bitmap, probes, found)
    return found


@loop
def _number_hits(numbers, bitmap, probes, hit, places):
    """Mark the probes that are among sorted numbers, write the places of those, and return how many there are."""
    count = 0
    for row in range(len(probes)):
        place = _number_place(numbers, bitmap, probes[row])
        if place >= 0:
            hit[row] = True
            places[count] = place
            count += 1
    return count


def number_hits(numbers: Words, bitmap: Bytes, probes: Words, hit: Marks) -> Positions:
    """Mark the probes that are among sorted numbers, and return the positions of those there, in their order.

    :param hit: takes the marks; what is marked already stays so.
    """
    if not len(numbers) or not _number_hits.pays(len(probes)):
        return _marked(number_positions(numbers, bitmap, probes), hit)
    places = np.empty(len(probes), np.intp)
    return places[: _number_hits(numbers, bitmap, probes, hit, places)]


def _marked(positions: Positions, hit: Marks) -> Positions:
    there = positions >= 0
    hit |= there
    return np.asarray(positions[there])


# --- texts --------------------------------------------------------------------------------------------------------


@inlined
def _mark(hashed, marks):
    """Return the byte and the bit that stand for a hash."""
    place = (hashed >> _MARK_BITS) & (np.uint64(len(marks)) * np.uint64(8) - np.uint64(1))
    return np.uintp(place >> np.uint64(3)), np.uint8(1) << np.uint8(place & np.uint64(7))


@loop
def _fill_slots(words, places, memory, slots, marks):
    """Put texts, all different, into slots, a power of two and more than texts: a part of the hash, the place + 1.

    :param marks: takes a bit for each; a power of two of bytes.
    """
    mask = np.uintp(len(slots) - 1)
    for row in range(len(words)):
        at, length = cell(words, places, row)
        hashed = mixed(words[row, 0], last_of(words, row, memory, at, length), memory, at, length)
        slot = np.uintp(hashed) & mask
        while slots[slot]:
            slot = (slot + ONE) & mask
        slots[slot] = (hashed & _TAG) | np.uint64(row + 1)
        byte, bit = _mark(hashed, marks)
        marks[byte] |= bit


@inlined
def _text_place(words, places, memory, known, known_places, slots, marks, row):
    """Return the place of a text among the known ones, -1 where it is not there."""
    first, mask = words[row, 0], np.uintp(len(slots) - 1)
    at, length = cell(words, places, row)
    last = last_of(words, row, memory, at, length)
    hashed = mixed(first, last, memory, at, length)
    byte, bit = _mark(hashed, marks)
    if not marks[byte] & bit:
        return -1
    slot = np.uintp(hashed) & mask
    while slots[slot]:
        if (slots[slot] ^ hashed) & _TAG == np.uint64(0):
            place = np.uintp((slots[slot] & _PLACE) - np.uint64(1))
            if known[place, 0] == first:
                other, _ = cell(known, known_places, place)
                if last_of(known, place, memory, other, length) == last and same_middle(memory, at, other, length):
                    return np.int64(place)
        slot = (slot + ONE) & mask
    return -1


@loop
def _text_positions(words, places, memory, known, known_places, slots, marks, found):
    for row in range(len(words)):
        found[row] = _text_place(words, places, memory, known, known_places, slots, marks, row)


@loop
def _text_hits(words, places, memory, known, known_places, slots, marks, hit, found):
    """Mark the texts that are among the known ones, write the places of those, and return how many there are."""
    count = 0
    for row in range(len(words)):
        place = _text_place(words, places, memory, known, known_places, slots, marks, row)
        if place >= 0:
            hit[row] = True
            found[count] = place
            count += 1
    return count


class _Slots(NamedTuple):
    known: Views
    slots: Words
    marks: Bytes
    """A bit for some bits of each hash: small enough to be near, it says «certainly not» for nearly all."""


class TextPositions:
    """Where each of many different texts stands among them."""

    def __init__(self, texts: pl.Series) -> None:
        """Begin with texts without nulls, each once."""
        self.texts = compacted(texts).rechunk()

    def of(self, probes: pl.Series, rows: int = 0) -> Positions:
        """Return the position of each probe, -1 where it is none of them; a null is an empty text.

        :param rows: how many rows the probes stand for, if more: they may be worth a loop.
        """
        if _text_positions.pays(max(rows, len(self.texts) + len(probes))):
            found = np.empty(len(probes), np.intp)
            known, slots, marks = self._slots
            _text_positions(*Views.of(probes).told, *known.told[:2], slots, marks, found)
            return found
        if not len(self.texts):
            return np.full(len(probes), -1, np.intp)
        (order, ordered), probes = self._ordered, probes.fill_null("")
        places = np.minimum(ordered.search_sorted(probes).to_numpy(), len(ordered) - 1)
        return np.where((ordered.gather(places) == probes).to_numpy(), order[places], -1)

    def hits(self, probes: pl.Series, hit: Marks) -> Positions:
        """Mark the probes that are any of them, and return the positions of those there, in their order."""
        if not _text_hits.pays(len(self.texts) + len(probes)):
            return _marked(self.of(probes), hit)
        found = np.empty(len(probes), np.intp)
        known, slots, marks = self._slots
        return found[: _text_hits(*Views.of(probes).told, *known.told[:2], slots, marks, hit, found)]

    @cached_property
    def _slots(self) -> _Slots:
        known = Views.of(self.texts)
        slots = np.zeros(1 << (2 * len(known) + 1).bit_length(), np.uint64)
        marks = np.zeros(len(slots), np.uint8)
        _fill_slots(*known.told, slots, marks)
        return _Slots(known, slots, marks)

    @cached_property
    def _ordered(self) -> tuple[Positions, pl.Series]:
        order = self.texts.arg_sort().to_numpy().astype(np.intp)
        return order, self.texts.gather(order)
