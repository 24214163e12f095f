"""One call of the history as it is kept for counting: who, when, after which purchase, and how it ended.

The calls lie on disk in parts, each person's in one part, so that people can be told apart exactly and a person's calls
be put in order in the memory that one part takes. While they are read, who was called is the customer id, or the
number where the call has none; :mod:`balansfilter.balanstest.same_person` then finds which of these are one person. All
of them are 64-bit hashes; among fifty million the chance that two have the same one is below one in ten thousand. The
files are private, hold no number and no id as such, and are gone when the counting is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.evidence.lookup import UInt64Array
from balansfilter.native.parallel import in_order

CONVERTED, OBJECTED, COMPLAINED, REACHED = (np.uint8(1 << bit) for bit in range(4))
"""How a call ended, as flags."""

NOBODY = np.uint64(0)
"""The person of a call that names neither a readable number nor a customer id."""

Calls = npt.NDArray[np.void]
"""Calls, with the fields of :data:`CALL`."""

CALL = np.dtype(
    [
        ("person", np.uint64),
        ("number", np.uint64),
        ("row", np.uint64),
        ("day", np.int32),
        ("purchase", np.int32),
        ("product", np.uint16),
        ("ended", np.uint8),
    ]
)
"""A call: its number as a key, its row in the history from 1, the days as numbers, the product by its place, flags.

Take and compress records of it: to index them costs numpy twenty times as much.
"""

LINK = np.dtype([("one", np.uint64), ("other", np.uint64), ("numbers", np.bool_)])
"""Two keys that one call names, so that they are of one person; and whether both are of numbers."""

PARTS = 64
_SHIFT = np.uint64(58)
_IDS, _NUMBERS = 1, 2
"""Seeds: a customer id and a number that are written alike have different keys."""


def id_keys(customer_id: pl.Series) -> UInt64Array:
    """Return a key for each customer id; :data:`NOBODY` where it is empty."""
    return _keys(customer_id.set(customer_id == "", None), _IDS)


def number_keys(number: pl.Series) -> UInt64Array:
    """Return a key for each number; :data:`NOBODY` where there is none."""
    return _keys(number, _NUMBERS)


def _keys(values: pl.Series, seed: int) -> UInt64Array:
    frame = pl.DataFrame({"value": values})
    key = pl.max_horizontal(pl.col("value").hash(seed), pl.lit(1, dtype=pl.UInt64))
    keys = pl.when(pl.col("value").is_not_null()).then(key).otherwise(pl.lit(0, dtype=pl.UInt64))
    return frame.select(keys).to_series().to_numpy()


def part_of(key: UInt64Array) -> npt.NDArray[np.uint8]:
    """Return the part that each key belongs to."""
    return (key >> _SHIFT).astype(np.uint8)


class PartFiles:
    """Files of records, one a part, each made when something is put in it."""

    def __init__(self, folder: Path, name: str, kind: np.dtype[Any]) -> None:
        self._stem = folder / name
        self._kind = kind
        self._files: dict[int, BinaryIO] = {}

    def add(self, records: npt.NDArray[np.void], part: npt.NDArray[np.uint8]) -> None:
        """Add records behind those that are there, each to its part."""
        ordered = records.take(np.argsort(part, kind="stable"))
        ends = np.cumsum(np.bincount(part, minlength=PARTS)).tolist()
        for place, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            if end > start:
                self._file(place).write(ordered[start:end].tobytes())

    def take(self, part: int) -> npt.NDArray[np.void]:
        """Return the records of a part, in the order in which they came."""
        if part not in self._files:
            return np.empty(0, dtype=self._kind)
        self._files[part].flush()
        return np.fromfile(self._path(part), dtype=self._kind)

    def put(self, part: int, records: npt.NDArray[np.void]) -> None:
        """Put these records in the place of those of a part."""
        self._files.pop(part).close()
        self._file(part).write(records.tobytes())

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _file(self, part: int) -> BinaryIO:
        if part not in self._files:
            self._files[part] = self._path(part).open("wb")
        return self._files[part]

    def _path(self, part: int) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{part:02d}")


@dataclass
class CallStore:
    """Calls on disk. Add them in the order of the history; take them out part by part."""

    folder: Path

    def __post_init__(self) -> None:
        self._calls = PartFiles(self.folder, "calls", CALL)
        self._links = PartFiles(self.folder, "links", LINK)
        self._moved = PartFiles(self.folder, "moved", CALL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for files in (self._calls, self._links, self._moved):
            files.close()

    def add(self, calls: Calls, others: Sequence[UInt64Array] = ()) -> None:
        """Add calls, with the keys of further numbers that they name.

        :raises OSError: the disk refuses.
        """
        who = np.where(calls["person"] == NOBODY, calls["row"] << _SHIFT, calls["person"])
        self._calls.add(calls, part_of(who))
        for other in others:
            named = (calls["person"] != NOBODY) & (other != NOBODY) & (other != calls["number"])
            links = np.empty(int(named.sum()), dtype=LINK)
            links["one"], links["other"] = calls["person"][named], other[named]
            links["numbers"] = (calls["person"] == calls["number"])[named]
            self._links.add(links, part_of(links["one"]))

    def links(self, part: int) -> npt.NDArray[np.void]:
        """Return each two keys that a call of a part names, some of them more than once."""
        calls, further = self._calls.take(part), self._links.take(part)
        both = (calls["number"] != NOBODY) & (calls["person"] != calls["number"])
        links = np.zeros(int(both.sum()), dtype=LINK)
        links["one"], links["other"] = calls["person"][both], calls["number"][both]
        return np.concatenate([links, further])

    def settle(self, person_of: Callable[[int, Calls], UInt64Array], pool: ThreadPoolExecutor) -> None:
        """Say who was called, part by part, and bring every person's calls together in one part.

        :param person_of: called in any thread.
        """

        def of_part(part: int) -> tuple[Calls, UInt64Array | None]:
            calls = self._calls.take(part)
            person = person_of(part, calls)
            return calls, None if np.array_equal(person, calls["person"]) else person

        for part, (calls, person) in enumerate(in_order(pool, of_part, range(PARTS), 2)):
            if person is None:
                continue
            calls["person"] = person
            place = part_of(person)
            place[person == NOBODY] = part
            stays = place == part
            self._moved.add(calls.compress(~stays), place[~stays])
            self._calls.put(part, calls.compress(stays))

    def parts(self) -> Iterator[Calls]:
        """Yield the calls, every person's in one part."""
        for part in range(PARTS):
            stayed, moved = self._calls.take(part), self._moved.take(part)
            calls = np.concatenate([stayed, moved]) if len(moved) else stayed
            if len(calls):
                yield calls


