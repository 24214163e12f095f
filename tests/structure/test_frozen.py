"""Frozen dataclasses of our own do what those of the library do, whatever their fields are."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import KW_ONLY, FrozenInstanceError, field
from functools import partial
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter import frozen


def _kinds(dataclass: Callable[..., Any]) -> dict[str, type]:
    """Make the same classes with one or the other decorator."""

    @dataclass(frozen=True)
    class Base:
        """Has defaults, and what is no field."""

        kept: ClassVar[int] = 7
        a: int
        b: str = "b"
        c: list[int] = field(default_factory=list, compare=False)
        d: int = field(default=3, repr=False)

        @property
        def twice(self) -> int:
            return 2 * self.a

    @dataclass(frozen=True)
    class Derived(Base):
        """Has fields of another, and one that is made of them."""

        e: int = 0
        f: int = field(init=False, default=0)

        def __post_init__(self) -> None:
            object.__setattr__(self, "f", self.a + self.e)

    @dataclass(frozen=True, repr=False)
    class Quiet:
        """Is not shown."""

        a: int
        b: int = 1

    @dataclass(frozen=True)
    class Own:
        """Tells itself apart, and shows itself."""

        a: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and self.a % 10 == other.a % 10

        def __hash__(self) -> int:
            return self.a % 10

        def __repr__(self) -> str:
            return "Own"

    @dataclass(frozen=True)
    class Named(Base):
        """Has fields that are given by name alone, among others."""

        e: int = field(default=4, kw_only=True)
        _: KW_ONLY
        f: int

    @dataclass(frozen=True, kw_only=True)
    class ByName:
        """Is given everything by name."""

        a: int
        b: int = 1

    @dataclass(frozen=True)
    class Behind(ByName):
        """Has a field that is given in its place, before those above it."""

        c: int

    @dataclass(frozen=True, init=False)
    class Begun:
        """Fills itself in."""

        a: int

        def __init__(self, b: int) -> None:
            object.__setattr__(self, "a", b + 1)

    @dataclass(frozen=True)
    class Empty:
        """Has no field."""

    @dataclass(frozen=True, order=True)
    class Ordered:
        """Asks for more."""

        a: int

    @dataclass
    class Open:
        """Is not frozen."""

        a: int

    return {
        one.__name__: one for one in (Base, Derived, Quiet, Own, Named, ByName, Behind, Begun, Empty, Ordered, Open)
    }


OURS, THEIRS = _kinds(frozen.dataclass), _kinds(dataclasses.dataclass)
NUMBERS = st.integers(0, 3)
ARGUMENTS = st.tuples(
    st.lists(NUMBERS, max_size=6), st.dictionaries(st.sampled_from([*"abcdef", "twice", "z"]), NUMBERS, max_size=4)
)


def _tried(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (TypeError, AttributeError) as error:
        return type(error)


@given(name=st.sampled_from(sorted(OURS)), one=ARGUMENTS, other=ARGUMENTS)
def test_instances_are_made_shown_and_told_apart_as_those_of_the_library(name: str, one: Any, other: Any) -> None:
    assert _seen(OURS[name], one, other) == _seen(THEIRS[name], one, other)


def _seen(kind: type, one: Any, other: Any) -> list[Any]:
    made, again, another = (_tried(partial(kind, *args, **named)) for args, named in (one, one, other))
    if isinstance(made, type):
        return [made]
    shown = repr(made) if kind.__name__ != "Quiet" else ""
    told = [made == again, made == another, made == 5, _tried(lambda: hash(made) == hash(again))]
    fields = [(f.name, getattr(made, f.name)) for f in dataclasses.fields(made)]
    changed = _tried(lambda: vars(dataclasses.replace(made, **other[1])))
    return [shown, told, fields, vars(made), dataclasses.asdict(made), changed, vars(copy.deepcopy(made))]


@pytest.mark.parametrize("kinds", [OURS, THEIRS])
def test_nothing_of_a_frozen_one_is_changed(kinds: dict[str, type]) -> None:
    made = kinds["Derived"](1)
    for name in ("a", "f", "unheard_of"):
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, 2)
        with pytest.raises(FrozenInstanceError):
            delattr(made, name)
    assert made == kinds["Derived"](1) != kinds["Base"](1)


@pytest.mark.parametrize("kinds", [OURS, THEIRS])
def test_a_plain_class_below_it_may_have_more(kinds: dict[str, type]) -> None:
    class Below(kinds["Base"]):  # type: ignore[misc]
        """Is no dataclass itself."""

    below = Below(1)
    below.more = 2
    with pytest.raises(FrozenInstanceError):
        below.a = 2


def test_a_class_asks_nothing_of_the_compiler() -> None:
    made = {name: kind.__init__.__code__ for name, kind in OURS.items() if name not in ("Begun", "Ordered", "Open")}
    assert {code.co_filename for code in made.values()} == {frozen.__file__}
    assert len(set(made.values())) == 1
    assert OURS["Begun"].__repr__.__code__.co_filename == frozen.__file__


def test_a_class_without_a_docstring_is_not_read_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspect.signature", lambda _: pytest.fail("a signature is read"))

    @frozen.dataclass(frozen=True)
    class Bare:
        a: int

    assert Bare.__doc__ == "Bare"


@frozen.dataclass(frozen=True)
class Sent:
    """May go to another process."""

    a: int


def test_it_can_be_sent() -> None:
    assert pickle.loads(pickle.dumps(Sent(1))) == Sent(1)
    match Sent(4):
        case Sent(a):
            assert a == 4
