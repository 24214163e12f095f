"""The calls already made: how many to whom, which ended in an objection, and on which numbers an id was called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.first_calls import FirstCalls
from balansfilter.evidence.flags import read_flags
from balansfilter.evidence.id_cells import IdCells, MoreNamed
from balansfilter.evidence.lookup import IntpArray, NumberSet, TextSet, UInt64Array, unique_sorted
from balansfilter.evidence.tally import NO_CHOICE, NO_DAY, NO_FLAG, NO_ID, NO_NUMBER, NOBODY, Tally, chosen_rows
from balansfilter.frozen import dataclass
from balansfilter.identity.ids import read_ids
from balansfilter.identity.numbers import NumberColumns, Rows
from balansfilter.native.text_loops import compacted
from balansfilter.policy.model import Contacts
from balansfilter.wording.spelling import NullWords


@dataclass(frozen=True)
class ContactReading:
    """How the call history is read."""

    spec: Contacts
    dates: DateReader
    numbers: NumberColumns
    null_words: NullWords
    plan: Plan


@dataclass(frozen=True)
class CallCounts:
    """How many calls each number, each customer id, and each pair of the two has had within one window."""

    by_number: tuple[NumberSet, IntpArray]
    by_customer: tuple[TextSet, IntpArray]
    by_pair: tuple[NumberSet, IntpArray]
    """A pair is told by the places that its customer id and its number have in those sets."""
    calls: pl.DataFrame | None
    """The calls themselves (`call`, `id`, `number`), where one may have several numbers and pairs do not suffice."""

    def of(self, numbers: Sequence[pl.Series], customer_id: pl.Series) -> IntpArray:
        """Count the calls of each row: those to the key of its customer id or to one of its numbers, each call once.

        :param numbers: one Series a phone column, each number at most once a row.
        """
        if self.calls is not None:
            return _matched(self.calls, numbers, customer_id)
        customers, calls = self.by_customer
        who = customers.positions(customer_id)
        total = _taken(calls, who)
        for column in numbers:
            known, calls = self.by_number
            number = _places(known, column)
            total += _taken(calls, number)
            pairs, calls = self.by_pair
            total -= _taken(calls, pairs.positions(_pairs(who, number, len(known))))
        return total


def _matched(calls: pl.DataFrame, numbers: Sequence[pl.Series], customer_id: pl.Series) -> IntpArray:
    """Count the different calls that match a row in any way, by matching them one by one."""
    rows = pl.DataFrame({"place": pl.int_range(len(customer_id), eager=True), "id": customer_id})
    found = [rows.filter(pl.col("id") != "").join(calls, on="id").select("place", "call")]
    for column in numbers:
        by_number = rows.select("place", number=column).join(calls, on="number")
        found.append(by_number.select("place", "call"))
    counted = pl.concat(found).unique().group_by("place").len()
    total = np.zeros(len(customer_id), dtype=np.intp)
    total[counted["place"].to_numpy()] = counted["len"].to_numpy()
    return total


def _taken(calls: IntpArray, positions: IntpArray) -> IntpArray:
    return np.where(positions >= 0, calls[positions], 0) if len(calls) else np.zeros(len(positions), dtype=np.intp)


def _places(known: NumberSet, number: pl.Series) -> IntpArray:
    """Return the place of each number in a set; -1 where it is not there, or is null."""
    places = known.positions(number.fill_null(0).to_numpy())
    places[number.is_null().to_numpy()] = -1
    return places


def _pairs(who: IntpArray, number: IntpArray, numbers: int) -> UInt64Array:
    """Return customer and number as one, by their places; no pair's where either is not known."""
    return np.where((who >= 0) & (number >= 0), who * numbers + number, -1).astype(np.uint64)


@dataclass(frozen=True)
class Calls:
    """The calls already made, counted within each window that a balanstest asks for."""

    within: dict[date, CallCounts]
    """Counts by the day after which calls count."""
    first: FirstCalls | None
    """The days of all calls, where the law asks whether a consent was used in time."""


