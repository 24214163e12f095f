"""Phone numbers of the cells that are usual, in compiled loops: what the loops look things up in."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from balansfilter.native import loops
from balansfilter.native.texts import Texts
from balansfilter.phone.metadata import country, regions_by_calling_code
from balansfilter.phone.tables import (
    INTERNATIONAL_DIGITS,
    KEY_OF_LENGTH,
    LARGEST_OF_LENGTH,
    Numbers,
    StepFunction,
    national_table,
)

Flags: TypeAlias = npt.NDArray[np.bool_]


class Usual(NamedTuple):
    """What was read of a column, one entry a cell."""

    numbers: Numbers
    """E.164 digits; 0 where the cell does not hold one valid number."""
    written: Flags
    """Whether there is more in the cell than white space."""
    odd: Flags
    """Whether the cell is not a usual one, and still has to be read."""


def read_usual(cells: Texts, default_country: str) -> Usual:
    """Read the cells that are usual.

    :raises UsageError: the country is not known.
    """
    national = national_table(default_country)
    world = INTERNATIONAL_DIGITS.table()
    size = len(cells)
    read = Usual(np.empty(size, np.uint64), np.empty(size, np.bool_), np.empty(size, np.bool_))
    _loops().read(
        cells.text,
        cells.starts,
        cells.lengths,
        KEY_OF_LENGTH,
        LARGEST_OF_LENGTH,
        _columns(national),
        _columns(world),
        _keys_of_codes(""),
        *_behind_prefix(default_country),
        *read,
    )
    return read


def _columns(table: StepFunction) -> tuple[Numbers, npt.NDArray[np.int16], Numbers]:
    return table.bounds, table.kinds, table.amounts


@cache
def _keys_of_codes(prefix: str) -> Numbers:
    """Return the sorted keys of the calling codes behind a prefix of digits."""
    texts = [f"{prefix}{code}" for code in regions_by_calling_code()]
    return np.array(sorted(int(text) + int(KEY_OF_LENGTH[len(text)]) for text in texts), np.uint64)


def _behind_prefix(default_country: str) -> tuple[Numbers, bool]:
    """Return the keys of the calling codes behind the country's international prefix, and whether those are all."""
    prefix = country(default_country).international_prefix
    if not prefix:
        return np.empty(0, np.uint64), True
    return (_keys_of_codes(prefix), True) if prefix.isdecimal() else (np.empty(0, np.uint64), False)


def _loops() -> Any:
    return loops("phone_loops")
