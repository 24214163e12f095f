"""How the dates of a file are written: the format that reads most of them, exactly as the filter reads a date. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from balansfilter.policy.date_format import written_day, wrong_with_format

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
)
"""The formats that are proposed; of two that read the same dates, the earlier: here the day comes before the month."""

_FIRST_YEAR, _LAST_YEAR = 1950, 2100
_SPREAD = 200


@dataclass(frozen=True)
class DateGuess:
    """The format in which the dates of a file seem to be written."""

    format: str
    also: tuple[str, ...]
    """Other formats that read the same dates as other days: no date in the sample tells them apart."""
    found: bool
    """Whether there are any dates at all."""


def readable(cells: Sequence[str], date_format: str) -> int:
    """Count the cells that are a date, of a year that a customer can have lived in."""
    days = (written_day(cell.strip(), date_format) for cell in cells)
    return sum(day is not None and _FIRST_YEAR <= day.year <= _LAST_YEAR for day in days)


def looks_like_a_date(cell: str) -> bool:
    """Whether a cell is a date in any of the formats."""
    return 6 <= len(cell.strip()) <= 20 and any(readable([cell], date_format) for date_format in FORMATS)


def guess_format(columns: Sequence[Sequence[str]]) -> DateGuess:
    """Tell the one format that reads most cells, counting only columns of which it reads at least half.

    :param columns: the cells of each column, empty ones left out.
    """
    different = [sorted(set(column)) for column in columns if column]
    spread = [column[:: 1 + len(column) // _SPREAD] for column in different]
    likely = [date_format for date_format in FORMATS if _score(spread, date_format)]
    scores = {date_format: _score(different, date_format) for date_format in likely}
    if not any(scores.values()):
        return DateGuess(FORMATS[0], (), found=False)
    best = max(likely, key=scores.__getitem__)
    also = tuple(other for other in likely if other != best and scores[other] == scores[best])
    return DateGuess(best, also, found=True)


def _score(columns: Sequence[Sequence[str]], date_format: str) -> int:
    length = len(datetime(2000, 1, 1).strftime(date_format))  # noqa: DTZ001 - only its length counts
    score = 0
    for column in columns:
        long_enough = [cell for cell in column if len(cell) == length]
        if len(long_enough) * 2 >= len(column):
            count = readable(long_enough, date_format)
            score += count if count * 2 >= len(column) else 0
    return score


def is_usable(date_format: str) -> bool:
    """Whether a policy may say that dates are written so."""
    return wrong_with_format(date_format) is None