class CalledNumbers:
    """On which numbers each customer id was called: kept on disk, since a history may be long."""

    def __init__(self, folder: Path | None) -> None:
        """Keep them in a folder of their own; in memory where there is none."""
        self._folder = folder
        self._kept: list[Path | pl.DataFrame] = []

    def add(self, calls: pl.DataFrame) -> None:
        """Add calls: their `key` and `number`."""
        pairs = calls.filter((pl.col("key") != "") & pl.col("number").is_not_null()).select("key", "number")
        pairs = _alone(pairs.unique())
        if pairs.height and self._folder is None:
            self._kept.append(pairs)
        elif pairs.height and self._folder is not None:
            path = self._folder / f"called.{len(self._kept)}"
            pairs.write_ipc(path)
            self._kept.append(path)

    def of(self, keys: pl.Series, *, at_most: int) -> UInt64Array:
        """Return the numbers on which any of these customers were called, but for one called on more than `at_most`."""
        wanted = TextSet.of(keys)
        kept = (pairs if isinstance(pairs, pl.DataFrame) else pl.read_ipc(pairs) for pairs in self._kept if len(keys))
        none = pl.DataFrame(schema={"customer": pl.Int64, "number": pl.UInt64})
        found = pl.concat([none, *(_calls_to(wanted, pairs) for pairs in kept)])
        numbers = NumberSet.of(found["number"].to_numpy())
        places = numbers.positions(found["number"].to_numpy())
        calls = unique_sorted(_pairs(found["customer"].to_numpy(), places, len(numbers)))
        customer, place = np.divmod(calls, np.uint64(max(len(numbers), 1)))
        few = np.bincount(customer.astype(np.intp), minlength=len(wanted))[customer] <= at_most
        return numbers.numbers[place[few]]


