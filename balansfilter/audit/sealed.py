"""The decisions of a run, read again under their root: recomputed, a row proved by it, or people taken out of it.

The nonces come from the secret of the run. When somebody is forgotten they are written out, and the secret is
destroyed: a file of its own has a line a row, with the `nonce` of each row that stays, and `sealed`, of each tombstone,
the hash of what spoke of the person. Either way the leaves, and the root over them, are those of the day on which they
were written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from balansfilter.audit.decisions import nonces_file, secret_file, widths
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
from balansfilter.fs.parquet_writer import ParquetWriter

NONCE, SEALED = "nonce", "sealed"
EMPTIED = ("product", "anchor", "callable_until")
"""What a tombstone loses, beside its keyed hashes."""


@dataclass(frozen=True)
class Recomputed:
    """What a decisions file holds, worked out from its rows."""

    root: str | None
    """The root over its rows; None where it was written before there was one."""
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
    path: tuple[ProofStep, ...]


@dataclass(frozen=True)
class ProvedRows:
    """Some rows of a decisions file, proved under its root."""

    root: str
    rows: tuple[ProvedRow, ...]


_SCHEMA = pl.Schema({NONCE: pl.Binary(), SEALED: pl.Binary()})


@dataclass(frozen=True)
class DecisionsOf:
    """The decisions file of a run."""

    path: Path
    run_id: str
    rooted: bool
    """Whether its run has a root in the ledger."""

    def recomputed(self) -> Recomputed:
        """Work out what it holds, in bounded memory.

        :raises AuditError: it cannot be read, or its secret is missing.
        """
        root, rows, tombstones, sound = Root(), 0, 0, True
        answers: Counter[str] = Counter()
        for start, frame in self._frames():
            rows += frame.height
            answers.update(_answers(frame))
            if self.rooted:
                opened = self._opened(start, frame)
                root.add(leaves(frame, self.run_id, opened.persons))
                tombstones += int(opened.shut.sum())
                sound &= opened.sound
            else:
                tombstones += int(frame.select(_is_empty(frame.columns)).to_series().sum())
        return Recomputed(root.digest() if self.rooted else None, rows, dict(answers), tombstones, sound)

    def proved(self, rows: Collection[int]) -> ProvedRows:
        """Prove some rows, named by their numbers, in bounded memory.

        :raises AuditError: it cannot be read, or its secret is missing.
        """
        tops: list[Words] = []
        found: list[tuple[int, ProvedRow]] = []
        for start, frame in self._frames():
            opened = self._opened(start, frame)
            tree = MerkleTree(leaves(frame, self.run_id, opened.persons))
            wanted = frame.with_row_index("at").filter(pl.col("row").is_in(list(rows)))
            part = len(tops)
            found += [(part, _proved_row(frame, at, opened.nonces, tree.path(at))) for at in wanted["at"]]
            tops.append(tree.root)
        above = joined(tops)
        proved = [ProvedRow(one.row, one.cells, one.nonce, one.path + above.path(part)) for part, one in found]
        return ProvedRows(above.root.tobytes().hex() if tops else Root().digest(), tuple(proved))

    def bury(self, rows: Collection[int], to: Path, nonces_to: Path) -> None:
        """Write it anew with some rows as tombstones, and the nonces that are left, if it has a root.

        :raises AuditError: it cannot be read, or its secret is missing.
        :raises OSError: it cannot be written.
        """
        schema = pl.scan_parquet(self.path).collect_schema()
        emptied = [*hash_columns(schema.names()), *EMPTIED]
        buried = pl.col("row").is_in(pl.Series(list(rows), dtype=pl.UInt64).implode())
        with ExitStack() as files:
            file = files.enter_context(ParquetWriter(to, schema, compressed=False, widths=widths(schema.names())))
            left = files.enter_context(ParquetWriter(nonces_to, _SCHEMA, compressed=False)) if self.rooted else None
            for start, frame in self._frames():
                file.write(frame.with_columns(pl.when(~buried).then(pl.col(name)).alias(name) for name in emptied))
                if left is not None:
                    shut = frame.select(buried.alias("buried")).to_series()
                    left.write(self._opened(start, frame).left(shut))

    def _opened(self, start: int, frame: pl.DataFrame) -> _Opened:
        if not nonces_file(self.path).exists():
            nonces = read_secret(secret_file(self.path)).nonces(start + 1, frame.height)
            shut = pl.repeat(value=False, n=frame.height, eager=True)
            return _Opened(nonces, persons(frame, nonces), shut, sound=True)
        kept = self._read(nonces_file(self.path), start)
        if kept.schema != _SCHEMA or kept.height != frame.height:
            raise AuditError(f"{nonces_file(self.path)} does not hold the nonces of its run")
        shut = kept[SEALED].is_not_null()
        nonces = words_of(b"".join(kept[NONCE].fill_null(bytes(NONCE_BYTES))), NONCE_BYTES)
        sealed = words_of(b"".join(kept[SEALED].fill_null(bytes(NODE_BYTES))), NODE_BYTES)
        found = np.where(shut.to_numpy()[:, None], sealed, persons(frame, nonces))
        empty = frame.select(_is_empty(frame.columns)).to_series()
        sound = bool((shut == kept[NONCE].is_null()).all() and (~shut | empty).all())
        return _Opened(nonces, found, shut, sound)

    def _frames(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield the rows in parts, each with the number of rows before it."""
        start = 0
        while (frame := self._read(self.path, start)).height:
            yield start, frame
            start += CHUNK

    def _read(self, path: Path, start: int) -> pl.DataFrame:
        try:
            return pl.scan_parquet(path).slice(start, CHUNK).collect()
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


def _proved_row(frame: pl.DataFrame, at: int, nonces: Words, path: tuple[ProofStep, ...]) -> ProvedRow:
    line = frame.row(at, named=True)
    cells = dict(line)
    for name in hash_columns(list(cells)):
        cells[name] = None if cells[name] is None else cells[name].hex()
    for name in ("anchor", "callable_until"):
        cells[name] = None if cells[name] is None else cells[name].isoformat()
    return ProvedRow(int(line["row"]), cells, nonces[at].tobytes().hex(), path)


def _column(name: str, words: Words, size: int) -> pl.Series:
    data = words.tobytes()
    return pl.Series(name, [data[at : at + size] for at in range(0, len(data), size)], pl.Binary)


def _is_empty(names: list[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(name).is_null() for name in (*hash_columns(names), *EMPTIED))


def _answers(frame: pl.DataFrame) -> dict[str, int]:
    said = pl.coalesce(pl.col("basis").cast(pl.String), pl.col("reason").cast(pl.String))
    return dict(frame.group_by(said.alias("said")).len().filter(pl.col("said").is_not_null()).iter_rows())
