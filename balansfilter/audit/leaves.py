"""The leaves of the Merkle tree over the decisions of a run: one a row, fixed when the run is written.

    beginning(tag, text) = tag ‖ length of text in 4 bytes ‖ text ‖ zeros up to a whole number of 64 bytes
    person = SHA-256(beginning(02, product) ‖ nonce ‖ anchor ‖ callable_until ‖ keyed hashes)
    leaf   = SHA-256(beginning(00, run id LF decision LF reason LF basis LF balanstest) ‖ row in 8 bytes ‖ person)

A null is an empty text, and a product that there is stands behind `=`. A day is the number of days since 1970-01-01,
in 4 bytes, two's complement, and 80000000 for none. The keyed hashes are those of the columns in their order, 16 bytes
each, zeros for a null. Numbers are written with the highest byte first.

What speaks of a person is behind a nonce. Whoever has the nonce can show what stood there; once it is destroyed nobody
can, not even the holder of the audit key, and the leaf is the same still. The nonces of a run come from a secret of its
own: that of a row is the first 16 bytes of SHA-256(beginning(03, secret) ‖ row in 8 bytes), the secret being its 64
hexadecimal digits.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.native.combinations import combinations
from balansfilter.native.held_loops import values_of
from balansfilter.native.merkle_loops import Begun, behind, numbered, rows_as_words, sealed
from balansfilter.native.without_queries import filled

Words = npt.NDArray[np.uint32]
"""Hashes or nonces, a row each of eight words or four; a word is read from four bytes with the lowest one first."""
NO_DAY = -(1 << 31)
"""Stands for the days since 1970-01-01 where there is no date."""
Days = npt.NDArray[np.int32]
"""Days since 1970-01-01; `NO_DAY` for none."""

HASH_BYTES = 16
NONCE_BYTES = 16
NODE_BYTES = 32
SECRET_DIGITS = 64
ALGORITHM = "sha256-leaves-1"
"""Names the form of the leaves and of the tree, in the ledger."""

_LEAF, _PERSON, _NONCE = b"\x00", b"\x02", b"\x03"
_BLOCK = 64
_TOLD = ("decision", "reason", "basis", "balanstest")


HASHES = ("customer", "customer_key", "consent_proof")
"""The columns of keyed hashes, beside those of the numbers, `number_1` and on."""
DAYS = ("anchor", "callable_until")
"""The columns of days."""


def hash_columns(names: Collection[str]) -> list[str]:
    """Return the columns of a decisions file that hold keyed hashes, 16 raw bytes each, in the order of the file."""
    return [name for name in names if name in HASHES or name.startswith("number_")]


@dataclass(frozen=True, repr=False)
class Secret:
    """The secret of a run, from which its nonces come."""

    text: str
    """64 hexadecimal digits."""

    @classmethod
    def make(cls) -> Secret:
        """Make one out of the system's randomness."""
        return cls(secrets.token_hex(SECRET_DIGITS // 2))

    def nonces(self, first: int, rows: int) -> Words:
        """Return the nonces of some rows, from row `first` on, which counts from 1."""
        hashes = behind(Begun([self._beginning], np.zeros(rows, np.uint32)), [numbered(first, rows)])
        return hashes[:, : NONCE_BYTES // 4]

    def leaves(self, first: int, told: Begun, person: PersonOfRows) -> Words:
        """Return the leaves of some rows, from row `first` on, as :func:`leaves` does of what is written."""
        return sealed(self._beginning, first, person.begun, person.parts, told)

    @property
    def _beginning(self) -> bytes:
        return beginning(_NONCE, self.text)


def told_of(run_id: str, different: pl.DataFrame, places: npt.NDArray[np.int32]) -> Begun:
    """Return what is told of each row, whoever it is of: what its leaf begins with.

    :param different: the different decisions, reasons, grounds and balanstests, each once.
    :param places: which of them each row has.
    """
    lines = different.select(_TOLD).cast(pl.String).iter_rows()
    texts = ["\n".join((run_id, *(cell or "" for cell in line))) for line in lines]
    return Begun([beginning(_LEAF, text) for text in texts], places.astype(np.uint32))


class FewNames(NamedTuple):
    """A column in which few names occur."""

    names: list[str]
    """Each once."""
    codes: npt.NDArray[np.unsignedinteger]
    """Which of them each row has; how many there are, where it has none."""

    @classmethod
    def of(cls, column: pl.Series) -> FewNames:
        """Return a column of text, or of an Enum."""
        kind = column.dtype
        if not isinstance(kind, pl.Enum):
            kind = pl.Enum(column.unique(maintain_order=True).drop_nulls())
        names = kind.categories.to_list()
        codes = column.cast(kind).to_physical().cast(pl.UInt32).fill_null(len(names)).to_numpy()
        return cls(names, codes.astype(np.min_scalar_type(len(names))))

    def at(self, places: npt.NDArray[np.integer]) -> FewNames:
        """Return those of some places."""
        return FewNames(self.names, self.codes.take(places))


class PersonOfRows(NamedTuple):
    """What speaks of the person of each row."""

    begun: Begun
    parts: list[Words]

    @classmethod
    def of(cls, products: FewNames, days: Iterable[Days], hashes: Iterable[Words]) -> PersonOfRows:
        """Put it together.

        :param days: `anchor` and `callable_until`.
        :param hashes: the keyed hashes, in the order of their columns; zeros for a null.
        """
        texts = [*(f"={name}" for name in products.names), ""]
        begun = Begun([beginning(_PERSON, text) for text in texts], products.codes.astype(np.uint32))
        return cls(begun, [*map(_days_as_words, days), *hashes])


class LeafParts(NamedTuple):
    """What leaves hold of the outcome of a row: one entry for each outcome."""

    told: Begun
    person: PersonOfRows
    """Without hashes."""

    def at(self, places: npt.NDArray[np.uint32], hashes: Iterable[Words]) -> tuple[Begun, PersonOfRows]:
        """Return what is told of rows, whoever they are of, and what speaks of the person of each.

        :param places: which of the outcomes each row has.
        :param hashes: the keyed hashes of the rows, in the order of their columns; zeros for a null.
        """
        days = [values_of(places, part[:, 0]).reshape(-1, 1) for part in self.person.parts]
        return self.told.at(places), PersonOfRows(self.person.begun.at(places), [*days, *hashes])


def leaves(rows: pl.DataFrame, run_id: str, persons: Words) -> Words:
    """Return the leaf of each row.

    :param rows: rows of the decisions, in order, from any row on.
    :param persons: the hash of what speaks of a person, of each row.
    """
    found = combinations(rows.select(_TOLD))
    if found is None:
        raise ValueError("the decisions hold more different outcomes than there can be")
    return behind(told_of(run_id, *found), [rows_as_words(rows["row"].to_numpy()), persons])


def persons(rows: pl.DataFrame, nonces: Words) -> Words:
    """Return the hash of what speaks of a person, of each row."""
    hashes = [words_of_hashes(rows[name]) for name in hash_columns(rows.columns)]
    person = PersonOfRows.of(FewNames.of(rows["product"]), [days_of(rows[name]) for name in DAYS], hashes)
    return behind(person.begun, [nonces, *person.parts])


def words_of(data: bytes, size: int) -> Words:
    """Return bytes as words, `size` bytes a row."""
    return np.frombuffer(data, np.uint32).reshape(-1, size // 4)


def beginning(tag: bytes, text: str) -> bytes:
    """Return the beginning of a message, of whole blocks."""
    data = text.encode()
    framed = tag + len(data).to_bytes(4, "big") + data
    return framed.ljust(-(-len(framed) // _BLOCK) * _BLOCK, b"\0")


def no_hashes(rows: int) -> Words:
    """Return what stands for the keyed hashes of a column in which there are none."""
    return np.broadcast_to(np.uint32(0), (rows, HASH_BYTES // 4))


def words_of_hashes(hashes: pl.Series) -> Words:
    """Return keyed hashes as words; zeros for a null."""
    if hashes.null_count() == len(hashes):
        return no_hashes(len(hashes))
    known = filled(hashes, bytes(HASH_BYTES))
    return known.bin.reinterpret(dtype=pl.Array(pl.UInt32, HASH_BYTES // 4), endianness="little").to_numpy()


def days_of(dates: pl.Series) -> Days:
    """Return dates as days since 1970-01-01."""
    return dates.cast(pl.Date).to_physical().fill_null(NO_DAY).to_numpy()


def _days_as_words(days: Days) -> Words:
    """Return days as they are hashed."""
    return days.astype(">i4").view(np.uint32).reshape(-1, 1)
