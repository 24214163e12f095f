"""The numbers that can be found in cells that are no number: two in one cell, one with words around it, 6,12E+08.

Nobody is called on these, for it is not known which of them the cell means; but somebody who objected may be among
them. So every run of digits is tried as a number, and whatever those make that follow each other without a letter,
`;`, `|` or `&` in between. More is found than the cell means, and nothing that a person would read is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.without_queries import filled
from balansfilter.phone.cells import Digits, Flags
from balansfilter.phone.reader import Regions, resolved
from balansfilter.phone.tables import Numbers
from balansfilter.wording.spelling import in_plain_signs

Places = npt.NDArray[np.intp]

_BEYOND_ASCII = r"[^ -~]"
_NO_LETTER = r"[^\p{L} -~]"
_BETWEEN = ";"
_MOST_DIGITS = 18
"""Two zeros, the fifteen digits of the longest number, and a trunk zero in between."""
_POWERS = np.uint64(10) ** np.arange(_MOST_DIGITS + 1, dtype=np.uint64)


def _signs(text: str) -> Flags:
    """Return which bytes are these signs."""
    among = np.zeros(256, np.bool_)
    among[list(text.encode())] = True
    return among


_IS_DIGIT = _signs("0123456789")
_DIVIDES = _signs("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz;|&")
_DIVIDES[0x80:] = True
"""The bytes of letters, of which those beyond ASCII are all that is left there, and of signs between two numbers."""


class Within(NamedTuple):
    """Numbers that can be found in cells, each once a cell."""

    places: Places
    """The cell in which each stands."""
    numbers: Numbers
    """E.164 digits."""


class _Groups(NamedTuple):
    """Runs of digits, or some of those that follow each other taken together."""

    places: Places
    stretches: Places
    """In which of the stretches each stands that hold nothing that divides two numbers."""
    values: Numbers
    lengths: npt.NDArray[np.uint32]
    plus: Flags

    def where(self, chosen: Flags) -> _Groups:
        """Return some of them."""
        places, stretches, values, lengths, plus = self
        return _Groups(places[chosen], stretches[chosen], values[chosen], lengths[chosen], plus[chosen])


def numbers_within(cells: pl.Series, countries: Iterable[str]) -> Within:
    """Return the numbers on which a person may answer that can be found in cells.

    :param countries: ISO alpha-2 codes of those in which a national number may be meant.
    """
    pieces = [piece for groups in _groups(cells) for piece in _in_rows(groups)]
    places = np.concatenate([piece.places for piece in pieces])
    values, lengths, plus = (np.concatenate(parts) for parts in zip(*(piece[2:] for piece in pieces), strict=True))
    read = [resolved(Digits(values, lengths, plus), country) for country in countries]
    numbers, places = np.concatenate(read), np.tile(places, len(read))
    answered = np.flatnonzero((numbers > 0) & ~Regions(numbers).not_callable)
    found = pl.DataFrame({"place": places[answered], "number": numbers[answered]}).unique()
    return Within(found["place"].to_numpy(), found["number"].to_numpy())


def _groups(cells: pl.Series) -> Iterator[_Groups]:
    """Yield the runs of digits in cells; once more without zeros in brackets, where there are any."""
    cells = filled(cells, "")
    odd = cells.str.contains(_BEYOND_ASCII).arg_true()
    if len(odd):
        cells = cells.scatter(odd, in_plain_signs(cells.gather(odd)).str.replace_all(_NO_LETTER, " "))
    text = np.frombuffer(_BETWEEN.join(["", *cells, ""]).encode(), np.uint8)
    is_digit = _IS_DIGIT[text]
    edges = np.diff(is_digit.view(np.int8))
    starts, ends = np.flatnonzero(edges == 1) + 1, np.flatnonzero(edges == -1) + 1
    lengths = ends - starts
    fits = lengths <= _MOST_DIGITS
    starts, ends, lengths = starts[fits], ends[fits], lengths[fits]
    first = np.cumsum(cells.str.len_bytes().to_numpy().astype(np.intp) + 1)
    groups = _Groups(
        np.searchsorted(first, starts - 1, side="right"),
        np.cumsum(_DIVIDES[text], dtype=np.intp)[starts],
        _values(text, starts, lengths),
        lengths.astype(np.uint32),
        text[starts - 1] == ord("+"),
    )
    yield groups
    in_brackets = (lengths == 1) & (groups.values == 0) & (text[starts - 1] == ord("(")) & (text[ends] == ord(")"))
    if in_brackets.any():
        yield groups.where(~in_brackets)


def _values(text: npt.NDArray[np.uint8], starts: Places, lengths: Places) -> Numbers:
    """Return the number that each run of digits is."""
    values = np.zeros(len(starts), np.uint64)
    for place in range(int(lengths.max(initial=0))):
        longer = np.flatnonzero(lengths > place)
        values[longer] = values[longer] * np.uint64(10) + (text[starts[longer] + place] - np.uint8(ord("0")))
    return values


def _in_rows(groups: _Groups) -> Iterator[_Groups]:
    """Yield the runs of digits, then what two that follow each other make, then three, up to the longest number."""
    joined = groups
    last = np.arange(len(groups.places))
    yield joined
    while len(last):
        last = last + 1
        within = last < len(groups.places)
        joined, last = joined.where(within), last[within]
        lengths = joined.lengths + groups.lengths[last]
        fits = (joined.stretches == groups.stretches[last]) & ~groups.plus[last] & (lengths <= _MOST_DIGITS)
        joined, last, lengths = joined.where(fits), last[fits], lengths[fits]
        values = joined.values * _POWERS[groups.lengths[last]] + groups.values[last]
        joined = joined._replace(values=values, lengths=lengths)
        yield joined
