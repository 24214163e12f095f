"""Texts of one byte a character, looked at many bytes at a time; Python's own ways go from find to find."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balansfilter.native import BYTES_A_RECORD
from balansfilter.native.checksum import begun_checksum
from balansfilter.native.instructions import (
    WIDTH,
    beyond_ascii,
    bits_set,
    copy,
    first_bit,
    mix_in,
    put_eight_bytes,
    where,
)
from balansfilter.native.loop import inlined, loop

_NEAR = 1 << 16
"""Bytes that a processor keeps near."""
_UPPER_BITS, _FIRST_DIFFERING = 0xE0, 0x80
_LF = np.uint8(10)
_IN_MARK = np.uint8(BOM_UTF8[1])
"""A byte of the mark of UTF-8 that texts of one byte a character hardly have."""
_ONE, _WIDTH, _BIT = np.uintp(1), np.uintp(WIDTH), np.uint64(1)
_ZERO, _FIRST_BEYOND_ASCII = np.uint8(0), np.uint8(0x80)
_OF_CONTROLS_AND_SIGNS, _OF_LETTERS = np.uint8(0xC2), np.uint8(0xC3)
"""The first byte in UTF-8 of what iso-8859-1 has beyond ASCII."""
_FIRST_SIGN, _UP = np.uint8(0xA0), np.uint8(0x40)
_LENGTH = np.uint64(56)
"""Where the length of a letter stands in the number that tells it, above its bytes."""


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
    if _count.pays(len(text) // BYTES_A_RECORD):
        return int(_count(np.frombuffer(text, np.uint8), _LF))
    return sum(int(np.count_nonzero(part == _LF)) for _, part in _parts(text))


def _parts(text: bytes) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    whole = np.frombuffer(text, np.uint8)
    return ((start, whole[start : start + _NEAR]) for start in range(0, len(whole), _NEAR))


@loop
def _count(text, code):
    size, place, found = np.uintp(len(text)), np.uintp(0), np.uint64(0)
    while place + _WIDTH <= size:
        found += bits_set(where(text, place, code))
        place += _WIDTH
    while place < size:
        found += np.uint64(text[place] == code)
        place += _ONE
    return found


@inlined
def _put_letter(out, to, letter):
    """Write a letter, and return the place behind it; eight bytes are written."""
    put_eight_bytes(out, to, letter)
    return to + np.uintp(letter >> _LENGTH)


@loop
def _write(text, letters, checksum, out):
    """Write a text with other letters for its bytes.

    :returns: how long it is, -1 where there is no letter for a byte; the line feeds; and whether a byte may stand in
        the byte order mark of UTF-8.
    :param letters: for each byte the bytes of its letter, and above them how many those are; 0 where there is none.
    :param checksum: that of no text; takes that of the text, of `WIDTH` bytes at least, as it came.
    :param out: has room for every letter, and for `WIDTH` bytes more.
    """
    size, place, to, feeds, has_mark = np.uintp(len(text)), np.uintp(0), np.uintp(0), np.uint64(0), False
    while place + _WIDTH + _WIDTH <= size:  # as many bytes are copied from any place of this part
        others, start = beyond_ascii(text, place), place
        mix_in(checksum, text, place)
        feeds += bits_set(where(text, place, _LF))
        while others:
            at = place + np.uintp(first_bit(others))
            others &= others - _BIT
            letter = letters[text[at]]
            has_mark |= text[at] == _IN_MARK
            if not letter:
                return np.int64(-1), np.int64(0), True
            copy(out, to, text, start, _WIDTH)
            to = _put_letter(out, to + (at - start), letter)
            start = at + _ONE
        copy(out, to, text, start, _WIDTH)
        place += _WIDTH
        to += place - start
    for rest in range(place, size, _WIDTH):
        mix_in(checksum, text, min(rest, size - _WIDTH))
    while place < size:
        letter = letters[text[place]]
        has_mark |= text[place] == _IN_MARK
        feeds += np.uint64(text[place] == _LF)
        if not letter:
            return np.int64(-1), np.int64(0), True
        to = _put_letter(out, to, letter)
        place += _ONE
    return np.int64(to), np.int64(feeds), has_mark


@cache
def _letters(codec: str) -> npt.NDArray[np.uint64]:
    """Return the letters of a codec as :func:`_write` takes them."""
    letters = np.zeros(256, np.uint64)
    for code in range(256):
        text = bytes([code])
        if codec != "latin-1" or first_differing(text) < 0:
            letter = text.decode(codec, "ignore").encode()
            letters[code] = int.from_bytes(letter, "little") | len(letter) << int(_LENGTH)
    return letters


def without_letter(text: bytes, codec: str) -> int:
    """Return the place of the first byte that :class:`Utf8Writer` has no letter for, -1 where there is none."""
    has_letter = _letters(codec) != 0
    return next(
        (start + int(np.argmin(has_letter[part])) for start, part in _parts(text) if not has_letter[part].all()), -1
    )


class InUtf8(NamedTuple):
    """A text as UTF-8, and what was seen in it."""

    text: bytes | None
    """None where there is no letter for a byte."""
    line_feeds: int
    """Zero where there is no letter for a byte."""
    may_have_marks: bool
    """Whether the byte order mark of UTF-8 may stand in it as it came."""
    checksum: bytes | None = None
    """That of it as it came; None where nobody made it."""


class Utf8Writer:
    """Writes texts of one byte a character as UTF-8.

    A byte that iso-8859-1 reads as a control character, and windows-1252 otherwise, is no letter in the former.
    """

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._room = np.empty(0, np.uint8)

    def written(self, text: bytes) -> InUtf8:
        """Write a text."""
        if text.isascii():
            return InUtf8(text, line_feeds(text), may_have_marks=False)
        if len(text) < WIDTH or not _write.pays(len(text) // BYTES_A_RECORD):
            made = self._written_by_python(text)
            return InUtf8(made, 0 if made is None else line_feeds(text), bytes([_IN_MARK]) in text)
        letters = _letters(self._codec)
        if (most := len(text) * int(letters.max() >> _LENGTH) + WIDTH) > len(self._room):
            self._room = np.empty(most, np.uint8)
        checksum = begun_checksum()
        size, feeds, may_have_marks = _write(np.frombuffer(text, np.uint8), letters, checksum, self._room)
        return InUtf8(None if size < 0 else self._room[:size].tobytes(), feeds, may_have_marks, checksum.tobytes())

    def _written_by_python(self, text: bytes) -> bytes | None:
        differs = first_differing(text) >= 0
        if differs and self._codec == "latin-1":
            return None
        try:
            return text.decode(self._codec if differs else "latin-1").encode()
        except UnicodeDecodeError:
            return None


@inlined
def _one_byte(lead, rest):
    """Return the one byte for a letter of two in UTF-8, 0 where there is none that both encodings have."""
    if lead == _OF_CONTROLS_AND_SIGNS and rest >= _FIRST_SIGN:
        return rest
    return np.uint8(rest + _UP) if lead == _OF_LETTERS else _ZERO


@loop
def _narrow(text, out):
    """Write a text in UTF-8 with one byte for each letter, and say how many; -1 where one has more, or is a control.

    :param out: has room for the text, and for `WIDTH` bytes more.
    """
    size, place, to, start = np.uintp(len(text)), np.uintp(0), np.uintp(0), np.uintp(0)
    while place + _WIDTH + _WIDTH + _ONE <= size:  # as many bytes are copied from any place of this part
        others, place = beyond_ascii(text, place), place + _WIDTH
        while others:
            at = place - _WIDTH + np.uintp(first_bit(others))
            others &= others - _BIT
            if at < start:  # the second byte of a letter
                continue
            code = _one_byte(text[at], text[at + _ONE])
            if not code:
                return np.int64(-1)
            copy(out, to, text, start, _WIDTH)
            to += at - start
            out[to] = code
            to += _ONE
            start = at + _ONE + _ONE
        if start < place:
            copy(out, to, text, start, _WIDTH)
            to += place - start
            start = place
    while start < size:
        code = text[start]
        if code >= _FIRST_BEYOND_ASCII:
            start += _ONE
            code = _one_byte(code, text[start]) if start < size else _ZERO
            if not code:
                return np.int64(-1)
        out[to] = code
        to += _ONE
        start += _ONE
    return np.int64(to)


def narrowed(text: npt.NDArray[np.uint8]) -> memoryview | None:
    """Return a text in UTF-8 as iso-8859-1 and windows-1252 both write it; None where they do not, or nobody looked."""
    if not _narrow.pays(len(text) // BYTES_A_RECORD):
        return None
    out = np.empty(len(text) + WIDTH, np.uint8)
    size = _narrow(text, out)
    return None if size < 0 else out[:size].data
