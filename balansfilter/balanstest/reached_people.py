"""How far objections reach in a call list that is counted, as they reach in a run.

The rows wait on disk, of each no more than tells one person from another, until all of them were held against the
objections.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from balansfilter.engines.polars.reach import Hits, find_reached, with_hidden
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.identity.hidden_numbers import HiddenNumbers
from balansfilter.native.text_loops import compacted


@dataclass(frozen=True)
class _PartOnDisk:
    """The rows of a part, of which only what is asked for is read back."""

    path: Path
    phones: int

    @property
    def row(self) -> UInt64Array:
        """The number of each row."""
        return self._column("row").to_numpy()

    @property
    def objected(self) -> pl.Series:
        """Whether an objection hit the row."""
        return self._column("objected")

    @cached_property
    def keys(self) -> pl.Series:
        """The keys of the customer ids."""
        return self._column("key")

    @cached_property
    def numbers(self) -> tuple[UInt64Array, ...]:
        """The number in each phone column; 0 for none."""
        return tuple(self._column(f"number_{i}").to_numpy() for i in range(self.phones))

    @cached_property
    def hidden(self) -> HiddenNumbers:
        """The numbers that can be found in cells that cannot be read."""
        return HiddenNumbers.of_texts(self._column("hidden"))

    def _column(self, name: str) -> pl.Series:
        return pl.read_ipc(self.path, columns=[name]).to_series()


class ReachedPeople:
    """Finds the rows that objections reach beyond those that they hit, once the whole list went by."""

    def __init__(self, evidence: Evidence, phones: int, folder: Path, pool: ThreadPoolExecutor) -> None:
        """Begin before the first part."""
        self._evidence, self._phones, self._folder, self._pool = evidence, phones, folder, pool
        self._hits = Hits(evidence)
        self._parts: list[_PartOnDisk] = []

    def put_away(self, first_row: int, facts: pl.DataFrame, keys: pl.Series) -> tuple[Path, pl.DataFrame]:
        """Write the rows of a part to a file, in any thread; return it, and those that an objection hits."""
        numbers = [pl.col(f"number_{i}").fill_null(0) for i in range(self._phones)]
        rows = facts.select("row", "objected", *numbers, "hidden").with_columns(compacted(keys).alias("key"))
        path = self._folder / f"{first_row}.rows"
        rows.write_ipc(path)
        lines = rows.filter("objected").drop("objected", "hidden")
        places = np.flatnonzero(rows["objected"].to_numpy())
        return path, with_hidden(lines, places, HiddenNumbers.of_texts(rows["hidden"]))

    def add(self, path: Path, hits: pl.DataFrame) -> None:
        """Note a part, in the order of the list."""
        self._parts.append(_PartOnDisk(path, self._phones))
        self._hits.add(hits)

    def rows(self) -> UInt64Array:
        """Return the rows that are reached, sorted."""
        return find_reached(self._hits, self._evidence, self._again, self._pool).rows

    def _again(self) -> Iterator[_PartOnDisk]:
        yield from self._parts
