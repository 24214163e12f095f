"""SHA-256 of many short messages side by side, as the Merkle tree over the decisions of a run needs it.

The messages share few beginnings (a product, a reason), each of whole blocks, so that the state behind a beginning is
worked out once; what follows is a row of words. The compression is that of the keyed hashes. Words stand word by word,
the first one of every message, then the second one of every message: sixteen of them are one load.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from balansfilter.native.hmac_sha256 import _BLOCK, _LANES, _MESSAGE, _ROWS, _START, _STATE, _compress, _Lanes
from balansfilter.native.loop import loop

Words = npt.NDArray[np.uint32]

_WORDS = 16
"""Words of a block."""
_HASH = 8
"""Words of a hash."""
_END_MARK = 0x80000000


def _address(lanes: _Lanes, context: Any, builder: Any, array: Any, kind: Any, place: Any) -> Any:
    """Return the address of sixteen words in an array, from a place on."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), lanes.kind.as_pointer())


@intrinsic
def _move(_: Any, to: Any, to_place: Any, source: Any, place: Any) -> Any:
    """Copy sixteen words from one array to another."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        lanes, kinds = _Lanes(builder), signature.args
        words = builder.load(_address(lanes, context, builder, values[2], kinds[2], values[3]), align=4)
        builder.store(words, _address(lanes, context, builder, values[0], kinds[0], values[1]), align=4)
        return context.get_dummy_value()

    return types.void(to, types.intp, source, types.intp), code


@intrinsic
def _sixteen_nodes(_: Any, out: Any, out_place: Any, out_width: Any, below: Any, place: Any, width: Any) -> Any:
    """Hash sixteen pairs of nodes that stand beside each other, each behind the byte 01."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        lanes, kinds = _Lanes(builder), signature.args
        out, out_place, out_width, below, start, width = values
        chosen = ir.VectorType(ir.IntType(32), _LANES)
        sides = [ir.Constant(chosen, [2 * lane + side for lane in range(_LANES)]) for side in (0, 1)]
        pairs = []
        for word in range(_HASH):
            row = builder.add(start, builder.mul(width, ir.Constant(width.type, word)))
            halves = [builder.add(row, ir.Constant(width.type, half)) for half in (0, _LANES)]
            pairs.append(
                [builder.load(_address(lanes, context, builder, below, kinds[3], at), align=4) for at in halves]
            )
        words = [builder.shuffle_vector(*pair, side) for side in sides for pair in pairs]
        before = [lanes.every(1), *words]
        message = [lanes.joined(first, second, 8) for first, second in zip(before, words, strict=False)]
        end = [
            lanes.joined(words[-1], lanes.every(_END_MARK), 8),
            *[lanes.every(0)] * 14,
            lanes.every((_BLOCK + 1) * 8),
        ]
        hashed = lanes.rounds(lanes.rounds([lanes.every(word) for word in _START], message), end)
        for word, found in enumerate(hashed):
            row = builder.add(out_place, builder.mul(out_width, ir.Constant(width.type, word)))
            builder.store(found, _address(lanes, context, builder, out, kinds[0], row), align=4)
        return context.get_dummy_value()

    return types.void(out, types.intp, types.intp, below, types.intp, types.intp), code


@loop
def _behind(states, lengths, codes, tails, out, columns):
    """Hash the messages of the first columns, sixteen at a time: a whole number of sixteens."""
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    width, rows = tails.shape
    flat, found, kinds = tails.reshape(-1), out.reshape(-1), states.reshape(-1)
    begun = states.shape[1]
    blocks = (width + 3 + _WORDS - 1) // _WORDS  # the end mark takes a word, the length two
    for row in range(0, columns, _LANES):
        for word in range(_HASH):
            for lane in range(_LANES):
                buffer[np.uintp((_STATE + word) * _LANES + lane)] = kinds[
                    np.uintp(word * begun + codes[np.uintp(row + lane)])
                ]
        for block in range(blocks):
            for word in range(_WORDS):
                at = block * _WORDS + word
                place = (_MESSAGE + word) * _LANES
                if at < width:
                    _move(buffer, place, flat, at * rows + row)
                elif at == width:
                    buffer[place : place + _LANES] = np.uint32(_END_MARK)
                elif at == blocks * _WORDS - 1:
                    for lane in range(_LANES):
                        buffer[place + lane] = np.uint32((lengths[codes[row + lane]] + 4 * width) * 8)
                else:
                    buffer[place : place + _LANES] = np.uint32(0)
            _compress(buffer)
        for word in range(_HASH):
            _move(found, word * rows + row, buffer, (_STATE + word) * _LANES)


@loop
def _nodes(below, out, columns):
    """Hash the pairs of nodes under the first columns, sixteen at a time: a whole number of sixteens."""
    width, rows = below.shape[1], out.shape[1]
    flat, found = below.reshape(-1), out.reshape(-1)
    for row in range(0, columns, _LANES):
        _sixteen_nodes(found, row, rows, flat, 2 * row, width)


@loop
def _states(first_state, words, begins, out):
    buffer = np.zeros(_ROWS * _LANES, np.uint32)
    for row in range(out.shape[1]):
        for j in range(_HASH):
            buffer[(_STATE + j) * _LANES] = first_state[j]
        for at in range(begins[row], begins[row + 1], _WORDS):
            for word in range(_WORDS):
                buffer[(_MESSAGE + word) * _LANES] = words[at + word]
            _compress(buffer)
        for j in range(_HASH):
            out[j, row] = buffer[(_STATE + j) * _LANES]


def behind(beginnings: list[bytes], codes: npt.NDArray[np.uint32], tails: Words) -> Words:
    """Return the SHA-256 of a beginning and a tail for each row: eight rows of words, a column a hash.

    :param beginnings: the different beginnings, each of whole blocks of 64 bytes.
    :param codes: which of them each column begins with.
    :param tails: the words behind it, a column each.
    """
    lengths = np.array([len(beginning) for beginning in beginnings], np.int64)
    begins = np.zeros(len(beginnings) + 1, np.int64)
    np.cumsum(lengths // 4, out=begins[1:])
    words = np.frombuffer(b"".join(beginnings), ">u4").astype(np.uint32)
    states = np.empty((_HASH, len(beginnings)), np.uint32)
    _states(np.array(_START, np.uint32), words, begins, states)
    out = np.empty((_HASH, len(codes)), np.uint32)
    tails, whole = np.ascontiguousarray(tails), len(codes) - len(codes) % _LANES
    _behind(states, lengths, codes, tails, out, whole)
    if whole < len(codes):
        last = np.empty((_HASH, _LANES), np.uint32)
        _behind(states, lengths, _filled(codes[whole:], _LANES), _filled(tails[:, whole:], _LANES), last, _LANES)
        out[:, whole:] = last[:, : len(codes) - whole]
    return out


def nodes(below: Words) -> Words:
    """Return the node above each two nodes, a column each; their number is even."""
    rows = below.shape[1] // 2
    out = np.empty((_HASH, rows), np.uint32)
    below, whole = np.ascontiguousarray(below), rows - rows % _LANES
    _nodes(below, out, whole)
    if whole < rows:
        last = np.empty((_HASH, _LANES), np.uint32)
        _nodes(_filled(below[:, 2 * whole :], 2 * _LANES), last, _LANES)
        out[:, whole:] = last[:, : rows - whole]
    return out


def _filled(array: npt.NDArray[np.uint32], columns: int) -> npt.NDArray[np.uint32]:
    """Return an array with columns of zeros behind, up to a number of them."""
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, columns - array.shape[-1])])
