"""How many different people were called: exactly, in the memory that one part of the calls takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.balanstest.bands import Places
from balansfilter.balanstest.calls import NOBODY, Calls

Counted = npt.NDArray[np.int64]
"""Counts, one line a group of calls (a product, a balanstest, or all) and one column a band."""


@dataclass
class PeopleCount:
    """Different people by group of calls and band. Every call of a person must be in one part."""

    group_of: npt.NDArray[np.int32]
    """The group of each product; -1 for none."""
    in_band: Counted
    """People who were called in a band."""
    up_to_band: Counted
    """People who were called in a band or in one before it."""

    @classmethod
    def of(cls, group_of: npt.NDArray[np.int32], groups: int, bands: int) -> PeopleCount:
        """Begin a count."""
        shape = (groups, bands)
        return cls(group_of, np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64))

    def add(self, calls: Calls, band: Places) -> None:
        """Count the people of one part."""
        named = calls["person"] != NOBODY
        seen = pl.DataFrame(
            {
                "person": calls["person"][named],
                "group": self.group_of[calls["product"][named]],
                "band": band[named],
            }
        )
        seen = seen.filter(pl.col("group") >= 0).unique()
        first = seen.group_by("person", "group").agg(pl.col("band").min())
        self.in_band += _table(seen, self.in_band.shape)
        self.up_to_band += np.cumsum(_table(first, self.in_band.shape), axis=1)


def _table(seen: pl.DataFrame, shape: tuple[int, ...]) -> Counted:
    code = seen["group"].to_numpy().astype(np.int64) * shape[1] + seen["band"].to_numpy()
    return np.bincount(code, minlength=shape[0] * shape[1]).reshape(shape)
