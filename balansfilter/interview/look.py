"""A look at a file: how it is written and which column holds what, on the first rows as a run reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.identity.countries import country_of
from balansfilter.identity.ids import read_ids
from balansfilter.identity.more_in_ids import are_sentences, more_in_ids
from balansfilter.identity.numbers import NumberColumns
from balansfilter.interview.date_formats import DateGuess, guess_formats, is_date
from balansfilter.interview.masking import masked
from balansfilter.interview.nothing import words_for_nothing
from balansfilter.interview.roles import ColumnFacts, Role, likely_sheet, propose
from balansfilter.interview.text import (
    beginning,
    decoded,
    encoding_of,
    first_records,
    has_header,
    letters_beyond_ascii,
    unreadable_encoding,
)
from balansfilter.interview.titles import lines_above, rows_above, separator_named, separator_of, without_lines
from balansfilter.phone import read_numbers, read_phones
from balansfilter.policy.model import Csv, Encoding, InputFormat, SourceFile
from balansfilter.sources import format_named, open_source
from balansfilter.sources.excel_file import first_rows, sheets_in
from balansfilter.sources.names_or_data import is_data
from balansfilter.wording.spelling import USUAL_NULL_WORDS, NullWords

_BLOCK_BYTES = 4 << 20
_FEW_VALUES = 30
_ROWS_PER_VALUE = 5
_FLAGS = frozenset(["true", "false", "1", "0", "ja", "nee", "yes", "no"])


@dataclass(frozen=True)
class Given:
    """What somebody has said about a file already; None is found out."""

    encoding: Encoding | None = None
    separator: str | None = None
    header: bool | None = None
    date_formats: tuple[str, ...] | None = None
    sheet: str | None = None
    above: int | None = None
    """How many lines or rows stand above the table."""
    country: str = "NL"


_NOTHING_SAID = Given()


@dataclass(frozen=True)
class Look:
    """What a file seems to be."""

    path: Path
    role: Role
    format: InputFormat
    csv: Csv
    """How the text is written; the defaults where it is no text."""
    header: bool
    """Whether the first line or row names the columns."""
    dates: DateGuess
    """How its dates are written; as was said, where it was said."""
    columns: tuple[ColumnFacts, ...]
    proposal: Mapping[str, tuple[str, ...]]
    """The columns of each key of the policy that was found."""
    rows: int
    """Rows in the sample."""
    ragged: int
    """Rows in the sample that cannot be split."""
    letters: str
    """Letters beyond ASCII that were seen."""
    sheets: tuple[str, ...]
    """The sheets of a spreadsheet in which something stands."""
    sheet: str | None
    """The one that was looked at, where there are several."""
    above: int
    """How many lines of a text, or rows of a sheet, stand above the table."""
    cells: pl.DataFrame = field(repr=False)
    """The cells of the sample, trimmed."""

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(column.name for column in self.columns)

    def shown_names(self) -> tuple[str, ...]:
        """Return the names as they may be shown: of one that is data, as little as of a cell."""
        return tuple(
            masked([name], readable=lambda _: False) if self.has_data_for(name) else name for name in self.names()
        )

    def has_data_for(self, name: str) -> bool:
        """Whether what names a column is data, as those below it: a number, or somebody's id."""
        return self.header and is_data(name, self.cells[name].to_list())

    def facts(self, name: str) -> ColumnFacts | None:
        """Return what is known of a column."""
        return next((column for column in self.columns if column.name == name), None)

    def words_for_nothing(self, wanted: Mapping[str, Sequence[str]], country: str) -> list[str]:
        """Return the words of its own that the file writes where there is no number or no day."""
        is_number = partial(_is_number, country=country)
        columns = [(name, is_number) for name in wanted.get("phone", ())]
        is_day = partial(is_date, formats=self.dates.formats)
        columns += [(name, is_day) for key, names in wanted.items() if key.endswith("_on") for name in names]
        return words_for_nothing(
            (self.cells[name].filter(self.cells[name] != ""), is_read) for name, is_read in columns
        )

    def without(
        self, wanted: Mapping[str, Sequence[str]], country: str, null_words: NullWords = USUAL_NULL_WORDS
    ) -> int:
        """Count the rows with neither a number nor a customer id, or with one that cannot be read."""
        known, lost = (pl.repeat(value=False, n=self.cells.height, eager=True, dtype=pl.Boolean) for _ in range(2))
        ids = wanted.get("customer_id", ())
        for name in wanted.get("phone", ()):
            read = read_phones(self.cells[name], country, null_words)
            known |= read.number.is_not_null()
            if name not in ids:
                lost |= read.written & read.number.is_null()
        for name in ids:
            found = more_in_ids(
                self.cells[name], NumberColumns((), (), country), mixed=name in wanted.get("phone", ()), exact=False
            )
            known |= read_ids(self.cells[name], null_words).text != ""
            lost = lost.scatter(found.unclear, True) if found else lost
        return int((~known | lost).sum())


