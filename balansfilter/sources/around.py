"""What reports write around a table: titles above it, Excel's line ``sep=``, and totals below it.

Such lines are left out only by their number, and a line that could be a row is never left out: the night on which the
title or the total is missing, somebody's objection would stand there.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from balansfilter.sources.marks import Marks

_SEP_LINE = re.compile(rb'("?)sep=([^\r\n])\1[,;|\t ]*\r?', re.IGNORECASE)
_WORDS = (
    "totaal|total|subtotaal|subtotal|aantal|count|rijen|regels|records?|rows?|lines|einde|eind|end|eof|trailer|footer"
    "|rapport|report|overzicht|gemaakt|aangemaakt|created|generated|export|exported|geexporteerd|geëxporteerd|datum"
    "|date|printed|afgedrukt|selectie|bron|page|pagina"
)
_TITLE_OR_TOTAL = re.compile(rf"\W*(?:\d[\d.,]*\W+)?(?:{_WORDS})\b", re.IGNORECASE)
_LOOKED_AT = 60
"""Lines among which a header is looked for."""
_LONGEST_TOTAL = 1 << 12


def separator_told(line: bytes) -> bytes | None:
    """Return the separator that a line ``sep=;`` tells; None for any other line."""
    match = _SEP_LINE.fullmatch(line)
    return match[2] if match else None


def behind_lines(pieces: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Leave out the first lines of a text."""
    for piece in pieces:
        start = 0
        while count and start < len(piece):
            feed = piece.find(b"\n", start)
            if feed < 0:
                break
            start, count = feed + 1, count - 1
        if not count:
            yield piece[start:] if start else piece


class Trailer:
    """The last lines of a text that have anything in them; they are left out."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.text = b""
        """The lines, and empty ones between and behind them, once the text was read to its end."""

    def cut(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Hand the text on without its last lines."""
        if not self._count:
            yield from pieces
            return
        held = b""
        for piece in pieces:
            held += piece
            start = _start_of_last(held, self._count + 1)  # one more: the last one may go on
            if start:
                yield held[:start]
                held = held[start:]
        start = _start_of_last(held, self._count)
        self.text = held[start:]
        if start:
            yield held[:start]


def _start_of_last(text: bytes, count: int) -> int:
    """Return where the last so many lines begin that have anything in them; 0 where there are not as many."""
    start = len(text)
    while count and start:
        end, start = start, text.rfind(b"\n", 0, start - 1) + 1
        count -= bool(text[start:end].strip())
    return start


class EndOfTable:
    """How a text ends."""

    def __init__(self) -> None:
        self.is_open = False
        """Whether its last line lacks a line feed."""
        self._tail = b""

    def seen(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Hand the pieces of the text on."""
        for piece in pieces:
            if piece:
                self.is_open = not piece.endswith(b"\n")
                self._tail = (self._tail + piece if len(piece) < _LONGEST_TOTAL else piece)[-_LONGEST_TOTAL:]
            yield piece

    def total(self, marks: Marks, width: int) -> int | None:
        """Return how many lines come behind the last one that is not empty, if that one has the form of a total.

        It has the cells of a row as well, so that it was read as one.
        """
        text = self._tail.rstrip()
        line = text[text.rfind(b"\n") + 1 :]
        cells = cells_of(line, marks)
        if len(cells) != width or may_be_a_row(line, marks, width) or not any(map(str.strip, cells)):
            return None
        return self._tail.count(b"\n", len(text)) - (not self.is_open)


def may_be_a_row(line: bytes, marks: Marks, width: int) -> bool:
    """Whether a line has the cells of a row, and does not begin as titles and totals do."""
    cells = cells_of(line, marks)
    if len(cells) != width:
        return False
    first = next((cell for cell in cells if cell.strip()), "")
    return bool(first) and not _TITLE_OR_TOTAL.match(first)


def seems_a_total(line: bytes) -> bool:
    """Whether a line begins as titles and totals do."""
    return bool(_TITLE_OR_TOTAL.match(line.decode("utf-8", "replace").lstrip(" \t\"',;|")))


def header_line(head: bytes, wanted: Sequence[str], marks: Marks) -> int:
    """Return the number of the line of a text that names most of the wanted columns, and at least half; 0 for none."""
    best = (0, 0)
    for number, line in enumerate(head.split(b"\n")[:_LOOKED_AT], start=1):
        found = len({name.strip("\ufeff \t") for name in cells_of(line, marks)} & set(wanted))
        if found > best[0]:
            best = (found, number)
    return best[1] if 2 * best[0] >= len(set(wanted)) else 0


def cells_of(line: bytes, marks: Marks) -> list[str]:
    """Return the cells of a record on one line; none where it cannot be split."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    try:
        rows = list(reader([text + "\n"], marks))
    except csv.Error:
        return []
    return rows[0] if rows else []


def reader(lines: Sequence[str], marks: Marks) -> Iterator[list[str]]:
    """Return what Python's csv module reads in some lines."""
    return csv.reader(
        lines,
        delimiter=marks.separator.decode(),
        quotechar=marks.quote.decode() if marks.quote else None,
        quoting=csv.QUOTE_MINIMAL if marks.quote else csv.QUOTE_NONE,
        escapechar=marks.escape.decode() if marks.escape else None,
        strict=True,
    )
