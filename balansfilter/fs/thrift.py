"""Thrift's compact protocol, in which the headers and the footer of a Parquet file are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

_SEVEN_BITS = 0x7F
_MORE = 0x80
_SHORT = 15
"""A list of fewer elements, and a field that comes fewer numbers behind the one before it, say so in one byte."""
END = b"\0"
"""What comes behind the last field of a structure."""
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


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
