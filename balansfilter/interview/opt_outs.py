"""Which rows of an export of contacts are objections: told by a column that says so of each row. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from balansfilter.evidence.flags import NO, YES
from balansfilter.interview.roles import ColumnFacts, plain_name
from balansfilter.wording.spelling import folded

Where = dict[str, dict[str, list[str]]]
"""The key `where` of a source: by column, the words of the rows to take and of those to leave."""

_OBJECTS = (
    r"opt ?out|uitgeschr|afgemeld|unsub|\bnix\b|niet ?(meer )?bellen|bel ?me ?niet|no ?call|do ?not|dnc|blok|bloc|"
    r"bezwaar|verzet|object"
)
_ALLOWS = r"opt ?in|toestem|consent|akkoord|permission|allow|\bmag\b|ingeschr|aangemeld|subscri|actief|active"
_STATUS = r"status|type|soort|kind|state"


def rows_to_take(columns: Sequence[ColumnFacts], taken: Collection[str], rows: int) -> Where | None:
    """Return which rows speak of an objection, where a column tells; None where none does, or all rows do.

    A word that nobody knows is taken: it may be an objection.

    :param taken: the columns that hold something else.
    :param rows: how many rows were looked at.
    """
    for column in columns:
        words = [*column.values, *([""] if column.filled < rows else [])]
        choice = _split(plain_name(column.name), words) if column.values and column.name not in taken else None
        if choice:
            return {column.name: choice}
    return None


def _split(name: str, words: Sequence[str]) -> dict[str, list[str]] | None:
    leave = [word for word in words if _is_left(name, word)]
    take = [word for word in words if word not in leave]
    return {"take": take, "leave": leave} if take and leave else None


def _is_left(name: str, word: str) -> bool:
    """Return whether a word in a column of this name says that the person did not object."""
    said = folded(word)
    if re.search(_OBJECTS, name):
        return said in ("", *NO)
    if re.search(_ALLOWS, name):
        return said in YES
    plain = plain_name(word)
    return bool(re.search(_STATUS, name) and re.search(_ALLOWS, plain) and not re.search(_OBJECTS, plain))
