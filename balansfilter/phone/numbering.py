"""How the digits of a cell become an E.164 number: libphonenumber's parsing, worked out for every number at once.

Whatever parsing takes off or puts in front (an international prefix, a trunk prefix, a calling code, an area code) is
the same for a whole interval of numbers, so that each outcome is an interval and something to add to its numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from balansfilter.frozen import dataclass
from balansfilter.phone.digits import Spans, all_of, intersect, merge, shift, subtract
from balansfilter.phone.metadata import Region, regions_by_calling_code, regions_of, valid_by_region, valid_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from balansfilter.phone.patterns import Rewrite

LONGEST_E164 = 19
"""So many digits fit in 64 bits; no number that libphonenumber knows has more, its calling code included."""

_MOST_PREFIXES = 1000
"""Of a country with more trunk prefixes and carrier codes (China), numbers behind a carrier code are not read."""


class Move(NamedTuple):
    """Numbers of one length that become others by adding the same to each."""

    values: Spans
    becomes: int
    """The length of the others."""
    add: int

    def within(self, values: Spans) -> Move:
        """Only those of the numbers that are among ``values``."""
        return Move(intersect(self.values, values), self.becomes, self.add)

    def into(self, results: Spans) -> Move:
        """Only those of the numbers that become one of ``results``."""
        found = intersect(shift(self.values, self.add), results)
        return Move(shift(found, -self.add), self.becomes, self.add)


@dataclass(frozen=True)
class NationalReading:
    """What the cells of one number of digits, without a plus, stand for in one country."""

    length: int
    numbers: tuple[Move, ...]
    """Those that stand for a valid number, and become its E.164 digits."""
    international: tuple[Move, ...]
    """Those that begin with an international prefix, and become what follows it."""


def international_moves(calling_code: int) -> Iterator[Move]:
    """Digits that begin with this calling code -> the digits of the valid number that they stand for."""
    main = regions_of(calling_code)[0]
    for length in range(1, LONGEST_E164 - len(str(calling_code)) + 1):
        front = calling_code * 10**length
        for move in _to_e164(_to_national(main, length), calling_code):
            yield Move(shift(move.values, front), move.becomes, move.add - front)


def valid_spans(calling_code: int) -> Iterator[tuple[str, bool, Spans]]:
    """The E.164 digits of every valid number under a calling code, by region, and whether a person may answer them."""
    regions = {region.code: region for region in regions_of(calling_code)}
    for code, numbers in valid_by_region(calling_code):
        of_persons = regions[code].callable
        for callable_, part in ((True, numbers & of_persons), (False, numbers - of_persons)):
            for length, values in part.by_length.items():
                yield code, callable_, shift(values, calling_code * 10**length)


def national_reading(region: Region, length: int) -> NationalReading:
    """How cells of so many digits, without a plus, are read where this region is the default country."""
    international = tuple(_after_international_prefix(region, length))
    left = subtract(all_of(length), merge(span for move in international for span in move.values))
    with_calling_code = tuple(_without_plus(region, length, left))
    left = subtract(left, merge(span for move in with_calling_code for span in move.values))
    national = [move.within(left) for move in _to_national(region, length)]
    numbers = [*_to_e164(_finished(with_calling_code, region.calling_code), region.calling_code)]
    numbers += _to_e164(national, region.calling_code)
    return NationalReading(length, tuple(numbers), international)


def _after_international_prefix(region: Region, length: int) -> Iterator[Move]:
    for rewrite, values in _first_matches(region.international, length):
        rest = length - len(rewrite.prefix)
        front = int(rewrite.prefix) * 10**rest
        follows_zero = ((front, front + 10 ** (rest - 1)),) if rest else ()  # no calling code begins with a zero
        yield Move(subtract(values, follows_zero), rest, -front)


def _without_plus(region: Region, length: int, among: Spans) -> Iterator[Move]:
    """Cells that begin with the country's own calling code, bare, where that is the better reading of them."""
    rest = length - len(str(region.calling_code))
    if rest < 1:
        return
    front = region.calling_code * 10**rest
    for move in _trunk_stripped(region, rest):
        here = Move(shift(move.values, front), move.becomes, move.add - front).within(among)
        if not region.is_too_long(length):
            better = here.into(region.general.of_length(here.becomes))
            here = Move(subtract(better.values, region.general.of_length(length)), here.becomes, here.add)
        yield here


def _finished(moves: tuple[Move, ...], calling_code: int) -> Iterator[Move]:
    """What is left after a bare calling code, as a national number by the main region's rules.

    A trunk prefix that went already is not looked for again.
    """
    main = regions_of(calling_code)[0]
    for move in moves:
        if move.add != -calling_code * 10**move.becomes:
            yield move
        else:
            for second in _to_national(main, move.becomes):
                yield Move(move.into(second.values).values, second.becomes, move.add + second.add)


def _to_national(region: Region, length: int) -> Iterator[Move]:
    """Digits -> national significant number: without its trunk prefix, unless too little is left."""
    for move in _trunk_stripped(region, length):
        if region.may_be_stripped_to(move.becomes):
            yield move
        else:
            yield Move(move.values, length, 0)


def _trunk_stripped(region: Region, length: int) -> Iterator[Move]:
    general = region.general
    moved: list[tuple[int, int]] = []
    for rewrite, values in _first_matches(region.trunk, length):
        rest = length - len(rewrite.prefix)
        becomes = rest + len(rewrite.replacement)
        add = (int(rewrite.replacement or "0") - int(rewrite.prefix or "0")) * 10**rest
        looks_right = Move(intersect(values, general.of_length(length)), becomes, add)
        looks_worse = subtract(looks_right.values, looks_right.into(general.of_length(becomes)).values)
        move = Move(subtract(values, looks_worse), becomes, add)
        moved.extend(move.values)
        if len(region.trunk) <= _MOST_PREFIXES or len(rewrite.prefix) <= 1:
            yield move
    yield Move(subtract(all_of(length), merge(moved)), length, 0)


def _to_e164(national: Iterator[Move] | list[Move], calling_code: int) -> Iterator[Move]:
    valid = valid_numbers(calling_code)
    for move in national:
        found = move.into(valid.of_length(move.becomes))
        if found.values:
            digits = len(str(calling_code)) + found.becomes
            yield Move(found.values, digits, found.add + calling_code * 10**found.becomes)


def _first_matches(options: tuple[Rewrite, ...], length: int) -> Iterator[tuple[Rewrite, Spans]]:
    """The strings of this length to which each of the rewrites applies, being the first that does."""
    seen: set[str] = set()
    inside: dict[str, list[tuple[int, int]]] = {}
    for rewrite in options:
        prefix, rest = rewrite.prefix, length - len(rewrite.prefix)
        if rest < rewrite.followed_by or (rewrite.whole and rest != rewrite.followed_by):
            continue
        shorter = [prefix[:digits] for digits in range(len(prefix) + 1)]
        if seen.isdisjoint(shorter):
            low = int(prefix or "0") * 10**rest
            span = (low, low + 10**rest)
            yield rewrite, subtract((span,), merge(inside.get(prefix, ())))
            seen.add(prefix)
            for begin in shorter[:-1]:
                inside.setdefault(begin, []).append(span)


def calling_codes() -> tuple[int, ...]:
    """Every calling code, ascending."""
    return tuple(sorted(regions_by_calling_code()))
