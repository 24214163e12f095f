"""The decisions of a run, read again under their root: recomputed, a row proved by it, or people taken out of it.

The nonces come from the secret of each file. When somebody is forgotten in it they are written out, and the secret is
destroyed: a file of its own has a line a row, with the `nonce` of each row that stays, and `sealed`, of each tombstone,
the hash of what spoke of the person. Either way the leaves, and the root over them, are those of the day on which they
were written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from balansfilter.audit.decision_files import DecisionFile, RunDecisions
from balansfilter.audit.decisions import widths
from balansfilter.audit.leaves import (
    NODE_BYTES,
    NONCE_BYTES,
    SECRET_DIGITS,
    Secret,
    Words,
    hash_columns,
    leaves,
    persons,
    words_of,
)
from balansfilter.audit.merkle_tree import CHUNK, MerkleTree, ProofStep, Root, joined
from balansfilter.errors import AuditError
from balansfilter.frozen import dataclass
from balansfilter.fs.parquet_writer import ParquetWriter

NONCE, SEALED = "nonce", "sealed"
EMPTIED = ("product", "anchor", "callable_until")
"""What a tombstone loses, beside its keyed hashes."""


@dataclass(frozen=True)
class Recomputed:
    """What the decisions of a run hold, worked out from their rows."""

    root: str | None
    """The root over the rows; None where they were written before there was one."""
    rows: int
    answers: dict[str, int]
    """Rows by ground, of the callable, or reason."""
    tombstones: int
    sound: bool
    """Whether each tombstone is empty, and each other row can be shown."""


@dataclass(frozen=True)
class ProvedRow:
    """One row, the nonce that opens its leaf, and the way from there to the root; a tombstone has no nonce."""

    row: int
    cells: dict[str, object]
    nonce: str
    leaf: str
    """What stands for the row in the tree. Without the nonce nobody can tell from it what the row holds."""
    path: tuple[ProofStep, ...]


@dataclass(frozen=True)
class ProvedRows:
    """Some rows of the decisions of a run, proved under its root."""

    root: str
    rows: tuple[ProvedRow, ...]


_SCHEMA = pl.Schema({NONCE: pl.Binary(), SEALED: pl.Binary()})


class _Piece(NamedTuple):
    """Rows of one file, which stand in one part of the tree."""

    file: DecisionFile
    before: int
    """How many rows of the file stand before them."""
    frame: pl.DataFrame

    @property
    def first(self) -> int:
        """The number of its first row."""
        return self.file.before + self.before + 1

    @property
    def part(self) -> int:
        """The part of the tree in which its leaves are, counted from 0."""
        return (self.first - 1) // CHUNK


@dataclass(frozen=True)
class DecisionsOf:
    """The decisions of a run, with what opens their leaves."""

    decisions: RunDecisions

    def recomputed(self) -> Recomputed:
        """Work out what they hold, in bounded memory.

        :raises AuditError: they cannot be read, or a secret is missing.
        """
        root, rows, tombstones, sound = Root(), 0, 0, True
        answers: Counter[str] = Counter()
        rooted = self.decisions.rooted
        for piece in self._pieces():
            frame = piece.frame
            rows += frame.height
            answers.update(_answers(frame))
            if rooted:
                opened = _opened(piece)
                root.add(self._leaves(piece, opened))
                tombstones += int(opened.shut.sum())
                sound &= opened.sound
            else:
                tombstones += int(frame.select(_is_empty(frame.columns)).to_series().sum())
        return Recomputed(root.digest() if rooted else None, rows, dict(answers), tombstones, sound)

    def proved(self, rows: Collection[int]) -> ProvedRows:
        """Prove some rows, named by their numbers, in bounded memory.

        :raises AuditError: they cannot be read, or a secret is missing.
        """
        tops: list[Words] = []
        found: list[tuple[int, ProvedRow]] = []
        for _, pieces in groupby(self._pieces(), lambda piece: piece.part):
            tree, wanted = self._part_of_tree(pieces, rows)
            found += [(len(tops), _proved_row(line, nonce, leaf, tree.path(at))) for at, line, nonce, leaf in wanted]
            tops.append(tree.root)
        above = joined(tops)
        proved = [replace(one, path=one.path + above.path(part)) for part, one in found]
        return ProvedRows(above.root.tobytes().hex() if tops else Root().digest(), tuple(proved))

    def bury(self, file: DecisionFile, rows: Collection[int], to: Path, nonces_to: Path) -> None:
        """Write one file anew with some rows as tombstones, and the nonces that are left, if there is a root.

        :raises AuditError: it cannot be read, or its secret is missing.
        :raises OSError: it cannot be written.
        """
        schema = pl.scan_parquet(file.path, glob=False).collect_schema()
        emptied = [*hash_columns(schema.names()), *EMPTIED]
        buried = pl.col("row").is_in(pl.Series(list(rows), dtype=pl.UInt64).implode())
        rooted = self.decisions.rooted
        with ExitStack() as files:
            written = files.enter_context(ParquetWriter(to, schema, compressed=False, widths=widths(schema.names())))
            left = files.enter_context(ParquetWriter(nonces_to, _SCHEMA, compressed=False)) if rooted else None
            for piece in _pieces_of(file):
                frame = piece.frame
                written.write(frame.with_columns(pl.when(~buried).then(pl.col(name)).alias(name) for name in emptied))
                if left is not None:
                    shut = frame.select(buried.alias("buried")).to_series()
                    left.write(_opened(piece).left(shut))

    def _part_of_tree(
        self, pieces: Iterable[_Piece], rows: Collection[int]
    ) -> tuple[MerkleTree, list[tuple[int, dict[str, Any], str, str]]]:
        """Return a part of the tree, and of each of the rows in it the place of its leaf, its cells, nonce and leaf."""
        made: list[Words] = []
        wanted: list[tuple[int, dict[str, Any], str, str]] = []
        for piece in pieces:
            opened, before = _opened(piece), sum(map(len, made))
            made.append(self._leaves(piece, opened))
            places = piece.frame.select(pl.col("row").is_in(list(rows)).arg_true()).to_series()
            wanted += [
                (
                    before + at,
                    piece.frame.row(at, named=True),
                    *(of[at].tobytes().hex() for of in (opened.nonces, made[-1])),
                )
                for at in places
            ]
        return MerkleTree(np.concatenate(made)), wanted

    def _leaves(self, piece: _Piece, opened: _Opened) -> Words:
        return leaves(piece.frame, self.decisions.run_id, opened.persons)

    def _pieces(self) -> Iterator[_Piece]:
        for file in self.decisions.files:
            yield from _pieces_of(file)


def _pieces_of(file: DecisionFile) -> Iterator[_Piece]:
    """Yield the rows of a file in pieces, none of which goes beyond a part of the tree."""
    before = 0
    while (frame := _read(file.path, before, _room(file, before))).height:
        yield _Piece(file, before, frame)
        before += frame.height


def _room(file: DecisionFile, before: int) -> int:
    """Return how many rows are left to the part of the tree, after some rows of a file."""
    return CHUNK - (file.before + before) % CHUNK


def _opened(piece: _Piece) -> _Opened:
    frame, place = piece.frame, piece.file.place
    if not place.nonces.exists():
        nonces = read_secret(place.secret).nonces(piece.first, frame.height)
        shut = pl.repeat(value=False, n=frame.height, eager=True)
        return _Opened(nonces, persons(frame, nonces), shut, sound=True)
    kept = _read(place.nonces, piece.before, _room(piece.file, piece.before))
    if kept.schema != _SCHEMA or kept.height != frame.height:
        raise AuditError(f"{place.nonces} does not hold the nonces of its run")
    shut = kept[SEALED].is_not_null()
    nonces = words_of(b"".join(kept[NONCE].fill_null(bytes(NONCE_BYTES))), NONCE_BYTES)
    sealed = words_of(b"".join(kept[SEALED].fill_null(bytes(NODE_BYTES))), NODE_BYTES)
    found = np.where(shut.to_numpy()[:, None], sealed, persons(frame, nonces))
    empty = frame.select(_is_empty(frame.columns)).to_series()
    sound = bool((shut == kept[NONCE].is_null()).all() and (~shut | empty).all())
    return _Opened(nonces, found, shut, sound)


def _read(path: Path, start: int, rows: int) -> pl.DataFrame:
    try:
        return pl.scan_parquet(path, glob=False).slice(start, rows).collect()
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise AuditError(f"cannot read {path}; see: balansfilter audit verify") from error


@dataclass(frozen=True)
class _Opened:
    nonces: Words
    persons: Words
    shut: pl.Series
    """Whether each row is a tombstone."""
    sound: bool

    def left(self, buried: pl.Series) -> pl.DataFrame:
        """Return the nonces that are left, and the seals, when some rows are buried."""
        shut = self.shut | buried
        nonces, seals = _column(NONCE, self.nonces, NONCE_BYTES), _column(SEALED, self.persons, NODE_BYTES)
        return pl.DataFrame([nonces.set(shut, None), seals.set(~shut, None)])


def read_secret(path: Path) -> Secret:
    """Read the secret of a run.

    :raises AuditError: it is gone, or is none.
    """
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise AuditError(f"cannot read the secret {path}: {why}; put it back from your backup") from error
    if len(text) != SECRET_DIGITS or set(text) - set("0123456789abcdef"):
        raise AuditError(f"{path} does not hold the secret of a run; put it back from your backup")
    return Secret(text)


def _proved_row(line: dict[str, Any], nonce: str, leaf: str, path: tuple[ProofStep, ...]) -> ProvedRow:
    cells = {name: _told(cell) for name, cell in line.items()}
    return ProvedRow(int(line["row"]), cells, nonce, leaf, path)


def _told(cell: object) -> object:
    """Return a keyed hash as digits, a day as ISO 8601, and all else as it is."""
    if isinstance(cell, bytes):
        return cell.hex()
    return cell.isoformat() if isinstance(cell, date) else cell


def _column(name: str, words: Words, size: int) -> pl.Series:
    data = words.tobytes()
    return pl.Series(name, [data[at : at + size] for at in range(0, len(data), size)], pl.Binary)


def _is_empty(names: list[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(name).is_null() for name in (*hash_columns(names), *EMPTIED))


def _answers(frame: pl.DataFrame) -> dict[str, int]:
    said = pl.coalesce(pl.col("basis").cast(pl.String), pl.col("reason").cast(pl.String))
    return dict(frame.group_by(said.alias("said")).len().filter(pl.col("said").is_not_null()).iter_rows())
