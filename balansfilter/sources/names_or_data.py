"""Whether data stands where the names of columns should be: the first row would be lost, and with it an objection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from balansfilter.errors import Problem
    from balansfilter.sources.origin import Origin

_DIGIT, _LETTER = re.compile("[0-9]"), re.compile(r"[^\W\d_]")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LOOKED_AT = 100
_ALIKE = 2
"""So many of its first signs an id has in common with those under it, where all are as long, as in Salesforce."""


def is_data(name: str, below: Sequence[str] = ()) -> bool:
    """Whether what is taken for a name is data: a number or a day, an e-mail address, or an id like those under it.

    :param below: cells of the column, if it may hold ids.
    """
    if not _DIGIT.search(name):
        return bool(_MAIL.search(name))
    if not _LETTER.search(name) or _MAIL.search(name):
        return True
    filled = [cell.strip() for cell in below[:_LOOKED_AT] if cell.strip()]
    alike = {_form(cell) for cell in filled} == {_form(name)}
    as_long = {len(cell) for cell in filled} == {len(name)} and {cell[:_ALIKE] for cell in filled} == {name[:_ALIKE]}
    return bool(filled) and (alike or as_long)


def _form(text: str) -> str:
    """Return how an id is written: its letters, and each row of digits as one."""
    return re.sub("[0-9]+", "9", text).casefold()


def data_problems(  # noqa: PLR0913 - what is known of the beginning of a file
    names: Sequence[str],
    mapped: Mapping[str, bool],
    rows: Sequence[Sequence[str]],
    origin: Origin,
    line: int,
    hint: str,
) -> list[Problem]:
    """Return what is wrong where a column that a policy names has data for a name; what it is, is not told.

    Columns that a program numbered from 0 have names: no person and no number is called 0.

    :param mapped: the columns that the policy names, and whether each may hold ids.
    :param rows: the first rows below.
    """
    if list(names) == [str(place) for place in range(len(names))]:
        return []
    found = [
        place
        for place, name in enumerate(names)
        if name in mapped and is_data(name, [row[place] for row in rows if place < len(row)] if mapped[name] else ())
    ]
    if not found:
        return []
    told = ", ".join(str(place + 1) for place in found)
    message = (
        f"has data in its first row, where the names of the columns should be (column{'s' if len(found) > 1 else ''} "
        f"{told}): taken for names, the row would be lost, and with it an objection"
    )
    return [origin.problem(message, hint, line)]
