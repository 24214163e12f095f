"""What loops over numbers are made of: digits read as a number, eight at a time where nothing stands between them."""

from __future__ import annotations

import numpy as np

from balansfilter.native.instructions import eight_bytes
from balansfilter.native.loop import inlined

MOST_DIGITS = 19
"""As many digits as surely fit in 64 bits."""
_SPACE, _MINUS, _ZERO = 32, 45, 48
_EIGHT, _SIXTEEN = np.uintp(8), np.uintp(16)
_TEN, _NONE = np.uint64(10), np.uint64(0)
_HIGH_HALVES, _ZEROS = np.uint64(0xF0F0F0F0F0F0F0F0), np.uint64(0x3030303030303030)
_ABOVE_NINE, _HALF_A_BYTE = np.uint64(0x0606060606060606), np.uint64(0x3333333333333333)
_PAIRS = np.uint64(0x000000FF000000FF)
_FOUR_BITS, _BYTE, _WORD, _HALF = np.uint64(4), np.uint64(8), np.uint64(16), np.uint64(32)
_MILLIONS_AND_HUNDREDS, _TEN_THOUSANDS_AND_ONES = np.uint64((1_000_000 << 32) + 100), np.uint64((10_000 << 32) + 1)
_OF_EIGHT_DIGITS = np.uint64(100_000_000)


@inlined
def _are_digits(eight):
    """Whether eight bytes are digits."""
    return (eight & _HIGH_HALVES) | (((eight + _ABOVE_NINE) & _HIGH_HALVES) >> _FOUR_BITS) == _HALF_A_BYTE


@inlined
def _eight_digits(values):
    """Return the number that eight digits stand for, each a byte from 0 to 9, the first one lowest."""
    pairs = values * _TEN + (values >> _BYTE)
    high, low = (pairs & _PAIRS) * _MILLIONS_AND_HUNDREDS, ((pairs >> _WORD) & _PAIRS) * _TEN_THOUSANDS_AND_ONES
    return (high + low) >> _HALF


@inlined
def plain_digits(text, start, length):
    """Return the number that a cell of 8 to 16 digits stands for, and whether it is one."""
    first, last = eight_bytes(text, start), eight_bytes(text, start + length - _EIGHT)
    if not (_are_digits(first) and _are_digits(last)):
        return _NONE, False
    value = _eight_digits(last - _ZEROS)
    if length > _EIGHT:
        leading = (first - _ZEROS) << (np.uint64(_SIXTEEN - length) << np.uint64(3))
        value += _eight_digits(leading) * _OF_EIGHT_DIGITS
    return value, True


@inlined
def spaced_digits(text, start, end):
    """Return the number of a cell of digits, dashes and spaces, how many digits it has, and whether it is one."""
    value, count, others = np.uint64(0), np.int64(0), False
    for place in range(start, end):
        code = text[place]
        digit = np.uint64(code) - np.uint64(_ZERO)
        is_digit = digit < _TEN
        value = value * _TEN + digit if is_digit else value
        count += is_digit
        others |= not is_digit and code != _SPACE and code != _MINUS
    return value, count, not others and count <= MOST_DIGITS
