"""Thrift's compact protocol, in which the headers and the footer of a Parquet file are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

_SEVEN_BITS = 0x7F
_MORE = 0x80
_SHORT = 15
"""A list of fewer elements, and a field that comes fewer numbers behind the one before it, say so in one byte."""
END = b"\0"
"""What comes behind the last field of a structure."""
_TRUE, _FALSE, _I8, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12
_LONGEST_NUMBER = 10
"""Bytes of a number of 64 bits."""
_DOUBLE_BYTES = 8
_DEEPEST = 16
"""Structures in structures that Parquet has any use for are fewer."""


class Long(int):
    """A number of 64 bits."""


class Written(bytes):
    """A structure that is written already."""


Value: TypeAlias = int | str | bytes | list["Value"] | Mapping[int, "Value"]
"""A number, of 32 bits unless it is long; a text or bytes; a list of one kind; or a structure: fields by number."""


def varint(number: int) -> bytes:
    """Return a number from 0 on in seven bits a byte, the lowest first."""
    made = bytearray()
    while number > _SEVEN_BITS:
        made.append(number & _SEVEN_BITS | _MORE)
        number >>= 7
    made.append(number)
    return bytes(made)


def zigzag(number: int) -> bytes:
    """Return any number likewise: those below 0 between the others."""
    return varint(2 * number if number >= 0 else -2 * number - 1)


def thrift(value: Value) -> bytes:
    """Return a value as it is written."""
    if isinstance(value, int):
        return zigzag(value)
    if isinstance(value, Written):
        return value
    if isinstance(value, str | bytes):
        data = value.encode() if isinstance(value, str) else value
        return varint(len(data)) + data
    if not isinstance(value, list):
        return _structure(value)
    kind = _kind(value[0]) if value else _STRUCT
    size = bytes([len(value) << 4 | kind]) if len(value) < _SHORT else bytes([_SHORT << 4 | kind]) + varint(len(value))
    return size + b"".join(map(thrift, value))


def field(step: int, value: Value) -> bytes:
    """Return a field of a structure that comes so many numbers, fewer than 16, behind the one before it."""
    return bytes([step << 4 | _kind(value)]) + thrift(value)


def _structure(fields: Mapping[int, Value]) -> bytes:
    numbers = [0, *fields]
    steps = [number - before for before, number in zip(numbers, fields, strict=False)]
    return b"".join(map(field, steps, fields.values())) + END


def _kind(value: Value) -> int:
    if isinstance(value, int):
        return _I64 if isinstance(value, Long) else _I32
    if isinstance(value, str | bytes) and not isinstance(value, Written):
        return _BINARY
    return _LIST if isinstance(value, list) else _STRUCT


class NoStructureError(Exception):
    """Bytes are no structure that Parquet has any use for."""


class ThriftReader:
    """Reads structures that somebody wrote, who may have written anything."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def structure(self) -> Mapping[int, Any]:
        """Return the fields of the structure that comes next, by number; NoStructureError where there is none.

        They are as :func:`thrift` takes them, with texts as their bytes, and numbers with a fraction likewise.
        """
        try:
            return self._fields(0)
        except IndexError:
            raise NoStructureError from None

    def _fields(self, depth: int) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            fields[number] = self._value(head & _SHORT, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NoStructureError
        if kind in (_I16, _I32, _I64):
            return self._zigzag()
        if kind in (_BINARY, _DOUBLE):
            return self._bytes(self._varint() if kind == _BINARY else _DOUBLE_BYTES)
        if kind == _STRUCT:
            return self._fields(depth + 1)
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _I8:
            return self._byte()
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        raise NoStructureError

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        kind, size = head & _SHORT, head >> 4
        if size == _SHORT:
            size = self._varint()
        if kind in (_TRUE, _FALSE):  # of a field its kind says it; in a list each takes a byte
            return [self._byte() == _TRUE for _ in range(size)]
        return [self._value(kind, depth + 1) for _ in range(size)]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, size: int) -> bytes:
        self._at += size
        if self._at > len(self._data):
            raise IndexError
        return self._data[self._at - size : self._at]

    def _varint(self) -> int:
        number = 0
        for place in range(_LONGEST_NUMBER):
            byte = self._byte()
            number |= (byte & _SEVEN_BITS) << 7 * place
            if byte < _MORE:
                return number
        raise NoStructureError

    def _zigzag(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)
