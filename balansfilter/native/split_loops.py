"""Delimited text that is as simple as most is, counted and split into cells sixty-four bytes at a time.

Whoever asks reads any text: so what stands here for machines without loops, and for short texts, is that nothing is
told, and nothing is split.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native import BYTES_A_RECORD
from balansfilter.native.instructions import WIDTH, beyond_ascii, bits_set, copy_all, first_bit, put_view, where
from balansfilter.native.loop import inlined, loop
from balansfilter.native.text_loops import extent
from balansfilter.native.view_parts import HALF, TWELVE, view
from balansfilter.native.views import MOST_BYTES, SHORT, Buffers, Bytes, Views, Words

_ZERO, _LF, _CR, _MARKS_LEAD = np.uint8(0), np.uint8(10), np.uint8(13), np.uint8(BOM_UTF8[0])
_ONE, _SIXTEEN, _WIDTH, _BIT = np.uintp(1), np.uintp(16), np.uintp(WIDTH), np.uint64(1)
_IN_TEXT = np.uint64(1)
"""The number of the buffer of views that is the text; the one before holds the cells that lie near each other."""
_AT_ONCE = np.uintp(8)
"""Marks among as many bytes as are compared at once, which are seldom more."""
_LOOKED_AT = 1 << 12
"""Bytes at the beginning of a text, by whose records it is guessed how much of each column is in long cells."""
_MORE = 9 / 8
"""How much more room is made for them."""
_NEAR = 1 << 11
"""Cells of which a processor keeps the text, and where they start, near."""


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

    It is told as well whether any byte begins a byte order mark, and whether any is not ASCII.

    It ends with a line feed; every line is a record, and none is empty; each quote opens or closes a cell, or doubles
    another; each carriage return outside quotes stands before a line feed; and no byte is zero.

    :param quote: the quote's code; a line feed where there are no quotes.
    """
    size, quote = np.uintp(len(text)), _ZERO if quote == _LF else quote
    records, wrong, inside, leads, beyond = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    if size < _WIDTH or text[size - _ONE] != _LF:
        return np.int64(-1), False, False
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
        quotes, plain_returns = where(text, here, quote) >> seen, returns
        edges = feeds | quotes | (where(text, here, separator) >> seen)
        wrong |= where(text, here, _ZERO)
        leads |= where(text, here, _MARKS_LEAD)
        beyond |= beyond_ascii(text, here)
        if quotes | inside | closed_before | closed_return_before:  # in all parts of a list, or in hardly any
            between = _between(quotes) ^ inside
            inside = np.uint64(0) - _last(between)
            closing = quotes & ~between
            behind_closing = _behind(closing, closed_before)
            wrong |= (quotes & between & ~_behind(edges, edge_before)) | (feeds & between)
            wrong |= behind_closing & ~(edges | returns)
            wrong |= _behind(behind_closing & returns, closed_return_before) & ~feeds
            closed_before, closed_return_before = _last(closing), _last(behind_closing & returns)
            plain_returns &= ~between
        behind_feed = _behind(feeds, feed_before)
        wrong |= _behind(plain_returns, return_before) & ~feeds
        wrong |= (behind_feed | _behind(behind_feed & returns, blank_before)) & feeds
        feed_before, return_before, blank_before = _last(feeds), _last(plain_returns), _last(behind_feed & returns)
        edge_before = _last(edges)
        records += bits_set(feeds)
        if wrong:
            return np.int64(-1), False, False
    return np.int64(-1) if inside else np.int64(records), leads != np.uint64(0), beyond != np.uint64(0)


class SimpleText(NamedTuple):
    """What there is in a text that is as simple as most are."""

    records: int
    may_have_marks: bool
    """Whether a byte in it may begin the byte order mark of UTF-8."""
    is_ascii: bool