def _calls_to(wanted: TextSet, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the place of each customer who is wanted, and the number."""
    places = wanted.positions(pairs["key"])
    there = places >= 0
    return pl.DataFrame({"customer": places[there], "number": pairs["number"].filter(pl.Series(there))})


@dataclass(frozen=True)
class CallHistory:
    """What a call history says."""

    calls: Calls | None
    """The calls that count; None where no balanstest limits them and no consent must have been used."""
    objections: pl.DataFrame
    """Calls that ended in an objection: `key` (empty for none), `number` (null for none), `day` (null for unknown)."""
    meant: pl.DataFrame
    """Those that the ids of such calls may mean besides; in `objections` as well."""
    tally: Tally
    called: CalledNumbers | None
    """On which numbers each customer was called; None where nobody asks."""


def calls_made(
    batches: Iterable[Rows],
    how: ContactReading,
    called: CalledNumbers | None,
    keep: Callable[[pl.DataFrame], None] = lambda _: None,
) -> CallHistory:
    """Read the call history: as far as a balanstest limits the calls (2b) or a consent must be used, and who objected.

    A call counts if it was made after the start of the window, up to and including the as-of date. A call whose day
    cannot be read counts in every window: unknown is never callable. A call that ended in an objection is an objection
    to this brand from its day.

    :param called: takes on which numbers each customer was called; None where nobody asks.
    :param keep: is given every call, a line for each of its numbers.
    """
    plan, tally = how.plan, Tally(objections=0)
    starts = sorted({w.attempts_after for w in plan.windows if w.attempts_after is not None})
    asked = bool(starts) or plan.asks_for_use
    earliest = date.min if plan.asks_for_use or not starts else starts[0]
    several = len(how.numbers.phones) > 1 or bool(how.numbers.others)
    objections = [pl.DataFrame(schema={"key": pl.String, "number": pl.UInt64, "day": pl.Date})]
    meant = [objections[0]]
    columns = ["call", *objections[0].columns] if several else objections[0].columns
    kept = [objections[0].with_columns(call=pl.lit(0, pl.UInt64)).select(columns)]
    for batch in batches:
        calls, more = _calls_of(batch, how, tally)
        meant.append(more)
        each = calls.explode("number", empty_as_null=True)
        keep(each)
        _count_objections(calls["day"].filter(calls["objected"]), tally)
        objections.append(_alone(each.filter("objected").select(objections[0].columns)))
        if called is not None:
            called.add(each)
        if asked:
            counted = pl.col("day").is_null() | pl.col("day").is_between(earliest, plan.as_of, closed="right")
            kept.append(_alone(each.filter(counted).select(columns)))
            tally.in_force += calls.filter(counted).height
    history = pl.concat(kept)
    within = (history if start == earliest else _after(history, start) for start in starts)
    counts = {start: _counts(calls, several=several) for start, calls in zip(starts, within, strict=True)}
    first = FirstCalls.of(history) if plan.asks_for_use else None
    counted_calls = Calls(counts, first) if asked else None
    return CallHistory(counted_calls, pl.concat([*objections, *meant]), pl.concat(meant), tally, called)


def _count_objections(days: pl.Series, tally: Tally) -> None:
    """Count calls that ended in an objection, by the days that they were made on."""
    tally.objections = (tally.objections or 0) + len(days)
    oldest = days.min()
    if isinstance(oldest, date):
        tally.oldest_objection_on = min(oldest, tally.oldest_objection_on or oldest)


def _alone(calls: pl.DataFrame) -> pl.DataFrame:
    """Return calls that keep the memory of no others: a long history is read, and little of it counts."""
    return calls.with_columns(compacted(calls["key"]))


def _after(calls: pl.DataFrame, start: date) -> pl.DataFrame:
    return calls.filter(pl.col("day").is_null() | (pl.col("day") > start))


def _calls_of(batch: Rows, how: ContactReading, tally: Tally) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the calls of a batch that count, with the readable numbers of each, and whom the ids may mean besides."""
    columns, size = how.spec.columns, len(batch.row)
    found = how.numbers.to_protect(batch)
    key = pl.repeat("", size, dtype=pl.String, eager=True)
    if columns.customer_id:
        exact = how.plan.exact_ids
        key = read_ids(batch.column(columns.customer_id), how.null_words, exact=exact).key
    day = how.dates.read(batch.column(columns.called_on), columns.called_on).day
    nothing = pl.repeat(None, size, dtype=pl.UInt64, eager=True)
    frame = pl.DataFrame([column.alias(f"n{i}") for i, column in enumerate(found.numbers or (nothing,))])
    numbers = frame.select(pl.concat_list(pl.all()).list.drop_nulls().list.unique()).to_series()
    objected, unclear = (pl.repeat(False, size, dtype=pl.Boolean, eager=True) for _ in range(2))
    if columns.objected:
        objected, unclear = read_flags(batch.column(columns.objected), how.null_words)
    chosen = chosen_rows(how.spec.where, batch)
    nobody = (numbers.list.len() == 0) & (key == "") & ~found.unreadable
    reasons = {NO_CHOICE: chosen.unknown, NO_NUMBER: found.unreadable, NOBODY: nobody, NO_DAY: day.is_null()}
    counts = chosen.taken | chosen.unknown
    more = _meant(batch, how, key, objected & counts)
    tally.more_than_id.add(more.named["row"].unique())
    tally.count_unreadable(batch.row, reasons | {NO_FLAG: unclear, NO_ID: more.unreadable}, counts)
    tally.keep(found.unread)
    tally.rows += size
    tally.left_out += size - int(counts.sum())
    tally.ids += int((key != "").sum())
    tally.numbers += int((numbers.list.len() > 0).sum())
    calls = pl.DataFrame({"call": batch.row, "key": key, "number": numbers, "day": day, "objected": objected})
    meant = more.named.join(calls.select("day", row="call"), on="row", maintain_order="left")
    return calls.filter(counts), meant.select("key", "number", "day")


def _meant(batch: Rows, how: ContactReading, keys: pl.Series, objected: pl.Series) -> MoreNamed:
    """Return whom the ids of calls that ended in an objection may mean besides: it protects every reading of them."""
    column = how.spec.columns.customer_id
    if column is None or not objected.any():
        return MoreNamed.none(len(keys))
    reader = IdCells(how.numbers, how.null_words, column in how.numbers.mixed, how.plan.exact_ids)
    return reader.more(batch.row, batch.column(column), keys.set(~objected, ""))


def standing_objections(calls: pl.DataFrame, withdrawals: pl.DataFrame) -> pl.DataFrame:
    """Return the calls that ended in an objection, without those that the person took back later.

    A withdrawal speaks of the customer whose id it names; where it or the call names none, of the number.

    :param calls: `key`, `number` and `day` of each; the day of a call that is not known is never before a withdrawal.
    :param withdrawals: `key`, `number` and `day` of each, on or before the as-of date.
    """
    if not calls.height or not withdrawals.height:
        return calls
    numbered = calls.with_row_index("call")
    by_id = numbered.filter(pl.col("key") != "").join(withdrawals.select("key", back="day"), on="key")
    by_number = numbered.join(withdrawals.select("number", back="day", other="key"), on="number")
    by_number = by_number.filter((pl.col("key") == "") | (pl.col("other") == ""))
    later = pl.col("back") > pl.col("day")
    taken_back = pl.concat([found.filter(later).select("call") for found in (by_id, by_number)]).unique()
    return numbered.join(taken_back, on="call", how="anti", maintain_order="left").drop("call")


def _counts(history: pl.DataFrame, *, several: bool) -> CallCounts:
    numbers = NumberSet.of(history["number"].drop_nulls().to_numpy())
    number = _places(numbers, history["number"])
    customers = TextSet.of(history["key"])
    who = customers.positions(history["key"])
    by_number, by_customer = _each(number, len(numbers)), _each(who, len(customers))
    pairs = _each_pair(_pairs(who, number, len(numbers)))
    calls = history.select("call", id="key", number="number") if several else None
    return CallCounts((numbers, by_number), (customers, by_customer), pairs, calls)


_NO_PAIR = np.uint64(2**64 - 1)


def _each_pair(pairs: UInt64Array) -> tuple[NumberSet, IntpArray]:
    """Return each pair once, and how many calls it has; the pairs are sorted where they are."""
    pairs.sort()
    pairs = pairs[: np.searchsorted(pairs, _NO_PAIR)]
    first = np.flatnonzero(np.diff(pairs, prepend=_NO_PAIR))
    return NumberSet.of_sorted(pairs[first]), np.diff(first, append=len(pairs))


def _each(places: IntpArray, size: int) -> IntpArray:
    """Return how many calls each place of a set has."""
    return np.bincount(places[places >= 0], minlength=size)
