"""How the callable list is laid out: the columns, order and text of the call list, then the annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import polars as pl

from balansfilter.decided.rendered import RECORD, CallableRows, Lines, LinesAgain, Rendered
from balansfilter.decision.plan import Plan
from balansfilter.errors import Problem, SourceError
from balansfilter.frozen import dataclass
from balansfilter.native.coded_texts import Column, as_series, chosen_rows
from balansfilter.native.combinations import combinations
from balansfilter.native.line_loops import joined
from balansfilter.native.one_byte_texts import narrowed
from balansfilter.native.text_loops import all_bytes
from balansfilter.native.without_queries import only
from balansfilter.policy.law import GROUNDS
from balansfilter.policy.model import Annotation, InputFormat, Output, OutputFormat
from balansfilter.publish.csv_records import WrittenAs, raw_cells, record, split

_MOST_READ_FOR_ONE = 8
"""Rows whose text is read again for one that is published, at most: beyond that, to put it away takes less time."""

GROUND_NAMES = pl.Series([None, *GROUNDS], dtype=pl.Enum(GROUNDS))
"""The name of each ground by its code: an Enum, which takes a number a row while it waits."""


class PartLines(Lines, Protocol):
    """The text of the rows of a part."""

    @property
    def in_file(self) -> LinesAgain | None:
        """The same, where it can be read again."""


class Part(Protocol):
    """A split part of the call list, with as much of its text or columns as rendering needs."""

    @property
    def lines(self) -> PartLines | None:
        """The text of each row, of a CSV list."""

    def column(self, name: str) -> pl.Series:
        """Return the cells of a column as text."""

    @property
    def typed(self) -> Mapping[str, Column] | None:
        """Every column as typed, of a Parquet list."""


@dataclass(frozen=True)
class ListLayout:
    """The layout of one callable list."""

    plan: Plan
    header: tuple[str, ...]
    """The columns of the call list, in order."""
    source_format: InputFormat
    format: OutputFormat
    """The format of the callable list."""
    written_as: WrittenAs
    """How the call list is written; plain CSV where it is none."""
    annotate: Mapping[Annotation, str]
    """The columns that are added, and the name of each; the call list has none of these names."""
    call_window: str | None = None
    """The hours of calling on that day, for the annotation of that name."""

    @property
    def keeps_records(self) -> bool:
        """Whether the text of a row can go through as it is, with the annotations behind it."""
        return self.source_format == "csv" == self.format

    @property
    def keeps_frame(self) -> bool:
        """Whether the typed columns of a Parquet list go through."""
        return self.source_format == "parquet" == self.format

    @property
    def needs_all_cells(self) -> bool:
        """Whether every column has to be read as text, and not only those that the decision needs."""
        return not (self.keeps_records or self.keeps_frame)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the callable list, in order."""
        return (*self.header, *self.annotate.values())

    def render(self, part: Part, keep: pl.Series, chosen: pl.DataFrame) -> Rendered:
        """Make the callable rows of a part: for CSV their lines, or what those are made of, else every column.

        The text of rows that can be read again, and is published as it stands there, is left there.

        A cell with a number that may not be called is blanked; all other text stays as it is.

        :param keep: whether each row of the part may be called.
        :param chosen: of those: `basis`, `callable_until`, `first_number`, and `may_call_0`, `written_0`, ….
        """
        blank = [~chosen[f"may_call_{i}"] & chosen[f"written_{i}"] for i in range(len(self.plan.phones))]
        if self.keeps_records and part.lines is not None:
            return self._rendered_lines(part.lines, keep, chosen, blank)
        columns = self._kept(part, keep)
        made = CallableRows(columns | self._blanked(columns, blank) | chosen.select(self._notes()).to_dict())
        if self.format != "csv":
            return Rendered(made)
        lines = (record(cells, self.written_as) + self.written_as.line_end for cells in made.frame.iter_rows())
        return Rendered(CallableRows({"line": pl.Series(lines, dtype=pl.String)}))

    def _kept(self, part: Part, keep: pl.Series) -> dict[str, Column]:
        """Return the columns of the callable rows as they stand in the list."""
        if not self.keeps_frame or part.typed is None:
            return {name: part.column(name).filter(keep) for name in self.header}
        return chosen_rows(part.typed, keep)

    def _rendered_lines(
        self, lines: PartLines, keep: pl.Series, chosen: pl.DataFrame, blank: Sequence[pl.Series]
    ) -> Rendered:
        told = only(chosen, *self._told_behind_records)
        are_many = chosen.height * _MOST_READ_FOR_ONE >= len(keep)
        if lines.in_file is not None and are_many and not any(mask.any() for mask in blank):
            return Rendered(CallableRows(told.to_dict()) if told.width else None, lines.in_file)
        records = self._blanked_records(lines.chosen(keep.to_numpy()), blank)
        return Rendered(CallableRows({RECORD: records, **told.to_dict()}))

    def head(self) -> bytes:
        """Return the bytes before the first row of a CSV list: the byte order mark and the header."""
        written = self.written_as
        if written.header_record is None:
            return written.bom
        if self.keeps_records:
            names = written.separator.join([written.header_record, *self.annotate.values()])
        else:
            names = record(self.columns, written)
        return written.bom + (names + written.line_end).encode(written.codec)

    def encode(self, rendered: pl.DataFrame) -> bytes | memoryview:
        """Return the bytes of rendered rows of a CSV list."""
        lines = self._lines(rendered) if RECORD in rendered.columns else rendered["line"]
        text, codec = all_bytes(lines), self.written_as.codec
        if codec == "utf-8" or lines.dtype == pl.Binary:
            return text.data
        return (narrowed(text) if codec in ("cp1252", "latin-1") else None) or str(text.data, "utf-8").encode(codec)

    @property
    def _told_behind_records(self) -> tuple[str, ...]:
        """What the annotations of a row are made of."""
        numbers = ("first_number",) if "phone_e164" in self.annotate else ()
        return ("basis", "callable_until", *numbers) if self.annotate else ()

    def _lines(self, rendered: pl.DataFrame) -> pl.Series:
        """Return records with their annotations and line ends, each different text of those made once.

        Where the records are bytes, as they stand in their file, so are the lines; all that comes behind a record is
        ASCII, which every such encoding has.
        """
        records, told = rendered[RECORD], self._told_behind_records
        if not told:
            end = pl.Series([self.written_as.line_end]).cast(records.dtype)
            return joined(records, end, np.zeros(len(records), np.int32))
        combined = None if "first_number" in told else combinations(only(rendered, *told))
        if combined is None:
            return records + self._tails(rendered).cast(records.dtype)
        return joined(records, self._tails(combined.rows).cast(records.dtype), combined.places)

    def _tails(self, chosen: pl.DataFrame) -> pl.Series:
        """Return what comes behind the record of each row."""
        end, separator = self.written_as.line_end, self.written_as.separator
        return chosen.select(pl.concat_str(pl.lit(""), *self._notes(), separator=separator) + end).to_series()

    def _notes(self) -> list[pl.Expr]:
        """Return the annotations as they are made of callable rows; all are texts but in Parquet."""
        made = {
            "basis": pl.lit(GROUND_NAMES).gather(pl.col("basis")),
            "callable_until": pl.col("callable_until"),
            "phone_e164": pl.format("+{}", "first_number"),
            "call_window": pl.repeat(self.call_window, pl.len(), dtype=pl.String),
        }
        notes = [made[added].alias(name) for added, name in self.annotate.items()]
        return notes if self.format == "parquet" else [note.cast(pl.String).fill_null("") for note in notes]

    def _blanked(self, columns: Mapping[str, Column], blank: Sequence[pl.Series]) -> dict[str, pl.Series]:
        """Return those columns in which a number may not be called, without it."""
        pairs = zip(self.plan.phones, blank, strict=True)
        return {phone: _blank_in(as_series(columns[phone]), mask) for phone, mask in pairs if mask.any()}

    def _blanked_records(self, records: pl.Series, blank: Sequence[pl.Series]) -> pl.Series:
        """Write those few records again in which a number may not be called."""
        if not any(mask.any() for mask in blank):
            return records
        marks = pl.DataFrame([mask.alias(str(i)) for i, mask in enumerate(blank)])
        places = marks.select(pl.any_horizontal(pl.all()).arg_true()).to_series()
        columns = [self.header.index(phone) for phone in self.plan.phones]
        made: list[str] = []
        for text, marked in zip(records.gather(places), marks[places].iter_rows(), strict=True):
            has_escapes = self.written_as.escape is not None
            cells = raw_cells(text, self.written_as) if has_escapes else split(text, self.written_as)
            for column, mark in zip(columns, marked, strict=True):
                cells[column] = "" if mark else cells[column]
            made.append(self.written_as.separator.join(cells) if has_escapes else record(cells, self.written_as))
        return records.scatter(places, made)


def _blank_in(column: pl.Series, mask: pl.Series) -> pl.Series:
    """Return a column with nothing in some rows."""
    return column.set(mask, "" if column.dtype == pl.String else None)


def refuse_hidden_columns(output: Output, header: tuple[str, ...], file: str) -> None:
    """Raise SourceError where an added column would hide one that the call list has itself."""
    problems = [
        Problem(
            file,
            path="call_list",
            message=f"has a column {name!r} itself, which the added column of that name would hide",
            hint=f"give the added one another name: output.annotate_as: {{{added}: our_{added}}}",
        )
        for added, name in output.annotations.items()
        if name in header
    ]
    if len(problems) > 1 and len(problems) == len(output.annotations):
        told = "has every column that is added to a published list, so that it seems to be one"
        hint = "name the list that it was made of; a published list holds nobody who was dropped before"
        problems.insert(0, Problem(file, path="call_list", message=told, hint=hint))
    if problems:
        raise SourceError("call_list cannot be annotated", problems)
