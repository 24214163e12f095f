"""HMAC-SHA-256 of whole columns: sixteen values side by side, so that one instruction works on all of them.

RFC 2104 and FIPS 180-4. A text of at most `LONGEST` bytes fits in one block behind the key, so each value costs two
compressions. For LLVM to work on all lanes at once, the compression is one straight line over local values: a single
flat buffer with fixed places, every load before any store, and each sum brought back to 32 bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Words = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.uint64]

LONGEST = 55
"""Bytes of a text that leave room for the end mark and the length in one block."""
DIGITS_A_WORD = 8

_LANES = 16
_BLOCK = 64
_START = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_ROUND_CONSTANTS = np.array(
    [
        0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
        0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
        0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
        0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
        0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
        0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
        0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
        0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
    ],
    np.uint32,
)  # fmt: skip
_MOST_DIGITS = 20
"""Decimal digits of the largest number of 64 bits."""

# Where things stand in the buffer of a compression, in rows of one word a lane.
_STATE, _MESSAGE, _RESULT, _ROWS = 0, 8, 24, 32

_inlined = njit(forceinline=True, error_model="numpy")
_compiled = njit(nogil=True, cache=True, error_model="numpy")


@_inlined
def _rotated(x, n):
    return np.uint32(np.uint32(x >> np.uint32(n)) | np.uint32(x << np.uint32(32 - n)))


@_inlined
def _round(a, b, c, d, e, f, g, h, k, w):
    mixed = (e & f) ^ (~e & g)
    first = np.uint32(h + (_rotated(e, 6) ^ _rotated(e, 11) ^ _rotated(e, 25)) + mixed + _ROUND_CONSTANTS[k] + w)
    major = (a & b) ^ (a & c) ^ (b & c)
    return np.uint32(d + first), np.uint32(first + (_rotated(a, 2) ^ _rotated(a, 13) ^ _rotated(a, 22)) + major)


@_inlined
def _eight_rounds(a, b, c, d, e, f, g, h, k, w0, w1, w2, w3, w4, w5, w6, w7):
    d, h = _round(a, b, c, d, e, f, g, h, k, w0)
    c, g = _round(h, a, b, c, d, e, f, g, k + 1, w1)
    b, f = _round(g, h, a, b, c, d, e, f, k + 2, w2)
    a, e = _round(f, g, h, a, b, c, d, e, k + 3, w3)
    h, d = _round(e, f, g, h, a, b, c, d, k + 4, w4)
    g, c = _round(d, e, f, g, h, a, b, c, k + 5, w5)
    f, b = _round(c, d, e, f, g, h, a, b, k + 6, w6)
    e, a = _round(b, c, d, e, f, g, h, a, k + 7, w7)
    return a, b, c, d, e, f, g, h


@_inlined
def _word(back16, back15, back7, back2):
    low = _rotated(back15, 7) ^ _rotated(back15, 18) ^ (back15 >> np.uint32(3))
    high = _rotated(back2, 17) ^ _rotated(back2, 19) ^ (back2 >> np.uint32(10))
    return np.uint32(back16 + low + back7 + high)


@_inlined
def _first_half(w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15):
    w0 = _word(w0, w1, w9, w14)
    w1 = _word(w1, w2, w10, w15)
    w2 = _word(w2, w3, w11, w0)
    w3 = _word(w3, w4, w12, w1)
    w4 = _word(w4, w5, w13, w2)
    w5 = _word(w5, w6, w14, w3)
    w6 = _word(w6, w7, w15, w4)
    w7 = _word(w7, w8, w0, w5)
    return w0, w1, w2, w3, w4, w5, w6, w7


@_compiled
def _compress(buffer):
    """Compress the message of every lane into its state."""
    n = _LANES
    for i in range(n):
        a, b, c, d = buffer[i], buffer[n + i], buffer[2 * n + i], buffer[3 * n + i]
        e, f, g, h = buffer[4 * n + i], buffer[5 * n + i], buffer[6 * n + i], buffer[7 * n + i]
        a0, b0, c0, d0, e0, f0, g0, h0 = a, b, c, d, e, f, g, h
        w0, w1, w2, w3 = buffer[8 * n + i], buffer[9 * n + i], buffer[10 * n + i], buffer[11 * n + i]
        w4, w5, w6, w7 = buffer[12 * n + i], buffer[13 * n + i], buffer[14 * n + i], buffer[15 * n + i]
        w8, w9, wa, wb = buffer[16 * n + i], buffer[17 * n + i], buffer[18 * n + i], buffer[19 * n + i]
        wc, wd, we, wf = buffer[20 * n + i], buffer[21 * n + i], buffer[22 * n + i], buffer[23 * n + i]
        a, b, c, d, e, f, g, h = _eight_rounds(a, b, c, d, e, f, g, h, 0, w0, w1, w2, w3, w4, w5, w6, w7)
        a, b, c, d, e, f, g, h = _eight_rounds(a, b, c, d, e, f, g, h, 8, w8, w9, wa, wb, wc, wd, we, wf)
        w0, w1, w2, w3, w4, w5, w6, w7 = _first_half(w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, wa, wb, wc, wd, we, wf)
        a, b, c, d, e, f, g, h = _eight_rounds(a, b, c, d, e, f, g, h, 16, w0, w1, w2, w3, w4, w5, w6, w7)
        w8, w9, wa, wb, wc, wd, we, wf = _first_half(w8, w9, wa, wb, wc, wd, we, wf, w0, w1, w2, w3, w4, w5, w6, w7)
        a, b, c, d, e, f, g, h = _eight_rounds(a, b, c, d, e, f, g, h, 24, w8, w9, wa, wb, wc, wd, we, wf)
        w0, w1, w2, w3, w4, w5, w6, w7 = _first_half(w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, wa, wb, wc, wd, we, wf)
        a, b, c, d, e, f, g, h = _eight_rounds(a, b, c, d, e, f, g, h, 32, w0, w1, w2, w3, w4, w5, w6, w7)
        w8, w9, wa, wb, wc, wd, we, wf = _first_half(w8, w9, wa, wb, wc, wd, we, wf, w0, w1, w2, w3, w4, w5, w6, w7)
        a, b, c, d, e, f, g, h = _eight_rounds(a, b, c, d, e, f, g, h, 40, w8, w9, wa, wb, wc, wd, we, wf)
        w0, w1, w2, w3, w4, w5, w6, w7 = _first_half(w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, wa, wb, wc, wd, we, wf)
        a, b, c, d, e, f, g, h = _eight_rounds(a, b, c, d, e, f, g, h, 48, w0, w1, w2, w3, w4, w5, w6, w7)
        w8, w9, wa, wb, wc, wd, we, wf = _first_half(w8, w9, wa, wb, wc, wd, we, wf, w0, w1, w2, w3, w4, w5, w6, w7)
        a, b, c, d, e, f, g, h = _eight_rounds(a, b, c, d, e, f, g, h, 56, w8, w9, wa, wb, wc, wd, we, wf)
        buffer[24 * n + i] = np.uint32(a0 + a)
        buffer[25 * n + i] = np.uint32(b0 + b)
        buffer[26 * n + i] = np.uint32(c0 + c)
        buffer[27 * n + i] = np.uint32(d0 + d)
        buffer[28 * n + i] = np.uint32(e0 + e)
        buffer[29 * n + i] = np.uint32(f0 + f)
        buffer[30 * n + i] = np.uint32(g0 + g)
        buffer[31 * n + i] = np.uint32(h0 + h)


@_inlined
def _hexadecimal(word):
    """Give the eight digits of a word as text: one digit a byte, the first one lowest."""
    x = np.uint64(word)
    x = ((x << np.uint64(16)) | x) & np.uint64(0x0000FFFF0000FFFF)
    x = ((x << np.uint64(8)) | x) & np.uint64(0x00FF00FF00FF00FF)
    x = ((x << np.uint64(4)) | x) & np.uint64(0x0F0F0F0F0F0F0F0F)
    letters = ((x + np.uint64(0x0606060606060606)) >> np.uint64(4)) & np.uint64(0x0101010101010101)
    x += np.uint64(0x3030303030303030) + letters * np.uint64(39)
    x = ((x >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)) | ((x & np.uint64(0x00FF00FF00FF00FF)) << np.uint64(8))
    x = ((x >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)) | ((x & np.uint64(0x0000FFFF0000FFFF)) << np.uint64(16))
    return (x >> np.uint64(32)) | (x << np.uint64(32))


@_inlined
def _put(buffer, lane, text, start, length):
    """Put a text in the message of a lane, with an end mark, and the number of bits hashed with the key's block."""
    for place in range(length):
        shift = np.uint32(24 - 8 * (place & 3))
        buffer[(_MESSAGE + (place >> 2)) * _LANES + lane] |= np.uint32(np.uint32(text[start + place]) << shift)
    shift = np.uint32(24 - 8 * (length & 3))
    buffer[(_MESSAGE + (length >> 2)) * _LANES + lane] |= np.uint32(np.uint32(0x80) << shift)
    buffer[(_MESSAGE + 15) * _LANES + lane] = np.uint32((_BLOCK + length) * 8)


