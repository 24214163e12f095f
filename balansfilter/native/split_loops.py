"""Where the cells of delimited text begin and end, found sixty-four bytes at a time."""

from __future__ import annotations

import numpy as np

from balansfilter.native.instructions import WIDTH, bits_set, first_bit, where
from balansfilter.native.loop import inlined, loop

_LF, _CR = np.uint8(10), np.uint8(13)
_ONE, _WIDTH = np.uintp(1), np.uintp(WIDTH)


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
def count_records(text, separator, quote):
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


@inlined
def _has(text, start, end, code):
    for place in range(start, end):
        if text[place] == code:
            return True
    return False


@loop
def split(text, separator, quote, wanted, starts, lengths, record_starts, record_lengths):
    """Find the cells of each record, and say whether that was possible without doubt.

    It is not where a record has not as many cells as there are places in `wanted`, where a wanted cell has doubled
    quotes in it, and where the records are not as many as there is room for.

    :param text: whole records, none of them empty. Each quote in them opens or closes a cell, or doubles another; each
        carriage return outside quotes stands before a line feed.
    :param quote: the quote's code; a line feed where there are no quotes.
    :param wanted: for each column the row of `starts` and `lengths` that its cells go to; -1 for none.
    """
    size, width, rows = np.uintp(len(text)), len(wanted), len(record_starts)
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
                starts[target, row] = begin
                lengths[target, row] = behind - begin
            start = end + _ONE
            if not ends_record:
                column += 1
                if column == width:
                    return False
                continue
            if column != width - 1:
                return False
            record_starts[row] = first
            record_lengths[row] = stop - first
            row += 1
            column = 0
            first = start
            if row == rows:
                return first == size
    return False
