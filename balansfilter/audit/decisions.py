"""The decisions of a run: one line a row of the call list, in Parquet, with keyed hashes instead of people."""

from __future__ import annotations

import os
from collections.abc import Sized
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl

from balansfilter.audit.decision_files import DecisionsPlace, folder_of, place_of
from balansfilter.audit.keys import AuditKey
from balansfilter.audit.leaves import ALGORITHM, Secret, Words, hash_columns, leaves, persons
from balansfilter.audit.merkle_tree import Root
from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import REASONS
from balansfilter.fs.outputs import WrittenFile, WrittenParts, part_name
from balansfilter.fs.parquet_writer import ParquetWriter
from balansfilter.fs.private import make_private_folder, sync, write_private
from balansfilter.identity.ids import read_ids
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


class ReadyRows(NamedTuple):
    """Rows that are ready to be written, with their leaves."""

    frame: pl.DataFrame
    leaves: Words


@dataclass(frozen=True)
class WrittenDecisions(WrittenFile):
    """The decisions of a run, as they lie on disk, and the root over them."""

    root: str
    algorithm: str
    """Names the form of the leaves and of the tree."""
    hashes: list[str]
    """The columns of keyed hashes, in their order."""


@dataclass(frozen=True)
class WrittenDecisionsInParts(WrittenDecisions, WrittenParts):
    """The decisions of a run as a folder of parts, and the root over the rows of all."""


class DecisionsWriter:
    """The decisions of a run while they are written, as one file or as parts, and the root over all of them.

    A file is not compressed: most of it is keyed hashes, which cannot be, and which take longest to try.
    """

    def __init__(self, decisions: Path, plan: Plan, rows_per_part: int | None = None) -> None:
        """Begin the first file, and that of its secret.

        :param decisions: the file that they are where they are one, named after the run.
        :param rows_per_part: how many rows a part holds at most; None for one file.
        :raises OSError: one of them cannot be made.
        """
        self._schema = decisions_schema(plan)
        self._decisions, self._most_rows = decisions, rows_per_part
        self._root = Root()
        self._secrets: list[Secret] = []
        self._making = Lock()
        self._written: list[WrittenFile] = []
        self._rows = 0
        self._place = self._next_place()
        self._file = self._begun()

    def __enter__(self) -> Self:
        self._file.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def prepare(self, rows: pl.DataFrame) -> ReadyRows:
        """Work out the leaves of rows; in any thread."""
        first = int(rows["row"][0]) if rows.height else 1
        nonces = self._nonces(first, rows.height)
        return ReadyRows(rows, leaves(rows, self._decisions.stem, persons(rows, nonces)))

    def write(self, ready: ReadyRows) -> None:
        """Add rows, in order.

        :raises OSError: the disk is full, or refuses otherwise.
        :raises OutputError: there would be too many parts.
        """
        self._root.add(ready.leaves)
        if self._most_rows is None:
            self._add(ready.frame)
            return
        left = ready.frame
        while left.height:
            if self._rows == self._most_rows:
                self._end_file()
                self._place, self._rows = self._next_place(), 0
                self._file = self._begun()
            piece = left.head(self._most_rows - self._rows)
            self._add(piece)
            left = left.slice(piece.height)

    def finish(self) -> WrittenDecisions:
        """Write what is left, wait until all is on disk, and say what it is.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        self._end_file()
        proof: dict[str, Any] = {
            "root": self._root.digest(),
            "algorithm": ALGORITHM,
            "hashes": hash_columns(self._schema.names()),
        }
        if self._most_rows is None:
            return WrittenDecisions(**vars(self._written[0]), **proof)
        for folder in (self._place.path.parent, self._place.secret.parent):
            sync(folder)
        return WrittenDecisionsInParts.of(folder_of(self._decisions).name, self._written, **proof)

    def _nonces(self, first: int, rows: int) -> Words:
        """Return the nonces of some rows, by the secrets of the files that they go into."""
        if self._most_rows is None:
            return self._secret(0).nonces(first, rows)
        pieces = [self._secret(0).nonces(first, 0)]
        while rows:
            number, before = divmod(first - 1, self._most_rows)
            here = min(rows, self._most_rows - before)
            pieces.append(self._secret(number).nonces(first, here))
            first, rows = first + here, rows - here
        return np.concatenate(pieces)

    def _secret(self, number: int) -> Secret:
        """Return the secret of a file, counted from 0."""
        with self._making:
            while len(self._secrets) <= number:
                self._secrets.append(Secret.make())
        return self._secrets[number]

    def _next_place(self) -> DecisionsPlace:
        if self._most_rows is None:
            return place_of(self._decisions)
        name = part_name(len(self._written) + 1, "decisions")
        return place_of(self._decisions, f"{name}.parquet")

    def _begun(self) -> ParquetWriter:
        secret = self._secret(len(self._written))
        for folder in (self._place.path.parent, self._place.secret.parent):
            make_private_folder(folder)
        write_private(self._place.secret, secret.text.encode(), os.O_EXCL)
        return ParquetWriter(self._place.path, self._schema, compressed=False)

    def _add(self, rows: pl.DataFrame) -> None:
        self._file.write(rows)
        self._rows += rows.height

    def _end_file(self) -> None:
        self._file.close()
        path = self._place.path
        self._written.append(WrittenFile(path.name, self._file.sha256, path.stat().st_size, self._rows))


def pseudonymised(rows: pl.DataFrame, plan: Plan, key: AuditKey, *, keys_differ: bool) -> pl.DataFrame:
    """Return decided rows as they go into the decisions file.

    :param keys_differ: whether any of the ids has a key that is another text.
    """
    numbers = [key.hashes_of_numbers(rows[f"number_{i}"]).alias(f"number_{i + 1}") for i in range(len(plan.phones))]
    return rows.select(
        "row",
        _texts(rows["customer_id"], key).alias("customer"),
        (_keys(rows["customer_id"], plan, key) if keys_differ else _no_hashes(rows)).alias("customer_key"),
        *numbers,
        "product",
        (pl.col("reason") > 0).cast(pl.UInt8).cat.to(_DECISION).alias("decision"),
        _named("basis", _GROUND),
        _named("reason", _REASON),
        "anchor",
        "callable_until",
        pl.col("window").cast(pl.UInt16).cat.to(_balanstest(plan)).alias("balanstest"),
        *([_texts(rows["consent_proof"], key).alias("consent_proof")] if plan.proves_consent else []),
    )


def _keys(customer_id: pl.Series, plan: Plan, key: AuditKey) -> pl.Series:
    """Return the keyed hash of the key of each customer id; null where the id is its own key, or empty."""
    ids = read_ids(customer_id, exact=plan.exact_ids)
    if not ids.differ:
        return _no_hashes(ids.text)
    return key.hashes((KEY_MARK + ids.key).set(ids.text == ids.key, None))


def _no_hashes(rows: Sized) -> pl.Series:
    return pl.repeat(None, len(rows), dtype=pl.Binary, eager=True)


def _texts(texts: pl.Series, key: AuditKey) -> pl.Series:
    """Return the keyed hash of each text; null where it is empty."""
    empty = (texts == "").fill_null(True)
    return key.hashes(texts.set(empty, None) if empty.any() else texts)


def _named(column: str, names: pl.Enum) -> pl.Expr:
    """Name what a code from 1 stands for; 0 is nothing."""
    code = pl.col(column)
    return pl.when(code > 0).then(code - 1).cat.to(names).alias(column)


def _balanstest(plan: Plan) -> pl.Enum:
    """Return the ids of the balanstests, in the order of the plan's windows."""
    return pl.Enum([window.id for window in plan.windows])
