"""Sorted boundaries of 64-bit integers, so that one binary search tells what to do with a number.

A table is built for what occurs: the national table of a default country when it is first asked for, and the world's
when a number of a calling code first turns up.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from balansfilter.frozen import dataclass
from balansfilter.native.boundaries import kinds_between, places_between
from balansfilter.phone.digits import Spans, subtract
from balansfilter.phone.metadata import country, regions_by_calling_code
from balansfilter.phone.numbering import LONGEST_E164, calling_codes, international_moves, national_reading, valid_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Numbers: TypeAlias = npt.NDArray[np.uint64]
"""E.164 digits, keys, or amounts to add (modulo 2^64)."""
Kinds: TypeAlias = npt.NDArray[np.int16]
Segment: TypeAlias = tuple[int, int, int, int]
"""Of a table: from, up to (not including), kind, amount."""

NOTHING, NUMBER, INTERNATIONAL = 0, 1, 2
"""Kinds: no number · a number, after adding the amount · digits that begin with a calling code, after adding it."""

NOT_CALLABLE = 1000
"""What is added to the place of a region for numbers behind which no person answers: toll-free, premium-rate, …"""

LONGEST = 20
"""Cells of more digits are no number."""
_MODULUS = 2**64
_one_thread = Lock()
"""Held while a national table is worked out: of two threads that read numbers first, each would do so by itself."""


def _key_layout() -> tuple[Numbers, Numbers]:
    """For each length what to add to a value to make a key of its own, and the largest value that has one.

    A 1 before the digits keeps "612" and "0612" apart; of 19 and 20 digits the room that 64 bits leave is used, which
    is enough for all but 20 digits that do not begin with "00".
    """
    add = [0, *(10**n for n in range(1, 19)), 2 * 10**18, 12 * 10**18, 0]
    largest = [0, *(10**n - 1 for n in range(1, 20)), 10**18 - 1, 0]
    return np.array(add, np.uint64), np.array(largest, np.uint64)


KEY_OF_LENGTH, LARGEST_OF_LENGTH = _key_layout()
"""Index: number of digits; the last entry stands for every greater length and lets nothing through."""


@dataclass(frozen=True)
class StepFunction:
    """A function of an integer that is constant between boundaries."""

    bounds: Numbers
    kinds: Kinds
    """One more than there are bounds: what holds below the first, and from each of them on."""
    amounts: Numbers

    def kinds_of(self, numbers: Numbers) -> Kinds:
        """The kind of each number."""
        return kinds_between(self.bounds, self.kinds, numbers)

    def look_up(self, numbers: Numbers) -> tuple[Kinds, Numbers]:
        """The kind and the amount of each number."""
        place = places_between(self.bounds, numbers)
        return self.kinds[place], self.amounts[place]


@dataclass(frozen=True)
class Segments:
    """Disjoint intervals and what holds in each: four columns of the same length."""

    starts: Numbers
    stops: Numbers
    kinds: Kinds
    amounts: Numbers

    @classmethod
    def of(cls, segments: Iterable[Segment]) -> Segments:
        """The columns of a list of segments."""
        starts, stops, kinds, amounts = tuple(zip(*segments, strict=True)) or ((), (), (), ())
        return cls(
            np.array(starts, np.uint64),
            np.array(stops, np.uint64),
            np.array(kinds, np.int16),
            np.array(amounts, np.uint64),
        )

    def table(self) -> StepFunction:
        """The table of these segments; it holds nothing (kind 0) between them."""
        order = np.argsort(self.starts)
        starts, stops, kinds, amounts = (
            column[order] for column in (self.starts, self.stops, self.kinds, self.amounts)
        )
        touches = starts[1:] == stops[:-1]
        same = touches & (kinds[1:] == kinds[:-1]) & (amounts[1:] == amounts[:-1])
        bounds = np.stack([starts, stops], axis=1).ravel()
        needed = np.stack([np.append(True, ~same), np.append(~touches, True)], axis=1).ravel()
        return StepFunction(
            bounds[needed],
            np.append(np.int16(NOTHING), np.stack([kinds, np.zeros_like(kinds)], axis=1).ravel()[needed]),
            np.append(np.uint64(0), np.stack([amounts, np.zeros_like(amounts)], axis=1).ravel()[needed]),
        )


def national_table(country_code: str) -> StepFunction:
    """Keys of cells without a plus -> what they stand for where this is the default country.

    :raises UsageError: the country is not known.
    """
    with _one_thread:
        return _national_table(country_code)


@cache
def _national_table(country_code: str) -> StepFunction:
    lengths = range(2, LONGEST + 1)
    return Segments.of(segment for length in lengths for segment in _national_segments(country_code, length)).table()


def _national_segments(country_code: str, length: int) -> Iterator[Segment]:
    reading = national_reading(country(country_code), length)
    key, largest = int(KEY_OF_LENGTH[length]), int(LARGEST_OF_LENGTH[length])
    for kind, moves in ((NUMBER, reading.numbers), (INTERNATIONAL, reading.international)):
        for move in moves:
            for low, high in subtract(move.values, _one_digit_repeated(length)):
                if low <= largest:
                    yield low + key, min(high, largest + 1) + key, kind, (move.add - key) % _MODULUS


def _one_digit_repeated(length: int) -> Spans:
    """Return 00…0 to 99…9, which people write where there is no number."""
    ones = (10**length - 1) // 9
    return tuple((digit * ones, digit * ones + 1) for digit in range(10))


class WorldTable:
    """A table over all calling codes, of which each is worked out when its first number turns up.

    Safe to use from several threads: a new table is built on the side, and replaces the old one in one step.
    """

    def __init__(self, segments_of: Callable[[int], Iterator[Segment]]) -> None:
        self._segments_of = segments_of
        self._known: dict[int, Segments] = {}
        self._table: StepFunction | None = None
        self._lock = Lock()

    def table(self) -> StepFunction:
        """The table as it is now; of a calling code that is not worked out yet it holds minus the code as kind."""
        return self._table or self._learn(())

    def table_with(self, calling_code: int) -> StepFunction:
        """The table as it is now, in which a calling code is worked out."""
        return self.table() if calling_code in self._known else self._learn((calling_code,))

    def look_up(self, numbers: Numbers) -> tuple[Kinds, Numbers]:
        """The kind and the amount of each of these E.164 digits."""
        table = self.table()
        kinds, amounts = table.look_up(numbers)
        unknown = kinds < 0
        if unknown.any():
            table = self._learn(tuple((-np.unique(kinds[unknown])).tolist()))
            kinds, amounts = table.look_up(numbers)
        return kinds, amounts

    def kinds(self, numbers: Numbers) -> Kinds:
        """The kind of each of these E.164 digits."""
        found = self.table().kinds_of(numbers)
        return self.look_up(numbers)[0] if (found < 0).any() else found

    def _learn(self, codes: tuple[int, ...]) -> StepFunction:
        with self._lock:
            for code in set(codes) - self._known.keys():
                self._known[code] = Segments.of(self._segments_of(code))
            parts = [
                *self._known.values(),
                _not_yet_known([code for code in calling_codes() if code not in self._known]),
            ]
            whole = (np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Segments))
            self._table = Segments(*whole).table()
            return self._table


def _not_yet_known(codes: list[int]) -> Segments:
    """All that may begin with some calling codes, of the kind that asks for each: minus the code."""
    lengths = np.arange(1, LONGEST_E164)
    fits = lengths + np.array([len(str(code)) for code in codes], np.int64)[:, None] <= LONGEST_E164
    places, columns = np.nonzero(fits)
    code, scale = np.array(codes, np.uint64)[places], np.uint64(10) ** lengths[columns].astype(np.uint64)
    return Segments(code * scale, (code + np.uint64(1)) * scale, -code.astype(np.int16), np.zeros_like(code))


def _international_segments(calling_code: int) -> Iterator[Segment]:
    for move in international_moves(calling_code):
        for low, high in move.values:
            yield low, high, NUMBER, move.add % _MODULUS


@cache
def region_places() -> dict[str, int]:
    """A small number for each region, from 1; 0 stands for none."""
    regions = sorted({region for regions in regions_by_calling_code().values() for region in regions})
    return {region: place for place, region in enumerate(regions, start=1)}


def _region_segments(calling_code: int) -> Iterator[Segment]:
    places = region_places()
    for region, callable_, values in valid_spans(calling_code):
        for low, high in values:
            yield low, high, places[region] + (0 if callable_ else NOT_CALLABLE), 0


INTERNATIONAL_DIGITS = WorldTable(_international_segments)
"""Digits that begin with a calling code -> what to add to make them the E.164 digits that they stand for."""
REGIONS = WorldTable(_region_segments)
"""E.164 digits -> the place of their region as kind, and NOT_CALLABLE more where no person may answer."""
