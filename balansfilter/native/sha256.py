"""SHA-256 (FIPS 180-4) of a group of messages at once, for loops: compressed in the way that the machine has.

States and blocks lie in columns: the first word of each message of a group, then the second word of each, and so on. So
a vector instruction works on a word of all messages, what one compression gives is a part of the next block as it
stands, and only rows that are read or written are turned over (:mod:`balansfilter.native.columns`).

A processor with wide vectors does 32 messages, two vectors a column: the instructions of one run while those of the
other take their time. One with instructions for SHA-256 (x86 SHA extensions) does two messages side by side, for the
same reason, and then two more; another one does eight. The loops know none of this: they fill columns, and call
:func:`compress`. It is given to LLVM as instructions, and as a function of its own: left to itself LLVM halves the
vectors, and compiles it anew for every call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from balansfilter.native.instructions import cgutils, ir, place_in, types
from balansfilter.native.loop import Constant, Later, inlined, instruction, loop
from balansfilter.native.vectors import VectorsAt, columns_of, picked, rows_of

binding: Any = Later("llvmlite.binding")

Words = npt.NDArray[np.uint32]
"""Words that are read from four bytes each, with the lowest one first."""

BLOCK = 64
"""Bytes of a block."""
WORDS = 16
"""Words of a block, four bytes each."""
HASH_WORDS = 8
START = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
MIXED = [5, 4, 1, 0, 7, 6, 3, 2]
"""Which word of a state stands in each place of its halves as the extensions take them: FEBA, HGDC, lowest first."""
ORDERED = [3, 2, 7, 6, 1, 0, 5, 4]
"""In which of those places each word of a state stands then."""
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


IS_WIDE: Any = Constant(lambda: _has("avx512f"))
"""Whether vectors have 16 words. They go before the extensions: the rounds of 16 messages are some 1,700 instructions,
so 53 cycles a message where two can begin in a cycle, 27 where four can; the extensions take at least 64, for each of
32 instructions keeps their unit for two. Measured on a Zen 5: 7.6 ns a message, and 24."""
HAS_EXTENSIONS: Any = Constant(lambda: _has("sha"))
IS_PAIRED: Any = Constant(lambda: not IS_WIDE() and HAS_EXTENSIONS())
GROUP: Any = Constant(lambda: 32 if IS_WIDE() else 4 if IS_PAIRED() else 8)
"""Messages of a compression."""


@instruction
def compress(_: Any, before: Any, blocks: Any, first: Any, after: Any, to: Any) -> Any:
    """Compress a block of each message of a group.

    :param before: the columns of the states before it.
    :param blocks: columns of words, as numbers.
    :param first: the column with which the block begins.
    :param after: columns, in which the states behind it are put; may be those of the states before it.
    :param to: the column from which on they are put.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        begins = {0: ir.Constant(ir.IntType(64), 0), 1: values[2], 3: values[4]}
        words = {n: builder.mul(column, column.type(GROUP())) for n, column in begins.items()}
        addresses = [place_in(values[n], signature.args[n], word, context, builder) for n, word in words.items()]
        builder.call(_compression(builder.module), addresses)
        return context.get_dummy_value()

    return types.void(before, blocks, types.intp, after, types.intp), code


@inlined
def swapped(word):
    """Return a word with its four bytes the other way round: as it is read from the bytes of a hash."""
    word = ((word & np.uint32(0x00FF00FF)) << np.uint32(8)) | ((word >> np.uint32(8)) & np.uint32(0x00FF00FF))
    return np.uint32((word << np.uint32(16)) | (word >> np.uint32(16)))


@loop
def _states_behind(words, begins, start, blocks, states, out):
    rows, most = len(out), 0
    for row in range(rows):
        most = max(most, begins[row + 1] - begins[row])
    for group in range(0, rows, GROUP):
        for at in range(HASH_WORDS * GROUP):
            states[at] = start[at]
        for block in range(0, most, WORDS):
            for message in range(GROUP):
                row = min(group + message, rows - 1)
                for word in range(min(WORDS, begins[row + 1] - begins[row] - block)):
                    blocks[word * GROUP + message] = swapped(words[begins[row] + block + word])
            compress(states, blocks, 0, states, 0)
            for message in range(min(GROUP, rows - group)):
                row = group + message
                if begins[row] + block + WORDS == begins[row + 1]:
                    for word in range(HASH_WORDS):
                        out[row, word] = states[word * GROUP + message]


