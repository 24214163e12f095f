"""The words of a group of messages in columns, as they are compressed: taken from rows, and given as rows.

Rows are bytes, of words that have their highest byte first; a word in a column is a number. None of these looks at the
size of an array: whoever calls them has made sure that the rows of a whole group are there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from balansfilter.native.instructions import cgutils, ir, place_in, types
from balansfilter.native.loop import instruction
from balansfilter.native.sha256 import GROUP, HASH_WORDS, WORDS
from balansfilter.native.vectors import VectorsAt, columns_of, joined, rows_of


def _taking(width: int) -> Callable[..., Any]:
    def take(_: Any, columns: Any, to: Any, array: Any, place: Any) -> Any:
        """Put rows of so many words, which lie behind each other from a place on, in columns from `to` on."""

        def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            here = place_in(values[2], signature.args[2], values[3], context, builder)
            _put(context, builder, signature, values, columns_of(builder, _numbers_at(builder, here, width)))
            return context.get_dummy_value()

        return types.void(columns, types.intp, array, types.uint64), code

    return take


take_one, take_four, take_eight, take_sixteen = (instruction(_taking(width)) for width in (1, 4, 8, 16))


@instruction
def take_nodes(_: Any, columns: Any, array: Any, place: Any) -> Any:
    """Put the words of two nodes behind a byte 01 in columns, and an end mark: three bytes of each go with one more."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        here = place_in(values[1], signature.args[1], values[2], context, builder)
        words = columns_of(builder, _numbers_at(builder, here, WORDS))
        kind = words[0].type
        mark, end, places = (ir.Constant(kind, [number] * kind.count) for number in (1, 0x80000000, 24))
        turn = _of_words(builder, "fshl", kind, 3)
        pairs = itertools.pairwise([mark, *words, end])
        turned = [builder.call(turn, [*pair, places]) for pair in pairs]
        _put(context, builder, signature, [values[0], _number(0)], turned)
        return context.get_dummy_value()

    return types.void(columns, array, types.uint64), code


@instruction
def take_states(_: Any, columns: Any, to: Any, states: Any, codes: Any, row: Any) -> Any:
    """Put the states of a group in columns: of each message that of its code, from a row on."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        here = place_in(values[3], signature.args[3], values[4], context, builder)
        piece = min(GROUP(), HASH_WORDS)
        pieces: list[Any] = []
        for message in range(GROUP()):
            of_message = builder.load(builder.gep(here, [_number(message)]))
            first = builder.mul(builder.zext(of_message, ir.IntType(64)), _number(HASH_WORDS))
            state = place_in(values[2], signature.args[2], first, context, builder)
            pieces += VectorsAt(builder, state, piece).taken(HASH_WORDS // piece)
        each = GROUP() // piece
        rows = [joined(builder, pieces[at : at + each]) for at in range(0, len(pieces), each)]
        _put(context, builder, signature, values, columns_of(builder, rows))
        return context.get_dummy_value()

    return types.void(columns, types.intp, states, codes, types.intp), code


def _giving(width: int) -> Callable[..., Any]:
    def give(_: Any, out: Any, row: Any, columns: Any) -> Any:
        """Write the first columns as rows of so many words, from a row on."""

        def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            there = place_in(values[0], signature.args[0], builder.mul(values[1], _number(width)), context, builder)
            here = place_in(values[2], signature.args[2], _number(0), context, builder)
            rows = rows_of(builder, VectorsAt(builder, here, GROUP()).taken(width))
            VectorsAt(builder, there, GROUP()).put(_swapped(builder, row) for row in rows)
            return context.get_dummy_value()

        return types.void(out, types.intp, columns), code

    return give


give_four, give_eight = (instruction(_giving(width)) for width in (4, 8))


def _put(context: Any, builder: Any, signature: Any, values: Any, columns: list[Any]) -> None:
    """Store columns in those of a call, the first two values of which are these, and where to begin."""
    first = builder.mul(values[1], _number(GROUP()))
    there = place_in(values[0], signature.args[0], first, context, builder)
    VectorsAt(builder, there, GROUP()).put(columns)


def _numbers_at(builder: Any, address: Any, count: int) -> list[Any]:
    """Return the vectors behind each other from an address on, each word as a number."""
    return [_swapped(builder, words) for words in VectorsAt(builder, address, GROUP()).taken(count)]


def _number(value: int) -> Any:
    return ir.Constant(ir.IntType(64), value)


def _swapped(builder: Any, words: Any) -> Any:
    """Return words with their bytes the other way round."""
    return builder.call(_of_words(builder, "bswap", words.type, 1), [words])


def _of_words(builder: Any, name: str, kind: Any, taken: int) -> Any:
    """Return one of LLVM's own functions, which takes so many vectors."""
    function = ir.FunctionType(kind, [kind] * taken)
    return cgutils.get_or_insert_function(builder.module, function, f"llvm.{name}.v{kind.count}i32")
