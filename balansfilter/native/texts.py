"""A column of texts that were not copied: where each stands in the bytes that it came from.

These columns come out of compiled loops, and exist only where those are to be had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from numpy.lib import format as numpy_format

from balansfilter.native import loops

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]

_MOST_DIFFERENT = 1 << 13
_SLOTS = 1 << 14


class Coded(NamedTuple):
    """A column of few different texts."""

    texts: pl.Series
    """The different ones."""
    codes: npt.NDArray[np.uint32]
    """For each cell, the place of its text among them."""


@dataclass(frozen=True, repr=False)
class Packed:
    """Texts one behind the other."""

    offsets: Offsets
    """Where each begins; and where the last one ends."""
    text: Bytes

    def series(self, name: str = "") -> pl.Series:
        """Return them as a column of Polars; they must be UTF-8."""
        return self._column("large_string", name)

    def binary(self, name: str = "") -> pl.Series:
        """Return them as a column of Polars, as bytes."""
        return self._column("large_binary", name)

    def _column(self, kind: str, name: str) -> pl.Series:
        import nanoarrow

        buffers = [None, self.offsets, self.text]
        array = nanoarrow.c_array_from_buffers(getattr(nanoarrow, kind)(), len(self.offsets) - 1, buffers)
        return pl.Series(array).alias(name)

    @classmethod
    def of(cls, texts: pl.Series) -> Packed:
        """Pack a column of Polars; a null is an empty text."""
        views, buffers = _views(texts.fill_null("").rechunk())
        offsets = np.zeros(len(views) + 1, np.int64)
        np.cumsum(views[:, 0] & np.uint64(0xFFFFFFFF), out=offsets[1:])
        out = np.empty(offsets[-1], np.uint8)
        addresses = np.array([buffer.ctypes.data for buffer in buffers], np.uintp)
        _loops().unpack_views(views, views.view(np.uint8).reshape(-1), addresses, offsets, out)
        return cls(offsets, out)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def empty(self) -> npt.NDArray[np.bool_]:
        """Whether each text is empty."""
        return np.asarray(self.offsets[1:] == self.offsets[:-1])

    def texts(self) -> Texts:
        """Return them as places; they are shorter than 2 GiB together."""
        starts, lengths = self.offsets[:-1].astype(np.int32), np.diff(self.offsets).astype(np.int32)
        return Texts(self.text, starts, lengths)

    def put_away(self, path: Path) -> Callable[[], Packed]:
        """Write them to a file, and give what reads them back."""
        put_away(path, self.offsets, self.text)
        return lambda: _packed(*taken_out(path, 2))

    def gather(self, places: npt.NDArray[np.intp]) -> Packed:
        """Return the texts at some places."""
        offsets = np.empty(len(places) + 1, np.int64)
        out = np.empty(int((self.offsets[places + 1] - self.offsets[places]).sum()), np.uint8)
        _loops().gather(self.text, self.offsets, places, offsets, out)
        return Packed(offsets, out)


@dataclass(frozen=True, repr=False)
class Texts:
    """A column of texts, by their places in bytes of UTF-8."""

    text: Bytes
    """Not writable: numba compiles a loop once more for bytes that are."""
    starts: Places
    lengths: Places

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def of(cls, texts: pl.Series) -> Texts:
        """Take the texts of a column of Polars."""
        packed = Packed.of(texts)
        return cls(packed.text, packed.offsets[:-1].astype(np.int32), np.diff(packed.offsets).astype(np.int32))

    def series(self, name: str = "") -> pl.Series:
        """Return the texts themselves."""
        return self.packed().series(name)

    def packed(self) -> Packed:
        """Put the texts one behind the other."""
        offsets = np.empty(len(self) + 1, np.int64)
        out = np.empty(int(self.lengths.sum(dtype=np.int64)), np.uint8)
        _loops().pack(self.text, self.starts, self.lengths, offsets, out)
        return Packed(offsets, out)

    def joined(self, tails: Packed, codes: npt.NDArray[np.int32]) -> Packed:
        """Return each text with one of a few tails behind it."""
        offsets = np.empty(len(self) + 1, np.int64)
        size = self.lengths.sum(dtype=np.int64) + (tails.offsets[1:] - tails.offsets[:-1])[codes].sum()
        out = np.empty(int(size), np.uint8)
        _loops().join(self.text, self.starts, self.lengths, tails.text, tails.offsets, codes, offsets, out)
        return Packed(offsets, out)

    def trimmed(self) -> Texts:
        """Return the texts without the white space around them."""
        starts, lengths = np.empty_like(self.starts), np.empty_like(self.lengths)
        if _loops().trim(self.text, self.starts, self.lengths, starts, lengths):
            return Texts.of(self.series().str.strip_chars())
        return Texts(self.text, starts, lengths)

    def gather(self, places: npt.NDArray[Any]) -> Texts:
        """Return the texts at some places."""
        return Texts(self.text, self.starts[places], self.lengths[places])

    def replaced(self, places: npt.NDArray[np.intp], others: pl.Series | Packed) -> Texts:
        """Return the texts with others in some places."""
        packed = others if isinstance(others, Packed) else Packed.of(others)
        if len(places) == len(self):
            return packed.texts()
        starts, lengths = self.starts.copy(), self.lengths.copy()
        starts[places] = packed.offsets[:-1] + len(self.text)
        lengths[places] = np.diff(packed.offsets)
        return Texts(np.concatenate([self.text, packed.text]), starts, lengths)

    def coded(self) -> Coded | None:
        """Return each text once, and which of them each cell is; None where there are too many."""
        codes, firsts = np.empty(len(self), np.uint32), np.empty(_MOST_DIFFERENT, np.int64)
        slots = np.zeros(4 * _SLOTS, np.uint64)
        found = _loops().code(self.text, self.starts, self.lengths, slots, codes, firsts)
        return None if found < 0 else Coded(self.gather(firsts[:found]).series(), codes)


Column: TypeAlias = "pl.Series | Texts"
"""A column of cells, as texts or as places."""


def as_series(cells: Column, name: str = "") -> pl.Series:
    """Return a column as one of Polars."""
    return cells.series(name) if isinstance(cells, Texts) else cells.alias(name)


def trimmed(cells: Column) -> Column:
    """Return cells without the white space around them."""
    return cells.trimmed() if isinstance(cells, Texts) else cells.str.strip_chars()


def coded(cells: Column) -> tuple[pl.Series, pl.Series]:
    """Return the different texts of a column, and which of them each cell is: few, in columns like dates."""
    found = cells.coded() if isinstance(cells, Texts) else None
    if found is not None:
        return found.texts, pl.Series(found.codes)
    column = as_series(cells)
    texts = column.unique()
    places = pl.int_range(len(texts), dtype=pl.UInt32, eager=True)
    return texts, column.replace_strict(texts, places, return_dtype=pl.UInt32) if len(column) else places


class Split(NamedTuple):
    """Whole records, split into cells."""

    columns: tuple[Texts, ...]
    """The wanted columns."""
    records: Texts
    """The records, without their line ends."""


def split(
    text: Bytes, separator: np.uint8, quote: np.uint8, width: int, wanted: tuple[int, ...], rows: int
) -> Split | None:
    """Split whole records into cells; None where that cannot be done without doubt.

    :param text: as :func:`balansfilter.native.split_loops.count_records` counts it; shorter than 2 GiB.
    :param quote: a line feed where there are no quotes.
    :param width: cells in a record.
    :param wanted: the places, from 0, of the columns to give.
    :param rows: how many records there are.
    """
    found = loops("split_loops")
    if found is None:
        return None
    targets = np.full(width, -1, np.int64)
    targets[list(wanted)] = np.arange(len(wanted))
    starts, lengths = np.empty((len(wanted), rows), np.int32), np.empty((len(wanted), rows), np.int32)
    record_starts, record_lengths = np.empty(rows, np.int32), np.empty(rows, np.int32)
    if not found.split(text, separator, quote, targets, starts, lengths, record_starts, record_lengths):
        return None
    columns = tuple(Texts(text, starts[i], lengths[i]) for i in range(len(wanted)))
    return Split(columns, Texts(text, record_starts, record_lengths))


def _packed(offsets: Offsets, text: Bytes) -> Packed:
    return Packed(offsets, text)


def put_away(path: Path, *arrays: npt.NDArray[Any]) -> None:
    """Write arrays to a file, one behind the other, in numpy's format.

    :raises OSError: with the system's reason, which numpy's own writing of a file leaves out.
    """
    with path.open("wb") as file:
        for array in arrays:
            numpy_format.write_array_header_1_0(file, numpy_format.header_data_from_array_1_0(array))
            file.write(array.data)


def taken_out(path: Path, count: int) -> Iterator[npt.NDArray[Any]]:
    """Yield the arrays of a file back."""
    with path.open("rb") as file:
        for _ in range(count):
            yield np.load(file)


def _views(texts: pl.Series) -> tuple[npt.NDArray[np.uint64], list[Bytes]]:
    """Return the views and the buffers of a column of Polars in one chunk, as they lie in memory."""
    import nanoarrow

    for array in nanoarrow.c_array_stream(texts):
        if not array.length:
            continue
        seen = array.view()
        buffers = [np.frombuffer(seen.buffer(place), np.uint8) for place in range(1, seen.n_buffers)]
        views = buffers[0].view(np.uint64).reshape(-1, 2)
        return views[array.offset : array.offset + array.length], buffers[1:]
    return np.empty((0, 2), np.uint64), []


def _loops() -> Any:
    return loops("text_loops")
