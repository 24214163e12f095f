"""The compiling of a loop by numba: to machine code that needs nothing of numba's to run."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numba import from_dtype, njit, types
from numba.core import compiler
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from balansfilter.native.loop import Constant, Instruction, Loop, LoopPart
from balansfilter.native.machine_code import MachineCode


def compiled(loop: Loop, kinds: tuple[Any, ...]) -> MachineCode:
    """Return the machine code of a loop for the kinds of its arguments."""
    flags: Any = compiler.Flags()
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.error_model = "numpy"
    made = compiler.compile_extra(
        cpu_target.typing_context,
        cpu_target.target_context,
        _OfNumba().function(loop.function),
        tuple(map(_type, kinds)),
        None,
        flags,
        {},
    )
    _, _, (code, *_) = made.library.serialize_using_object_code()
    return MachineCode(made.fndesc.llvm_func_name, _kind(made.signature.return_type), code)


class _OfNumba:
    """Functions as numba takes them: with its own parts and instructions in the place of ours."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that calls what numba knows."""
        names = function.__code__.co_names
        known = function.__globals__
        made = FunctionType(
            function.__code__,
            known | {name: self._of(known[name]) for name in names if name in known},
            function.__name__,
        )
        made.__module__, made.__qualname__ = function.__module__, function.__qualname__
        return made

    def _of(self, value: Any) -> Any:
        if isinstance(value, Constant):
            return value()
        if not isinstance(value, Instruction | LoopPart):
            return value
        if id(value) not in self._known:
            self._known[id(value)] = (
                intrinsic(value.function)
                if isinstance(value, Instruction)
                else njit(forceinline=True, error_model="numpy")(self.function(value.function))
            )
        return self._known[id(value)]


def _type(kind: Any) -> Any:
    if isinstance(kind, str):
        return from_dtype(np.dtype(kind))
    if kind[0] == "tuple":
        return types.Tuple([_type(part) for part in kind[1:]])
    return types.Array(from_dtype(np.dtype(kind[0])), kind[1], "C")


def _kind(found: Any) -> str | list[str] | None:
    if isinstance(found, types.NoneType):
        return None
    parts = getattr(found, "types", None)
    if parts is not None:
        return [str(_kind(part)) for part in parts]
    if isinstance(found, types.Boolean):
        return "b1"
    return f"{'i' if found.signed else 'u'}{found.bitwidth // 8}"
