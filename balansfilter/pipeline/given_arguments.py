"""What a program hands over to the Python API: of the kind that is meant, or refused in a sentence without it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from balansfilter.errors import UsageError


def text_of(name: str, value: object) -> str:
    """Return a text.

    :raises UsageError: it is none.
    """
    if not isinstance(value, str):
        raise _other_than("a text", name, value)
    return value


def path_of(name: str, value: object) -> Path:
    """Return a path that is given as one, or as a text.

    :raises UsageError: it is none.
    """
    if not isinstance(value, str | os.PathLike):
        raise _other_than("a path", name, value)
    return Path(os.fsdecode(value))


def texts_of(name: str, value: object) -> tuple[str, ...]:
    """Return some texts; one text alone is not taken for its letters.

    :raises UsageError: they are none.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _other_than("a list of texts", name, value)
    return tuple(text_of(name, each) for each in value)


def flag_of(name: str, value: object) -> bool:
    """Return a yes or a no.

    :raises UsageError: it is none.
    """
    if not isinstance(value, bool):
        raise _other_than("True or False", name, value)
    return value


def number_of(name: str, value: object) -> float:
    """Return a number from 0 on.

    :raises UsageError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise _other_than("a number from 0 on", name, value)
    return value


def one_of(name: str, value: object, known: Sequence[Any]) -> Any:
    """Return a value that is one of a few, written as they are.

    :raises UsageError: it is none.
    """
    if value not in known:
        raise UsageError(f"`{name}` is {' or '.join(map(repr, known))}, and nothing else")
    return value


def zone_of(name: str, value: object) -> ZoneInfo:
    """Return a time zone.

    :raises UsageError: nobody knows it.
    """
    with suppress(KeyError, ValueError, OSError):
        return ZoneInfo(text_of(name, value))
    raise UsageError(f"`{name}` is no time zone; write one such as Europe/Amsterdam")


def _other_than(wanted: str, name: str, value: object) -> UsageError:
    return UsageError(f"`{name}` is {wanted}, and no {type(value).__name__}")
