"""Signs of rows that are none: several that stray quotes made into one, and a total below the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from balansfilter.native.record_loops import Flags
from balansfilter.sources.around import seems_a_total
from balansfilter.sources.records import CR, LF, SPACE, Positions, TableLines
from balansfilter.sources.stray_quotes import Fault

if TYPE_CHECKING:
    from balansfilter.sources.marks import Marks

_FIX_ROW = "have the export repaired"
SWALLOWED = Fault(
    "has a cell over several lines, each with the separators of a whole row: a quote seems to stand where none belongs",
    "take the quote out, or double it; where quotes have no meaning in this file, set csv.quote to null",
)


def swallowed(layout: TableLines, marks: Marks, width: int) -> Flags | None:
    """Return, per line, whether it seems to be several rows that stray quotes made into one; None if none can be.

    Each piece of it up to a line feed that is not empty has the separators of a whole row. Prose may have as many, so
    in two pieces, or two columns, a separator counts only if no space stands behind it.
    """
    if layout.ending is None:
        return None
    firsts = layout.first_feeds
    filled = _filled(layout, marks)
    pieces = np.add.reduceat(filled.astype(np.int64), firsts)
    several: Flags = pieces > 1
    at = np.flatnonzero(layout.codes == marks.separator[0])
    loose = _each(_counts(layout, at) == width - 1, filled, firsts)
    tight = _each(_counts(layout, at[layout.codes[at + 1] != SPACE]) == width - 1, filled, firsts)
    if marks.separator == b" ":
        tight = np.zeros_like(tight)
    like_prose = (pieces == 2) | (width == 2)
    return several & np.where(like_prose, tight, loose) if width > 1 else several


def _filled(layout: TableLines, marks: Marks) -> Flags:
    """Return, per line feed, whether the piece before it has more in it than quotes, spaces and returns."""
    hollow = np.array([LF, CR, SPACE, *(marks.quote or b"")], np.uint8)
    counted = np.cumsum(~np.isin(layout.codes, hollow))
    return np.diff(counted[layout.feeds], prepend=0) > 0


def _counts(layout: TableLines, at: Positions) -> Positions:
    """Return, per line feed, how many of some places lie in the piece before it."""
    counts: Positions = np.diff(np.searchsorted(at, layout.feeds), prepend=0)
    return counts


def _each(holds: Flags, filled: Flags, firsts: Positions) -> Flags:
    """Return, per line, whether something holds for each of its pieces that is not empty."""
    each: Flags = np.logical_and.reduceat(holds | ~filled, firsts)
    return each


def ragged_hint(layout: TableLines, bad: Flags) -> str:
    """Return what to do about ragged rows; another thing where the last ones seem to be a total."""
    trailing = []
    for place in range(layout.ends.size - 1, -1, -1):
        if layout.blank is not None and layout.blank[place]:
            continue
        if not bad[place]:
            break
        start = int(layout.ends[place - 1]) + 1 if place else 0
        trailing.append(layout.text[start : int(layout.ends[place])])
    if any(map(seems_a_total, trailing)):
        return f"where the last lines are a total or a footer and no rows, set csv.trailer_lines to {len(trailing)}"
    return _FIX_ROW
