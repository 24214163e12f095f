"""How far an objection reaches: to the person, not to a cell of one file.

The rows that an objection hits, by customer id or by number, are its hits. It holds as well for every other row with
the id of a hit, and for every row with a number that one of those rows has, or a call in the history with that id.
That is one step; it goes no further. A number that can be found in a cell that cannot be read is one of its row here:
nobody is called on it, but whose it is may have objected. An id or a number that stands in more than `MOST_ROWS` rows,
such as TEST or a switchboard, tells no person from another, and reaches no further than its own hits. Nor does an id
that was called on more numbers than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl

from balansfilter.evidence.held import Evidence
from balansfilter.evidence.lookup import IntpArray, NumberSet, TextSet, UInt64Array, unique_sorted
from balansfilter.evidence.remarks import SomeRows
from balansfilter.identity.hidden_numbers import HiddenNumbers
from balansfilter.native.parallel import in_order
from balansfilter.native.set_loops import Marks

MOST_ROWS = 20
"""More rows than one person has in a list: several products, addresses and spellings of one name."""
_NO_ROWS = np.empty(0, dtype=np.uint64)
_NOBODY = pl.DataFrame(schema={"row": pl.UInt64, "key": pl.String, "objected": pl.Boolean})


class ReachedRows(NamedTuple):
    """The rows that an objection reaches beyond those that it hits."""

    rows: UInt64Array
    """Their numbers, sorted."""
    shared_ids: SomeRows
    shared_numbers: SomeRows
    """The rows of objectors with an id, or a number, that more rows share than one person has."""


class PartRows(Protocol):
    """The rows of a part that was decided, as they are needed to find who is reached."""

    @property
    def row(self) -> UInt64Array:
        """The number of each row."""

    @property
    def objected(self) -> pl.Series:
        """Whether an objection hit the row."""

    @property
    def keys(self) -> pl.Series:
        """The keys of the customer ids; empty for none."""

    @property
    def numbers(self) -> tuple[UInt64Array, ...]:
        """The number in each phone column; 0 for none."""

    @property
    def hidden(self) -> HiddenNumbers:
        """The numbers that can be found in cells that cannot be read."""


class Hits:
    """The hits of a list, gathered while it is decided."""

    def __init__(self, evidence: Evidence) -> None:
        """Begin before the first part."""
        self._evidence = evidence
        self._parts: list[pl.DataFrame] = []

    def add(self, hits: pl.DataFrame) -> None:
        """Keep the hits of a part (`row`, `key`, `number_0`, …), without those of ids and numbers shared too widely.

        :param hits: those of a row stand on a line, and on more where it has hidden numbers: see :func:`with_hidden`.
        """
        if hits.height:
            self._parts.append(self._narrow(hits))

    def add_of_whole_list(self, hits: Iterable[pl.DataFrame]) -> None:
        """Keep the hits of all parts, once every one of them was looked at: what is shared widely is known then."""
        self._parts += [frame for frame in hits if frame.height]

    def narrow(self) -> pl.DataFrame:
        """Return the hits by an id or a number that no more rows share than one person has: `key`, `number_0`, …."""
        return self._narrow(pl.concat(self._parts)) if self._parts else pl.DataFrame()

    def _narrow(self, hits: pl.DataFrame) -> pl.DataFrame:
        objected, seen = self._evidence.objected, self._evidence.seen
        near = _few(objected.customer_ids.positions(hits["key"]), seen.ids)
        for name in _number_columns(hits):
            near |= _few(objected.numbers.positions(hits[name].to_numpy()), seen.numbers)
        return hits.filter(_of_whole_rows(hits["row"].to_numpy(), near))


def find_reached(
    hits: Hits, evidence: Evidence, parts: Callable[[], Iterable[PartRows]], pool: ThreadPoolExecutor
) -> ReachedRows:
    """Find the rows that the objections of a list reach beyond their hits.

    :param parts: gives, each time it is called, the rows of each part of the list, to be read back in any thread.
    """
    narrow = hits.narrow()
    shared_ids, shared_numbers = _widely_shared(evidence)
    others, too_many = _NOBODY, SomeRows()
    if not narrow.is_empty():
        ids = TextSet.of(_not_shared_widely(narrow["key"], evidence))
        others, too_many = _rows_of_ids(ids, parts(), pool)
    elif evidence.called is None:
        return ReachedRows(_NO_ROWS, shared_ids, shared_numbers)
    shared_ids = _joined(shared_ids, too_many)
    numbers = _numbers_of(narrow, others, evidence)
    if narrow.is_empty() and not len(numbers):
        return ReachedRows(_NO_ROWS, shared_ids, shared_numbers)
    by_number, too_many = _rows_of_numbers(numbers, parts(), pool)
    by_id = others.filter(~pl.col("objected"))["row"].to_numpy()
    rows = np.unique(np.concatenate([by_id, by_number]))
    return ReachedRows(rows, shared_ids, _joined(shared_numbers, too_many))


def with_hidden(lines: pl.DataFrame, places: IntpArray, hidden: HiddenNumbers) -> pl.DataFrame:
    """Return lines of rows, a line more for each number that is hidden in one of them, as if it were its only one.

    :param lines: what is told of some rows of a part: `row`, `number_0`, ….
    :param places: where those rows are in the part, in order.
    """
    if not len(hidden) or not lines.height:
        return lines
    at = np.searchsorted(places, hidden.places).clip(max=len(places) - 1)
    theirs = places[at] == hidden.places
    others = (pl.lit(0, pl.UInt64).alias(name) for name in _number_columns(lines)[1:])
    more: pl.DataFrame = lines[at[theirs]].with_columns(pl.Series("number_0", hidden.numbers[theirs]), *others)
    return pl.concat([lines, more])


def _of_whole_rows(rows: UInt64Array, chosen: Marks) -> pl.Series:
    """Return which lines are chosen, and with each all lines of its row; a row with one line comes in order."""
    if (rows[1:] <= rows[:-1]).any():
        chosen = np.isin(rows, rows[chosen])
    return pl.Series(chosen)


def _frame(part: PartRows, places: IntpArray) -> pl.DataFrame:
    keys = part.keys.gather(places)
    numbers = [pl.Series(f"number_{i}", column[places]) for i, column in enumerate(part.numbers)]
    return pl.DataFrame([pl.Series("row", part.row[places]), keys.alias("key"), *numbers])


def _number_columns(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name.startswith("number_")]


def _few(positions: IntpArray, counts: IntpArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say of positions whether so few rows stand there; -1 is nowhere."""
    if not len(counts):
        return np.zeros(len(positions), np.bool_)
    return (positions >= 0) & (counts[positions] <= MOST_ROWS)


