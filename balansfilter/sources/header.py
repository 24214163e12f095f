"""The names of the columns: read from the first record, and matched with what a policy asks for.

A file without a header line may have been declared as one with it, and then its "names" are a person's number and
name. So a message shows a name from the file only if it is nearly one that the policy asks for.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from balansfilter.sources.around import header_line
from balansfilter.sources.marks import Marks
from balansfilter.sources.names_or_data import is_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from balansfilter.errors import Problem
    from balansfilter.policy.model import Csv
    from balansfilter.sources.first_record import FirstRecord
    from balansfilter.sources.origin import Origin

_SEPARATORS = (",", ";", "\t", "|")
_NEARLY = 0.7
_LIKE_A_NUMBER = re.compile(r"\d{4}|@")


def header_problems(  # noqa: PLR0913 - what is known of the beginning of a file
    names: Sequence[str], wanted: Sequence[str], first: FirstRecord, head: bytes, options: Csv, origin: Origin
) -> list[Problem]:
    """Return what is wrong with the names of the columns; only the cause, where that can be told.

    :param head: the beginning of the text, in UTF-8.
    """
    problems = column_problems(names, wanted, origin, first.line)
    if not problems:
        return []
    cause = (
        (_header_elsewhere(wanted, first, head, options, origin) if options.header else None)
        or separator_problem(first.text, options.separator, wanted, origin, first.line)
        or (_no_header(first, origin) if options.header and lacks_header(names, wanted) else None)
    )
    return [cause] if cause else problems


def _no_header(first: FirstRecord, origin: Origin) -> Problem:
    message = "has no header: its first line seems to be a row"
    return origin.problem(message, 'set csv.header to false, and name the columns "1", "2", …', first.line)


def _header_elsewhere(
    wanted: Sequence[str], first: FirstRecord, head: bytes, options: Csv, origin: Origin
) -> Problem | None:
    """Tell when another line than the first one names the columns, be it with another separator."""
    for separator in dict.fromkeys((options.separator, *_SEPARATORS)):
        marks = Marks(separator.encode(), options.quote.encode() if options.quote else None)
        line = header_line(head, wanted, marks)
        if line == first.line:
            return None
        if line:
            hint = f"set csv.skip_lines to {line - 1}"
            if separator != options.separator:
                hint += f", and csv.separator to {_shown(separator)}"
            return origin.problem(f"is no header: the names of the columns stand in line {line}", hint, first.line)
    return None


def column_problems(names: Sequence[str], wanted: Sequence[str], origin: Origin, line: int = 1) -> list[Problem]:
    """Tell which wanted columns the header lacks, or has more than once.

    A name that is there twice is no problem in a column that nobody asks for: it is carried along by its place.
    """
    times = Counter(names)
    problems = []
    for name in dict.fromkeys(wanted):
        if times[name] > 1:
            hint = "give the columns different names"
            problems.append(origin.problem(f"has {times[name]} columns named {name!r}", hint, line))
        elif not times[name] and is_data(name) and _LIKE_A_NUMBER.search(name):
            hint = "name the column in the policy as the header writes it"
            problems.append(origin.problem("has no column of a name that is a number or an address", hint, line))
        elif not times[name]:
            problems.append(origin.problem(f"has no column {name!r}", _nearest(name, names), line))
    return problems


def separator_problem(record: str, separator: str, wanted: Sequence[str], origin: Origin, line: int) -> Problem | None:
    """Tell when a first line of one column seems to be written with another separator than the declared one."""
    if separator in record or any(record.strip() == name for name in wanted):
        return None
    found = max(_SEPARATORS, key=record.count)
    if not record.count(found):
        return None
    message = f"has one column when it is separated by {_shown(separator)}; it looks separated by {_shown(found)}"
    return origin.problem(message, "set csv.separator", line)


def lacks_header(names: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether what was taken for a header seems to be a row: it has a number in it, and no name that is wanted."""
    return not set(names) & set(wanted) and any(_LIKE_A_NUMBER.search(name) for name in names)


def _nearest(name: str, names: Sequence[str]) -> str:
    shown = [other for other in names if not _LIKE_A_NUMBER.search(other) or _LIKE_A_NUMBER.search(name)]
    likeness = {other: SequenceMatcher(None, _plain(name), _plain(other)).ratio() for other in shown if other}
    nearest = sorted((other for other, ratio in likeness.items() if ratio >= _NEARLY), key=lambda o: -likeness[o])
    if nearest:
        return "did you mean " + " or ".join(repr(other) for other in nearest[:3]) + "?"
    count = len(names)
    return f"name one of its {count} columns, as the header writes it" if count > 1 else "name its only column"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _shown(mark: str) -> str:
    return {"\t": "a tab", " ": "a space"}.get(mark, f"'{mark}'")
