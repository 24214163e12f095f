"""A Merkle tree over the decisions of a run: with it one row is proved to be among them without showing another.

The leaf of a row is the SHA-256 of its line: the JSON object of its columns in the order of the file, without spaces,
keyed hashes in hexadecimal. A node is the SHA-256 of the two below it, written one after the other in hexadecimal; the
last of an odd number moves up as it is. A line begins with a brace and a node does not, so that neither passes for the
other. Hexadecimal text instead of bytes is what lets `sha256sum` alone check a proof.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars_hash import CryptographicHashingNameSpace

from balansfilter.errors import AuditError

_CHUNK_ROWS = 2**18


@dataclass(frozen=True)
class Step:
    """One step of a proof: the node beside the one that was reached."""

    side: str
    """`left` or `right`: where that node stands."""
    hash: str


@dataclass(frozen=True)
class ProvedRow:
    """One row of a decisions file, and the way from its leaf to the root."""

    row: int
    line: str
    path: tuple[Step, ...]


@dataclass(frozen=True)
class ProvedRows:
    """Some rows of a decisions file, proved under its root."""

    root: str
    rows: tuple[ProvedRow, ...]


def prove_rows(decisions: Path, rows: Collection[int]) -> ProvedRows:
    """Prove some rows, named by their numbers, in bounded memory.

    :raises AuditError: the decisions cannot be read.
    """
    try:
        scan = pl.scan_parquet(decisions)
        height = int(scan.select(pl.len()).collect().item())
        tops: list[str] = []
        found: list[tuple[int, ProvedRow]] = []
        for start in range(0, height, _CHUNK_ROWS):
            levels, inside = _chunk(scan.slice(start, _CHUNK_ROWS).collect(), rows)
            found += [(len(tops), row) for row in inside]
            tops.append(levels[-1][0])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise AuditError(f"cannot read the decisions {decisions}; see: balansfilter audit verify") from error
    above = _levels(pl.Series(tops, dtype=pl.String))
    proved = [ProvedRow(row.row, row.line, row.path + _path(above, chunk)) for chunk, row in found]
    return ProvedRows(above[-1][0] if tops else "", tuple(proved))


def _chunk(frame: pl.DataFrame, rows: Collection[int]) -> tuple[list[pl.Series], list[ProvedRow]]:
    told = frame.with_columns(pl.col(pl.Binary).bin.encode("hex"))
    lines = told.select(pl.struct(pl.all()).struct.json_encode().alias("line")).to_series()
    levels = _levels(_hashed(lines))
    wanted = frame.with_row_index("at").filter(pl.col("row").is_in(list(rows))).select("at", "row")
    return levels, [ProvedRow(row, lines[at], _path(levels, at)) for at, row in wanted.iter_rows()]


def _levels(leaves: pl.Series) -> list[pl.Series]:
    """Give each level of a tree, from its leaves to its root."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        last = levels[-1]
        left, right = last.gather_every(2), last.gather_every(2, 1)
        nodes = _hashed(left[: len(right)] + right)
        levels.append(nodes if len(left) == len(right) else nodes.append(left[-1:]))
    return levels


def _hashed(texts: pl.Series) -> pl.Series:
    expression = CryptographicHashingNameSpace(pl.col("text")).sha2_256()
    return pl.DataFrame({"text": texts}).select(expression.alias("hash")).to_series()


def _path(levels: list[pl.Series], at: int) -> tuple[Step, ...]:
    steps = []
    for level in levels[:-1]:
        beside = at ^ 1
        if beside < len(level):
            steps.append(Step("left" if beside < at else "right", level[beside]))
        at //= 2
    return tuple(steps)
