"""SHA-256 (FIPS 180-4) of several messages at once, for loops: one compression, done in the way that the machine has.

A processor with instructions for SHA-256 (x86 SHA extensions) does two messages side by side, which hides the time
that each instruction takes; another one does eight or sixteen, so that one vector instruction works on all of them. The
loops know neither: they fill a block of each message of a group, call :func:`compress`, and read the states. The
compression is given to LLVM as instructions: left to itself it halves the vectors, and knows nothing of the extensions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from balansfilter.native.instructions import cgutils, ir, types
from balansfilter.native.loop import Constant, Later, inlined, instruction, loop

binding: Any = Later("llvmlite.binding")

Words = npt.NDArray[np.uint32]
"""Words that are read from four bytes each, with the lowest one first."""

BLOCK = 64
"""Bytes of a block."""
WORDS = 16
"""Words of a block, four bytes each."""
HASH_WORDS = 8
START = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
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


def _has(feature: str) -> bool:
    """Return whether this machine has some instructions."""
    return bool(binding.get_host_cpu_features().get(feature))


PAIRED: Any = Constant(lambda: _has("sha"))
GROUP: Any = Constant(lambda: 2 if PAIRED() else 16 if _has("avx512f") else 8)
"""Messages of a compression."""


@instruction
def compress(_: Any, states: Any, blocks: Any, place: Any, step: Any) -> Any:
    """Compress a block of each message of a group into its state.

    :param states: `HASH_WORDS` words of each message.
    :param blocks: words that hold the blocks, each read from four bytes with the lowest one first.
    :param place: where the block of the first message begins.
    :param step: words from there to the block of the next message.
    """
    return types.void(states, blocks, types.intp, types.intp), _paired if PAIRED() else _side_by_side


@inlined
def swapped(word):
    """Return a word with its four bytes the other way round: as it is read from the bytes of a hash."""
    word = ((word & np.uint32(0x00FF00FF)) << np.uint32(8)) | ((word >> np.uint32(8)) & np.uint32(0x00FF00FF))
    return np.uint32((word << np.uint32(16)) | (word >> np.uint32(16)))


@loop
def _states_behind(words, begins, states, out):
    for row in range(len(out)):
        for word in range(HASH_WORDS):
            states[word] = START[word]
        for at in range(begins[row], begins[row + 1], WORDS):
            compress(states, words, at, 0)
        for word in range(HASH_WORDS):
            out[row, word] = states[word]


def states_behind(beginnings: Sequence[bytes]) -> Words:
    """Return the state behind each beginning of a message, a row of `HASH_WORDS` each.

    :param beginnings: of whole blocks.
    """
    begins = np.zeros(len(beginnings) + 1, np.int64)
    np.cumsum([len(beginning) // 4 for beginning in beginnings], out=begins[1:])
    out = np.empty((len(beginnings), HASH_WORDS), np.uint32)
    _states_behind(np.frombuffer(b"".join(beginnings), np.uint32), begins, room_for_states(), out)
    return out


def room_for_states() -> Words:
    """Return room for the states of a group of messages."""
    return np.empty(GROUP() * HASH_WORDS, np.uint32)


def _addresses(context: Any, builder: Any, signature: Any, values: Any, vector: Any) -> Callable[..., Any]:
    """Return a function that gives the address of a vector in one of the arrays, so many words from a place on."""
    starts = [context.make_array(signature.args[n])(context, builder, values[n]).data for n in (0, 1)]

    def address(array: int, words: int, place: Any = None) -> Any:
        there = builder.gep(starts[array], [ir.Constant(ir.IntType(64), words)])
        return builder.bitcast(there if place is None else builder.gep(there, [place]), vector.as_pointer())

    return address


def _places(builder: Any, values: Any) -> list[Any]:
    """Return where the block of each message begins."""
    place, step = values[2:]
    return [builder.add(place, builder.mul(step, ir.Constant(ir.IntType(64), message))) for message in range(GROUP())]


class _Vectors:
    """What is done with several words at once."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder

    def _picked(self, one: Any, other: Any, places: Sequence[int]) -> Any:
        """Return the words, or bytes, at some places of two vectors, the second one behind the first."""
        chosen = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places))
        return self._builder.shuffle_vector(one, other, chosen)


