"""HMAC-SHA-256 of whole columns: sixteen values side by side, so that one instruction works on all of them.

RFC 2104 and FIPS 180-4. A text of at most `LONGEST` bytes fits in one block behind the key, so each value costs two
compressions. The compression is given to LLVM as instructions on vectors: left to itself it halves them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from balansfilter.native.instructions import four_bytes, put_eight_bytes
from balansfilter.native.loop import inlined, loop

Words = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.uint64]

LONGEST = 55
"""Bytes of a text that leave room for the end mark and the length in one block."""
BYTES_A_WORD = 4

_LANES = 16
_BLOCK = 64
_START = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_ROUND_CONSTANTS = (
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
)  # fmt: skip
_EIGHT_DIGITS = np.uint64(10**8)
_MOST_DIGITS = 20
"""Decimal digits of the largest number of 64 bits."""

# Where things stand in the buffer of a compression, in rows of one word a lane.
_STATE, _MESSAGE, _ROWS = 0, 8, 24


class _Lanes:
    """Arithmetic on one word of every lane at once."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self.kind = ir.VectorType(ir.IntType(32), _LANES)
        turning = ir.FunctionType(self.kind, [self.kind] * 3)
        self._turn = cgutils.get_or_insert_function(builder.module, turning, f"llvm.fshr.v{_LANES}i32")

    def every(self, value: int) -> Any:
        """Return the same word for every lane."""
        return ir.Constant(self.kind, [value] * _LANES)

    def added(self, *words: Any) -> Any:
        """Add words."""
        return reduce(self._builder.add, words)

    def joined(self, first: Any, second: Any, places: int) -> Any:
        """Put one word before another, and give the lower one of them shifted right by some places."""
        return self._builder.call(self._turn, [first, second, self.every(places)])

    def turned(self, word: Any, *places: int, shifted: int | None = None) -> Any:
        """Exclusively or the word turned right by some places, and shifted right by some."""
        parts = [self._builder.call(self._turn, [word, word, self.every(n)]) for n in places]
        parts += [] if shifted is None else [self._builder.lshr(word, self.every(shifted))]
        return reduce(self._builder.xor, parts)

    def chosen(self, e: Any, f: Any, g: Any) -> Any:
        """Choose the bits of `f` or `g` by those of `e`."""
        return self._builder.xor(self._builder.and_(e, f), self._builder.and_(self._builder.not_(e), g))

    def most(self, a: Any, b: Any, c: Any) -> Any:
        """Return each bit that at least two words have."""
        return reduce(self._builder.xor, [self._builder.and_(*two) for two in ((a, b), (a, c), (b, c))])

    def rounds(self, state: Sequence[Any], message: Sequence[Any]) -> list[Any]:
        """Do the 64 rounds."""
        a, b, c, d, e, f, g, h = state
        w = list(message)
        for k, constant in enumerate(_ROUND_CONSTANTS):
            if k >= len(w):
                low = self.turned(w[k - 15], 7, 18, shifted=3)
                high = self.turned(w[k - 2], 17, 19, shifted=10)
                w.append(self.added(w[k - 16], low, w[k - 7], high))
            mixed = self.added(h, self.turned(e, 6, 11, 25), self.chosen(e, f, g), w[k], self.every(constant))
            major = self.added(self.turned(a, 2, 13, 22), self.most(a, b, c))
            a, b, c, d, e, f, g, h = self.added(mixed, major), a, b, c, self.added(d, mixed), e, f, g
        return [self.added(old, new) for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _rows_of(buffer: Any, kind: Any, lanes: _Lanes, context: Any, builder: Any) -> Callable[[int], Any]:
    """Return a function that gives the address of a row of a buffer."""
    data = context.make_array(kind)(context, builder, buffer).data
    rows = builder.bitcast(data, lanes.kind.as_pointer())
    return lambda row: builder.gep(rows, [ir.Constant(ir.IntType(64), row)])


@intrinsic
def _compress(_: Any, buffer: Any) -> Any:
    """Compress the message of every lane into its state."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        lanes = _Lanes(builder)
        at = _rows_of(values[0], signature.args[0], lanes, context, builder)
        words = [builder.load(at(row), align=4) for row in range(_MESSAGE + 16)]
        for row, word in enumerate(lanes.rounds(words[:_MESSAGE], words[_MESSAGE:])):
            builder.store(word, at(row), align=4)
        return context.get_dummy_value()

    return types.void(buffer), code


@intrinsic
def _hash(_: Any, buffer: Any, behind_keys: Any) -> Any:
    """Hash the message of every lane, in the second block, behind the inner key, and that hash behind the outer key.

    :param behind_keys: the state behind the inner key, and that behind the outer one; in every lane.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        lanes = _Lanes(builder)
        at = _rows_of(values[0], signature.args[0], lanes, context, builder)
        key_at = _rows_of(values[1], signature.args[1], lanes, context, builder)
        message = [builder.load(at(row), align=4) for row in range(_MESSAGE, _MESSAGE + 16)]
        inner, outer = ([builder.load(key_at(row), align=4) for row in range(n, n + 8)] for n in (0, 8))
        end = [lanes.every(0x80000000), *[lanes.every(0)] * 6, lanes.every((_BLOCK + 32) * 8)]
        hashed = lanes.rounds(outer, [*lanes.rounds(inner, message), *end])
        for row, word in enumerate(hashed):
            builder.store(word, at(row), align=4)
        for row in range(_MESSAGE, _MESSAGE + 16):
            builder.store(lanes.every(0), at(row), align=4)
        return context.get_dummy_value()

    return types.void(buffer, behind_keys), code


@inlined
def _turned(word):
    """Return a word with its four bytes the other way round: the first one lowest, as it stands in the hash."""
    word = ((word & np.uint32(0x00FF00FF)) << np.uint32(8)) | ((word >> np.uint32(8)) & np.uint32(0x00FF00FF))
    return np.uint32((word << np.uint32(16)) | (word >> np.uint32(16)))


@inlined
def _put(buffer, lane, text, start, length):
    """Put a text in the message of a lane, with an end mark, and the number of bits hashed with the key's block."""
    words = length >> 2
    for word in range(words):
        buffer[(_MESSAGE + word) * _LANES + lane] = _turned(four_bytes(text, np.uintp(start + 4 * word)))
    for place in range(4 * words, length):
        shift = np.uint32(24 - 8 * (place & 3))
        buffer[(_MESSAGE + (place >> 2)) * _LANES + lane] |= np.uint32(np.uint32(text[start + place]) << shift)
    shift = np.uint32(24 - 8 * (length & 3))
    buffer[(_MESSAGE + (length >> 2)) * _LANES + lane] |= np.uint32(np.uint32(0x80) << shift)
    buffer[(_MESSAGE + 15) * _LANES + lane] = np.uint32((_BLOCK + length) * 8)


@loop
def _compress_once(buffer):
    _compress(buffer)


@inlined
def _finish(buffer, behind_keys, lanes, out, row):
    """Hash the messages in the buffer under the key, and write the hashes of the first lanes."""
    _hash(buffer, behind_keys)
    for i in range(lanes):
        for j in range(out.shape[1]):
            out[row + i, j] = _turned(buffer[(_STATE + j) * _LANES + i])


@loop
def _of_texts(text, offsets, behind_keys, out):
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    rows = len(offsets) - 1
    for row in range(0, rows, _LANES):
        lanes = min(_LANES, rows - row)
        for lane in range(lanes):
            start = offsets[row + lane]
            length = offsets[row + lane + 1] - start
            _put(buffer, lane, text, start, length)
        _finish(buffer, behind_keys, lanes, out, row)


@inlined
def _eight_digits(number):
    """Write a number below 10^8 in eight digits, a byte each, the first one lowest: halves, quarters, then digits."""
    parts = (number // np.uint64(10_000)) | ((number % np.uint64(10_000)) << np.uint64(32))
    hundreds = ((parts * np.uint64(5243)) >> np.uint64(19)) & np.uint64(0x0000007F0000007F)
    parts = hundreds | ((parts - hundreds * np.uint64(100)) << np.uint64(16))
    tens = ((parts * np.uint64(103)) >> np.uint64(10)) & np.uint64(0x000F000F000F000F)
    parts = tens | ((parts - tens * np.uint64(10)) << np.uint64(8))
    return parts | np.uint64(0x3030303030303030)


@loop
def _of_numbers(numbers, behind_keys, out):
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    text = np.empty(_MOST_DIGITS + 1, np.uint8)
    rows = len(numbers)
    for row in range(0, rows, _LANES):
        lanes = min(_LANES, rows - row)
        for lane in range(lanes):
            left = numbers[row + lane]
            start = len(text)
            if left >= _EIGHT_DIGITS:
                start -= 8
                put_eight_bytes(text, np.uintp(start), _eight_digits(left % _EIGHT_DIGITS))
                left //= _EIGHT_DIGITS
            while left or start == len(text):
                start -= 1
                text[start] = np.uint8(48) + np.uint8(left % np.uint64(10))
                left //= np.uint64(10)
            start -= 1
            text[start] = 43
            _put(buffer, lane, text, start, len(text) - start)
        _finish(buffer, behind_keys, lanes, out, row)


def _state_behind(block: bytes) -> Words:
    """Return the state behind a first block, such as the padded key, in every lane."""
    buffer = np.zeros((_ROWS, _LANES), np.uint32)
    buffer[_STATE:_MESSAGE] = np.array(_START, np.uint32)[:, None]
    buffer[_MESSAGE:] = np.frombuffer(block, ">u4")[:, None]
    _compress_once(buffer.reshape(-1))
    return buffer[_STATE:_MESSAGE]


def _behind_keys(key: bytes) -> Words:
    """Return the states behind the inner and the outer key, in every lane; a key of at most one block."""
    padded = key.ljust(_BLOCK, b"\0")
    states = [_state_behind(bytes(byte ^ mask for byte in padded)) for mask in (0x36, 0x5C)]
    return np.concatenate(states).reshape(-1)


def of_texts(text: Bytes, offsets: Offsets, key: bytes, size: int) -> Bytes:
    """Return the keyed hash of each text.

    :param text: the bytes of all texts, one behind the other.
    :param offsets: where each begins, and the last one ends; none is longer than `LONGEST`.
    :param key: at most 64 bytes.
    :param size: how many bytes of each hash are wanted; a multiple of 4.
    :returns: the bytes of all hashes, one behind the other.
    """
    out = np.empty((len(offsets) - 1, size // BYTES_A_WORD), np.uint32)
    _of_texts(text, offsets, _behind_keys(key), out)
    return out.view(np.uint8).reshape(-1)


def of_numbers(numbers: Numbers, key: bytes, size: int) -> Bytes:
    """Return the keyed hash of each number, written in decimal behind a plus sign, as :func:`of_texts` does."""
    out = np.empty((len(numbers), size // BYTES_A_WORD), np.uint32)
    _of_numbers(numbers, _behind_keys(key), out)
    return out.view(np.uint8).reshape(-1)