@_compiled
def _finish(buffer, inner, outer, lanes, out, row):
    """Hash the messages in the buffer under the key, and write the hashes of the first lanes."""
    for j in range(8):
        for i in range(_LANES):
            buffer[(_STATE + j) * _LANES + i] = inner[j]
    _compress(buffer)
    for j in range(8):
        for i in range(_LANES):
            buffer[(_MESSAGE + j) * _LANES + i] = buffer[(_RESULT + j) * _LANES + i]
            buffer[(_STATE + j) * _LANES + i] = outer[j]
            buffer[(_MESSAGE + 8 + j) * _LANES + i] = 0
    for i in range(_LANES):
        buffer[(_MESSAGE + 8) * _LANES + i] = np.uint32(0x80000000)
        buffer[(_MESSAGE + 15) * _LANES + i] = np.uint32((_BLOCK + 32) * 8)
    _compress(buffer)
    for i in range(lanes):
        for j in range(out.shape[1]):
            out[row + i, j] = _hexadecimal(buffer[(_RESULT + j) * _LANES + i])
    for j in range(_MESSAGE * _LANES, _RESULT * _LANES):
        buffer[j] = 0


@_compiled
def _of_texts(text, offsets, inner, outer, out):
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    rows = len(offsets) - 1
    for row in range(0, rows, _LANES):
        lanes = min(_LANES, rows - row)
        for lane in range(lanes):
            start = offsets[row + lane]
            length = offsets[row + lane + 1] - start
            _put(buffer, lane, text, start, length)
        _finish(buffer, inner, outer, lanes, out, row)