def _is_number(cell: str, country: str) -> bool:
    return read_numbers(pl.Series([cell]), country)[0] is not None


def look_at(path: Path, role: Role, given: Given = _NOTHING_SAID) -> Look:
    """Look at the first rows of a file.

    :raises SourceError: it cannot be read, or not in the way that was said.
    """
    kind = format_named(path)
    text, csv = _written(path, role, given) if kind == "csv" else ("", Csv())
    sheets = sheets_in(path, role) if kind == "excel" else ()
    sheet = given.sheet or likely_sheet(role, sheets)
    above, header = _laid_out(path, role, sheet, given) if sheet else (csv.skip_lines, csv.header)
    in_sheet = {"skip_rows": above, "header": header} if sheet else {}
    spec = SourceFile.model_validate({"path": str(path), "format": kind, "csv": csv, "sheet": sheet, **in_sheet})
    with open_source(
        spec,
        role=role,
        paths=[path],
        columns=(),
        on_bad_row="drop",
        time_zone=ZoneInfo("UTC"),
        as_of=date.min,
        block_bytes=_BLOCK_BYTES,
    ) as source:
        times = Counter(source.header)
        source.ask_for([name for name in source.header if name and times[name] == 1])
        chunks = [block.parse() for _, block in zip(range(1), source.blocks(), strict=False)]
    chunk = chunks[0] if chunks else None
    cells = pl.DataFrame() if chunk is None else chunk.cells.select(pl.all().str.strip_chars())
    filled = {name: [cell for cell in cells[name] if cell] for name in cells.columns}
    guess = guess_formats(list(filled.values()))
    dates = DateGuess(given.date_formats, (), found=True) if given.date_formats else guess
    columns = tuple(_facts(cells[name], filled[name], dates, given.country) for name in cells.columns)
    named = [one for one in columns if not (header and is_data(one.name, cells[one.name].to_list()))]
    return Look(
        path=path,
        role=role,
        format=kind,
        csv=csv,
        header=header,
        dates=dates,
        columns=columns,
        proposal=propose(role, named),
        rows=0 if chunk is None else len(chunk.row),
        ragged=0 if chunk is None else len(chunk.unreadable),
        letters=letters_beyond_ascii(text),
        sheets=sheets,
        sheet=sheet if len(sheets) > 1 else None,
        above=above,
        cells=cells,
    )


def _written(path: Path, role: Role, given: Given) -> tuple[str, Csv]:
    data = beginning(path, role)
    encoding = given.encoding or encoding_of(data)
    if encoding is None:
        raise unreadable_encoding(path, role)
    text = decoded(data, encoding)
    named = separator_named(text)
    separator = given.separator or (named[0] if named else separator_of(text))
    above = given.above
    if above is None:
        above = named[1] if named else lines_above(text, separator)
    table = without_lines(text, above)
    records = first_records(table, separator)
    header = bool(records) and has_header(records) if given.header is None else given.header
    return text, Csv(separator=separator, encoding=encoding, header=header, skip_lines=above)


def _laid_out(path: Path, role: Role, sheet: str, given: Given) -> tuple[int, bool]:
    """Return how many rows of a sheet stand above the table, and whether its first row names the columns."""
    rows = first_rows(path, role, sheet)
    above = rows_above(rows) if given.above is None else given.above
    filled = [[_text(cell) for cell in row] for row in rows[above:] if any(cell is not None for cell in row)]
    return above, bool(filled) and has_header(filled) if given.header is None else given.header


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else "" if cell is None else str(cell)


def _facts(cells: pl.Series, filled: Sequence[str], dates: DateGuess, country: str) -> ColumnFacts:
    numbers = read_numbers(cells, country)
    counts = Counter(filled)
    phones = numbers.len() - numbers.null_count()
    days = sum(counts[cell] for cell in counts if dates.found and is_date(cell, dates.formats))
    countries = sum(counts[cell] for cell in counts if country_of(cell)) if len(counts) <= _FEW_VALUES else 0
    flags = sum(cell.casefold() in _FLAGS for cell in filled)
    few = len(counts) <= _FEW_VALUES and len(counts) * _ROWS_PER_VALUE <= len(filled)
    values = tuple(value for value, _ in counts.most_common()) if few and not phones else ()
    return ColumnFacts(
        name=cells.name,
        filled=len(filled),
        distinct=len(counts),
        phones=phones,
        dates=days,
        flags=flags,
        sentences=int(are_sentences(cells).sum()),
        countries=countries,
        values=values,
        sample=masked(filled[:2], readable=lambda cell: bool(values) or is_date(cell, dates.formats)),
    )
