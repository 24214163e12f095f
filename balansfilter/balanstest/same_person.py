"""Which customer ids and numbers are one person: an id, the numbers that it was called on, and those numbers alone.

Two keys are one person if a call names both, or if a chain of such calls leads from one to the other. What more than
:data:`MOST_SHARED` have in common (an id TEST, the number of a switchboard) tells nobody apart and joins nobody: calls
with such an id go by their number, and calls on such a number by their id. Nearly all people have one id and one
number, and go by in parts on disk; only those with more are held in memory.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.balanstest.calls import LINK, NOBODY, PARTS, Calls, CallStore, PartFiles, part_of
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.native.parallel import WORKERS, in_order

MOST_SHARED = 20
"""A number of more customer ids, or an id of more numbers, joins nobody."""

_PAIR = np.dtype([*LINK.descr, ("shared", np.bool_)])
_NAME = np.dtype([("key", np.uint64), ("person", np.uint64)])


def settle_persons(store: CallStore, scratch: Path, pool: ThreadPoolExecutor) -> int:
    """Bring every person's calls in a store together; return how many ids and numbers were too shared to join by.

    :raises OSError: the scratch folder cannot be written.
    """
    pairs, names = PartFiles(scratch, "pairs", _PAIR), PartFiles(scratch, "names", _NAME)
    try:
        shared_ids, both_numbers = _write_pairs(store, pairs, pool)
        tangled, shared_numbers = _read_pairs(pairs, names, both_numbers, pool)
        naming = _Naming(shared_ids, names, _untangled(tangled))
        store.settle(naming.person_of, pool)
    finally:
        pairs.close()
        names.close()
    return len(shared_ids) + shared_numbers


def _write_pairs(store: CallStore, pairs: PartFiles, pool: ThreadPoolExecutor) -> tuple[UInt64Array, UInt64Array]:
    """Write every two keys that a call names, once, by the second.

    Return the ids that join nobody, sorted; and the numbers that a call without an id names together, sorted.
    """

    def of_part(part: int) -> tuple[UInt64Array, npt.NDArray[np.void]]:
        different = _frame(store.links(part)).unique().with_columns(partners=pl.len().over("one"))
        joins = pl.col("partners") <= MOST_SHARED
        kept = different.filter(joins).with_columns(shared=pl.col("partners") > 1)
        return different.filter(~joins)["one"].to_numpy(), _records(kept, _PAIR)

    hubs, both_numbers = [], []
    for hub, made in in_order(pool, of_part, range(PARTS), WORKERS):
        hubs.append(hub)
        pairs.add(made, part_of(made["other"]))
        alike = made.compress(made["numbers"])
        both_numbers += [alike["one"], alike["other"]]
    return np.unique(np.concatenate(hubs)), np.unique(np.concatenate(both_numbers))


def _read_pairs(
    pairs: PartFiles, names: PartFiles, both_numbers: UInt64Array, pool: ThreadPoolExecutor
) -> tuple[tuple[UInt64Array, UInt64Array], int]:
    """Write the id of each number that is of one id only, which has no other number.

    Return the pairs that are not so simple, and how many numbers join nobody.
    """

    def of_part(part: int) -> tuple[int, npt.NDArray[np.void], pl.DataFrame]:
        found = _frame(pairs.take(part)).with_columns(partners=pl.len().over("other"))
        hubs = found.filter(pl.col("partners") > MOST_SHARED)["other"].n_unique()
        found = found.filter(pl.col("partners") <= MOST_SHARED)
        touched = pl.Series(_is_in(found["other"].to_numpy(), both_numbers), dtype=pl.Boolean)
        simple = (pl.col("partners") == 1) & ~pl.col("shared") & ~pl.lit(touched)
        alone = found.filter(simple).select(key="other", person="one").sort("key")
        return hubs, _records(alone, _NAME), found.filter(~simple).select("one", "other")

    tangled, hubs = [pl.DataFrame(schema={"one": pl.UInt64, "other": pl.UInt64})], 0
    for part, (shared, alone, others) in enumerate(in_order(pool, of_part, range(PARTS), WORKERS)):
        hubs += shared
        names.add(alone, np.full(len(alone), part, dtype=np.uint8))
        tangled.append(others)
    every = pl.concat(tangled)
    return (every["one"].to_numpy(), every["other"].to_numpy()), hubs


def _frame(records: npt.NDArray[np.void]) -> pl.DataFrame:
    return pl.DataFrame({name: records[name] for name in records.dtype.names or ()})


def _records(frame: pl.DataFrame, kind: np.dtype[Any]) -> npt.NDArray[np.void]:
    made = np.empty(frame.height, dtype=kind)
    for name in kind.names or ():
        made[name] = frame[name].to_numpy()
    return made


def _untangled(pairs: tuple[UInt64Array, UInt64Array]) -> npt.NDArray[np.void]:
    """Return the person of every key of some pairs: of those that hang together the smallest key.

    In every round each group takes on the smallest name of the groups that it touches, until none touches another.
    """
    one, other = pairs
    keys, place = np.unique(np.concatenate([one, other]), return_inverse=True)
    ends = place[: len(one)], place[len(one) :]
    group: npt.NDArray[np.intp] = np.arange(len(keys))
    while (apart := (group[ends[0]] != group[ends[1]])).any():
        a, b = group[ends[0]][apart], group[ends[1]][apart]
        np.minimum.at(group, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(group, shorter := group[group]):
            group = shorter
    named = np.empty(len(keys), dtype=_NAME)
    named["key"], named["person"] = keys, keys[group]
    return named


@dataclass(frozen=True)
class _Naming:
    """How the person of a call is found, out of the id or number that it goes by."""

    shared_ids: UInt64Array
    names: PartFiles
    tangled: npt.NDArray[np.void]

    def person_of(self, part: int, calls: Calls) -> UInt64Array:
        """Return the person of each call of a part."""
        person: UInt64Array = calls["person"].copy()
        shared = _is_in(person, self.shared_ids) & (calls["number"] != NOBODY)
        person = _renamed(person, self.names.take(part))
        number = calls["number"][shared]
        places = part_of(number)
        for place in np.unique(places).tolist():
            mine = places == place
            number[mine] = _renamed(number[mine], self.names.take(place))
        person[shared] = number
        return _renamed(person, self.tangled)


def _renamed(keys: UInt64Array, names: npt.NDArray[np.void]) -> UInt64Array:
    """Return the person of each key, out of sorted names; the key itself where it has no other."""
    if not len(names):
        return keys
    known = np.ascontiguousarray(names["key"])
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, names["person"][places], keys)


def _is_in(keys: UInt64Array, wanted: UInt64Array) -> npt.NDArray[np.bool_]:
    if not len(wanted):
        return np.zeros(len(keys), dtype=np.bool_)
    places = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    return np.asarray(wanted[places] == keys)
