"""What makes a loop out of a function: a handle that finds its machine code, and has it compiled where there is none.

Nothing here imports numba, for most runs find all that they need compiled already, nor LLVM before a loop is called.
How a call is made is numba's own convention: a place for the result, a place for an error, then each number, and of
each array what describes it.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from balansfilter import native

if TYPE_CHECKING:
    from balansfilter.native.machine_code import MachineCode

_LOADED = 300
"""How many times fewer rows are enough for a loop that is loaded already."""
_RESULT_BYTES = 32
_Room = ctypes.c_uint64 * (_RESULT_BYTES // 8 + 1)
"""For the result of a call, and the address of an error behind it."""
_SCALARS = {
    "b1": ctypes.c_uint8,
    "u1": ctypes.c_uint8,
    "i4": ctypes.c_int32,
    "u4": ctypes.c_uint32,
    "i8": ctypes.c_int64,
    "u8": ctypes.c_uint64,
}
_lock = Lock()


class LoopPart:
    """A function that is a part of the loops that call it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


class Instruction:
    """What Python has no word for, as LLVM's instructions: what numba's `intrinsic` takes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


class Constant:
    """A number that is known once a loop is called: in loops it is a constant, and whoever else wants it calls it."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = cache(find)

    def __call__(self) -> Any:
        """Return the number."""
        return self._find()


class _Memory:
    """All memory as one array of bytes: the place of a byte is its address."""

    kind, words = ("u1", 1), (0, 0, 1 << 62, 1, 0, 1 << 62, 1)


MEMORY = _Memory()


class Loop:
    """A loop, called like the function out of which it is made; it runs beside other threads.

    It makes no arrays: whatever it needs is handed to it. An array must be contiguous.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self._calls: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def __call__(self, *args: Any) -> Any:
        """Run it, and return what it returns."""
        kinds = tuple(map(_kind_of, args))
        call = self._calls.get(kinds)
        if call is None:
            with _lock:
                call = self._calls[kinds] = _caller(self._code(kinds), kinds)
        return call(args)

    def pays(self, rows: int) -> bool:
        """Return whether it is to be had, and worth the loading for so many rows; if not, its twin is to be taken."""
        enough = max(1, native.MANY // _LOADED) if self._calls else native.MANY
        return rows >= enough and _are_to_be_had()

    def _code(self, kinds: tuple[Any, ...]) -> MachineCode:
        from balansfilter.native.machine_code import keep_code, kept_code

        found = kept_code(self.name, kinds)
        if found is None:
            for tell in native.ON_COMPILING:
                tell()
            from balansfilter.native.compiler import compiled

            found = compiled(self, kinds)
            keep_code(self.name, kinds, found)
        return found


@cache
def _are_to_be_had() -> bool:
    """Return whether loops can run: there is a place to keep what is compiled, and LLVM knows the machine."""
    if sys.byteorder != "little":  # the loops read and write several characters at once
        return False
    try:
        found: bool = import_module("balansfilter.native.machine_code").can_be_kept()
    except ImportError:
        return False
    return found


class Later:
    """A module that is imported when something of it is first asked for: only who compiles needs it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


def loop(function: Callable[..., Any]) -> Any:
    """Make a function a loop."""
    return Loop(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Make a function a part of the loops that call it, in the place of each call."""
    return LoopPart(function)


def instruction(function: Callable[..., Any]) -> Any:
    """Make an instruction out of what gives its types and its code."""
    return Instruction(function)


def _kind_of(value: Any) -> Any:
    """Return how a value is passed: the type of a number, that and the dimensions of an array, those of a tuple."""
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise ValueError("a loop takes only arrays that are contiguous")
        return value.dtype.str[1:], value.ndim
    if isinstance(value, _Memory):
        return value.kind
    if isinstance(value, tuple):
        return ("tuple", *map(_kind_of, value))
    if isinstance(value, bool):
        return "b1"
    if isinstance(value, int):
        return "i8"
    return np.dtype(type(value)).str[1:]


def _caller(code: MachineCode, kinds: tuple[Any, ...]) -> Callable[..., Any]:
    """Return a function that calls machine code with the values of a call."""
    from balansfilter.native.machine_code import load

    types = [kind for value in kinds for kind in _types(value)]
    function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *types)(load(code))
    returned = _reader(code.returns) if code.returns else lambda _: None

    def call(args: tuple[Any, ...]) -> Any:
        room = _Room()
        result = ctypes.addressof(room)
        words: list[int] = []
        for arg in args:
            _add_words(words, arg)
        if function(result, result + _RESULT_BYTES, *words):
            raise RuntimeError(f"a loop failed: {code.symbol}")
        return returned(room)

    return call


def _types(kind: Any) -> Iterator[Any]:
    if isinstance(kind, str):
        yield _SCALARS[kind]
    elif kind[0] == "tuple":
        for part in kind[1:]:
            yield from _types(part)
    else:
        yield from [ctypes.c_int64] * (5 + 2 * kind[1])


def _add_words(words: list[int], value: Any) -> None:
    if isinstance(value, np.ndarray):
        words += (0, 0, value.size, value.itemsize, _address(value), *value.shape, *value.strides)
    elif isinstance(value, _Memory):
        words += value.words
    elif isinstance(value, tuple):
        for part in value:
            _add_words(words, part)
    else:
        words.append(int(value))


def _address(array: Any) -> int:
    """Return where an array is: in a third of the time that numpy takes, if it may be written and is not empty."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))
    except (TypeError, ValueError):
        place: int = array.__array_interface__["data"][0]
        return place


def _reader(returns: str | list[str]) -> Callable[..., Any]:
    """Return a function that reads a result."""
    kinds = [returns] if isinstance(returns, str) else returns
    fields = [(f"part_{n}", _SCALARS[kind]) for n, kind in enumerate(kinds)]
    shape: Any = type("Result", (ctypes.Structure,), {"_fields_": fields})

    def read(result: Any) -> Any:
        found = shape.from_buffer(result)
        values = [getattr(found, name) for name, _ in fields]
        values = [bool(value & 1) if kind == "b1" else value for value, kind in zip(values, kinds, strict=True)]
        return tuple(values) if isinstance(returns, list) else values[0]

    return read
