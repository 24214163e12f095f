"""Where the records of a delimited text begin and end, found by counting quotes over whole blocks at once.

In text that is well formed - RFC 4180: each quote opens, closes or doubles - a line feed ends a record if and only if
an even number of quotes stands before it. That every quote does so is checked, never assumed; text in which one does
not goes by way of :mod:`balansfilter.sources.stray_quotes`.

A line without anything in it is no record; so in a file of one column an empty cell is written as two quotes.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from balansfilter.frozen import dataclass
from balansfilter.native.record_loops import Flags, SimpleText, count_records
from balansfilter.sources.marks import Marks
from balansfilter.sources.stray_quotes import Broken, mend, whole_records, without_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from balansfilter.errors import SourceError
    from balansfilter.sources.origin import Origin

Positions = npt.NDArray[np.int64]

LF, CR, SPACE = 10, 13, 32
MAX_RECORD_LINES = 1000
"""A record over more lines than this is taken for a quote that somebody forgot to close."""
_CLOSE_THE_QUOTE = "close the quote; where quotes have no meaning in this file, set csv.quote to null"


@dataclass(frozen=True, repr=False)
class TableLines:
    """Whole lines of a text, in the sense of a table: a line feed between quotes does not end one."""

    text: bytes
    """Well-formed text; it ends with a line feed."""
    raw: bytes
    """The same text as it was delivered; other bytes where quotes had to be mended, the same line feeds."""
    quote: bytes | None
    """What stands around cells; None where nothing in the text does."""
    ending: Flags | None
    """Per line feed, whether it ends a line; None if all do."""
    broken: tuple[Broken, ...] = ()
    """The cells that could not be mended."""
    counted: SimpleText | None = None
    """What there is in a text that is as simple as most are: each line is a record, none is empty, no quote or carriage
    return is odd, and no byte is zero. None where that is not known."""

    @property
    def is_simple(self) -> bool:
        """Whether the text is known to be as simple as most are."""
        return self.counted is not None

    @property
    def is_ascii(self) -> bool:
        """Whether no byte of `raw` is beyond ASCII."""
        return self.raw.isascii() if self.counted is None else self.counted.is_ascii

    @cached_property
    def feeds(self) -> Positions:
        """Positions of all line feeds in `text`."""
        return _places(self.text, LF)

    @cached_property
    def quotes(self) -> Positions:
        """Positions of all quotes in `text`."""
        return np.empty(0, np.int64) if self.quote is None else _places(self.text, self.quote[0])

    @cached_property
    def codes(self) -> npt.NDArray[np.uint8]:
        """The bytes of `text`."""
        return np.frombuffer(self.text, np.uint8)

    @cached_property
    def ends(self) -> Positions:
        """Position of the line feed that ends each line."""
        return self.feeds if self.ending is None else self.feeds[self.ending]

    @cached_property
    def blank(self) -> Flags | None:
        """Per line, whether it is empty; None if no line is."""
        lengths = np.diff(self.ends, prepend=-1)
        short = np.flatnonzero(lengths <= 2)
        empty = short[(lengths[short] == 1) | (self.codes[self.ends[short] - 1] == CR)]
        if not empty.size:
            return None
        flags = np.zeros(lengths.size, np.bool_)
        flags[empty] = True
        return flags

    @cached_property
    def records(self) -> int:
        """Number of lines that are not empty."""
        if self.counted is not None:
            return self.counted.records
        return self.ends.size - (0 if self.blank is None else int(np.count_nonzero(self.blank)))

    @property
    def line_feeds(self) -> int:
        """Number of line feeds."""
        return self.feeds.size if self.counted is None else self.counted.records

    @cached_property
    def first_feeds(self) -> Positions:
        """Per line, how many line feeds come before its first character."""
        if self.ending is None:
            return np.arange(self.feeds.size)
        return np.concatenate([[0], np.flatnonzero(self.ending)[:-1] + 1])

    @cached_property
    def hollow(self) -> bool:
        """Whether no quotes have anything between them."""
        return self.quotes.size % 2 == 0 and bool((self.quotes[1::2] - self.quotes[0::2] == 1).all())

    def between_quotes(self, most: float) -> npt.NDArray[np.uint8] | None:
        """Return the bytes between quotes, one after another; None if they are more than `most`."""
        opening, closing = self.quotes[0::2], self.quotes[1::2]
        lengths = closing - opening - 1
        size = int(lengths.sum())
        if size > most:
            return None
        before = np.cumsum(lengths) - lengths
        return self.codes[np.repeat(opening + 1 - before, lengths) + np.arange(size)]

    def outside(self, positions: Positions) -> Flags:
        """Per position in `text`, whether it lies outside quotes."""
        even: Flags = np.searchsorted(self.quotes, positions) % 2 == 0
        return even

    def lines_of(self, feeds_before: Positions) -> Positions:
        """Return the line (from 0) in which something stands, by the number of line feeds before it."""
        return np.searchsorted(self.first_feeds, feeds_before, side="right") - 1


def layouts(  # noqa: PLR0913 - a text has this many sides
    pieces: Iterator[bytes],
    size: int,
    marks: Marks,
    origin: Origin,
    line: int,
    longest: int,
    marked: list[int] | None = None,
) -> Iterator[TableLines]:
    """Cut a text into parts of whole records, each of about `size` bytes, or as long as its only record.

    `line` is the number of the first line. A byte order mark in front of a record is left out, and the line of the
    first one in each part is added to `marked`. SourceError on a quote that is never closed, and on a record of
    more than `longest` bytes.
    """
    carry = b""
    for piece, last in _gathered(pieces, size):
        split = len(piece) if last else piece.rfind(b"\n") + 1
        whole = not carry and split == len(piece)
        carry, rest = piece if whole else b"".join((carry, memoryview(piece)[:split])), piece[split:]
        if last and carry and not carry.endswith(b"\n"):
            carry += b"\n"
        carry, layout = _laid_out(carry, marks, line, marked)
        while layout.line_feeds:
            _check_lines_in_record(layout, origin, line)
            if (feeds := _feeds_before_too_long(layout, longest)) is not None:
                raise _too_long(origin, line + feeds, longest)
            yield layout
            line += layout.line_feeds
            carry = carry[len(layout.raw) :] if len(layout.raw) < len(carry) else b""
            layout = lay_out(carry if last else b"", marks)
        carry += rest
        if len(carry) > longest:
            raise _too_long(origin, line, longest)
    if carry:
        raise origin.error("has a quote that is never closed, in the record that begins here", _CLOSE_THE_QUOTE, line)


def _feeds_before_too_long(layout: TableLines, longest: int) -> int | None:
    """Return how many line feeds come before the first record of more bytes; None where there is none."""
    if len(layout.text) <= longest:
        return None
    if layout.ending is not None:
        lengths = np.diff(layout.ends, prepend=-1)
        place = int(np.argmax(lengths > longest))
        return int(layout.first_feeds[place]) if lengths[place] > longest else None
    begins = 0
    while len(layout.text) - begins > longest:
        end = layout.text.rfind(b"\n", begins, begins + longest)
        if end < 0:
            return layout.text.count(b"\n", 0, begins)
        begins = end + 1
    return None


def _too_long(origin: Origin, line: int, longest: int) -> SourceError:
    message = f"has a record of more than {longest} bytes that begins here"
    return origin.error(
        message, "close the quote, or set csv.quote to null; or allow longer ones in csv.max_record", line
    )


def _laid_out(text: bytes, marks: Marks, line: int, marked: list[int] | None) -> tuple[bytes, TableLines]:
    """Return a text without the byte order marks in front of its records, and lay it out."""
    simple = _simple(text, marks)
    if simple is not None and simple.counted is not None and not simple.counted.may_have_marks:
        return text, simple
    clean = without_marks(text, marks)
    if clean is text:
        return text, simple or _lay_out(text, marks)
    if marked is not None:
        marked.append(line + (b"\n" + text).count(b"\n", 0, (b"\n" + text).index(b"\n" + BOM_UTF8)))
    return clean, lay_out(clean, marks)


def lay_out(text: bytes, marks: Marks) -> TableLines:
    """Find the whole records that a text begins with; what follows them is left out."""
    return _simple(text, marks) or _lay_out(text, marks)


def _simple(text: bytes, marks: Marks) -> TableLines | None:
    """Lay out a text that is as simple as most are."""
    counted = count_records(text, *marks.regular.codes) if marks.are_regular_in(text) else None
    return None if counted is None else TableLines(text, text, marks.regular.quote, None, counted=counted)


def _lay_out(text: bytes, marks: Marks) -> TableLines:
    quote, is_regular = marks.regular.quote, marks.are_regular_in(text)
    if quote is None or (is_regular and quote not in text):
        whole = text[: text.rfind(b"\n") + 1]
        return TableLines(whole, whole, None, None)
    layout = _by_parity(text, quote) if is_regular else None
    if layout is not None and _well_formed(layout, marks):
        return layout
    raw = text[: whole_records(text, marks)]
    mended = mend(raw, marks)
    regular = _by_parity(mended.text, quote)
    if regular is None:
        return TableLines(b"", b"", None, None)
    return replace(regular, raw=raw, broken=mended.broken)


def _by_parity(text: bytes, quote: bytes) -> TableLines | None:
    """Lay out a text on trust that it is well formed; None if no line feed in it seems to end a record."""
    whole = TableLines(text, text, quote, None)
    if text.endswith(b"\n") and whole.hollow:
        return whole
    ending = np.searchsorted(whole.quotes, whole.feeds) % 2 == 0
    last = int(ending.size - np.argmax(ending[::-1])) if ending.any() else 0
    if not last:
        return None
    end, ends = int(whole.feeds[last - 1]) + 1, None if ending[:last].all() else ending[:last]
    part = text if end == len(text) else text[:end]
    return TableLines(part, part, quote, ends)


def _well_formed(layout: TableLines, marks: Marks) -> bool:
    """Whether each quote opens a cell, closes one, or doubles another; then counting them tells what lies between."""
    opening, closing = layout.quotes[0::2], layout.quotes[1::2]
    if opening.size != closing.size:
        return False
    before = layout.codes[opening - 1]  # before the first byte: the last one, which is a line feed as well
    after = layout.codes[closing + 1]
    closed = marks.around_quotes[after]
    returns = np.flatnonzero(after == CR)
    closed[returns] = layout.codes[closing[returns] + 2] == LF
    return bool(marks.around_quotes[before].all() and closed.all())


def _check_lines_in_record(layout: TableLines, origin: Origin, line: int) -> None:
    if layout.ending is None:
        return
    lengths = np.diff(np.flatnonzero(layout.ending), prepend=-1)
    longest = int(np.argmax(lengths))
    if lengths[longest] > MAX_RECORD_LINES:
        begins = line + int(layout.first_feeds[longest])
        message = f"has a record of {lengths[longest]} lines that begins here; a quote seems not to be closed"
        raise origin.error(message, _CLOSE_THE_QUOTE, begins)


def _places(text: bytes, code: int) -> Positions:
    return np.flatnonzero(np.frombuffer(text, np.uint8) == code)


def _gathered(pieces: Iterator[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Join pieces until they are about `size` bytes long, and tell which one is the last; that one may be empty."""
    parts: list[bytes] = []
    total = 0
    for piece in pieces:
        parts.append(piece)
        total += len(piece)
        if total > size // 2:  # the first piece lacks the header: do not wait for a whole second one
            yield b"".join(parts), False
            parts, total = [], 0
    yield b"".join(parts), True