@_compiled
def _of_numbers(numbers, inner, outer, out):
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    text = np.empty(_MOST_DIGITS + 1, np.uint8)
    rows = len(numbers)
    for row in range(0, rows, _LANES):
        lanes = min(_LANES, rows - row)
        for lane in range(lanes):
            start, left = len(text), numbers[row + lane]
            while left or start == len(text):
                start -= 1
                text[start] = np.uint8(48) + np.uint8(left % np.uint64(10))
                left //= np.uint64(10)
            start -= 1
            text[start] = 43
            _put(buffer, lane, text, start, len(text) - start)
        _finish(buffer, inner, outer, lanes, out, row)


def _state_behind(block: bytes) -> Words:
    """Give the state after a first block, such as the padded key."""
    buffer = np.zeros((_ROWS, _LANES), np.uint32)
    buffer[_STATE:_MESSAGE] = np.array(_START, np.uint32)[:, None]
    buffer[_MESSAGE:_RESULT] = np.frombuffer(block, ">u4")[:, None]
    _compress(buffer.reshape(-1))
    return buffer[_RESULT:, 0].copy()


def _states(key: bytes) -> tuple[Words, Words]:
    """Give the states behind the inner and the outer key; a key of at most one block."""
    padded = key.ljust(_BLOCK, b"\0")
    return _state_behind(bytes(byte ^ 0x36 for byte in padded)), _state_behind(bytes(byte ^ 0x5C for byte in padded))


def of_texts(text: Bytes, offsets: Offsets, key: bytes, digits: int) -> Bytes:
    """Give the keyed hash of each text.

    :param text: the bytes of all texts, one behind the other.
    :param offsets: where each begins, and the last one ends; none is longer than `LONGEST`.
    :param key: at most 64 bytes.
    :param digits: how many hexadecimal digits of each hash are wanted; a multiple of 8.
    :returns: one row of digits a text, in ASCII.
    """
    out = np.empty((len(offsets) - 1, digits // DIGITS_A_WORD), np.uint64)
    _of_texts(text, offsets, *_states(key), out)
    return out.view(np.uint8)


def of_numbers(numbers: Numbers, key: bytes, digits: int) -> Bytes:
    """Give the keyed hash of each number, written in decimal behind a plus sign, as :func:`of_texts` does."""
    out = np.empty((len(numbers), digits // DIGITS_A_WORD), np.uint64)
    _of_numbers(numbers, *_states(key), out)
    return out.view(np.uint8)
