"""What the loops need and Python has no word for: sixty-four bytes compared at once, bytes copied, eight read as one.

None of these looks at the size of an array: whoever calls them has made sure that the bytes are there.
"""

from __future__ import annotations

from typing import Any

from balansfilter.native.loop import Later, instruction

ir: Any = Later("llvmlite.ir")
types: Any = Later("numba.types")
cgutils: Any = Later("numba.core.cgutils")

WIDTH = 64
"""Bytes that are compared at once."""
WORD_BYTES = 4
MIXING = 0x9E3779B97F4A7C15
"""An odd number by which what is mixed is multiplied."""


def place_in(array: Any, array_type: Any, place: Any, context: Any, builder: Any) -> Any:
    """Return the address of a place of an array."""
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [place])


@instruction
def copy(_: Any, out: Any, to: Any, text: Any, start: Any, length: Any) -> Any:
    """Copy so many bytes."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        there = place_in(values[0], signature.args[0], values[1], context, builder)
        here = place_in(values[2], signature.args[2], values[3], context, builder)
        cgutils.raw_memcpy(builder, there, here, values[4], 1)
        return context.get_dummy_value()

    return types.void(out, to, text, start, length), code


@instruction
def eight_bytes(_: Any, text: Any, place: Any) -> Any:
    """Read eight bytes as one number, the first byte lowest."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        here = place_in(values[0], signature.args[0], values[1], context, builder)
        return builder.load(builder.bitcast(here, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(text, place), code


@instruction
def word(_: Any, memory: Any, place: Any) -> Any:
    """Read four bytes as one number, the first byte lowest."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        here = place_in(values[0], signature.args[0], values[1], context, builder)
        return builder.load(builder.bitcast(here, ir.IntType(32).as_pointer()), align=1)

    return types.uint32(memory, types.uint64), code


@instruction
def reversed_bytes(_: Any, number: Any) -> Any:
    """Return eight bytes in the other order: what was read of a text is then a number that has its order."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.bswap(values[0])

    return types.uint64(types.uint64), code


@instruction
def put_eight_bytes(_: Any, out: Any, place: Any, number: Any) -> Any:
    """Write a number as eight bytes, the lowest one first."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        there = place_in(values[0], signature.args[0], values[1], context, builder)
        builder.store(values[2], builder.bitcast(there, ir.IntType(64).as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(out, place, types.uint64), code


@instruction
def where(_: Any, text: Any, place: Any, code: Any) -> Any:
    """Say of each of `WIDTH` bytes, in one bit, whether it is a certain one."""

    def made(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        seen = _seen(context, builder, signature, values)
        return builder.bitcast(
            builder.icmp_unsigned("==", seen, _spread(builder, values[2], seen.type)), ir.IntType(WIDTH)
        )

    return types.uint64(text, place, types.uint8), made


@instruction
def beyond_ascii(_: Any, text: Any, place: Any) -> Any:
    """Say of each of `WIDTH` bytes, in one bit, whether it is not ASCII."""

    def made(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        seen = _seen(context, builder, signature, values)
        return builder.bitcast(builder.icmp_signed("<", seen, ir.Constant(seen.type, None)), ir.IntType(WIDTH))

    return types.uint64(text, place), made


@instruction
def put_view(_: Any, out: Any, word: Any, text: Any, start: Any, length: Any, far: Any) -> Any:
    """Write the view of a part of a text, whatever its length, without a branch; sixteen bytes of the text are read.

    :param word: the place of the first of its two words.
    :param far: where the part lies, as the view of more than twelve bytes tells it.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        number, codes, words = ir.IntType(32), ir.VectorType(ir.IntType(8), 16), ir.VectorType(ir.IntType(64), 2)
        there = place_in(values[0], signature.args[0], values[1], context, builder)
        here = place_in(values[2], signature.args[2], values[3], context, builder)
        length = builder.trunc(values[4], number)
        is_far = builder.icmp_unsigned(">", values[4], ir.Constant(values[4].type, 12))
        behind = builder.select(is_far, number(8), builder.add(length, number(4)))
        zeros, numbers = ir.Constant(codes, None), ir.Constant(codes, list(range(16)))
        seen = builder.load(builder.bitcast(here, codes.as_pointer()), align=1)
        moved = ir.Constant(ir.VectorType(number, 16), [0, 0, 0, 0, *range(16, 28)])
        is_its_own = builder.icmp_unsigned("<", numbers, _spread(builder, builder.trunc(behind, codes.element), codes))
        own = builder.select(is_its_own, builder.shuffle_vector(zeros, seen, moved), zeros)
        ends = builder.insert_element(ir.Constant(words, None), builder.zext(length, words.element), number(0))
        ends = builder.insert_element(ends, builder.select(is_far, values[5], words.element(0)), number(1))
        made = builder.or_(builder.bitcast(own, words), ends)
        builder.store(made, builder.bitcast(there, words.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(out, word, text, start, length, types.uint64), code


@instruction
def mix_in(_: Any, checksum: Any, text: Any, place: Any) -> Any:
    """Mix `WIDTH` bytes, as words, into the words of a checksum, each into one.

    That is taken together with its word bit by bit, multiplied by an odd number, and has its upper half laid over its
    lower one.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        words = ir.VectorType(ir.IntType(64), WIDTH // 8)
        here = place_in(values[1], signature.args[1], values[2], context, builder)
        there = place_in(values[0], signature.args[0], ir.Constant(ir.IntType(64), 0), context, builder)
        there = builder.bitcast(there, words.as_pointer())
        seen = builder.load(builder.bitcast(here, words.as_pointer()), align=1)
        mixed = builder.xor(builder.load(there, align=8), seen)
        mixed = builder.mul(mixed, ir.Constant(words, [MIXING] * words.count))
        mixed = builder.xor(mixed, builder.lshr(mixed, ir.Constant(words, [32] * words.count)))
        builder.store(mixed, there, align=8)
        return context.get_dummy_value()

    return types.void(checksum, text, place), code


@instruction
def copy_all(_: Any, out: Any, to: Any, text: Any, start: Any) -> Any:
    """Copy `WIDTH` bytes, whatever there are."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        wide = ir.VectorType(ir.IntType(8), WIDTH).as_pointer()
        there = place_in(values[0], signature.args[0], values[1], context, builder)
        here = place_in(values[2], signature.args[2], values[3], context, builder)
        builder.store(builder.load(builder.bitcast(here, wide), align=1), builder.bitcast(there, wide), align=1)
        return context.get_dummy_value()

    return types.void(out, to, text, start), code


@instruction
def first_bit(_: Any, bits: Any) -> Any:
    """Return the place of the lowest bit that is set; 64 where none is."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), code


@instruction
def bits_set(_: Any, bits: Any) -> Any:
    """Count the bits that are set."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.uint64(types.uint64), code


@instruction
def bits_needed(_: Any, number: Any) -> Any:
    """Count the bits of a number up to the highest one that is set; 0 where none is."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        above = builder.ctlz(values[0], ir.Constant(ir.IntType(1), 0))
        return builder.sub(ir.Constant(above.type, 64), above)

    return types.uint64(types.uint64), code


def _seen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    """Return the bytes at the place in an array that the first two values of a call are."""
    vector = ir.VectorType(ir.IntType(8), WIDTH)
    here = place_in(values[0], signature.args[0], values[1], context, builder)
    return builder.load(builder.bitcast(here, vector.as_pointer()), align=1)


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    lone = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(lone, ir.Constant(vector, ir.Undefined), zeros)
