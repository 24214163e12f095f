"""What of a cell may be shown: enough to recognise a column by, never enough to recognise a person by. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_SHOWN = 2
_LONGEST = 16
_MASK = "•"


def masked(cells: Sequence[str], *, readable: Callable[[str], bool]) -> str:
    """Write some cells for a sample.

    :param readable: whether a cell may be read: a date, or one of a few values that many rows have. Of any other, only
        the first two letters or digits are shown.
    """
    return ", ".join(_cut(cell if readable(cell) else _hidden(cell)) for cell in dict.fromkeys(cells))


def _hidden(cell: str) -> str:
    """Hide every letter and digit but the first two, and keep the marks between them."""
    seen = 0
    masked = ""
    for letter in cell:
        hides = letter.isalnum() and seen >= _SHOWN
        seen += letter.isalnum()
        masked += _MASK if hides else letter
    return masked


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
