"""The audit key, and the keyed hashes made with it.

A phone number has so few digits that a plain hash can be undone by trying them all. A keyed hash (HMAC-SHA-256) can be
undone only by who holds the key: it is pseudonymisation, and what it gives stays personal data (GDPR art. 4(5)).
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from polars_hash import CryptographicHashingNameSpace

from balansfilter import compiled
from balansfilter.disk import make_private_folder, sync, write_private
from balansfilter.errors import AuditError
from balansfilter.phone import e164

_KEY_DIGITS = 64
HASH_DIGITS = 32
"""A keyed hash is cut to 16 bytes, written as 32 hexadecimal digits."""


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
        """Give the keyed hash of one text."""
        return hmac.digest(self.text.encode(), text.encode(), "sha256").hex()[:HASH_DIGITS]

    def hashes(self, texts: pl.Series) -> pl.Series:
        """Give the keyed hashes of a column of texts; null stays null."""
        found = self._compiled_hashes(texts)
        return self._plain_hashes(texts) if found is None else found

    def hashes_of_numbers(self, numbers: pl.Series) -> pl.Series:
        """Give the keyed hashes of a column of numbers (E.164 digits, UInt64) with a plus in front; null stays null."""
        loops = compiled.loops("hmac_sha256") if len(numbers) >= compiled.MANY else None
        if loops is None:
            return self._plain_hashes(numbers.to_frame().select(e164(numbers.name)).to_series())
        return _as_text(loops.of_numbers(numbers.fill_null(0).to_numpy(), self.text.encode(), HASH_DIGITS), numbers)

    def _plain_hashes(self, texts: pl.Series) -> pl.Series:
        hashed = CryptographicHashingNameSpace(pl.col(texts.name)).hmac_sha256(key=self.text)
        return texts.to_frame().select(hashed.str.slice(0, HASH_DIGITS)).to_series()

    def _compiled_hashes(self, texts: pl.Series) -> pl.Series | None:
        """Hash in compiled loops; None where that is not worth it, or cannot be done: a text is too long for them."""
        loops = compiled.loops("hmac_sha256") if len(texts) >= compiled.MANY else None
        lengths = texts.str.len_bytes().fill_null(0).to_numpy()
        if loops is None or lengths.max() > loops.LONGEST:
            return None
        offsets = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        joined = np.frombuffer(texts.str.join("").item().encode(), np.uint8)
        return _as_text(loops.of_texts(joined, offsets, self.text.encode(), HASH_DIGITS), texts)


def _as_text(digits: npt.NDArray[np.uint8], of: pl.Series) -> pl.Series:
    """Make rows of ASCII into texts, null where what they were made of is."""
    texts = pl.Series(of.name, digits).cast(pl.List(pl.UInt8)).cast(pl.Binary).cast(pl.String)
    return texts.set(of.is_null(), None) if of.null_count() else texts


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
    """Write a key in one step, in place of what is there; the caller waits for the folder.

    :raises OSError: it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    write_private(fresh, key.text.encode())
    fresh.rename(path)


def _first_key(path: Path) -> AuditKey:
    """Make the first key; of several processes that try at once one wins, and all use its key."""
    make_private_folder(path.parent)
    key = make_key()
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    write_private(fresh, key.text.encode())
    try:
        os.link(fresh, path)
        sync(path.parent)
    except FileExistsError:
        return read_key(path)
    finally:
        fresh.unlink()
    return key