def count_records(text: bytes, separator: np.uint8, quote: np.uint8) -> SimpleText | None:
    """Return how many records a text has if it is as simple as most are; None where it is not, or nobody looked.

    :param quote: a line feed where there are no quotes.
    """
    if not _count_records.pays(len(text) // BYTES_A_RECORD):
        return None
    found, may_have_marks, is_beyond = _count_records(np.frombuffer(text, np.uint8), separator, quote)
    return SimpleText(found, may_have_marks, not is_beyond) if found > 0 else None


@inlined
def _put_starts(starts, found, behind, marks):
    """Write where the cells behind some marks start, and return how many those are.

    A few are written whatever there are, for the processor cannot foresee how many; what is too much is written over.
    """
    count, to = np.uintp(bits_set(marks)), found + _ONE
    for n in range(_AT_ONCE):
        starts[to + np.uintp(n)] = behind + np.uintp(first_bit(marks))
        marks &= marks - _BIT
    for n in range(_AT_ONCE, count):
        starts[to + np.uintp(n)] = behind + np.uintp(first_bit(marks))
        marks &= marks - _BIT
    return count


@inlined
def _any_wanted(bits, marks, found, wanted):
    """Whether any of some bits stands in a wanted cell; so many cells came before, from the start of a record on."""
    while bits:
        before = np.uintp(bits_set(marks & (bits ^ (bits - _BIT))))
        if wanted[(found + before) % np.uintp(len(wanted))] >= 0:
            return True
        bits &= bits - _BIT
    return False


@inlined
def _end_of_record(text, start, behind):
    """Return where a record, or its last cell, ends before its line end."""
    end = behind - _ONE
    return end - _ONE if start < end and text[end - _ONE] == _CR else end


@inlined
def _put(views, row, text, start, end, far):
    """Write the view of a part of the text; `far` says where it lies, if it is long."""
    if start + _SIXTEEN <= np.uintp(len(text)):
        put_view(views, row << _ONE, text, start, end - start, far)
    else:
        views[row, 0], views[row, 1] = view(text, start, end - start, far)


@inlined
def _put_cell(views, row, text, start, end, near, taken, room):
    """Write the view of a cell, and return how much room near each other is taken with that of its own.

    :param near: where long cells are put behind each other, while there is room: whoever reads them need not go through
        the whole text again, which is here now and far away then.
    """
    length, far = end - start, (np.uint64(start) << HALF) | _IN_TEXT
    if start + _WIDTH <= np.uintp(len(text)) and taken + _WIDTH <= room[1]:
        is_near = length > TWELVE and length <= _WIDTH
        copy_all(near, taken, text, start)
        far = np.uint64(taken - room[0]) << HALF if is_near else far
        taken += length if is_near else np.uintp(0)
    _put(views, row, text, start, end, far)
    return taken


@inlined
def _put_records(text, quote, wanted, starts, records, row, views, near, rooms, taken, record_views):
    """Write the views of some records, and say whether each of them ends where so many cells do."""
    width = np.uintp(len(wanted))
    for n in range(records):
        first = np.uintp(n) * width
        start, behind = np.uintp(starts[first]), np.uintp(starts[first + width])
        if text[behind - _ONE] != _LF:
            return False
        if len(record_views):
            end = _end_of_record(text, start, behind)
            _put(record_views, row + np.uintp(n), text, start, end, np.uint64(start) << HALF)
    for column in range(width):
        target, is_last = wanted[column], column == width - _ONE
        if target < 0:
            continue
        to, room = taken[target], (rooms[target], rooms[target + 1])
        for n in range(records):
            cell = np.uintp(n) * width + np.uintp(column)
            start, behind = np.uintp(starts[cell]), np.uintp(starts[cell + _ONE])
            end = _end_of_record(text, start, behind) if is_last else behind - _ONE
            quoted = np.uintp(text[start] == quote)  # of an empty cell, this is the mark behind it
            to = _put_cell(views[target], row + np.uintp(n), text, start + quoted, end - quoted, near, to, room)
        taken[target] = to
    return True


@loop
def _split(text, separator, quote, rows, wanted, starts, views, near, rooms, taken, record_views):
    """Find the cells of each record, and say whether that was possible without doubt.

    It is not where a record has not as many cells as there are places in `wanted`, where a wanted cell has doubled
    quotes in it, and where the records are not as many as there is room for.

    :param text: whole records, none of them empty. Each quote in them opens or closes a cell, or doubles another; each
        carriage return outside quotes stands before a line feed; and no byte is zero.
    :param quote: the quote's code; a line feed where there are no quotes.
    :param rows: how many records there is room for.
    :param wanted: for each column the place in `views` that its cells go to; -1 for none.
    :param starts: takes where the cells of some records start, which are read again column by column. There is room
        for a record, for `WIDTH` cells, and for the end of the last one.
    :param near: takes the cells of each column that are long, one behind the other, while there is room.
    :param rooms: where the room of each column begins, and the last one ends.
    :param taken: the same, without the end; takes where what was put there ends.
    :param record_views: takes the records themselves; none, where it has no room.
    """
    size, room, width = np.uintp(len(text)), np.uintp(len(starts)) - _WIDTH - _ONE, np.uintp(len(wanted))
    if size < _WIDTH:
        return False
    quote = _ZERO if quote == _LF else quote
    inside, closed_before, feeds_seen = np.uint64(0), np.uint64(0), np.uint64(0)
    place, found, row = np.uintp(0), np.uintp(0), np.uintp(0)
    starts[0] = 0
    while place < size:
        while place < size and found < room:
            here = min(place, size - _WIDTH)  # the last part is seen together with some bytes before it
            seen = np.uint64(place - here)
            feeds, quotes = where(text, here, _LF) >> seen, where(text, here, quote) >> seen
            marks = feeds | (where(text, here, separator) >> seen)
            closing = np.uint64(0)
            if quotes | inside:
                between = _between(quotes) ^ inside
                inside = np.uint64(0) - _last(between)
                marks, feeds, closing = marks & ~between, feeds & ~between, quotes & ~between
                if _any_wanted(quotes & between & _behind(closing, closed_before), marks, found, wanted):
                    return False
            closed_before = _last(closing)
            feeds_seen += bits_set(feeds)
            found += _put_starts(starts, found, place + _ONE, marks)
            place += _WIDTH
        records = found // width
        if row + records > np.uintp(rows):
            return False
        if not _put_records(text, quote, wanted, starts, records, row, views, near, rooms, taken, record_views):
            return False
        row += records
        found -= records * width
        for n in range(found + _ONE):
            starts[np.uintp(n)] = starts[records * width + np.uintp(n)]
    ends_there = found == np.uintp(0) and np.uintp(starts[0]) == size
    return ends_there and row == np.uintp(rows) and feeds_seen == np.uint64(rows)


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
    rooms = _rooms(text, marks, width, wanted, rows)
    near, taken = np.empty(rooms[-1], np.uint8), rooms[:-1].copy()
    record_views = np.empty((rows if keep_records else 0, 2), np.uint64)
    starts = np.empty(max(_NEAR, width) + WIDTH + 1, np.uint32)
    if not _split(codes, *marks, rows, targets, starts, views, near, rooms, taken, record_views):
        return None
    parts = [near[start:end] for start, end in zip(rooms.tolist(), taken.tolist(), strict=False)]
    columns = tuple(_column(words, cells, codes) for words, cells in zip(views, parts, strict=True))
    return Split(columns, Views(record_views, Buffers.of(codes)).series("record") if keep_records else None)


def _rooms(
    text: bytes, marks: tuple[np.uint8, np.uint8], width: int, wanted: tuple[int, ...], rows: int
) -> npt.NDArray[np.uintp]:
    """Return where the room for the long cells of each column begins, and the last one ends, guessed by a few."""
    separator, quote = (bytes([mark]) for mark in marks)
    seen = [line.split(separator) for line in text[:_LOOKED_AT].split(b"\n")[:-1]]
    even = [cells for cells in seen if len(cells) == width]
    sizes = [0]
    for place in wanted:
        lengths = [len(cells[place].strip(quote)) for cells in even]
        long = sum(length for length in lengths if SHORT < length <= WIDTH)
        sizes.append(int(_MORE * long * rows / len(even)) + WIDTH if long else 0)
    return np.cumsum(sizes, dtype=np.uintp)


def _column(words: Words, near: Bytes, text: Bytes) -> pl.Series:
    """Return a column of cells; the text is kept for it only where a cell lies in there."""
    views = Views(words, Buffers.of(near, text))
    alone = Views(words, Buffers.of(near))
    return (alone if extent(alone).long == len(near) else views).series()