def states_behind(beginnings: Sequence[bytes]) -> Words:
    """Return the state behind each beginning of a message, a row of `HASH_WORDS` each.

    :param beginnings: of whole blocks.
    """
    begins = np.zeros(len(beginnings) + 1, np.int64)
    np.cumsum([len(beginning) // 4 for beginning in beginnings], out=begins[1:])
    out = np.array([START] * len(beginnings), np.uint32)
    blocks, states = room_for_columns(WORDS), room_for_columns(HASH_WORDS)
    _states_behind(np.frombuffer(b"".join(beginnings), np.uint32), begins, same_for_all(START), blocks, states, out)
    return out


def room_for_columns(columns: int) -> Words:
    """Return so many columns of zeros, at an address that suits vectors."""
    room = np.zeros(columns * GROUP() + WORDS, np.uint32)
    return room[-room.ctypes.data % BLOCK // 4 :][: columns * GROUP()]


def same_for_all(words: Sequence[int] | Words) -> Words:
    """Return columns of words that are the same for every message."""
    room = room_for_columns(len(words))
    room[:] = np.repeat(np.asarray(words, np.uint32), GROUP())
    return room


def at_least_a_group(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return rows, repeated until they are a group."""
    return rows if len(rows) >= GROUP() else np.resize(rows, (GROUP(), *rows.shape[1:]))


def _compression(module: Any) -> Any:
    """Return the function of a module that compresses a group, from the addresses of its columns."""
    words = ir.IntType(32).as_pointer()
    function = cgutils.get_or_insert_function(module, ir.FunctionType(ir.VoidType(), [words] * 3), "compress_sha256")
    if function.is_declaration:
        function.linkage = "internal"
        function.attributes.add("noinline")
        builder = ir.IRBuilder(function.append_basic_block())
        (_paired if IS_PAIRED() else _side_by_side)(builder, *function.args)
        builder.ret_void()
    return function


def _columns_at(builder: Any, address: Any) -> VectorsAt:
    return VectorsAt(builder, address, GROUP())


def _paired(builder: Any, before: Any, block: Any, after: Any) -> None:
    """Compress four messages by the extensions: two in turn, then two more."""
    code = Extensions(builder)
    states = code.messages(_columns_at(builder, before).taken(HASH_WORDS))
    blocks = code.messages(_columns_at(builder, block).taken(WORDS))
    found = []
    for pair in (slice(0, 2), slice(2, 4)):
        mixed = code.rounds([code.mixed(*halves) for halves in states[pair]], blocks[pair])
        found += [code.ordered(*halves) for halves in mixed]
    added = [[builder.add(old, new) for old, new in zip(*two, strict=True)] for two in zip(states, found, strict=True)]
    _columns_at(builder, after).put(
        [column for half in zip(*added, strict=True) for column in columns_of(builder, half)]
    )


class Extensions:
    """The instructions of the x86 SHA extensions, on four words at once."""

    def __init__(self, builder: Any) -> None:
        self._builder, self.kind = builder, ir.VectorType(ir.IntType(32), 4)
        self._two_rounds, self._first, self._second = (
            cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(self.kind, [self.kind] * taken), f"llvm.x86.sha256{name}"
            )
            for name, taken in (("rnds2", 3), ("msg1", 2), ("msg2", 2))
        )

    def messages(self, columns: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return the words of each of four messages, four at once."""
        fours = [rows_of(self._builder, columns[at : at + 4]) for at in range(0, len(columns), 4)]
        return list(zip(*fours, strict=True))

    def mixed(self, abcd: Any, efgh: Any) -> tuple[Any, Any]:
        """Return the halves of a state as the instructions take them: FEBA and HGDC, the lowest first."""
        return picked(self._builder, abcd, efgh, MIXED[:4]), picked(self._builder, abcd, efgh, MIXED[4:])

    def ordered(self, feba: Any, hgdc: Any) -> tuple[Any, Any]:
        """Return the halves of a state in order, from those that the instructions gave."""
        return picked(self._builder, feba, hgdc, ORDERED[:4]), picked(self._builder, feba, hgdc, ORDERED[4:])

    def rounds(self, states: Sequence[tuple[Any, Any]], of_blocks: Sequence[Sequence[Any]]) -> list[tuple[Any, Any]]:
        """Do the 64 rounds, four of each message in turn; what was before is not added yet."""
        states, blocks = list(states), [list(block) for block in of_blocks]
        for four in range(16):
            constants = ir.Constant(self.kind, list(_ROUND_CONSTANTS[4 * four : 4 * four + 4]))
            for m, ((feba, hgdc), block) in enumerate(zip(states, blocks, strict=True)):
                if four >= len(block):
                    block.append(self._scheduled(*block[four - 4 :]))
                taken = self._builder.add(block[four], constants)
                hgdc = self._builder.call(self._two_rounds, [hgdc, feba, taken])  # noqa: PLW2901
                feba = self._builder.call(  # noqa: PLW2901
                    self._two_rounds, [feba, hgdc, picked(self._builder, taken, taken, [2, 3, 0, 1])]
                )
                states[m] = feba, hgdc
        return states

    def _scheduled(self, first: Any, second: Any, third: Any, fourth: Any) -> Any:
        """Return the next four words of the schedule behind sixteen."""
        begun = self._builder.call(self._first, [first, second])
        summed = self._builder.add(begun, picked(self._builder, third, fourth, [1, 2, 3, 4]))
        return self._builder.call(self._second, [summed, fourth])


def _side_by_side(builder: Any, before: Any, block: Any, after: Any) -> None:
    """Compress the messages word by word: sixteen rounds with the words of the block, then three times as many.

    Without the loop it takes three times as long to compile, and no less to run.
    """
    lanes = _Lanes(builder)
    kept_state, kept_words = (
        _columns_at(builder, cgutils.alloca_once(builder, lanes.kind, columns)) for columns in (HASH_WORDS, WORDS)
    )
    state, words = _columns_at(builder, before).taken(HASH_WORDS), _columns_at(builder, block).taken(WORDS)
    kept_state.put(lanes.rounds(state, words, 0))
    kept_words.put(words)
    start, stop, step = (ir.Constant(ir.IntType(64), number) for number in (WORDS, len(_ROUND_CONSTANTS), WORDS))
    with cgutils.for_range_slice(builder, start, stop, step) as (first, _):
        words = kept_words.taken(WORDS)
        kept_state.put(lanes.rounds(kept_state.taken(HASH_WORDS), lanes.scheduled(words), first))
        kept_words.put(words[WORDS:])
    sums = zip(state, kept_state.taken(HASH_WORDS), strict=True)
    _columns_at(builder, after).put([builder.add(old, new) for old, new in sums])


class _Lanes:
    """Arithmetic on one word of every message at once."""

    def __init__(self, builder: Any) -> None:
        self._builder, self.kind = builder, ir.VectorType(ir.IntType(32), GROUP())
        turning = ir.FunctionType(self.kind, [self.kind] * 3)
        self._turn = cgutils.get_or_insert_function(builder.module, turning, f"llvm.fshr.v{GROUP()}i32")
        values = ir.Constant(ir.ArrayType(ir.IntType(32), len(_ROUND_CONSTANTS)), list(_ROUND_CONSTANTS))
        self._constants = cgutils.global_constant(builder, "constants_of_sha256", values)

    def every(self, value: Any) -> Any:
        """Return the same word for every message."""
        if isinstance(value, int):
            return ir.Constant(self.kind, [value] * GROUP())
        lone = self._builder.insert_element(ir.Constant(self.kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
        return picked(self._builder, lone, lone, [0] * GROUP())

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
        """Return each bit that at least two words have: that of `a` but where both of the others have another one."""
        others = self._builder.and_(self._builder.xor(a, b), self._builder.xor(a, c))
        return self._builder.xor(a, others)

    def scheduled(self, w: list[Any]) -> Iterator[Any]:
        """Yield the next sixteen words of the schedule, and put them behind those before."""
        for k in range(WORDS, 2 * WORDS):
            low = self.turned(w[k - 15], 7, 18, shifted=3)
            high = self.turned(w[k - 2], 17, 19, shifted=10)
            w.append(self.added(w[k - 16], low, w[k - 7], high))
            yield w[k]

    def rounds(self, state: Sequence[Any], words: Iterable[Any], first: Any) -> list[Any]:
        """Do sixteen rounds, from one on; what was before is not added yet."""
        a, b, c, d, e, f, g, h = state
        for k, word in enumerate(words):
            constant = self.every(self._constant(first, k))
            mixed = self.added(h, self.turned(e, 6, 11, 25), self.chosen(e, f, g), word, constant)
            major = self.added(self.turned(a, 2, 13, 22), self.most(a, b, c))
            a, b, c, d, e, f, g, h = self.added(mixed, major), a, b, c, self.added(d, mixed), e, f, g
        return [a, b, c, d, e, f, g, h]

    def _constant(self, first: Any, at: int) -> Any:
        """Return the constant of a round, so many behind one that is known here or found by the loop."""
        if isinstance(first, int):
            return _ROUND_CONSTANTS[first + at]
        number = ir.IntType(64)
        place = self._builder.add(first, number(at))
        return self._builder.load(self._builder.gep(self._constants, [number(0), place], inbounds=True))
