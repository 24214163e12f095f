"""Columns of a Parquet file, written as what they are already: codes of names, days, hashes and numbers in a row.

A library that writes any column looks up which of its values are alike, and takes a copy of all of them. Neither is
needed here, so that a column costs little more than its bytes. A column has one page in each row group, of Parquet's
first form, which every reader knows; it is compressed only where that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.fs.thrift import Value, thrift, varint, zigzag
from balansfilter.native.held_loops import held_by
from balansfilter.native.page_loops import DIFFERENCES, QUARTERS, differences, front_coded, not_shared

Known = npt.NDArray[np.bool_]
"""Whether each row has a value."""
Codes = npt.NDArray[Any]
"""Numbers from 0."""
Places = npt.NDArray[np.uint32]

Compress = Callable[[memoryview], bytes]

BOOLEAN, INT32, INT64, FLOAT, DOUBLE, TEXT, _FIXED = 0, 1, 2, 4, 5, 6, 7
"""Parquet's numbers of types."""
PLAIN, RLE, _DELTA, _DELTA_TEXTS, DICTIONARY = 0, 3, 5, 7, 8
"""Parquet's numbers of how values are written."""
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_ZSTD = 6
_BYTE = 8
_FOLDING = {1: (7, 14, 28), 2: (6, 12), 4: (4,)}
"""By how many bits values of so many bits, a byte each, are shifted step by step until one byte holds all of them."""
_MOST_DAYS = 1 << 16
_LOOKED_AT = 1024
"""Texts at the beginning of a column, by which it is guessed how much each shares with the one before it."""
_LEFT_OF_EACH = 4
"""Each has at most one byte in so many left behind that, one with another, where it is written without it."""


class Page(NamedTuple):
    """A page of a column."""

    kind: int
    """Parquet's number of what it holds: values, or the different ones of a column."""
    told: Value
    """What its header tells of its values."""
    body: list[memoryview]
    size: int
    """How many bytes its body has when it is not compressed."""

    @property
    def head(self) -> bytes:
        """Its header."""
        field = 7 if self.kind == _DICTIONARY_PAGE else 5
        return thrift({1: self.kind, 2: self.size, 3: sum(map(len, self.body)), field: self.told})

    def compressed(self, compress: Compress) -> Page:
        """Return it with its body compressed."""
        whole, *more = self.body
        if more:  # put together by numpy, which lets other threads run meanwhile
            whole = np.concatenate([np.frombuffer(part, np.uint8) for part in self.body]).data
        return self._replace(body=[memoryview(compress(whole))])


class Bounds(NamedTuple):
    """The least and the greatest value of a column, as they are written in a page."""

    least: bytes
    greatest: bytes


class ColumnChunk(NamedTuple):
    """A column of a row group."""

    kind: int
    """Parquet's number of the type that its values are written in."""
    rows: int
    encoding: int
    """Parquet's number of how its values are written."""
    dictionary: Page | None
    """The page of its different values, where it has one."""
    data: Page
    """The page of its values."""
    nulls: int | None = None
    """How many rows have no value, where that is told."""
    bounds: Bounds | None = None
    """Its bounds, where they are told."""
    codec: int = 0
    """Parquet's number of how its pages are compressed; 0 for not at all."""
    is_short: bool = False
    """Whether its pages are shorter already than zstd makes values that are written whole."""

    @property
    def encodings(self) -> list[Value]:
        """All that are in use, those of nulls and of the dictionary among them."""
        return [*sorted({self.encoding, RLE, *([PLAIN] if self.dictionary else [])})]

    @property
    def pages(self) -> list[Page]:
        """Its pages, in order."""
        return [self.dictionary, self.data] if self.dictionary else [self.data]

    def in_zstd(self, compress: Compress) -> ColumnChunk:
        """Return it with its pages compressed by zstd, unless they are short."""
        if self.is_short:
            return self
        dictionary = self.dictionary and self.dictionary.compressed(compress)
        return self._replace(dictionary=dictionary, data=self.data.compressed(compress), codec=_ZSTD)


