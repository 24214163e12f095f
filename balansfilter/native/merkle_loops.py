"""SHA-256 of many short messages side by side, as the Merkle tree over the decisions of a run needs it.

The messages share few beginnings (a product, a reason), each of whole blocks, so that the state behind a beginning is
worked out once; what follows is a row of words. The compression is that of the keyed hashes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from balansfilter.native.hmac_sha256 import _BLOCK, _LANES, _MESSAGE, _ROWS, _START, _STATE, _compress
from balansfilter.native.loop import inlined, loop

Words = npt.NDArray[np.uint32]

_FIRST_STATE = np.array(_START, np.uint32)
_WORDS = 16
"""Words of a block."""
_END_MARK = np.uint32(0x80000000)


@inlined
def _take_state(buffer, lane, state):
    for j in range(8):
        buffer[(_STATE + j) * _LANES + lane] = state[j]


@loop
def _behind(states, lengths, codes, tails, out):
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    rows, width = tails.shape
    blocks = (width + 3 + _WORDS - 1) // _WORDS  # the end mark takes a word, the length two
    for row in range(0, rows, _LANES):
        lanes = min(_LANES, rows - row)
        for lane in range(lanes):
            _take_state(buffer, lane, states[codes[row + lane]])
        for block in range(blocks):
            for word in range(_WORDS):
                at = block * _WORDS + word
                place = (_MESSAGE + word) * _LANES
                if at < width:
                    for lane in range(lanes):
                        buffer[place + lane] = tails[row + lane, at]
                elif at == width:
                    for lane in range(lanes):
                        buffer[place + lane] = _END_MARK
                elif at == blocks * _WORDS - 1:
                    for lane in range(lanes):
                        buffer[place + lane] = np.uint32((lengths[codes[row + lane]] + 4 * width) * 8)
                else:
                    for lane in range(lanes):
                        buffer[place + lane] = np.uint32(0)
            _compress(buffer)
        for lane in range(lanes):
            for j in range(8):
                out[row + lane, j] = buffer[(_STATE + j) * _LANES + lane]


@loop
def _nodes(first_state, below, out):
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    rows = len(out)
    for row in range(0, rows, _LANES):
        lanes = min(_LANES, rows - row)
        for lane in range(lanes):
            _take_state(buffer, lane, first_state)
            before = np.uint32(1)  # the byte that stands before the two, and then the last one of each word
            for j in range(_WORDS):
                word = below[row + lane, j]
                buffer[(_MESSAGE + j) * _LANES + lane] = np.uint32((before << np.uint32(24)) | (word >> np.uint32(8)))
                before = np.uint32(word & np.uint32(0xFF))
        _compress(buffer)
        for j in range(_WORDS):
            for lane in range(lanes):
                buffer[(_MESSAGE + j) * _LANES + lane] = np.uint32(0)
        for lane in range(lanes):
            last = np.uint32(below[row + lane, 15] & np.uint32(0xFF))
            buffer[_MESSAGE * _LANES + lane] = np.uint32((last << np.uint32(24)) | np.uint32(0x00800000))
            buffer[(_MESSAGE + 15) * _LANES + lane] = np.uint32((_BLOCK + 1) * 8)
        _compress(buffer)
        for lane in range(lanes):
            for j in range(8):
                out[row + lane, j] = buffer[(_STATE + j) * _LANES + lane]


@loop
def _states(first_state, words, begins, out):
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    for row in range(len(out)):
        _take_state(buffer, 0, first_state)
        for at in range(begins[row], begins[row + 1], _WORDS):
            for word in range(_WORDS):
                buffer[(_MESSAGE + word) * _LANES] = words[at + word]
            _compress(buffer)
        for j in range(8):
            out[row, j] = buffer[(_STATE + j) * _LANES]


def behind(beginnings: list[bytes], codes: npt.NDArray[np.uint32], tails: Words) -> Words:
    """Return the SHA-256 of a beginning and a tail for each row, as eight words.

    :param beginnings: the different beginnings, each of whole blocks of 64 bytes.
    :param codes: which of them each row begins with.
    :param tails: a row of words for each.
    """
    lengths = np.array([len(beginning) for beginning in beginnings], np.int64)
    begins = np.zeros(len(beginnings) + 1, np.int64)
    np.cumsum(lengths // 4, out=begins[1:])
    words = np.frombuffer(b"".join(beginnings), ">u4").astype(np.uint32)
    states = np.empty((len(beginnings), 8), np.uint32)
    _states(_FIRST_STATE, words, begins, states)
    out = np.empty((len(tails), 8), np.uint32)
    _behind(states, lengths, codes, np.ascontiguousarray(tails), out)
    return out


def nodes(below: Words) -> Words:
    """Return the node above each two nodes, eight words each; their number is even."""
    out = np.empty((len(below) // 2, 8), np.uint32)
    _nodes(_FIRST_STATE, np.ascontiguousarray(below).reshape(-1, 16), out)
    return out
