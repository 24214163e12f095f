"""What is plain is written as the library writes it, and all else is left to the library."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.audit.canonical import canonical

_TEXTS = st.text(st.characters()) | st.text(st.characters(max_codepoint=127))
_NUMBERS = st.integers() | st.integers(-3, 3).map(lambda n: 2**53 + n) | st.integers(-3, 3).map(lambda n: -(2**53) + n)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.floats() | _TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner) | st.tuples(inner),
    max_leaves=12,
)


def _library(value: Any) -> str:
    return rfc8785.dumps(value).decode()


def _tried(write: Any, value: Any) -> Any:
    try:
        return write(value)
    except (ValueError, TypeError, AttributeError) as error:
        return type(error)


@given(_VALUES)
def test_every_value_is_written_as_the_library_writes_it_or_refused_as_it_refuses(value: Any) -> None:
    assert _tried(canonical, value) == _tried(_library, value)


@pytest.mark.parametrize(
    "value",
    [{1: "a"}, {"a": {2: 3}}, [{"\ue000": 1, "\U00010000": 2}], {"\x7f": '\x7f\x00\b\f\n\r\t"\\/'}, [object()], [True, 1], -0.0, "\ud800"],
)  # fmt: skip
def test_what_is_odd_is_written_or_refused_as_the_library_does(value: Any) -> None:
    assert _tried(canonical, value) == _tried(_library, value)


def test_what_the_ledger_says_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rfc8785.dumps", lambda _: pytest.fail("the library is asked"))
    assert canonical({"b": [1, None, True], "a": {"d": "x\ny"}}) == '{"a":{"d":"x\\ny"},"b":[1,null,true]}'
