"""The decisions of a run while they are written: as one file or as parts, and the root over the rows of all of them."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from balansfilter.audit.decision_files import DecisionsPlace, folder_of, place_of
from balansfilter.audit.decisions import PseudonymousRows, ToldOutcomes, decisions_schema, widths
from balansfilter.audit.leaves import (
    ALGORITHM,
    NODE_BYTES,
    LeafParts,
    PersonOfRows,
    Secret,
    Words,
    hash_columns,
    told_of,
)
from balansfilter.audit.merkle_tree import Root
from balansfilter.decided.outcomes import MadeOnce
from balansfilter.decision.plan import Plan
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import WrittenFile, WrittenParts, part_name, sizes_in_parts
from balansfilter.fs.private import make_private_folder, sync, write_private
from balansfilter.fs.row_groups import RowGroup, RowGroupsFile, row_group
from balansfilter.native.tree_loops import Subtrees, subtrees

_NO_LEAVES: Words = np.empty((0, NODE_BYTES // 4), np.uint32)


class ReadyRows(NamedTuple):
    """Rows that are ready to be written, with their leaves."""

    pieces: list[RowGroup]
    """Those that go into one file each."""
    leaves: Subtrees


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
        self._leaf_parts = MadeOnce(self._parts_of)
        self._root = Root()
        self._secrets: list[Secret] = []
        self._making = Lock()
        self._written: list[WrittenFile] = []
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
        """Work out the columns and the leaves of rows; in any thread."""
        most = self._most_rows or rows.first + rows.height
        number, before = divmod(rows.first - 1, most)
        pieces, leaves, at = [], [_NO_LEAVES], 0
        for of_file, size in enumerate(sizes_in_parts(rows.height, before, most), start=number):
            piece = rows if size == rows.height else rows.slice(at, size)
            pieces.append(row_group(piece.columns()))
            leaves.append(self._leaves(of_file, piece))
            at += size
        every = leaves[-1] if len(pieces) == 1 else np.concatenate(leaves)
        return ReadyRows(pieces, subtrees(every, rows.first - 1))

    def write(self, ready: ReadyRows) -> None:
        """Add rows, in order.

        :raises OSError: the disk is full, or refuses otherwise.
        :raises OutputError: there would be too many parts.
        """
        self._root.add_subtrees(ready.leaves)
        for piece in ready.pieces:
            if self._file.rows == self._most_rows:
                self._end_file()
                self._place = self._next_place()
                self._file = self._begun()
            self._file.add(piece)

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

    def _leaves(self, number: int, rows: PseudonymousRows) -> Words:
        """Return the leaves of rows, by the secret of the file that they go into."""
        hashes = [one.words for one in rows.hashes.values()]
        told, person = self._leaf_parts.of(rows.outcomes).at(rows.places, hashes)
        return self._secret(number).leaves(rows.first, told, person)

    def _parts_of(self, outcomes: ToldOutcomes) -> LeafParts:
        """Return what the leaves of rows hold of their outcomes."""
        person = PersonOfRows.of(outcomes.names["product"], outcomes.days.values(), [])
        return LeafParts(told_of(self._decisions.stem, *outcomes.together), person)

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

    def _begun(self) -> RowGroupsFile:
        secret = self._secret(len(self._written))
        for folder in (self._place.path.parent, self._place.secret.parent):
            make_private_folder(folder)
        write_private(self._place.secret, secret.text.encode(), os.O_EXCL)
        return RowGroupsFile(self._place.path, self._schema, widths(self._schema.names()))

    def _end_file(self) -> None:
        with self._file:
            self._written.append(self._file.finish())
