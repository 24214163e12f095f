"""The audit key, and the keyed hashes made with it.

A phone number has so few digits that a plain hash can be undone by trying them all. A keyed hash (HMAC-SHA-256) can be
undone only by who holds the key: it is pseudonymisation, and what it gives stays personal data (GDPR art. 4(5)).
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.errors import AuditError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder, sync, write_private
from balansfilter.fs.scratch import NAME, put, scratch
from balansfilter.native.hmac_sha256 import KeyedHashes, number_hashes, text_hashes

_KEY_DIGITS = 64
HASH_BYTES = 16
"""A keyed hash is cut to so many bytes."""


@dataclass(frozen=True)
class AuditKey:
    """The key, as 64 hexadecimal digits; its ASCII text is the key of the HMAC, so that `openssl dgst` takes it."""

    text: str

    def __repr__(self) -> str:
        return f"AuditKey({self.id})"

    @property
    def id(self) -> str:
        """Names the key without giving it away: 16 hexadecimal digits of its own keyed hash of nothing."""
        return hmac.digest(self.text.encode(), b"balansfilter key id", "sha256").hex()[:16]

    def hash(self, text: str) -> str:
        """Return the keyed hash of one text, in hexadecimal."""
        return hmac.digest(self.text.encode(), text.encode(), "sha256")[:HASH_BYTES].hex()

    def hashes(self, texts: pl.Series) -> KeyedHashes:
        """Return the keyed hashes of a column of texts; an empty one has none, nor has a null."""
        return text_hashes(texts, self.text.encode(), HASH_BYTES)

    def hashes_of_numbers(self, numbers: npt.NDArray[np.uint64]) -> KeyedHashes:
        """Return the keyed hashes of numbers (E.164 digits) with a plus in front; 0 is no number, and has none."""
        return number_hashes(numbers, self.text.encode(), HASH_BYTES)


def load_key(path: Path, *, known: Collection[str] = ()) -> AuditKey:
    """Read the audit key, or make it on first use.

    :param known: ids of keys under which this brand's decisions were written before; then a key must be there.
    :raises AuditError: it cannot be read or written, is not a key, is lost, or others may read it.
    """
    if path.exists():
        return read_key(path)
    if known:
        raise AuditError(
            f"the audit key {path} is gone, and decisions were written with it; put it back from your backup"
        )
    try:
        return _first_key(path)
    except OSError as error:
        raise AuditError(f"cannot make the audit key {path}: {error.strerror}") from error


def read_key(path: Path) -> AuditKey:
    """Read a key.

    :raises AuditError: it cannot be read, is not a key, or others may read it.
    """
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise AuditError(f"cannot read the audit key {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        text = ""
    if mode & 0o077:
        raise AuditError(f"the audit key {path} may be read by others (mode {mode:04o}); run: chmod 600 {path}")
    if len(text) != _KEY_DIGITS or set(text) - set("0123456789abcdef"):
        raise AuditError(
            f"{path} does not hold an audit key (64 hexadecimal digits); put back the key from your backup"
        )
    return AuditKey(text)


def make_key() -> AuditKey:
    """Make a key out of the system's randomness."""
    return AuditKey(secrets.token_hex(_KEY_DIGITS // 2))


def write_key(path: Path, key: AuditKey) -> None:
    """Write a key in one step, in place of what is there.

    :raises OSError: it cannot be written.
    """
    put(path.parent / NAME, path, key.text.encode())


def _first_key(path: Path) -> AuditKey:
    """Make the first key; of several processes that try at once one wins, and all use its key."""
    make_private_folder(path.parent)
    key = make_key()
    with scratch(path.parent / NAME) as folder:
        fresh = folder / "new"
        write_private(fresh, key.text.encode(), os.O_EXCL)
        try:
            os.link(fresh, path)
            sync(path.parent)
        except FileExistsError:
            return read_key(path)
    return key
