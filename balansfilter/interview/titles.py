"""What stands above a table that somebody made by hand: a title, a line `sep=`, an empty line. Pure.

A line that might be a row is never told to be left out: only where a row of names follows is there a title above it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import islice

from balansfilter.interview.text import SEPARATORS, Record, fitness, has_header
from balansfilter.sources.around import separator_told

_LOOKED_AT = 200
_MOST = 20
"""Titles are not longer than this."""


def separator_named(text: str) -> tuple[str, int] | None:
    """Return the separator that a line `sep=` names, and how many lines stand above that line."""
    for above, line in enumerate(islice(StringIO(text), _MOST)):
        if found := separator_told(line.rstrip("\r\n").encode()):
            return found.decode(), above
    return None


def separator_of(text: str) -> str:
    """Tell the separator: of those that divide nearly every record of the table alike, the one with most columns."""
    return max(SEPARATORS, key=lambda separator: fitness(without_lines(text, lines_above(text, separator)), separator))


def without_lines(text: str, count: int) -> str:
    """Return a text without its first lines, and without a line `sep=` behind them."""
    lines = StringIO(text)
    for line in lines:
        if count <= 0 and separator_told(line.rstrip("\r\n").encode()) is None:
            return line + lines.read()
        count -= 1
    return ""


def lines_above(text: str, separator: str) -> int:
    """Return how many lines stand above the names of the columns; none where it is not sure that they are names."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    begins, records, before = list[int](), list[Record](), 0
    try:
        for record in islice(reader, _LOOKED_AT):
            begins.append(before)
            records.append(record)
            before = reader.line_num
    except csv.Error:
        pass  # an odd quote or a cell without an end: what came before it is enough
    start = rows_above(records)
    return begins[start] if start else 0


def rows_above(rows: Sequence[Sequence[object]]) -> int:
    """Return how many rows stand above the names of the columns, among the first rows of a table."""
    filled = [_filled(row) for row in rows]
    width = _usual(count for count in filled if count)
    start = next((place for place, count in enumerate(filled) if count and not _is_title(count, width)), 0)
    if not 0 < start <= _MOST or not any(filled[:start]):
        return 0
    told = [["" if cell is None else str(cell) for cell in row] for row in rows[start:] if _filled(row)]
    return start if len(told) > 1 and has_header(told) else 0


def _filled(row: Iterable[object]) -> int:
    return sum(cell is not None and bool(str(cell).strip()) for cell in row)


def _usual(counts: Iterable[int]) -> int:
    """Return how many cells most rows have; of counts that are as usual, the greatest."""
    times = Counter(counts)
    return max(times, key=lambda count: (times[count], count), default=0)


def _is_title(filled: int, width: int) -> bool:
    """Whether a row has so few cells, beside those of most rows, that it is no row and no names."""
    return width > 1 and (filled == 1 or filled * 3 <= width)
