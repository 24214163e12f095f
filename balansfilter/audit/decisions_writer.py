"""The decisions of a run while they are written: as one file or as parts, and the root over the rows of all of them."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl

from balansfilter.audit.decision_files import DecisionsPlace, folder_of, place_of
from balansfilter.audit.decisions import PseudonymousRows, decisions_schema, named, widths
from balansfilter.audit.leaves import ALGORITHM, LeafParts, PersonOfRows, Secret, Words, hash_columns, told_of
from balansfilter.audit.merkle_tree import Root
from balansfilter.decided.outcomes import PerOutcome, RowOutcomes
from balansfilter.decision.plan import Plan
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import WrittenFile, WrittenParts, part_name, sizes_in_parts
from balansfilter.fs.parquet_writer import ParquetWriter
from balansfilter.fs.private import make_private_folder, sync, write_private


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
        self._plan, self._leaf_parts = plan, PerOutcome(self._parts_of)
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

    def prepare(self, rows: PseudonymousRows) -> ReadyRows:
        """Work out the leaves of rows; in any thread."""
        first = int(rows.frame["row"][0]) if rows.frame.height else 1
        return ReadyRows(rows.frame, self._leaves(first, rows))

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
        for size in sizes_in_parts(left.height, self._rows, self._most_rows):
            if self._rows == self._most_rows:
                self._end_file()
                self._place, self._rows = self._next_place(), 0
                self._file = self._begun()
            piece, left = left.head(size), left.slice(size)
            self._add(piece)

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

    def _leaves(self, first: int, rows: PseudonymousRows) -> Words:
        """Return the leaves of rows, by the secrets of the files that they go into."""
        height = rows.frame.height
        most = self._most_rows or first + height
        number, before = divmod(first - 1, most)
        if before + height <= most:
            return self._leaves_of_file(number, first, rows)
        pieces, at = [], 0
        for of_file, size in enumerate(sizes_in_parts(height, before, most), start=number):
            pieces.append(self._leaves_of_file(of_file, first + at, rows.slice(at, size)))
            at += size
        return np.concatenate(pieces)

    def _leaves_of_file(self, number: int, first: int, rows: PseudonymousRows) -> Words:
        told, person = self._leaf_parts.of(rows.outcomes).at(rows.places, rows.hashes)
        return self._secret(number).leaves(first, told, person)

    def _parts_of(self, outcomes: RowOutcomes) -> LeafParts:
        """Return what the leaves of rows hold of their outcomes."""
        told = told_of(self._decisions.stem, outcomes.told.rows.select(*named(self._plan)), outcomes.told.places)
        frame = outcomes.frame
        return LeafParts(told, PersonOfRows.of(frame["product"], [frame["anchor"], frame["callable_until"]], []))

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
        return ParquetWriter(self._place.path, self._schema, compressed=False, widths=widths(self._schema.names()))

    def _add(self, rows: pl.DataFrame) -> None:
        self._file.write(rows)
        self._rows += rows.height

    def _end_file(self) -> None:
        self._file.close()
        path = self._place.path
        self._written.append(WrittenFile(path.name, self._file.sha256, path.stat().st_size, self._rows))
