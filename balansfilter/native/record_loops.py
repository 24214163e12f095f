"""Records of delimited text that is as simple as most is: counted, and found again, sixty-four bytes at a time.

Whoever has them counted reads any text: so what stands here for machines without loops, and for short texts, is that
nothing is told.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.native import BYTES_A_RECORD
from balansfilter.native.checksum import begun_checksum, checksum_of
from balansfilter.native.instructions import WIDTH, beyond_ascii, bits_set, first_bit, mix_in, where
from balansfilter.native.loop import loop
from balansfilter.native.quote_parts import between_quotes, last_bit, places_behind
from balansfilter.native.view_parts import HALF, view
from balansfilter.native.views import Buffers, Views

_ZERO, _LF, _CR, _MARKS_LEAD = np.uint8(0), np.uint8(10), np.uint8(13), np.uint8(BOM_UTF8[0])
_ONE, _WIDTH, _BIT = np.uintp(1), np.uintp(WIDTH), np.uint64(1)

Flags = npt.NDArray[np.bool_]


@loop
def _count_records(text, separator, quote, checksum):
    """Count the records of a text that is as simple as most are; -1 for any other.

    It is told as well whether any byte begins a byte order mark, and whether any is not ASCII.

    It ends with a line feed; every line is a record, and none is empty; each quote opens or closes a cell, or doubles
    another; each carriage return outside quotes stands before a line feed; and no byte is zero.

    :param quote: the quote's code; a line feed where there are no quotes.
    :param checksum: that of no text; takes that of the text.
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
        mix_in(checksum, text, here)
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
    checksum: bytes


def count_records(text: bytes, separator: np.uint8, quote: np.uint8) -> SimpleText | None:
    """Return how many records a text has if it is as simple as most are; None where it is not, or nobody looked.

    :param quote: a line feed where there are no quotes.
    """
    if not _count_records.pays(len(text) // BYTES_A_RECORD):
        return None
    checksum = begun_checksum()
    found, may_have_marks, is_beyond = _count_records(np.frombuffer(text, np.uint8), separator, quote, checksum)
    return SimpleText(found, may_have_marks, not is_beyond, checksum.tobytes()) if found > 0 else None


@loop
def _choose_lines(text, chosen, checksum, out):
    """Write the views of chosen lines, without their ends, and say whether there are as many lines as are told of.

    The view of each line is written: for one that is not chosen the next comes in its place.

    :param chosen: of each line whether it is.
    :param checksum: that of no text; takes that of the text.
    :param out: has room for one more than are chosen.
    """
    size, lines, line, to, start = np.uintp(len(text)), np.uintp(len(chosen)), np.uintp(0), np.uintp(0), np.uintp(0)
    for place in range(np.uintp(0), size, _WIDTH):
        here = min(place, size - _WIDTH)  # the last part is seen together with some bytes before it
        mix_in(checksum, text, here)
        feeds = where(text, here, _LF) >> np.uint64(place - here)
        while feeds:
            feed = place + np.uintp(first_bit(feeds))
            feeds &= feeds - _BIT
            if line >= lines:
                return False
            end = feed - _ONE if start < feed and text[feed - _ONE] == _CR else feed
            out[to, 0], out[to, 1] = view(text, start, end - start, np.uint64(start) << HALF)
            to += np.uintp(chosen[line])
            line, start = line + _ONE, feed + _ONE
    return line == lines and start == size


class ChosenLines(NamedTuple):
    """Some of the lines of a text, without their ends."""

    views: Views
    checksum: bytes
    """That of the whole text."""


def chosen_lines(text: bytes, chosen: Flags) -> ChosenLines | None:
    """Return some of the lines of a text, as they are found by its line feeds; None where it has not as many lines.

    :param text: at least sixty-four bytes, and at most as many as a view may point into.
    :param chosen: of each line whether it is one of them.
    """
    codes = np.frombuffer(text, np.uint8)
    if not _choose_lines.pays(len(text) // BYTES_A_RECORD):
        return _chosen_by_numpy(codes, chosen)
    found, checksum = np.empty((np.count_nonzero(chosen) + 1, 2), np.uint64), begun_checksum()
    if not _choose_lines(codes, chosen, checksum, found):
        return None
    return ChosenLines(Views(found[:-1], Buffers.of(codes)), checksum.tobytes())


def _chosen_by_numpy(codes: npt.NDArray[np.uint8], chosen: Flags) -> ChosenLines | None:
    feeds = np.flatnonzero(codes == _LF)
    if len(feeds) != len(chosen) or codes[-1] != _LF:
        return None
    starts, ends = np.concatenate([[0], feeds[:-1] + 1])[chosen], feeds[chosen]
    lines = [codes[start:end].tobytes().removesuffix(b"\r") for start, end in zip(starts, ends, strict=True)]
    return ChosenLines(Views.of(pl.Series(lines, dtype=pl.Binary)), checksum_of(codes).tobytes())
