"""Delimited text that is as simple as most is, counted and split into cells sixty-four bytes at a time.

Whoever asks reads any text: so what stands here for machines without loops, and for short texts, is that nothing is
told, and nothing is split.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from balansfilter.native.instructions import WIDTH, bits_set, eight_bytes, first_bit, where
from balansfilter.native.loop import inlined, loop
from balansfilter.native.view_parts import HALF, TWELVE, short_view
from balansfilter.native.views import MOST_BYTES, Buffers, Views

_LF, _CR = np.uint8(10), np.uint8(13)
_ONE, _FOUR, _WIDTH = np.uintp(1), np.uintp(4), np.uintp(WIDTH)
_BYTES_A_RECORD = 50
"""About as many, to tell from the size of a text whether it is worth a loop."""


@inlined
def _between(quotes):
    """Return a bit for each byte behind an odd number of quotes, the quote itself counted."""
    quotes ^= quotes << np.uint64(1)
    quotes ^= quotes << np.uint64(2)
    quotes ^= quotes << np.uint64(4)
    quotes ^= quotes << np.uint64(8)
    quotes ^= quotes << np.uint64(16)
    return quotes ^ (quotes << np.uint64(32))


@inlined
def _behind(bits, before):
    """Return the places behind those of some bits; `before` is what :func:`_last` said of the bytes before."""
    return (bits << np.uint64(1)) | before


@inlined
def _last(bits):
    """Say whether the last bit is set."""
    return bits >> np.uint64(WIDTH - 1)


@loop
def _count_records(text, separator, quote):
    """Count the records of a text that is as simple as most are; -1 for any other.

    It ends with a line feed; every line is a record, and none is empty; each quote opens or closes a cell, or doubles
    another; each carriage return outside quotes stands before a line feed; and no byte is zero.

    :param quote: the quote's code; a line feed where there are no quotes.
    """
    size = np.uintp(len(text))
    if size < _WIDTH or text[size - _ONE] != _LF:
        return np.int64(-1)
    quotes_mean = quote != _LF
    records, wrong, inside = np.uint64(0), np.uint64(0), np.uint64(0)
    feed_before, return_before, closed_before, closed_return_before = (
        np.uint64(1),
        np.uint64(0),
        np.uint64(0),
        np.uint64(0),
    )
    blank_before, edge_before = np.uint64(0), np.uint64(1)
    for place in range(np.uintp(0), size, _WIDTH):
        here = min(place, size - _WIDTH)  # the last part is seen together with some bytes before it
        seen = np.uint64(place - here)
        feeds, returns = where(text, here, _LF) >> seen, where(text, here, _CR) >> seen
        wrong |= where(text, here, np.uint8(0))
        plain_returns = returns
        if quotes_mean:
            quotes = where(text, here, quote) >> seen
            between = _between(quotes) ^ inside
            inside = np.uint64(0) - _last(between)
            edges = feeds | quotes | (where(text, here, separator) >> seen)
            closing = quotes & ~between
            behind_closing = _behind(closing, closed_before)
            wrong |= (quotes & between & ~_behind(edges, edge_before)) | (feeds & between)
            wrong |= behind_closing & ~(edges | returns)
            wrong |= _behind(behind_closing & returns, closed_return_before) & ~feeds
            closed_before, edge_before = _last(closing), _last(edges)
            closed_return_before = _last(behind_closing & returns)
            plain_returns &= ~between
        behind_feed = _behind(feeds, feed_before)
        wrong |= _behind(plain_returns, return_before) & ~feeds
        wrong |= (behind_feed | _behind(behind_feed & returns, blank_before)) & feeds
        feed_before, return_before, blank_before = _last(feeds), _last(plain_returns), _last(behind_feed & returns)
        records += bits_set(feeds)
        if wrong:
            return np.int64(-1)
    return np.int64(-1) if inside else np.int64(records)


def count_records(text: bytes, separator: np.uint8, quote: np.uint8) -> int | None:
    """Return how many records a text has if it is as simple as most are; None where it is not, or nobody looked.

    :param quote: a line feed where there are no quotes.
    """
    if not _count_records.pays(len(text) // _BYTES_A_RECORD):
        return None
    found = int(_count_records(np.frombuffer(text, np.uint8), separator, quote))
    return found if found > 0 else None


@inlined
def _view(text, size, start, length):
    """Return the view of a cell of a text of so many bytes."""
    if length > TWELVE:
        return np.uint64(length) | (eight_bytes(text, start) << HALF), np.uint64(start) << HALF
    if start + TWELVE > size or length < _FOUR:
        return short_view(text, start, length)
    first, rest = eight_bytes(text, start), eight_bytes(text, start + _FOUR)
    unwanted = (np.uint64(TWELVE) - np.uint64(length)) << np.uint64(3)  # a shift by 64 would be none
    half = unwanted >> np.uint64(1)
    return np.uint64(length) | (first << HALF), (((rest << half) << half) >> half) >> half


@inlined
def _has(text, start, end, code):
    for place in range(start, end):
        if text[place] == code:
            return True
    return False


@loop
def _split(text, separator, quote, rows, wanted, views, record_views):
    """Find the cells of each record, and say whether that was possible without doubt.

    It is not where a record has not as many cells as there are places in `wanted`, where a wanted cell has doubled
    quotes in it, and where the records are not as many as there is room for.

    :param text: whole records, none of them empty. Each quote in them opens or closes a cell, or doubles another; each
        carriage return outside quotes stands before a line feed.
    :param quote: the quote's code; a line feed where there are no quotes.
    :param rows: how many records there is room for.
    :param wanted: for each column the place in `views` that its cells go to; -1 for none.
    :param record_views: takes the records themselves; none, where it has no room.
    """
    size, width, kept = np.uintp(len(text)), len(wanted), len(record_views)
    if size < _WIDTH:
        return False
    quotes_mean = quote != _LF
    start, first = np.uintp(0), np.uintp(0)
    row, column = 0, 0
    inside = np.uint64(0)
    for place in range(np.uintp(0), size, _WIDTH):
        here = min(place, size - _WIDTH)  # the last part is seen together with some bytes before it
        seen = np.uint64(place - here)
        marks = (where(text, here, separator) | where(text, here, _LF)) >> seen
        if quotes_mean:
            between = _between(where(text, here, quote) >> seen) ^ inside
            inside = np.uint64(0) - (between >> np.uint64(63))
            marks &= ~between
        while marks:
            end = place + np.uintp(first_bit(marks))
            marks &= marks - np.uint64(1)
            target = wanted[column]
            ends_record = text[end] == _LF
            stop = end
            if ends_record and end > first and text[end - _ONE] == _CR:
                stop -= _ONE
            if target >= 0:
                begin, behind = start, stop
                if quotes_mean and begin < behind and text[begin] == quote:
                    begin += _ONE
                    behind -= _ONE
                    if _has(text, begin, behind, quote):
                        return False
                views[target, row, 0], views[target, row, 1] = _view(text, size, begin, behind - begin)
            start = end + _ONE
            if not ends_record:
                column += 1
                if column == width:
                    return False
                continue
            if column != width - 1:
                return False
            if row < kept:
                record_views[row, 0], record_views[row, 1] = _view(text, size, first, stop - first)
            row += 1
            column = 0
            first = start
            if row == rows:
                return first == size
    return False


def one_cell(text: bytes) -> pl.Series:
    """Return more than twelve bytes as one cell, not copied: other threads go on while it is looked at."""
    words = np.array([[len(text) | int.from_bytes(text[:4], "little") << 32, 0]], np.uint64)
    return Views(words, Buffers.of(np.frombuffer(text, np.uint8))).binary()


class Split(NamedTuple):
    """Whole records, split into cells."""

    columns: tuple[pl.Series, ...]
    """The wanted columns."""
    records: pl.Series | None
    """The records, without their line ends; None where they were not asked for."""


def split(
    text: bytes, marks: tuple[np.uint8, np.uint8], width: int, wanted: tuple[int, ...], rows: int, *, keep_records: bool
) -> Split | None:
    """Split whole records into cells; None where that cannot be done without doubt.

    :param text: as :func:`count_records` counts it; UTF-8.
    :param marks: separator and quote, the latter a line feed where there are no quotes.
    :param width: cells in a record.
    :param wanted: the places, from 0, of the columns to give.
    :param rows: how many records there are.
    """
    if len(text) > MOST_BYTES:
        return None
    targets = np.full(width, -1, np.int64)
    targets[list(wanted)] = np.arange(len(wanted))
    codes = np.frombuffer(text, np.uint8)
    views = np.empty((len(wanted), rows, 2), np.uint64)
    record_views = np.empty((rows if keep_records else 0, 2), np.uint64)
    if not _split(codes, *marks, rows, targets, views, record_views):
        return None
    buffers = Buffers.of(codes)
    columns = tuple(Views(column, buffers).series() for column in views)
    return Split(columns, Views(record_views, buffers).series("record") if keep_records else None)
