"""Frozen dataclasses like those of the library, made in a tenth of its time: a command waits for more than a hundred.

The library writes the methods of each class as text, and compiles it. Here all classes share methods that ask for
their fields. What a class does is the same; one that is not frozen, or asks for more than that, is the library's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

_OPTIONS = {"frozen", "repr", "init", "kw_only"}
"""What may be asked for here."""

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """Make a class a dataclass, as `dataclasses.dataclass` does."""
        return (lambda cls: _made(cls, options)) if cls is None else _made(cls, options)


def _made(cls: Any, options: dict[str, bool]) -> Any:
    if not options.get("frozen") or options.keys() - _OPTIONS or _needs_the_library(cls):
        return dataclasses.dataclass(cls, **options)
    # Of a class without one the library makes a docstring, out of a signature that it first has to read as source.
    cls.__doc__ = cls.__doc__ or cls.__name__
    kw_only = options.get("kw_only", False)
    return _with_methods(dataclasses.dataclass(cls, init=False, repr=False, eq=False, kw_only=kw_only), options)


def _needs_the_library(cls: type) -> bool:
    """Return whether some fields are given in other ways, or a class above it is a frozen one of the library."""
    annotations = map(str, vars(cls).get("__annotations__", {}).values())
    above = (getattr(base, "__dataclass_params__", None) for base in cls.__mro__[1:])
    return any("InitVar" in kind for kind in annotations) or any(one and one.frozen for one in above)


def _with_methods(cls: Any, options: dict[str, bool]) -> Any:
    cls.__compared__ = staticmethod(_compared([field.name for field in dataclasses.fields(cls) if field.compare]))
    if options.get("init", True):
        cls.__init__ = _init(dataclasses.fields(cls), post=hasattr(cls, "__post_init__"))
    cls.__setattr__, cls.__delattr__ = _set, _delete
    own = vars(cls)
    if options.get("repr", True) and "__repr__" not in own:
        cls.__repr__ = _shown
    if own.get("__hash__") is None:
        cls.__hash__ = _hash
    if "__eq__" not in own:
        cls.__eq__ = _equals
    return cls


def _compared(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values by which two instances are told apart."""
    return attrgetter(*names) if len(names) > 1 else lambda one: tuple(getattr(one, name) for name in names)


def _init(fields: tuple[Field[Any], ...], *, post: bool) -> Callable[..., None]:
    """Return what fills an instance in."""
    names = tuple(field.name for field in fields if field.init and not field.kw_only)
    by_name = tuple(field.name for field in fields if field.init and field.kw_only)
    needed = {*names, *by_name}
    every = len(names) if len(names) == len(fields) else None
    defaults = [(field.name, make) for field in fields if (make := _default(field)) is not None]

    def fill_in(self: Any, /, *args: Any, **named: Any) -> None:
        self.__dict__.update(zip(names, args, strict=False))
        if named or len(args) != every:
            fill_in_the_rest(type(self), self.__dict__, len(args), named)
        if post:
            self.__post_init__()

    def fill_in_the_rest(kind: type, values: dict[str, Any], given: int, named: dict[str, Any]) -> None:
        wrong = given > len(names) or (named and not named.keys() <= {*names[given:], *by_name})
        values.update(named)
        if len(values) < len(fields):
            for name, make in defaults:
                if name not in values:
                    values[name] = make()
        if wrong or not values.keys() >= needed:
            raise TypeError(f"{kind.__name__} is made of {', '.join((*names, *by_name))}")

    return fill_in


def _default(field: Field[Any]) -> Callable[[], Any] | None:
    """Return what makes the value of a field that is not given; None where it has to be."""
    if field.default_factory is not MISSING:
        return field.default_factory
    return None if field.default is MISSING else lambda: field.default


def _equals(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self.__compared__(self) == self.__compared__(other)


def _hash(self: Any) -> int:
    return hash(self.__compared__(self))


def _shown(self: Any) -> str:
    fields = (field.name for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in fields)})"


def _set(self: Any, name: str, value: object) -> None:
    _refuse(self, name)
    object.__setattr__(self, name, value)


def _delete(self: Any, name: str) -> None:
    _refuse(self, name)
    object.__delattr__(self, name)


def _refuse(self: Any, name: str) -> None:
    if "__dataclass_fields__" in vars(type(self)) or name in self.__dataclass_fields__:
        raise FrozenInstanceError(name)
