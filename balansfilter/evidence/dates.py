"""Cells as people and programs write dates, read into days. What cannot be read is told apart from what is empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.evidence.flags import different
from balansfilter.frozen import dataclass
from balansfilter.policy.date_format import is_padded, pattern_of
from balansfilter.policy.model import DateColumn, SourceFile
from balansfilter.wording.spelling import USUAL_NULL_WORDS, NullWords, without_layout

EMPTY_DAYS = (
    date(1, 1, 1),
    date(1753, 1, 1),
    date(1899, 12, 30),
    date(1899, 12, 31),
    date(1900, 1, 1),
    date(1970, 1, 1),
)
"""Days that programs write where they mean none; beside 0000-00-00."""
LAST_EMPTY_DAY = EMPTY_DAYS[-1]
"""No withdrawal of an objection is of this day or before."""


class Dates(NamedTuple):
    """The dates of a column of cells."""

    day: pl.Series
    """The date of each cell; null where it is empty or unreadable."""
    empty: pl.Series
    """Whether the cell is empty, or says that there is no date."""
    unreadable: pl.Series
    """Whether there is text in the cell that is not a date in any of the formats, or more than one."""


@dataclass(frozen=True)
class DateReader:
    """How the dates of a source are read."""

    formats: tuple[str, ...]
    """How they are written, but for columns with formats of their own."""
    zone: ZoneInfo
    """Where a moment that is written with its offset from UTC becomes a day."""
    null_words: NullWords = USUAL_NULL_WORDS

    @classmethod
    def of(cls, spec: SourceFile, zone: ZoneInfo) -> DateReader:
        """Return the reader of a source of a policy."""
        return cls(spec.formats, zone, NullWords(spec.null_words))

    def read(self, cells: pl.Series, column: DateColumn) -> Dates:
        """Read the cells of a column."""
        return read_dates(cells, column.formats or self.formats, self.zone, self.null_words)


def read_dates(
    cells: pl.Series, formats: Sequence[str], zone: ZoneInfo, null_words: NullWords = USUAL_NULL_WORDS
) -> Dates:
    """Read cells as dates, without the white space around them.

    A date counts only if it is written exactly in one of the formats, and is no other day in another of them. A
    moment that is written with its offset from UTC is of the day that it was in the zone. A list holds few different
    dates, so each is read once.
    """
    texts, places = different(cells)
    frame = pl.DataFrame([_days(texts, form, zone).alias(str(n)) for n, form in enumerate(formats)])
    day = frame.to_series() if frame.width == 1 else frame.select(_one_day()).to_series()
    empty = day.is_in(_NO_DAY).fill_null(False) | _says_nothing(texts, day.is_null(), null_words)
    day = day.set(empty, None)
    return Dates(day[places], _of_each(empty, places), _of_each(day.is_null() & ~empty, places))


def _of_each(said: pl.Series, places: pl.Series) -> pl.Series:
    """Return for each cell what is told of its text; mostly the same of all."""
    if not said.any():
        return pl.repeat(False, len(places), dtype=pl.Boolean, eager=True)
    return said[places]


def _one_day() -> pl.Expr:
    """Return the one day that the formats of a row read; null where they read none, or several."""
    first = pl.min_horizontal(pl.all())
    return pl.when(first == pl.max_horizontal(pl.all())).then(first)


# --- one format -----------------------------------------------------------------------------------------------

_NO_DAY = list(EMPTY_DAYS)


def _days(texts: pl.Series, date_format: str, zone: ZoneInfo) -> pl.Series:
    """Read different texts in one format, of the years 1 to 9999 only, which is as far as anybody else reads them."""
    if is_padded(date_format):
        moments = texts.str.to_datetime(date_format, strict=False, time_unit="us")
        day = moments.dt.date().set(~texts.str.contains(pattern_of(date_format)), None)
    else:
        day = _days_by_parts(texts, date_format, zone)
    return day.set(~day.is_between(date.min, date.max).fill_null(False), None)


def _days_by_parts(texts: pl.Series, date_format: str, zone: ZoneInfo) -> pl.Series:
    parts = texts.str.extract_groups(pattern_of(date_format)).struct.unnest()
    padded = (pl.col(part).str.zfill(2) for part in ("month", "day"))
    written = pl.concat_str("year", *padded, separator="-").str.to_date("%Y-%m-%d", strict=False)
    parts = parts.with_columns(pl.when(pl.col("year") != "0000").then(written).alias("written"))
    return _days_in(zone, parts) if "offset" in parts.columns else parts["written"]


def _days_in(zone: ZoneInfo, parts: pl.DataFrame) -> pl.Series:
    """Return the day in the zone of moments that are written with an offset; an empty day stays as it is written."""
    offset = pl.col("offset").str.replace("Z", "+00", literal=True).str.replace(":", "", literal=True)
    minutes = offset.str.slice(1, 2).cast(pl.Int32) * 60 + offset.str.slice(3, 2).replace("", "0").cast(pl.Int32)
    behind = pl.when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes)
    time = pl.duration(hours=pl.col("hour").cast(pl.Int32), minutes=pl.col("minute").cast(pl.Int32) - behind)
    moment = (pl.col("written").cast(pl.Datetime("us")) + time).dt.replace_time_zone("UTC")
    day = moment.dt.convert_time_zone(zone.key).dt.date()
    as_written = pl.col("offset").is_null() | pl.col("written").is_in(_NO_DAY)
    return parts.select(pl.when(as_written).then("written").otherwise(day)).to_series()


# --- what stands for no date ----------------------------------------------------------------------------------


def _no_day_pattern() -> str:
    """Return the pattern of the days that mean none, whatever the order, the separators and the time of the day."""
    days = [("0000", "00", "00"), *((f"{day.year:04}", f"{day.month:02}", f"{day.day:02}") for day in EMPTY_DAYS)]
    spelt = []
    for year, *of_year in days:
        month, day = of_year
        short = [part.replace("0", "0?", 1) if part[0] == "0" else part for part in of_year]
        spelt += [rf"{year}([-/. ]){short[0]}([-/. ]){short[1]}"]
        spelt += [rf"{a}([-/. ]){b}([-/. ]){year}" for a, b in (short, short[::-1])]
        spelt += [year + month + day, month + day + year, day + month + year]
    time = r"[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?"
    return f"^({'|'.join(spelt)}|0{{12}}|0{{14}})({time})?$"


_NO_DAY_SPELT = _no_day_pattern()


def _says_nothing(texts: pl.Series, unread: pl.Series, null_words: NullWords) -> pl.Series:
    """Tell which texts mean that there is no date, among those that are none in any format."""
    nothing = unread & (texts == "")
    if not (unread & ~nothing).any():
        return nothing
    places = unread.arg_true()
    left = texts.gather(places)
    empty = null_words.are_in(without_layout(left)) | left.str.contains(_NO_DAY_SPELT)
    return nothing.scatter(places, empty)