def numbers_chunk(first: int, rows: int) -> ColumnChunk:
    """Return the numbers from a first one on, as differences of 1, which take no bits."""
    blocks = (zigzag(1) + bytes(QUARTERS)) * -(-(rows - 1) // DIFFERENCES)
    return _differences_chunk(first, rows, blocks)


def ascending_chunk(numbers: npt.NDArray[np.int64]) -> ColumnChunk:
    """Return numbers, each no less than the one before it, as their differences.

    :param numbers: at least one.
    """
    first, last = int(numbers[0]), int(numbers[-1])
    bounds = Bounds(*(end.to_bytes(8, "little", signed=True) for end in (first, last)))
    return _differences_chunk(first, len(numbers), differences(numbers))._replace(nulls=0, bounds=bounds)


def _differences_chunk(first: int, rows: int, blocks: bytes | npt.NDArray[np.uint8]) -> ColumnChunk:
    """Return numbers by the first of them, and the blocks of differences behind it."""
    return chunk(INT64, _DELTA, np.ones(rows, np.bool_), _before_differences(first, rows), blocks)


def _before_differences(first: int, rows: int) -> bytes:
    return varint(DIFFERENCES) + varint(QUARTERS) + varint(rows) + zigzag(first)


def texts_chunk(known: Known, texts: pl.Series) -> ColumnChunk:
    """Return a column of texts: without what each shares with the one before it where that is most of it, as in ids.

    Others have it all, and their lengths before all of them, since zstd takes half the time where none is in between.

    :param texts: those of the rows that have one.
    """
    if not len(texts):
        return chunk(TEXT, PLAIN, known)
    is_short = _share_most(texts)
    shared, left, rests = front_coded(texts) if is_short else not_shared(texts)
    made = chunk(TEXT, _DELTA_TEXTS, known, *_as_differences(shared), *_as_differences(left), rests)
    return made._replace(is_short=is_short)


def _as_differences(numbers: npt.NDArray[np.int64]) -> tuple[bytes, npt.NDArray[np.uint8]]:
    return _before_differences(int(numbers[0]), len(numbers)), differences(numbers)


def _share_most(texts: pl.Series) -> bool:
    """Return whether texts have so much in common with the one before that little else is left, by the first ones."""
    shared, left, _ = front_coded(texts.head(_LOOKED_AT))
    return len(texts) > 1 and int(left.sum()) * _LEFT_OF_EACH <= int(left.sum() + shared.sum())


def hashes_chunk(words: npt.NDArray[np.uint32], known: Known) -> ColumnChunk:
    """Return hashes of one width, a row of words each."""
    return chunk(_FIXED, PLAIN, known, words if known.all() else words.take(np.flatnonzero(known), axis=0))


def names_chunk(different: Sequence[str], codes: Codes, places: Places) -> ColumnChunk:
    """Return a column of names.

    :param codes: which of the different names each of some outcomes has; none where it is beyond the last.
    :param places: which of those each row has.
    """
    held, known = held_by(places, codes.astype(np.uint32, copy=False), len(different))
    texts = [name.encode() for name in different]
    data = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    return _coded(TEXT, known, _narrow(held, len(different)), len(different), data)


def days_chunk(days: npt.NDArray[np.int32], no_day: int, places: Places) -> ColumnChunk:
    """Return a column of days: as places behind the first of them, where they lie close together.

    :param days: those of some outcomes, since 1970-01-01; or what stands for none.
    :param places: which of those each row has.
    """
    found, known = held_by(places, days.view(np.uint32), no_day % (1 << 32))
    held = found.view(np.int32)
    first, last = (int(held.min()), int(held.max())) if len(held) else (0, 0)
    different = last - first + 1
    if different > min(_MOST_DAYS, len(held) // 2):
        return chunk(INT32, PLAIN, known, held.astype("<i4"))
    data = np.arange(first, last + 1, dtype="<i4").tobytes()
    return _coded(INT32, known, _narrow(held - np.int32(first), different), different, data)


def _coded(kind: int, known: Known, codes: Codes, different: int, dictionary: bytes) -> ColumnChunk:
    """Return a column by the places of its values in a dictionary, in as many bits as divide a byte, or whole bytes.

    :param codes: those of the rows that have a value.
    """
    if not len(codes):
        return chunk(kind, PLAIN, known)
    width = next(width for width in (1, 2, 4, 8, 16, 32) if different <= 1 << width)
    groups = -(-len(codes) // _BYTE)
    whole = np.append(codes, np.zeros(groups * _BYTE - len(codes), codes.dtype))
    return coded_chunk(kind, known, (different, dictionary), width, _packed(whole, width))


def coded_chunk(
    kind: int, known: Known, dictionary: tuple[int, bytes | npt.NDArray[Any]], width: int, packed: npt.NDArray[Any]
) -> ColumnChunk:
    """Return a column by the places of its values in a dictionary.

    :param dictionary: how many values it has, and their bytes.
    :param packed: the places, in so many bits each, up to a whole number of eight of them.
    """
    different, data = dictionary[0], _as_bytes(dictionary[1])
    head = bytes([width]) + varint(packed.nbytes // width << 1 | 1)
    page = Page(_DICTIONARY_PAGE, {1: different, 2: PLAIN}, [data], len(data))
    return chunk(kind, DICTIONARY, known, head, packed)._replace(dictionary=page)


def _narrow(codes: npt.NDArray[np.integer], most: int) -> Codes:
    """Return codes of at most so much in as few bytes as they need."""
    return codes.astype(np.min_scalar_type(most), copy=False)


def _packed(codes: Codes, width: int) -> Codes:
    """Return codes in so many bits each, the first in the lowest: what belongs in one byte is folded into it."""
    if width >= _BYTE:
        return codes.astype(f"<u{width // _BYTE}", copy=False)
    folded: Codes = codes.view(f"<u{_BYTE // width}")
    for shift in _FOLDING[width]:
        folded = folded | folded >> np.array(shift, folded.dtype)
    return folded.astype(np.uint8)


def chunk(kind: int, encoding: int, known: Known, *values: bytes | npt.NDArray[Any]) -> ColumnChunk:
    """Return a column with a page of its values.

    :param values: the bytes of those that there are, part by part.
    """
    return _of_parts(kind, encoding, known, [_levels(known), *map(_as_bytes, values)])


def _of_parts(kind: int, encoding: int, known: Known, parts: list[memoryview]) -> ColumnChunk:
    told: Value = {1: len(known), 2: encoding, 3: RLE, 4: RLE}
    return ColumnChunk(kind, len(known), encoding, None, Page(_DATA_PAGE, told, parts, sum(map(len, parts))))


def _as_bytes(part: bytes | npt.NDArray[Any]) -> memoryview:
    if isinstance(part, bytes):
        return memoryview(part)
    return np.ascontiguousarray(part).reshape(-1).view(np.uint8).data


def _levels(known: Known) -> memoryview:
    """Return which rows have a value: in one run where all are alike, else in a bit each."""
    if known.all() or not known.any():
        runs = varint(len(known) << 1) + bytes([bool(known.any())])
    else:
        bits = np.packbits(known, bitorder="little").tobytes()
        runs = varint(len(bits) << 1 | 1) + bits
    return memoryview(len(runs).to_bytes(4, "little") + runs)
