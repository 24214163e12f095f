"""Customer ids, and the keys by which two ways of writing one id are known to be the same.

An id is its text without layout. Its key leaves out as well what exports change: leading zeros, case, the braces of a
GUID, and the `.0` of a dataframe. A Salesforce id keeps its case, which tells two of them apart; where it is written
with 18 characters, the last three restore it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from balansfilter.native import loops
from balansfilter.native.texts import Column, Packed, Texts, as_series
from balansfilter.wording.spelling import USUAL_NULL_WORDS, NullWords, without_layout

_USUAL = r"^[1-9A-Z][0-9A-Z!#$%&()*+,\-./:;<>?@\[\]^_|~]*$"
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

    text: Column
    """Each id without layout; empty where there is none."""
    key: Column
    """Its key; empty where there is none."""

    @property
    def differ(self) -> bool:
        """Whether any key is another text than its id."""
        text, key = self
        if isinstance(text, Texts) and isinstance(key, Texts) and text.text is key.text:
            moved = (text.starts != key.starts) & (text.lengths > 0)
            return bool((moved | (text.lengths != key.lengths)).any())
        return bool((as_series(text) != as_series(key)).any())


def read_ids(cells: Column, null_words: NullWords = USUAL_NULL_WORDS, *, exact: bool = False) -> Ids:
    """Return the id in each cell, and its key.

    :param exact: whether two ids are the same only if their texts are, so that each is its own key.
    """
    if isinstance(cells, Texts):
        return _by_place(cells, null_words, exact=exact)
    cells = cells.fill_null("")
    odd = (~cells.str.contains(_USUAL) | cells.str.len_bytes().is_in(_SALESFORCE_LENGTHS)).arg_true()
    ends = cells.str.ends_with(".0").arg_true()
    odd = odd.append(ends).unique()
    if null_words.with_digits or len(odd) == len(cells):
        return Ids(*_spelled(cells, null_words, exact=exact))
    spelled = _spelled(cells.gather(odd), null_words, exact=exact)
    no_digit = (~cells.str.contains("[0-9]")).arg_true()
    words = no_digit.filter(null_words.are_in(cells.gather(no_digit)))
    return Ids(*(cells.clone().scatter(odd, found).scatter(words, "") for found in spelled))


def id_keys(texts: pl.Series) -> pl.Series:
    """Return the key of each id, which is written without layout."""
    return _keys(texts)


def _spelled(cells: pl.Series, null_words: NullWords, *, exact: bool) -> tuple[pl.Series, pl.Series]:
    """Return ids and their keys, however they are written."""
    bare = without_layout(cells)
    nothing = null_words.are_in(bare) | bare.str.contains(_ZEROS)
    text = bare.set(nothing, "")
    return text, text if exact else _keys(text)


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


# --- cells by their places ------------------------------------------------------------------------------------


def _by_place(cells: Texts, null_words: NullWords, *, exact: bool) -> Ids:
    found: Any = loops("id_loops")
    size = len(cells)
    text, key = (Texts(cells.text, np.empty(size, np.int32), np.empty(size, np.int32)) for _ in range(2))
    kinds = np.empty(size, np.uint8)
    lower, odd = found.read_ids(
        cells.text, cells.starts, cells.lengths, found.CLASSES,
        text.starts, text.lengths, key.starts, key.lengths, kinds,
    )  # fmt: skip
    if null_words.with_digits:
        kinds[:], odd = found.ODD, size
    if not odd:
        return Ids(text, text if exact else (_with_capitals(key, kinds == found.LOWER) if lower else key))
    places = np.flatnonzero(kinds == found.ODD)
    made, made_keys = _spelled(cells.gather(places).series(), null_words, exact=exact)
    if not exact and lower:
        key = _with_capitals(key, kinds == found.LOWER)
    text = text.replaced(places, made)
    return Ids(text, text if exact else key.replaced(places, made_keys))


def _with_capitals(key: Texts, where: Any) -> Texts:
    found: Any = loops("id_loops")
    places = np.flatnonzero(where)
    return key.replaced(places, _packed(key.gather(places), found.capitals))


def _packed(texts: Texts, write: Callable[..., None]) -> Packed:
    offsets = np.empty(len(texts) + 1, np.int64)
    out = np.empty(int(texts.lengths.sum(dtype=np.int64)), np.uint8)
    write(texts.text, texts.starts, texts.lengths, offsets, out)
    return Packed(offsets, out)
