"""An index of a file of decisions by keyed hash: a few kilobytes are read of it, instead of every row.

An index is no evidence. It is bound to the digest of the decisions that it was made of, lies in the cache, and is
made again where it is absent, stale or damaged. It knows 63 bits of each keyed hash: among 300 million hashes the
chance that a search meets another's is 1 in 30 billion, and a bundle of evidence is held against the whole hash.

The file: a head of 256 bytes; the table (where each of 4096 buckets of entries begins, and the CRC-32 of each); the
buckets. A bucket holds, sorted, for each of its entries 64 bits (32 of the hash, 32 of the row), then for each 32 bits
(31 more of the hash, and whether it is of a customer id).
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.audit.decision_files import DecisionFile, RunDecisions
from balansfilter.audit.leaves import hash_columns
from balansfilter.errors import AuditError
from balansfilter.fs.private import make_private_folder, open_private
from balansfilter.fs.scratch import NAME, scratch

_MAGIC = "balansfilter index 2"
_HEAD = 256
_PREFIX_DIGITS = 8
_BUCKET_DIGITS = 3
_BUCKETS = 16**_BUCKET_DIGITS
_BUCKET_SHIFT = np.uint64(64 - 4 * _BUCKET_DIGITS)
_ROW_BITS = np.uint64(32)
_ROW_MASK = np.uint64(0xFFFFFFFF)
_BEGINS_BYTES = 8 * (_BUCKETS + 1)
_TABLE_BYTES = _BEGINS_BYTES + 4 * _BUCKETS
_BATCH_ROWS = 2_000_000

_ENTRY_BYTES = 12

Entries = npt.NDArray[np.uint64]
Rests = npt.NDArray[np.uint32]
Kind = Literal["customer", "number"]
_OF_CUSTOMERS = ("customer", "customer_key")


class _Unusable(Exception):  # noqa: N818 - no error: an index that is made again
    """An index is absent, stale or damaged."""


def rows_of(decisions: RunDecisions, folder: Path, hashes: Mapping[Kind, str]) -> list[int]:
    """Return the rows of a run that hold one of two keyed hashes, sorted.

    :param folder: where the indexes of the brand lie.
    :param hashes: of the customer id, of the number, or of both.
    :raises AuditError: the decisions are not what the ledger says, cannot be read, or an index cannot be written.
    """
    return [row for file in decisions.files for row in _rows_in(file, folder, hashes)]


def _rows_in(file: DecisionFile, folder: Path, hashes: Mapping[Kind, str]) -> list[int]:
    path, sha256 = _index(file, folder), file.known.sha256
    try:
        return _rows(path, sha256, hashes)
    except _Unusable:
        _make(file, folder)
    try:
        return _rows(path, sha256, hashes)
    except _Unusable as error:
        raise AuditError(
            f"the index {path} was written and cannot be read; is something else writing there?"
        ) from error


def hashes_of(decisions: RunDecisions, rows: Collection[int]) -> set[tuple[Kind, str]]:
    """Return the keyed hashes that stand in some rows of a run, each with what it is of.

    :raises AuditError: the decisions cannot be read.
    """
    return {one for file, held in decisions.holding(rows) for one in _hashes_in(file.path, held)}


def _hashes_in(decisions: Path, rows: Collection[int]) -> set[tuple[Kind, str]]:
    try:
        scan = pl.scan_parquet(decisions, glob=False)
        columns = [name for name in hash_columns(scan.collect_schema().names()) if name != "consent_proof"]
        found = scan.filter(pl.col("row").is_in(list(rows))).select(columns).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise AuditError(f"cannot read the decisions {decisions}; see: balansfilter audit verify") from error
    kinds: dict[str, Kind] = {name: "customer" if name in _OF_CUSTOMERS else "number" for name in columns}
    return {(kinds[name], one.hex()) for name in columns for one in found[name].drop_nulls()}


def make_index(decisions: RunDecisions, folder: Path) -> None:
    """Make the index of each file of a run that has none.

    :raises AuditError: the decisions are not what the ledger says, cannot be read, or an index cannot be written.
    """
    for file in decisions.files:
        if not _has_index(file, folder):
            _make(file, folder)


def is_indexed(decisions: RunDecisions, folder: Path) -> bool:
    """Say whether there is an index of each file of a run as it is now."""
    return all(_has_index(file, folder) for file in decisions.files)


def drop_index(folder: Path, files: Iterable[DecisionFile]) -> None:
    """Remove the index of some files, which holds parts of keyed hashes."""
    for file in files:
        _index(file, folder).unlink(missing_ok=True)


def _index(file: DecisionFile, folder: Path) -> Path:
    return folder / f"{file.name}.index"


def _has_index(file: DecisionFile, folder: Path) -> bool:
    try:
        _rows(_index(file, folder), file.known.sha256, {})
    except _Unusable:
        return False
    return True


def _make(file: DecisionFile, folder: Path) -> None:
    """Make an index, of a file that is what the ledger says: it would else give rows that another file has."""
    file.refuse_changed()
    _write(_index(file, folder), file.known.sha256, _entries(file.path))


def _rows(path: Path, sha256: str, hashes: Mapping[Kind, str]) -> list[int]:
    rows: set[int] = set()
    try:
        with path.open("rb") as file:
            head, table = file.read(_HEAD), file.read(_TABLE_BYTES)
            if head != _head(sha256, table) or len(table) != _TABLE_BYTES:
                raise _Unusable
            begins, checks = (
                np.frombuffer(table[:_BEGINS_BYTES], np.uint64),
                np.frombuffer(table[_BEGINS_BYTES:], np.uint32),
            )
            for kind, text in hashes.items():
                bucket = int(text[:_BUCKET_DIGITS], 16)
                first, last = int(begins[bucket]), int(begins[bucket + 1])
                size = _ENTRY_BYTES * (last - first)
                file.seek(_HEAD + _TABLE_BYTES + _ENTRY_BYTES * first)
                data = file.read(size)
                if len(data) != size or zlib.crc32(data) != checks[bucket]:
                    raise _Unusable
                rows.update(_matching(data, last - first, kind, text))
    except OSError as error:
        raise _Unusable from error
    return sorted(rows)


def _matching(bucket: bytes, count: int, kind: Kind, text: str) -> list[int]:
    entries, rests = np.frombuffer(bucket, np.uint64, count), np.frombuffer(bucket, np.uint32, count, 8 * count)
    low = np.uint64(int(text[:_PREFIX_DIGITS], 16)) << _ROW_BITS
    first, last = np.searchsorted(entries, low, "left"), np.searchsorted(entries, low | _ROW_MASK, "right")
    rest = np.uint32(int(text[_PREFIX_DIGITS : 2 * _PREFIX_DIGITS], 16) & ~1 | (kind == "customer"))
    same = rests[first:last] == rest
    rows: list[int] = (entries[first:last][same] & _ROW_MASK).tolist()
    return rows


def _head(sha256: str, table: bytes) -> bytes:
    head = f"{_MAGIC}\n{sha256}\n{hashlib.sha256(table).hexdigest()}\n"
    return head.encode().ljust(_HEAD, b"\0")


def _entries(decisions: Path) -> tuple[Entries, Rests]:
    try:
        scan = pl.scan_parquet(decisions, glob=False)
        columns = [name for name in hash_columns(scan.collect_schema().names()) if name != "consent_proof"]
        rows = int(scan.select(pl.len()).collect().item())
        entries, rests = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
        for start in range(0, rows, _BATCH_ROWS):
            for column in columns:
                part = scan.slice(start, _BATCH_ROWS).select("row", column).drop_nulls().collect()
                entries.append((_prefix(part[column], 0) << _ROW_BITS) | part["row"].to_numpy())
                rest = _prefix(part[column], 1) & ~np.uint64(1) | np.uint64(column in _OF_CUSTOMERS)
                rests.append(rest.astype(np.uint32))
    except (OSError, pl.exceptions.PolarsError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "they are damaged"
        raise AuditError(f"cannot read the decisions {decisions}: {why}; see: balansfilter audit verify") from error
    found = np.concatenate(entries)
    order = np.argsort(found)
    return found[order], np.concatenate(rests)[order]


def _prefix(hashes: pl.Series, word: int) -> Entries:
    """Return the first, or the second, eight hexadecimal digits of each hash as an integer."""
    four_bytes = hashes.bin.slice(word * _PREFIX_DIGITS // 2, _PREFIX_DIGITS // 2)
    return four_bytes.bin.reinterpret(dtype=pl.UInt32, endianness="big").to_numpy().astype(np.uint64)


def _write(path: Path, sha256: str, found: tuple[Entries, Rests]) -> None:
    entries, rests = found
    begins = np.searchsorted(entries >> _BUCKET_SHIFT, np.arange(_BUCKETS + 1, dtype=np.uint64)).astype(np.uint64)
    parts = [slice(int(first), int(last)) for first, last in pairwise(begins)]
    buckets = [entries[part].tobytes() + rests[part].tobytes() for part in parts]
    table = begins.tobytes() + np.array([zlib.crc32(bucket) for bucket in buckets], np.uint32).tobytes()
    try:
        make_private_folder(path.parent)
        with scratch(path.parent / NAME) as folder:
            fresh = folder / "new"
            with os.fdopen(open_private(fresh, os.O_WRONLY | os.O_EXCL), "wb") as file:
                file.write(_head(sha256, table) + table)
                file.writelines(buckets)
            fresh.rename(path)
    except OSError as error:
        raise AuditError(
            f"cannot write the index {path}: {error.strerror}; set cache.dir to a folder with room"
        ) from error
