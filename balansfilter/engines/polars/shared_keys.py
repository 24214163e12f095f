"""Different customer ids of a call list that have one key, such as 457 and 00457: one person here, which is told."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from balansfilter.evidence.lookup import UInt64Array
from balansfilter.evidence.remarks import SomeRows
from balansfilter.identity.ids import Ids
from balansfilter.native.parallel import in_order

_ROWS_A_PASS = 4_000_000


class PartIds(Protocol):
    """The customer ids of a part, to be read back."""

    @property
    def row(self) -> UInt64Array:
        """The number of each row."""

    @property
    def ids(self) -> Ids:
        """The id of each row, and its key."""


def rows_with_shared_keys(parts: Iterable[PartIds], scratch: Path, pool: ThreadPoolExecutor) -> SomeRows:
    """Return the rows whose id is another's but for its layout: all but the first spelling of each key.

    Keys and ids are compared by their hashes, some of them at a time, so that memory stays bounded.
    """
    path = scratch / "keys"
    with path.open("wb") as file:
        for hashed in in_order(pool, _hashed, parts, ahead=2):
            file.write(hashed.tobytes())
    found = SomeRows()
    if not path.stat().st_size:
        return found
    every = np.memmap(path, dtype=np.uint64, mode="r").reshape(-1, 3)
    passes = np.uint64(-(-len(every) // _ROWS_A_PASS))
    for number in range(int(passes)):
        some = every if passes == 1 else every[every[:, 0] % passes == number]
        found.add(_others(pl.DataFrame(np.asarray(some), schema=["key", "id", "row"])))
    return found


def _hashed(part: PartIds) -> UInt64Array:
    """Return a line for each row with an id: the hashes of its key and of the id, and its number."""
    text, key = part.ids.text, part.ids.key
    some = (key != "").to_numpy()
    return np.column_stack([key.hash().to_numpy()[some], text.hash().to_numpy()[some], part.row[some]])


def _others(frame: pl.DataFrame) -> pl.Series:
    """Return the rows with an id that is not the first of its key."""
    spellings = frame.group_by("key").agg(pl.col("id").n_unique().alias("ids")).filter(pl.col("ids") > 1)
    if not spellings.height:
        return pl.Series(dtype=pl.UInt64)
    shared = frame.join(spellings, on="key", how="semi").sort("row")
    first = shared.group_by("key", maintain_order=True).agg(pl.col("id").first().alias("first"))
    return shared.join(first, on="key").filter(pl.col("id") != pl.col("first"))["row"]
