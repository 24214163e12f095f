"""How the dates of a file are written: the fewest formats that read them, exactly as the filter reads a date. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from balansfilter.frozen import dataclass
from balansfilter.policy.date_format import ISO_8601, mistakable, written_day, wrong_with_format

FORMATS = (
    "%Y-%m-%d",
    "%d-%m-%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d%m%Y",
    "%d %m %Y",
    "%m/%d/%Y",
    "%m-%d-%Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    ISO_8601,
    "%-d-%-m-%Y",
    "%-d/%-m/%Y",
    "%-d.%-m.%Y",
    "%-m/%-d/%Y",
    "%-d-%-m-%Y %-H:%M",
    "%-d/%-m/%Y %-H:%M",
    "%-m/%-d/%Y %-H:%M",
    "%-d-%-m-%Y %-H:%M:%S",
    "%-d/%-m/%Y %-H:%M:%S",
    "%-m/%-d/%Y %-H:%M:%S",
)
"""The formats that are proposed; of two that read the same dates, the earlier: here the day comes before the month."""

_FIRST_YEAR, _LAST_YEAR = 1950, 2100
_SPREAD = 200
_SHORTEST, _LONGEST = 6, 35
_MOST_FORMATS = 4
_SOME = 2
"""Cells that a further format must read: of one, nobody can tell whether it is a slip."""


@dataclass(frozen=True)
class DateGuess:
    """The formats in which the dates of a file seem to be written."""

    formats: tuple[str, ...]
    """The one that reads most of them, and then those that read more."""
    also: tuple[str, ...]
    """Other formats that read the same dates as other days: no date in the sample tells them apart."""
    found: bool
    """Whether there are any dates at all."""

    @property
    def written(self) -> str | list[str]:
        """How a policy says it."""
        return self.formats[0] if len(self.formats) == 1 else list(self.formats)


def is_date(cell: str, formats: Sequence[str]) -> bool:
    """Return whether a cell is a date of a year that a customer can have lived in."""
    text = cell.strip()
    days = (written_day(text, date_format) for date_format in formats)
    return any(day is not None and _FIRST_YEAR <= day.year <= _LAST_YEAR for day in days)


def looks_like_a_date(cell: str) -> bool:
    """Return whether a cell is a date in any of the formats."""
    return _SHORTEST <= len(cell.strip()) <= _LONGEST and is_date(cell, FORMATS)


def guess_formats(columns: Sequence[Sequence[str]]) -> DateGuess:
    """Return the format that reads most dates, and those that read dates which it does not.

    :param columns: the cells of each column, empty ones left out.
    """
    dated = [column for cells in columns if (column := _dated(cells))]
    spread = [_Column(column.cells[:: 1 + len(column.cells) // _SPREAD]) for column in dated]
    likely = [date_format for date_format in FORMATS if _score(spread, date_format)]
    scores = {date_format: _score(dated, date_format) for date_format in likely}
    if not any(scores.values()):
        return DateGuess(FORMATS[:1], (), found=False)
    best = max(likely, key=scores.__getitem__)
    also = (other for other in likely if scores[other] == scores[best] and mistakable(best, other))
    return DateGuess(_with_more(best, dated), tuple(also), found=True)


@dataclass(frozen=True)
class _Column:
    """A column with dates: its different cells, and how many were read already."""

    cells: Sequence[str]
    read: int = 0

    def without(self, date_format: str) -> _Column:
        left = [cell for cell in self.cells if not is_date(cell, (date_format,))]
        return _Column(left, self.read + len(self.cells) - len(left))

    def read_by(self, date_format: str) -> int:
        """Count the cells that a format reads; none if that leaves more than half of the column unread."""
        count = sum(is_date(cell, (date_format,)) for cell in self.cells)
        return count if (self.read + count) * 2 >= self.read + len(self.cells) else 0


def _dated(cells: Sequence[str]) -> _Column | None:
    """Return the different cells of a column that holds dates, as far as some of them tell."""
    different = sorted({cell.strip() for cell in cells})
    some = different[:: 1 + len(different) // _SPREAD]
    return _Column(different) if some and sum(map(looks_like_a_date, some)) * 2 >= len(some) else None


def _with_more(best: str, columns: Sequence[_Column]) -> tuple[str, ...]:
    """Return a format with the others that read what it does not, those that read most first."""
    formats = [best]
    while len(formats) < _MOST_FORMATS:
        columns = [column.without(formats[-1]) for column in columns]
        rivals = [other for other in FORMATS if not any(mistakable(other, chosen) for chosen in formats)]
        scores = {other: _score(columns, other) for other in rivals}
        further = max(rivals, key=scores.__getitem__)
        if scores[further] < _SOME:
            break
        formats.append(further)
    return tuple(formats)


def _score(columns: Sequence[_Column], date_format: str) -> int:
    return sum(column.read_by(date_format) for column in columns)


def is_usable(date_format: str) -> bool:
    """Return whether a policy may say that dates are written so."""
    return wrong_with_format(date_format) is None