def in_order_of_person(calls: Calls) -> Calls:
    """Return the calls of one part by person and day; of one day the first in the history comes first."""
    return calls.take(np.lexsort((calls["row"], calls["day"], calls["person"])))


def begins(person: UInt64Array) -> npt.NDArray[np.bool_]:
    """Return which calls, in the order of person, are the first of somebody; each that names nobody is one."""
    fresh = np.ones(len(person), dtype=np.bool_)
    fresh[1:] = (person[1:] != person[:-1]) | (person[1:] == NOBODY)
    return fresh


def repeated(calls: Calls, *, ignore: int = 0) -> int:
    """Count the calls, in the order of person and day, that say the same as another one of that day in every field.

    :param ignore: flags of how they ended that are not compared.
    """
    alike = np.zeros(len(calls), dtype=np.bool_)
    same = (calls["person"][1:] == calls["person"][:-1]) & (calls["day"][1:] == calls["day"][:-1])
    named = same & (calls["person"][1:] != NOBODY)
    alike[1:] |= named
    alike[:-1] |= named
    suspects = calls.compress(alike)
    ended = suspects["ended"] & np.uint8(~ignore & 0xFF)
    fields = {name: suspects[name] for name in ("person", "number", "day", "purchase", "product")}
    return len(suspects) - pl.DataFrame(fields | {"ended": ended}).n_unique() if len(suspects) else 0
