"""One block of CSV, split into cells: the heavy step, made for worker threads.

Polars reads the cells, and pads a short row in silence. So a block counts as read only once it is proved that each of
its rows has as many cells as the header: in most blocks by numbers that cost next to nothing (see `_is_even`), in the
others by counting the separators of every row.

A row with too few or too many cells may be dropped, wherever its lines end. One with a quote where none belongs may
only if it lies on one line: over several, an unclosed quote may have swallowed other rows. Two such quotes make one
well-formed row of several; it is told by its lines, which each have as many separators as a row.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.native.record_loops import Flags
from balansfilter.native.split_loops import one_cell, split
from balansfilter.sources.bad_rows import SWALLOWED, ragged_hint, swallowed
from balansfilter.sources.interface import Block, Chunk, OnBadRow
from balansfilter.sources.lines import LinesMadeApart, LinesOfText
from balansfilter.sources.records import CR, LF, Positions, TableLines
from balansfilter.sources.stray_quotes import FIX_RETURN, Fault
from balansfilter.wording.plural import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from balansfilter.decided.rendered import LinesAgain
    from balansfilter.sources.marks import Marks
    from balansfilter.sources.origin import Origin

_FEW_QUOTED = 0.2
"""The share of a text between quotes up to which it is quicker to look at those bytes than at all lines."""


@dataclass(frozen=True)
class Shape:
    """What all blocks of a file have in common."""

    origin: Origin
    marks: Marks
    """Those of regular text, in which nothing is escaped."""
    width: int
    """Cells in a row."""
    wanted: tuple[tuple[str, int], ...]
    """The requested columns: name and place, from 0."""
    keep_records: bool
    on_bad_row: OnBadRow
    is_unchecked_utf8: bool
    """Whether the text was taken for UTF-8 without looking."""


@dataclass(frozen=True, repr=False)
class CsvBlock(Block):
    """Whole records of one CSV file."""

    layout: TableLines
    """Where its lines are."""
    shape: Shape
    first_row: int
    first_line: int
    """Line in the file at which it begins."""
    in_file: LinesAgain | None = None
    """Its lines, where they can be read again."""

    @property
    def rows(self) -> int:
        """Data rows in it, unreadable ones counted too."""
        return self.layout.records

    def parse(self) -> Chunk:
        """Split the block into cells."""
        self._check_text()
        numbers = pl.int_range(self.first_row, self.first_row + self.rows, dtype=pl.UInt64, eager=True)
        placed = self._placed(numbers)
        if placed is not None:
            return placed
        table = self._read_if_even()
        if table is not None:
            return self._chunk(numbers, numbers.clear(), table, None)
        bad = self._bad_lines()
        blank = np.zeros(bad.size, np.bool_) if self.layout.blank is None else self.layout.blank
        readable = pl.Series(~bad[~blank])
        table = self._read(_only(self.layout.text, self.layout.ends, ~(blank | bad)))
        return self._chunk(numbers.filter(readable), numbers.filter(~readable), table, ~(blank | bad))

    def _placed(self, numbers: pl.Series) -> Chunk | None:
        """Find the places of the cells of simple text in compiled loops; None for other text, and where in doubt."""
        if not self.layout.is_simple:
            return None
        shape, places = self.shape, tuple(place for _, place in self.shape.wanted)
        columns = split(self.layout.text, shape.marks.codes, shape.width, places, self.rows)
        if columns is None:
            return None
        cells = {name: texts for (name, _), texts in zip(shape.wanted, columns, strict=True)}
        row = numbers.alias("row")
        lines = LinesOfText(self.layout.text, self.in_file) if shape.keep_records else None
        return Chunk(row, row.clear(), cells, lines)

    def _chunk(self, row: pl.Series, unreadable: pl.Series, table: pl.DataFrame | None, kept: Flags | None) -> Chunk:
        if table is None or table.height != row.len():
            self._refuse_unproved()
        cells = table.select(pl.nth(place).alias(name) for name, place in self.shape.wanted)
        records = self._records(kept) if self.shape.keep_records else None
        if records is not None and records.len() != row.len():
            self._refuse_unproved()
        lines = None if records is None else LinesMadeApart(records)
        return Chunk(row.alias("row"), unreadable.alias("row"), cells.to_dict(), lines)

    # --- the text ---

    def _check_text(self) -> None:
        """Raise SourceError on bytes that are not UTF-8, on NUL, and on a carriage return alone outside quotes."""
        text, is_simple = self.layout.raw, self.layout.is_simple
        if not is_simple and b"\0" in text:
            hint = "it may be utf-16, or damaged on the way"
            raise self.shape.origin.error("holds NUL bytes, which no text has", hint, self._line_at(text.index(b"\0")))
        if self.shape.is_unchecked_utf8 and not self.layout.is_ascii:
            self._check_utf8(text, apart=is_simple)
        if not is_simple and b"\r" in text:
            self._check_returns()

    def _check_utf8(self, text: bytes, *, apart: bool) -> None:
        """Check text for UTF-8; `apart` without copying it, so that other threads can go on."""
        try:
            (one_cell(text) if apart else pl.Series([text], dtype=pl.Binary)).cast(pl.String)
        except pl.exceptions.PolarsError:
            try:
                text.decode()
            except UnicodeDecodeError as error:
                hint = "set csv.encoding to the encoding it is in, such as windows-1252"
                raise self.shape.origin.error("is not utf-8", hint, self._line_at(error.start)) from None

    def _check_returns(self) -> None:
        layout = self.layout
        returns = np.flatnonzero(layout.codes == CR)
        alone = returns[layout.codes[returns + 1] != LF]
        alone = alone[layout.outside(alone)]
        if alone.size:
            feeds = np.unique(np.searchsorted(layout.feeds, alone))
            message = "has a carriage return without a line feed"
            lines = [(self.first_line + int(feed), Fault(message, FIX_RETURN)) for feed in feeds]
            raise self.shape.origin.lines_error(lines, "line", self._last_line)

    @property
    def _last_line(self) -> int:
        return self.first_line + self.layout.feeds.size - 1

    def _line_at(self, position: int) -> int:
        return self.first_line + self.layout.raw.count(b"\n", 0, position)

    # --- the cells ---

    def _read_if_even(self) -> pl.DataFrame | None:
        """Read the cells; None unless it is proved that the rows all have as many as the header."""
        if self.layout.blank is not None or self.layout.broken or self._swallowed is not None:
            return None
        table = self._read(self.layout.text)
        return table if table is not None and self._is_even() else None

    def _read(self, text: bytes) -> pl.DataFrame | None:
        """Read the cells of all columns; None if a row has more than the header. A short row is padded with ""."""
        names = self.shape.marks.separator.join(b"%d" % n for n in range(self.shape.width))
        try:
            return pl.read_csv(
                names + b"\n" + text,
                separator=self.shape.marks.separator.decode(),
                quote_char=self.shape.marks.quote.decode() if self.shape.marks.quote else None,
                infer_schema=False,
                empty_string_is_null=False,
            )
        except pl.exceptions.PolarsError:  # its message may hold the text of a cell
            return None

    def _is_even(self) -> bool:
        """Whether no row is shorter than the header, given that Polars found none that is longer.

        The number of separators that divide two cells tells. Without anything between quotes that is every one. Where
        the quoted cells alone are as many as all cells must be, none is missing.
        """
        layout, width = self.layout, self.shape.width
        separator = self.shape.marks.separator[0]
        if layout.hollow:
            return int(np.count_nonzero(layout.codes == separator)) == self.rows * (width - 1)
        doubled = int(np.count_nonzero(layout.quotes[2::2] == layout.quotes[1:-1:2] + 1))
        if layout.quotes.size // 2 - doubled == self.rows * width:
            return True
        quoted = layout.between_quotes(_FEW_QUOTED * layout.codes.size)
        if quoted is None:
            return bool((self._separators_per_line() == width - 1).all())
        dividing = np.count_nonzero(layout.codes == separator) - np.count_nonzero(quoted == separator)
        return int(dividing) == self.rows * (width - 1)

    def _separators_per_line(self) -> Positions:
        """Count the separators outside quotes in each line."""
        codes, marks = self.layout.codes, self.shape.marks
        dividing = (codes == marks.separator[0]) | (codes == LF)
        if self.layout.quotes.size:
            dividing |= codes == (marks.quote or b"")[0]
        kinds = codes[np.flatnonzero(dividing)]
        outside = np.ones(kinds.size, np.bool_)
        if self.layout.quotes.size:
            outside = np.cumsum(kinds == (marks.quote or b"")[0]) % 2 == 0
        counts = np.cumsum(outside & (kinds == marks.separator[0]))
        per_line: Positions = np.diff(counts[outside & (kinds == LF)], prepend=0)
        return per_line

    # --- bad rows ---

    @cached_property
    def _swallowed(self) -> Flags | None:
        """Per line, whether stray quotes seem to have made it of several rows; None if no line can be so."""
        found = swallowed(self.layout, self.shape.marks, self.shape.width)
        return found if found is not None and found.any() else None

    def _bad_lines(self) -> Flags:
        """Per line, whether it cannot be split; SourceError if such lines stop the run."""
        layout, width = self.layout, self.shape.width
        cells = self._separators_per_line() + 1
        ragged = cells != width
        if layout.blank is not None:
            ragged &= ~layout.blank
        broken = np.zeros(cells.size, np.bool_)
        faults = dict[int, Fault]()
        if layout.broken:
            places = layout.lines_of(np.array([one.feeds for one in layout.broken], np.int64))
            broken[places] = True
            faults = {int(n): one.fault for n, one in zip(places[::-1], layout.broken[::-1], strict=True)}
        if self._swallowed is not None:
            faults |= {int(n): SWALLOWED for n in np.flatnonzero(self._swallowed & ~broken)}
            broken |= self._swallowed
        spans = np.diff(layout.first_feeds, append=layout.feeds.size)
        bad: Flags = ragged | broken
        if self.shape.on_bad_row == "drop":
            self._refuse_lines(broken & (spans > 1), cells, faults)
        else:
            self._refuse_lines(bad, cells, faults)
        return bad

    def _refuse_lines(self, bad: Flags, cells: Positions, faults: Mapping[int, Fault]) -> None:
        if not bad.any():
            return
        hint = ragged_hint(self.layout, bad)
        lines = []
        for place in map(int, np.flatnonzero(bad)):
            cells_told = counted(int(cells[place]), "has {count} cell", "has {count} cells")
            ragged = Fault(f"{cells_told}; {self.shape.width} wanted", hint)
            lines.append((self.first_line + int(self.layout.first_feeds[place]), faults.get(place, ragged)))
        raise self.shape.origin.lines_error(lines, "row", self._last_line)

    def _refuse_unproved(self) -> NoReturn:
        message = f"cannot be split without doubt between this line and line {self._last_line}"
        raise self.shape.origin.error(message, "have the file exported again", self.first_line)

    # --- the raw records ---

    def _records(self, kept: Flags | None) -> pl.Series:
        """Return the raw text of each record, as it was delivered."""
        raw, layout = self.layout.raw, self.layout
        feeds = layout.feeds if raw is layout.text else np.flatnonzero(np.frombuffer(raw, np.uint8) == LF)
        ends = feeds if layout.ending is None else feeds[layout.ending]
        unused = iter(n for n in range(1, 32) if n not in (LF, CR) and bytes([n]) not in raw)
        divider, feed = next(unused, None), next(unused, None)
        if divider is None or feed is None:
            starts = np.concatenate([[0], ends[:-1] + 1])
            texts = [raw[a:b].removesuffix(b"\r").decode() for a, b in zip(starts, ends, strict=True)]
            every = pl.Series("record", texts, pl.String)
            return every if kept is None else every.filter(pl.Series(kept))
        if layout.ending is not None:
            codes = np.frombuffer(raw, np.uint8).copy()
            codes[feeds[~layout.ending]] = feed
            raw = codes.tobytes()
        lines = _lines(raw if kept is None else _only(raw, ends, kept), chr(divider))
        return lines if layout.ending is None else lines.str.replace_all(chr(feed), "\n", literal=True)


def _lines(text: bytes, divider: str) -> pl.Series:
    """Return the lines of a text that does not hold the divider, without their line ends."""
    table = pl.read_csv(
        b"record\n" + text, separator=divider, quote_char=None, infer_schema=False, empty_string_is_null=False
    )
    return table.to_series()


def _only(text: bytes, ends: Positions, kept: Flags) -> bytes:
    """Return the lines of a text that are to be kept; `ends` are the positions of their line feeds."""
    codes = np.frombuffer(text, np.uint8)
    return codes[np.repeat(kept, np.diff(ends, prepend=-1))].tobytes()
