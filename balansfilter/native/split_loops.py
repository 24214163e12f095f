"""Delimited text that is as simple as most is, split into cells sixty-four bytes at a time.

Whoever asks reads any text: so what stands here for machines without loops, and for short texts, is that nothing is
split.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native.instructions import WIDTH, bits_set, copy_all, first_bit, put_view, where
from balansfilter.native.loop import inlined, loop
from balansfilter.native.quote_parts import between_quotes, last_bit, places_behind
from balansfilter.native.view_parts import HALF, TWELVE, view
from balansfilter.native.views import MOST_BYTES, SHORT, Buffers, Views

_ZERO, _LF, _CR = np.uint8(0), np.uint8(10), np.uint8(13)
_ONE, _SIXTEEN, _WIDTH, _BIT = np.uintp(1), np.uintp(16), np.uintp(WIDTH), np.uint64(1)
_IN_TEXT = np.uint64(1)
"""The number of the buffer of views that is the text; the one before is what is gathered."""
_AT_ONCE = np.uintp(8)
"""Marks among as many bytes as are compared at once, which are seldom more."""
_LOOKED_AT = 1 << 12
"""Bytes at the beginning of a text, by whose records it is guessed how much of each column is in long cells."""
_MORE = 9 / 8
"""How much more room is made for them."""
_NEAR = 1 << 11
"""Cells of which a processor keeps the text, and where they start, near."""


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
def _put_cell(views, row, text, start, end, gathered, to, room):
    """Write the view of a cell.

    :returns: where what is gathered ends now; and whether the cell is long, and left in the text.
    :param gathered: where long cells are put behind each other, while there is room: whoever reads them need not go
        through the whole text again, which the processor has near now, and no more then.
    :param room: where the room for those of the column begins, and where it ends.
    """
    length = end - start
    far, is_left = (np.uint64(start) << HALF) | _IN_TEXT, length > TWELVE
    if start + _WIDTH <= np.uintp(len(text)) and to + _WIDTH <= room[1]:
        is_gathered = is_left and length <= _WIDTH
        copy_all(gathered, to, text, start)
        far = np.uint64(to - room[0]) << HALF if is_gathered else far
        to += length if is_gathered else np.uintp(0)
        is_left = is_left and not is_gathered
    _put(views, row, text, start, end, far)
    return to, is_left


@inlined
def _put_records(text, quote, wanted, starts, records, row, views, gathered, rooms, ends, left):
    """Write the views of the cells of some records, and say whether each of them ends where so many cells do."""
    width = np.uintp(len(wanted))
    for n in range(records):
        first = np.uintp(n) * width
        if text[np.uintp(starts[first + width]) - _ONE] != _LF:
            return False
    for column in range(width):
        target, is_last = wanted[column], column == width - _ONE
        if target < 0:
            continue
        to, room, any_left = ends[target], (rooms[target], rooms[target + 1]), left[target]
        for n in range(records):
            cell = np.uintp(n) * width + np.uintp(column)
            start, behind = np.uintp(starts[cell]), np.uintp(starts[cell + _ONE])
            end = _end_of_record(text, start, behind) if is_last else behind - _ONE
            quoted = np.uintp(text[start] == quote)  # of an empty cell, this is the mark behind it
            to, is_left = _put_cell(
                views[target], row + np.uintp(n), text, start + quoted, end - quoted, gathered, to, room
            )
            any_left |= is_left
        ends[target], left[target] = to, any_left
    return True


@loop
def _split(text, separator, quote, rows, wanted, starts, views, gathered, rooms, ends, left):
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
    :param gathered: takes the long cells of each column, one behind the other, while there is room.
    :param rooms: where the room of each column begins, and the last one ends.
    :param ends: where the room of each column begins; takes where what is gathered there ends.
    :param left: takes for each column whether any long cell is left in the text.
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
                between = between_quotes(quotes) ^ inside
                inside = np.uint64(0) - last_bit(between)
                marks, feeds, closing = marks & ~between, feeds & ~between, quotes & ~between
                if _any_wanted(quotes & between & places_behind(closing, closed_before), marks, found, wanted):
                    return False
            closed_before = last_bit(closing)
            feeds_seen += bits_set(feeds)
            found += _put_starts(starts, found, place + _ONE, marks)
            place += _WIDTH
        records = found // width
        if row + records > np.uintp(rows):
            return False
        if not _put_records(text, quote, wanted, starts, records, row, views, gathered, rooms, ends, left):
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


def split(
    text: bytes, marks: tuple[np.uint8, np.uint8], width: int, wanted: tuple[int, ...], rows: int
) -> tuple[pl.Series, ...] | None:
    """Split whole records into cells, and return some columns; None where that cannot be done without doubt.

    :param text: as :func:`balansfilter.native.record_loops.count_records` counts it; UTF-8.
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
    gathered, ends, left = np.empty(rooms[-1], np.uint8), rooms[:-1].copy(), np.zeros(len(wanted), np.bool_)
    starts = np.empty(max(_NEAR, width) + WIDTH + 1, np.uint32)
    if not _split(codes, *marks, rows, targets, starts, views, gathered, rooms, ends, left):
        return None
    parts = zip(rooms[:-1].tolist(), ends.tolist(), left.tolist(), strict=True)
    buffers = [Buffers.of(gathered[start:end], *([codes] if is_left else [])) for start, end, is_left in parts]
    return tuple(Views(words, cells).series() for words, cells in zip(views, buffers, strict=True))


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
        sizes.append(min(int(_MORE * long * rows / len(even)), len(text)) + WIDTH if long else 0)
    return np.cumsum(sizes, dtype=np.uintp)