def _paired(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    """Compress two messages by the extensions, in turn."""
    code = _Extensions(builder)
    at = _addresses(context, builder, signature, values, code.kind)
    states = [[builder.load(at(0, 8 * m + half), align=4) for half in (0, 4)] for m in range(GROUP())]
    blocks = [
        [code.swapped(builder.load(at(1, word, place), align=4)) for word in range(0, WORDS, 4)]
        for place in _places(builder, values)
    ]
    for m, halves in enumerate(code.rounds([code.mixed(*halves) for halves in states], blocks)):
        for half, words in enumerate(code.ordered(*halves)):
            builder.store(builder.add(states[m][half], words), at(0, 8 * m + 4 * half), align=4)
    return context.get_dummy_value()


class _Extensions(_Vectors):
    """The instructions of the x86 SHA extensions, on four words at once."""

    def __init__(self, builder: Any) -> None:
        super().__init__(builder)
        self.kind, self._bytes = ir.VectorType(ir.IntType(32), 4), ir.VectorType(ir.IntType(8), 16)
        self._two_rounds, self._first, self._second = (
            cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(self.kind, [self.kind] * taken), f"llvm.x86.sha256{name}"
            )
            for name, taken in (("rnds2", 3), ("msg1", 2), ("msg2", 2))
        )

    def swapped(self, words: Any) -> Any:
        """Return words with their bytes the other way round."""
        data = self._builder.bitcast(words, self._bytes)
        return self._builder.bitcast(self._picked(data, data, [at ^ 3 for at in range(16)]), self.kind)

    def mixed(self, abcd: Any, efgh: Any) -> tuple[Any, Any]:
        """Return the halves of a state as the instructions take them: FEBA and HGDC, the lowest first."""
        return self._picked(abcd, efgh, [5, 4, 1, 0]), self._picked(abcd, efgh, [7, 6, 3, 2])

    def ordered(self, feba: Any, hgdc: Any) -> tuple[Any, Any]:
        """Return the halves of a state in order, from those that the instructions gave."""
        return self._picked(feba, hgdc, [3, 2, 7, 6]), self._picked(feba, hgdc, [1, 0, 5, 4])

    def rounds(self, states: Sequence[tuple[Any, Any]], blocks: Sequence[list[Any]]) -> list[tuple[Any, Any]]:
        """Do the 64 rounds, four of each message in turn; what was before is not added yet."""
        states, blocks = list(states), [list(block) for block in blocks]
        for four in range(16):
            constants = ir.Constant(self.kind, list(_ROUND_CONSTANTS[4 * four : 4 * four + 4]))
            for m, ((feba, hgdc), block) in enumerate(zip(states, blocks, strict=True)):
                if four >= len(block):
                    block.append(self._scheduled(*block[four - 4 :]))
                taken = self._builder.add(block[four], constants)
                hgdc = self._builder.call(self._two_rounds, [hgdc, feba, taken])  # noqa: PLW2901
                feba = self._builder.call(  # noqa: PLW2901
                    self._two_rounds, [feba, hgdc, self._picked(taken, taken, [2, 3, 0, 1])]
                )
                states[m] = feba, hgdc
        return states

    def _scheduled(self, first: Any, second: Any, third: Any, fourth: Any) -> Any:
        """Return the next four words of the schedule behind sixteen."""
        begun = self._builder.call(self._first, [first, second])
        summed = self._builder.add(begun, self._picked(third, fourth, [1, 2, 3, 4]))
        return self._builder.call(self._second, [summed, fourth])


def _side_by_side(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    """Compress eight or sixteen messages, word by word."""
    lanes = _Lanes(builder)
    at = _addresses(context, builder, signature, values, lanes.eight)
    states = [builder.load(at(0, HASH_WORDS * m), align=4) for m in range(GROUP())]
    halves = [
        [lanes.swapped(builder.load(at(1, word, place), align=4)) for place in _places(builder, values)]
        for word in (0, 8)
    ]
    found = lanes.rounds(lanes.columns(states), [word for half in halves for word in lanes.columns(half)])
    for m, words in enumerate(lanes.rows(found)):
        builder.store(words, at(0, HASH_WORDS * m), align=4)
    return context.get_dummy_value()


class _Lanes(_Vectors):
    """Arithmetic on one word of every message at once."""

    def __init__(self, builder: Any) -> None:
        super().__init__(builder)
        self.kind, self.eight = ir.VectorType(ir.IntType(32), GROUP()), ir.VectorType(ir.IntType(32), HASH_WORDS)
        turning = ir.FunctionType(self.kind, [self.kind] * 3)
        self._turn = cgutils.get_or_insert_function(builder.module, turning, f"llvm.fshr.v{GROUP()}i32")
        swapping = ir.FunctionType(self.eight, [self.eight])
        self._swap = cgutils.get_or_insert_function(builder.module, swapping, f"llvm.bswap.v{HASH_WORDS}i32")

    def every(self, value: int) -> Any:
        """Return the same word for every message."""
        return ir.Constant(self.kind, [value] * GROUP())

    def swapped(self, words: Any) -> Any:
        """Return words with their bytes the other way round."""
        return self._builder.call(self._swap, [words])

    def columns(self, rows: Sequence[Any]) -> list[Any]:
        """Return the first, second, … word of every message, from eight words of each."""
        eights = [self._turned_over(rows[at : at + HASH_WORDS]) for at in range(0, GROUP(), HASH_WORDS)]
        return [self._joined(parts) for parts in zip(*eights, strict=True)]

    def rows(self, columns: Sequence[Any]) -> list[Any]:
        """Return the eight words of each message."""
        starts = range(0, GROUP(), HASH_WORDS)
        eights = [[self._picked(word, word, range(at, at + HASH_WORDS)) for word in columns] for at in starts]
        return [row for eight in eights for row in self._turned_over(eight)]

    def _joined(self, parts: Sequence[Any]) -> Any:
        return parts[0] if len(parts) == 1 else self._picked(*parts, range(GROUP()))

    def _turned_over(self, rows: Sequence[Any]) -> list[Any]:
        """Return eight rows as columns: each row and that of the other half are put between each other, three times."""
        half = HASH_WORDS // 2
        places = [at + side * HASH_WORDS for at in range(HASH_WORDS) for side in (0, 1)]
        for _ in range(3):
            pairs = [(rows[at], rows[at + half]) for at in range(half)]
            rows = [self._picked(*pair, places[start : start + HASH_WORDS]) for pair in pairs for start in (0, 8)]
        return list(rows)

    def added(self, *words: Any) -> Any:
        """Add words."""
        return reduce(self._builder.add, words)

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
        """Do the 64 rounds, and add what was before."""
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
