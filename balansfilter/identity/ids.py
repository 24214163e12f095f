"""Customer ids, and the keys by which two ways of writing one id are known to be the same.

An id is its text without layout. Its key leaves out as well what exports change: leading zeros, case, the braces of a
GUID, and the `.0` of a dataframe. A Salesforce id keeps its case, which tells two of them apart; where it is written
with 18 characters, the last three restore it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.native.id_loops import usual_ids
from balansfilter.native.text_loops import compacted, replaced
from balansfilter.native.without_queries import filled
from balansfilter.wording.spelling import USUAL_NULL_WORDS, NullWords, without_layout

_ZEROS = r"^0+(?:\.0)?$"
_WHOLE_DECIMAL = r"^([0-9]+)\.0$"
_GUID = r"^\{([0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12})\}$"
_SALESFORCE = r"^(?:0(?:0[1-9A-Za-z]|[1-9A-Za-z][0-9A-Za-z])|500|701|80[0126]|[aA][0-9A-Za-z]{2})[0-9A-Za-z]+$"
"""The three characters of the kind of record (001 account, 003 contact, a… one of your own), and the rest."""
_SALESFORCE_LENGTHS = (15, 18)
_HEAD, _SEVENTH, _SMALL, _CAPITAL, _NO_BITS = 15, 6, 0x20, 0xDF, 32
"""Fifteen characters tell all; the seventh is a zero kept free; a capital differs from a small letter in one bit."""


def _five_bits() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Return what each of the last three of 18 characters tells: in five bits, which of five are capitals."""
    bits = np.full(256, _NO_BITS, np.uint8)
    for value, sign in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"):
        bits[[ord(sign), ord(sign.lower())]] = value
    return bits


_FIVE_BITS = _five_bits()


class Ids(NamedTuple):
    """The ids of a column of cells."""

    text: pl.Series
    """Each id without layout; empty where there is none."""
    key: pl.Series
    """Its key; empty where there is none. The very same column where each id is its own key."""

    @property
    def differ(self) -> bool:
        """Whether any key is another text than its id."""
        return self.text is not self.key and bool((self.text != self.key).any())

    def compacted(self) -> Ids:
        """Return them apart from the cells that they were read in, for what outlives those."""
        text = compacted(self.text)
        return Ids(text, text if self.key is self.text else compacted(self.key))


def read_ids(cells: pl.Series, null_words: NullWords = USUAL_NULL_WORDS, *, exact: bool = False) -> Ids:
    """Return the id in each cell, and its key.

    :param exact: whether two ids are the same only if their texts are, so that each is its own key.
    """
    cells = filled(cells, "")
    if null_words.with_digits:
        return _spelled(cells, null_words, exact=exact)
    text, key, odd = usual_ids(cells)
    if len(odd) == len(cells):
        return _spelled(cells, null_words, exact=exact)
    if exact:
        key = text
    if not len(odd):
        return Ids(text, key)
    spelled = _spelled(cells.gather(odd), null_words, exact=exact)
    ids = replaced(text, odd, spelled.text)
    return Ids(ids, ids if key is text and not spelled.differ else replaced(key, odd, spelled.key))


def id_keys(texts: pl.Series) -> pl.Series:
    """Return the key of each id, which is written without layout."""
    return _keys(texts)


def _spelled(cells: pl.Series, null_words: NullWords, *, exact: bool) -> Ids:
    """Return ids and their keys, however they are written."""
    bare = without_layout(cells)
    nothing = null_words.are_in(bare) | bare.str.contains(_ZEROS)
    text = bare.set(nothing, "")
    return Ids(text, text if exact else _keys(text))


def _keys(texts: pl.Series) -> pl.Series:
    keys = texts.str.to_uppercase()
    braced = texts.str.starts_with("{").arg_true()
    if len(braced):
        keys = keys.scatter(braced, keys.gather(braced).str.replace(_GUID, "${1}"))
    decimal = texts.str.ends_with(".0").arg_true()
    if len(decimal):
        keys = keys.scatter(decimal, keys.gather(decimal).str.replace(_WHOLE_DECIMAL, "${1}"))
    for length in _SALESFORCE_LENGTHS:
        maybe = (texts.str.len_bytes() == length).arg_true()
        maybe = maybe.filter(texts.gather(maybe).str.contains(_SALESFORCE)) if len(maybe) else maybe
        if len(maybe):
            found = _salesforce(texts.gather(maybe), length)
            keys = keys.scatter(maybe.filter(found.is_not_null()), found.drop_nulls())
    return keys.str.strip_chars_start("0")


def _salesforce(texts: pl.Series, length: int) -> pl.Series:
    """Return the fifteen characters of Salesforce ids in their own case; null where a text is no such id."""
    signs = np.frombuffer("".join(texts).encode(), np.uint8).reshape(-1, length)
    head = signs[:, :_HEAD].copy()
    letters = head >= ord("A")
    right = letters.any(axis=1)
    if length > _HEAD:
        tail = _FIVE_BITS[signs[:, _HEAD:]]
        capital = (tail[:, :, None] >> np.arange(5) & 1).astype(np.bool_).reshape(-1, _HEAD)
        right &= (tail < _NO_BITS).all(axis=1) & ~(capital & ~letters).any(axis=1)
        head = np.where(letters, np.where(capital, head & _CAPITAL, head | _SMALL), head).astype(np.uint8)
    small = (letters & (head >= ord("a"))).any(axis=1)
    large = (letters & (head < ord("a"))).any(axis=1)
    right &= (small & large) | (head[:, _SEVENTH] == ord("0"))
    restored = pl.Series(np.ascontiguousarray(head).view(f"S{_HEAD}").reshape(-1).astype("U"), dtype=pl.String)
    return restored.set(pl.Series(~right), None)
