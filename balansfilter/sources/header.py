"""The names of the columns: read from the first record, and matched with what a policy asks for.

A file without a header line may have been declared as one with it, and then its "names" are a person's number and
name. So a message shows a name from the file only if it is nearly one that the policy asks for.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from balansfilter.errors import Problem
    from balansfilter.sources.origin import Origin

_SEPARATORS = (",", ";", "\t", "|")
_NEARLY = 0.7
_LIKE_A_NUMBER = re.compile(r"\d{4}|@")


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
    shown = {"\t": "a tab"}.get(found, f"'{found}'")
    declared = {"\t": "a tab"}.get(separator, f"'{separator}'")
    message = f"has one column when it is separated by {declared}; it looks separated by {shown}"
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
