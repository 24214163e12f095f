"""Texts of one byte a character, looked at many bytes at a time; Python's own ways go from find to find."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_NEAR = 1 << 16
"""Bytes that a processor keeps near."""
_UPPER_BITS, _FIRST_DIFFERING = 0xE0, 0x80
_LINE_FEED = 10


def first_differing(text: bytes) -> int:
    """Return the place of the first byte that iso-8859-1 and windows-1252 read otherwise, -1 where there is none.

    Those are the 32 from 0x80 on, in which the first has control characters only.
    """
    for start, part in _parts(text):
        differs = (part & _UPPER_BITS) == _FIRST_DIFFERING
        if differs.any():
            return start + int(differs.argmax())
    return -1


def line_feeds(text: bytes) -> int:
    """Count the line feeds."""
    return sum(int(np.count_nonzero(part == _LINE_FEED)) for _, part in _parts(text))


def _parts(text: bytes) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    whole = np.frombuffer(text, np.uint8)
    return ((start, whole[start : start + _NEAR]) for start in range(0, len(whole), _NEAR))
