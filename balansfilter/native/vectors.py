"""Words in vectors, as LLVM's instructions: rows that follow each other become columns, and columns rows.

A column is a vector of the first word of every row, or of the second, and so on. The rows are as many vectors as there
are columns, whatever the width of a row, which must be a power of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from balansfilter.native.instructions import ir


class VectorsAt:
    """Vectors of so many words, which lie behind each other from an address on."""

    def __init__(self, builder: Any, address: Any, width: int) -> None:
        kind = ir.VectorType(ir.IntType(32), width)
        self._builder, self._start = builder, builder.bitcast(address, kind.as_pointer())

    def taken(self, count: int) -> list[Any]:
        """Return the first ones."""
        return [self._builder.load(self._at(number), align=1) for number in range(count)]

    def put(self, vectors: Iterable[Any]) -> None:
        """Write some there."""
        for number, vector in enumerate(vectors):
            self._builder.store(vector, self._at(number), align=1)

    def _at(self, number: int) -> Any:
        return self._builder.gep(self._start, [ir.Constant(ir.IntType(64), number)])


def picked(builder: Any, one: Any, other: Any, places: Sequence[int]) -> Any:
    """Return the words, or bytes, at some places of two vectors, the second one behind the first."""
    return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places)))


def columns_of(builder: Any, rows: Sequence[Any]) -> list[Any]:
    """Return rows as columns: those with even numbers are the columns of the words with even places."""
    if len(rows) == 1:
        return list(rows)
    pairs, places = list(zip(rows[::2], rows[1::2], strict=True)), range(2 * rows[0].type.count)
    even, odd = (columns_of(builder, [picked(builder, *pair, places[side::2]) for pair in pairs]) for side in (0, 1))
    return [column for two in zip(even, odd, strict=True) for column in two]


def rows_of(builder: Any, columns: Sequence[Any]) -> list[Any]:
    """Return columns as rows, as :func:`columns_of` takes them."""
    if len(columns) == 1:
        return list(columns)
    width = columns[0].type.count
    places = [at + side for at in range(width) for side in (0, width)]
    pairs = zip(rows_of(builder, columns[::2]), rows_of(builder, columns[1::2]), strict=True)
    return [picked(builder, *pair, half) for pair in pairs for half in (places[:width], places[width:])]


def joined(builder: Any, vectors: Sequence[Any]) -> Any:
    """Return vectors behind each other as one."""
    if len(vectors) == 1:
        return vectors[0]
    halves = [joined(builder, part) for part in (vectors[: len(vectors) // 2], vectors[len(vectors) // 2 :])]
    return picked(builder, *halves, range(2 * halves[0].type.count))
