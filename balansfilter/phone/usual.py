"""Phone numbers of the cells that are usual: what their digits are looked up in."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from balansfilter.native.boundaries import Kinds
from balansfilter.native.phone_loops import PhoneTables, UsualPhones, usual_phones
from balansfilter.phone.metadata import country, regions_by_calling_code
from balansfilter.phone.tables import (
    INTERNATIONAL_DIGITS,
    KEY_OF_LENGTH,
    LARGEST_OF_LENGTH,
    Numbers,
    StepFunction,
    national_table,
)


def read_usual(cells: pl.Series, default_country: str) -> UsualPhones:
    """Read the cells that are usual.

    :raises UsageError: the country is not known.
    """
    national = national_table(default_country)
    world = INTERNATIONAL_DIGITS.table_with(country(default_country).calling_code)
    tables = PhoneTables(
        KEY_OF_LENGTH,
        LARGEST_OF_LENGTH,
        _columns(national),
        _columns(world),
        _keys_of_codes(""),
        *_behind_prefix(default_country),
    )
    return usual_phones(cells, tables)


def _columns(table: StepFunction) -> tuple[Numbers, Kinds, Numbers]:
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
