"""The decisions of a run: one line a row of the call list, in Parquet, with keyed hashes instead of people."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.audit.keys import AuditKey
from balansfilter.audit.leaves import DAYS, HASH_BYTES, NO_DAY, Days, FewNames, days_of, hash_columns, no_hashes
from balansfilter.decided.outcomes import DecidedRows, MadeOnce, Places, RowOutcomes
from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import REASONS
from balansfilter.fs.parquet_pages import ColumnChunk, days_chunk, hashes_chunk, names_chunk, numbers_chunk
from balansfilter.identity.ids import read_ids
from balansfilter.native.combinations import Combinations
from balansfilter.native.hmac_sha256 import KeyedHashes
from balansfilter.policy.law import GROUNDS

KEY_MARK = "key "
"""Stands before the key of a customer id when it is hashed: no id has white space in it, so none is taken for a key."""
_DECISION = pl.Enum(("callable", "dropped"))
_REASON, _GROUND = pl.Enum(REASONS), pl.Enum(GROUNDS)


def decisions_schema(plan: Plan) -> pl.Schema:
    """Return the columns of a decisions file.

    `row`: number of the row, from 1. `customer`: keyed hash, 16 bytes, of the customer id without layout; null where it
    is empty. `customer_key`: that of "key " and the id's key, where it is another text than the id. `number_1`, …: that
    of the number in each phone column, in E.164 with the plus sign; null where none can be called. `product`: as in the
    list. `decision`: callable or dropped. `basis`: the ground, of a callable row. `reason`: of a dropped one. `anchor`:
    the day from which the term counts. `callable_until`: the last callable day. `balanstest`: the one that holds for
    the product. `consent_proof`: keyed hash of the reference, where the list has such references.
    """
    numbers: dict[str, pl.DataType | type[pl.DataType]] = {
        f"number_{i}": pl.Binary for i in range(1, len(plan.phones) + 1)
    }
    return pl.Schema(
        {"row": pl.UInt64, "customer": pl.Binary, "customer_key": pl.Binary}
        | numbers
        | {"product": pl.String, "decision": _DECISION, "basis": _GROUND, "reason": _REASON}
        | {"anchor": pl.Date, "callable_until": pl.Date, "balanstest": _balanstest(plan)}
        | ({"consent_proof": pl.Binary} if plan.proves_consent else {})
    )


def widths(names: Collection[str]) -> dict[str, int]:
    """Return how many bytes a value has in the columns of a decisions file that hold keyed hashes."""
    return dict.fromkeys(hash_columns(names), HASH_BYTES)


class ToldOutcomes(NamedTuple):
    """The different outcomes of rows, as they are written."""

    names: dict[str, FewNames]
    """`product`, `decision`, `basis`, `reason` and `balanstest` of each."""
    days: dict[str, Days]
    """`anchor` and `callable_until` of each."""
    together: Combinations
    """`decision`, `basis`, `reason` and `balanstest`, those that go together once, and which of them each has."""

    @classmethod
    def of(cls, outcomes: RowOutcomes, plan: Plan) -> ToldOutcomes:
        """Tell the outcomes of a list."""
        together = outcomes.told._replace(rows=outcomes.told.rows.select(*names_of_codes(plan)))
        names = {column.name: FewNames.of(column).at(together.places) for column in together.rows}
        names["product"] = FewNames.of(outcomes.frame["product"])
        return cls(names, {name: days_of(outcomes.frame[name]) for name in DAYS}, together)


class PseudonymousRows(NamedTuple):
    """Decided rows in which keyed hashes stand for people."""

    first: int
    """The number of the first; the others follow."""
    hashes: dict[str, KeyedHashes]
    """Each column of them."""
    outcomes: ToldOutcomes
    places: Places
    """Which of the outcomes each has."""

    @property
    def height(self) -> int:
        """How many rows there are."""
        return len(self.places)

    def slice(self, at: int, rows: int) -> PseudonymousRows:
        """Return some of the rows, from a place on."""
        here = slice(at, at + rows)
        hashes = {name: KeyedHashes(one.words[here], one.known[here]) for name, one in self.hashes.items()}
        return PseudonymousRows(self.first + at, hashes, self.outcomes, self.places[here])

    def columns(self) -> dict[str, ColumnChunk]:
        """Return them as they are written."""
        return {
            "row": numbers_chunk(self.first, self.height),
            **{name: names_chunk(*one, self.places) for name, one in self.outcomes.names.items()},
            **{name: days_chunk(one, NO_DAY, self.places) for name, one in self.outcomes.days.items()},
            **{name: hashes_chunk(*one) for name, one in self.hashes.items()},
        }


class Pseudonyms:
    """Makes decided rows what goes into the decisions file."""

    def __init__(self, plan: Plan, key: AuditKey) -> None:
        """Hash by a key what the rows of a plan hold."""
        self._plan, self._key = plan, key
        self._told: MadeOnce[RowOutcomes, ToldOutcomes] = MadeOnce(lambda outcomes: ToldOutcomes.of(outcomes, plan))

    def of(self, rows: DecidedRows, *, keys_differ: bool) -> PseudonymousRows:
        """Return decided rows as they go into the decisions file.

        :param keys_differ: whether any of the ids has a key that is another text.
        """
        persons, plan, key = rows.persons, self._plan, self._key
        nobody = KeyedHashes(no_hashes(rows.height), np.zeros(rows.height, np.bool_))
        ids, numbers = persons["customer_id"], [persons[f"number_{i}"].to_numpy() for i in range(len(plan.phones))]
        hashed = {
            "customer": key.hashes(ids),
            "customer_key": _keys(ids, plan, key) or nobody if keys_differ else nobody,
            **{f"number_{place}": key.hashes_of_numbers(column) for place, column in enumerate(numbers, start=1)},
            **({"consent_proof": key.hashes(persons["consent_proof"])} if plan.proves_consent else {}),
        }
        first = int(rows.row[0]) if rows.height else 1
        return PseudonymousRows(first, hashed, self._told.of(rows.outcomes), rows.places)


def names_of_codes(plan: Plan) -> Iterator[pl.Expr]:
    """Return how outcomes, which are codes, are called: `decision`, `basis`, `reason`, `balanstest`."""
    yield (pl.col("reason") > 0).cast(pl.UInt8).cat.to(_DECISION).alias("decision")
    yield _name_of("basis", _GROUND)
    yield _name_of("reason", _REASON)
    yield pl.col("window").cast(pl.UInt16).cat.to(_balanstest(plan)).alias("balanstest")


def _keys(customer_id: pl.Series, plan: Plan, key: AuditKey) -> KeyedHashes | None:
    """Return the keyed hash of the key of each customer id; null where the id is its own key, or empty.

    None where all of them are.
    """
    ids = read_ids(customer_id, exact=plan.exact_ids)
    return key.hashes((KEY_MARK + ids.key).set(ids.text == ids.key, None)) if ids.differ else None


def _name_of(column: str, names: pl.Enum) -> pl.Expr:
    """Name what a code from 1 stands for; 0 is nothing."""
    code = pl.col(column)
    return pl.when(code > 0).then(code - 1).cat.to(names).alias(column)


def _balanstest(plan: Plan) -> pl.Enum:
    """Return the ids of the balanstests, in the order of the plan's windows."""
    return pl.Enum([window.id for window in plan.windows])