def _widely_shared(evidence: Evidence) -> tuple[SomeRows, SomeRows]:
    """Count the rows of objected ids and numbers that are shared too widely to reach further."""
    made = []
    for counts in (evidence.seen.ids, evidence.seen.numbers):
        wide = counts[counts > MOST_ROWS]
        made.append(SomeRows(int(wide.sum()), []))
    return made[0], made[1]


def _not_shared_widely(keys: pl.Series, evidence: Evidence) -> pl.Series:
    """Return the keys but for those of objected ids that are shared too widely, of which it is known already."""
    positions = evidence.objected.customer_ids.positions(keys)
    return keys.filter(pl.Series((positions < 0) | _few(positions, evidence.seen.ids), dtype=pl.Boolean))


def _rows_of_ids(ids: TextSet, parts: Iterable[PartRows], pool: ThreadPoolExecutor) -> tuple[pl.DataFrame, SomeRows]:
    """Find the rows with one of these ids, with their numbers, and count those of too many."""

    def look(part: PartRows) -> tuple[IntpArray, pl.DataFrame]:
        positions = ids.positions(part.keys)
        places = np.flatnonzero(positions >= 0)
        found = _frame(part, places).with_columns(position=pl.Series(positions[places]))
        found = found.with_columns(part.objected.gather(places).alias("objected"))
        return positions[places], with_hidden(found, places, part.hidden)

    return _with_few_rows(look, len(ids.texts), parts, pool)


def _rows_of_numbers(
    numbers: NumberSet, parts: Iterable[PartRows], pool: ThreadPoolExecutor
) -> tuple[UInt64Array, SomeRows]:
    """Find the rows with one of these numbers that were not hit, and count those of numbers of too many."""

    def look(part: PartRows) -> tuple[IntpArray, pl.DataFrame]:
        places, positions = [], []
        for i, column in enumerate(part.numbers):
            found = numbers.positions(column)
            for earlier in part.numbers[:i]:
                found[earlier == column] = -1
            places.append(np.flatnonzero(found >= 0))
            positions.append(found[places[-1]])
        found = numbers.positions(part.hidden.numbers)
        places.append(part.hidden.places[found >= 0])
        positions.append(found[found >= 0])
        at, position = np.concatenate(places), np.concatenate(positions)
        rows = pl.DataFrame({"row": part.row[at], "position": position})
        return position, rows.filter(~part.objected.gather(at))

    found, too_many = _with_few_rows(look, len(numbers), parts, pool)
    return found["row"].to_numpy(), too_many


def _with_few_rows(
    look: Callable[[PartRows], tuple[IntpArray, pl.DataFrame]],
    size: int,
    parts: Iterable[PartRows],
    pool: ThreadPoolExecutor,
) -> tuple[pl.DataFrame, SomeRows]:
    """Gather what is found of some ids or numbers, each known by its position, without those of too many rows."""
    counts = np.zeros(size, np.int64)
    gathered: list[pl.DataFrame] = []
    too_many = SomeRows()
    for positions, frame in in_order(pool, look, parts, ahead=2):
        counts += np.bincount(positions, minlength=size)
        gathered.append(_of_few_rows(frame, counts))
    too_many.count = int(counts[counts > MOST_ROWS].sum())
    return _of_few_rows(pl.concat(gathered), counts), too_many


def _of_few_rows(found: pl.DataFrame, counts: IntpArray) -> pl.DataFrame:
    return found.filter(pl.Series(counts[found["position"].to_numpy()] <= MOST_ROWS, dtype=pl.Boolean))


def _numbers_of(narrow: pl.DataFrame, others: pl.DataFrame, evidence: Evidence) -> NumberSet:
    """Return the numbers of the hits, of the other rows of their ids, and of calls to those ids, that nobody named."""
    frames = [narrow, others]
    found = [frame[name].to_numpy() for frame in frames for name in _number_columns(frame)]
    if evidence.called is not None:
        objected, seen = evidence.objected.customer_ids, evidence.seen.ids
        named = objected.texts.filter(pl.Series(seen <= MOST_ROWS, dtype=pl.Boolean))
        found.append(evidence.called.of(pl.concat([others["key"], named]).unique(), at_most=MOST_ROWS))
    numbers = unique_sorted(np.concatenate(found))
    numbers = numbers[(numbers > 0) & ~evidence.objected.numbers.contains(numbers)]
    return NumberSet.of_sorted(numbers)


def _joined(some: SomeRows, more: SomeRows) -> SomeRows:
    return SomeRows(some.count + more.count, sorted([*some.first, *more.first]))
