"""The checksum of a text, made by loops that go through it: whether what is read again is what was read before.

Sixty-four bytes at a time are mixed, as eight words, into the eight words of the checksum; the last sixty-four are seen
together with bytes before them, where there are not as many left. It holds within one process: each begins with words
that nobody knows beforehand. Two texts have the same one by a chance of one in two to the power of 64, unless somebody
who knows those words made them so.
"""

from __future__ import annotations

from secrets import token_bytes

import numpy as np
import numpy.typing as npt

from balansfilter.native.instructions import MIXING, WIDTH
from balansfilter.native.view_parts import HALF

Words = npt.NDArray[np.uint64]

_OF_NO_TEXT = np.frombuffer(token_bytes(WIDTH), np.uint64)


def begun_checksum() -> Words:
    """Return the checksum of a text without bytes, into which a loop mixes those of its text."""
    return _OF_NO_TEXT.copy()


def checksum_of(text: npt.NDArray[np.uint8]) -> Words:
    """Return the checksum of a text of at least sixty-four bytes, without a loop."""
    whole, checksum = len(text) // WIDTH * WIDTH, begun_checksum()
    words = text[:whole].view(np.uint64).reshape(-1, len(checksum))
    rest = text[len(text) - WIDTH :].copy().view(np.uint64)
    for seen in [*words, rest] if whole < len(text) else words:
        checksum = (checksum ^ seen) * np.uint64(MIXING)
        checksum ^= checksum >> HALF
    return checksum
