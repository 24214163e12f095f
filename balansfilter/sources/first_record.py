"""The first record of a file, which names the columns or shows how many there are."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import numpy as np

from balansfilter.frozen import dataclass
from balansfilter.sources.around import reader
from balansfilter.sources.records import TableLines, layouts
from balansfilter.sources.stray_quotes import FIX_RETURN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from balansfilter.sources.marks import Marks
    from balansfilter.sources.origin import Origin

HEAD_BYTES = 1 << 16
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf|\r?\n)*+")
"""What may stand before the first record: empty lines, and byte order marks where files were joined."""


@dataclass(frozen=True, repr=False)
class FirstRecord:
    """The first record of a file."""

    text: str
    """As in the file, without its line end."""
    cells: tuple[str, ...]
    line: int
    """Line at which it begins."""
    line_end: str
    length: int
    """Bytes of UTF-8 from the start of the text to behind its line end."""
    feeds: int
    """Line feeds in those bytes."""


def first_record(
    text: Callable[[], Iterator[bytes]], marks: Marks, origin: Origin, line: int, longest: int
) -> FirstRecord | None:
    """Return the first record of a text, in UTF-8, whose first line has a certain number; None for empty lines only.

    :raises SourceError: it cannot be split into cells.
    """
    length, feeds = _empty_before(text())
    for layout in layouts(without_first(text(), length), HEAD_BYTES, marks, origin, line + feeds, longest):
        if layout.records:
            return _record_of(layout, marks, origin, line, (feeds, length))
        feeds += layout.line_feeds
        length += len(layout.raw)
    return None


def without_first(pieces: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Leave out the first bytes of a stream."""
    for piece in pieces:
        if count >= len(piece):
            count -= len(piece)
        else:
            yield piece[count:] if count else piece
            count = 0


def _empty_before(pieces: Iterator[bytes]) -> tuple[int, int]:
    """Count the bytes before the first record, and the line feeds in them."""
    length = feeds = 0
    for piece in pieces:
        match = _BEFORE.match(piece)
        empty = match[0] if match else b""
        length += len(empty)
        feeds += empty.count(b"\n")
        if len(empty) < len(piece):
            break
    return length, feeds


def _record_of(layout: TableLines, marks: Marks, origin: Origin, line: int, behind: tuple[int, int]) -> FirstRecord:
    feeds, length = behind
    place = 0 if layout.blank is None else int(np.argmin(layout.blank))
    before = int(layout.first_feeds[place])
    lines = layout.raw.split(b"\n")
    through = int(layout.first_feeds[place + 1]) if place + 1 < layout.ends.size else layout.feeds.size
    start = sum(len(one) + 1 for one in lines[:before])
    record = b"\n".join(lines[before:through])
    line += feeds + before
    for broken in layout.broken:
        if before <= broken.feeds < through:
            raise origin.error(*broken.fault, line)
    text = _decoded(record.removesuffix(b"\r"), origin, line)
    return FirstRecord(
        text=text,
        cells=_split(text, marks, origin, line),
        line=line,
        line_end="\r\n" if record.endswith(b"\r") else "\n",
        length=length + start + len(record) + 1,
        feeds=feeds + through,
    )


def _decoded(record: bytes, origin: Origin, line: int) -> str:
    if b"\0" in record:
        raise origin.error("holds NUL bytes, which no text has", "it may be utf-16, or damaged on the way", line)
    try:
        return record.decode()
    except UnicodeDecodeError as error:
        line += record.count(b"\n", 0, error.start)
        hint = "set csv.encoding to the encoding it is in, such as windows-1252"
        raise origin.error("is not utf-8", hint, line) from None


def _split(text: str, marks: Marks, origin: Origin, line: int) -> tuple[str, ...]:
    alone = origin.error("has a carriage return without a line feed", FIX_RETURN, line)
    if text.endswith("\r"):  # one of two: csv would take both for the end of the line
        raise alone
    try:
        return tuple(next(reader([text + "\n"], marks)))
    except csv.Error:
        raise alone from None
