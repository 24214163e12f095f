"""Records of delimited text that is as simple as most is, counted sixty-four bytes at a time.

Whoever asks reads any text: so what stands here for machines without loops, and for short texts, is that nothing is
told.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import NamedTuple

import numpy as np

from balansfilter.native import BYTES_A_RECORD
from balansfilter.native.instructions import WIDTH, beyond_ascii, bits_set, where
from balansfilter.native.loop import loop
from balansfilter.native.quote_parts import between_quotes, last_bit, places_behind

_ZERO, _LF, _CR, _MARKS_LEAD = np.uint8(0), np.uint8(10), np.uint8(13), np.uint8(BOM_UTF8[0])
_ONE, _WIDTH = np.uintp(1), np.uintp(WIDTH)


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
            between = between_quotes(quotes) ^ inside
            inside = np.uint64(0) - last_bit(between)
            closing = quotes & ~between
            behind_closing = places_behind(closing, closed_before)
            wrong |= (quotes & between & ~places_behind(edges, edge_before)) | (feeds & between)
            wrong |= behind_closing & ~(edges | returns)
            wrong |= places_behind(behind_closing & returns, closed_return_before) & ~feeds
            closed_before, closed_return_before = last_bit(closing), last_bit(behind_closing & returns)
            plain_returns &= ~between
        behind_feed = places_behind(feeds, feed_before)
        wrong |= places_behind(plain_returns, return_before) & ~feeds
        wrong |= (behind_feed | places_behind(behind_feed & returns, blank_before)) & feeds
        feed_before, return_before, blank_before = (
            last_bit(feeds),
            last_bit(plain_returns),
            last_bit(behind_feed & returns),
        )
        edge_before = last_bit(edges)
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
