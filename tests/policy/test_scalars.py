"""Unquoted scalars: what they mean, and that nothing is read which YAML 1.1 and 1.2 read differently."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.policy.scalars import AmbiguousError, read_plain, shown

READ: list[tuple[str, Any]] = [
    ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("12", 12), ("-7", -7),
    ("3.5", 3.5), ("-0.25", -0.25), ("2026-03-02", date(2026, 3, 2)), ("2024-02-29", date(2024, 2, 29)), ("24 months", "24 months"),
    ("10%", "10%"), ("nee", "nee"), ("ja", "ja"), ("nope", "nope"), ("12a", "12a"), ("1.2.3", "1.2.3"), ("v1", "v1"), ("B.V.", "B.V."),
    ("a:b", "a:b"), ("data/{brand}.csv", "data/{brand}.csv"), ("5-1-2024", "5-1-2024"), ("12:3x", "12:3x"), ("e3", "e3"), ("0612 34", "0612 34"),
]  # fmt: skip

REFUSED = [
    "y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "OFF", "off", "True", "TRUE", "False", "FALSE", "Null", "NULL",
    "012", "0o17", "0x1f", "0X1F", "0b101", "1_000", "+3", "00", "089", "1e3", "1E-3", "1.", ".5", "1.5e3", "12:30", "1:02:03", "190:20:30.15",
    ".inf", "-.inf", "+.INF", ".nan", ".NaN", "2024-13-01", "2024-02-30", "2024-1-5", "2024-01-05T10:00:00Z", "2024-01-05 10:00:00", "=",
    "1" * 19, "0000-01-01", "-012", "+1.5", "0_1",
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), READ)
def test_what_is_read(text: str, value: Any) -> None:
    read = read_plain(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(AmbiguousError):
        read_plain(text)


PLAIN = st.text(alphabet="0123456789-+.:_eExXobTZ yntrufalsYNO~", min_size=1, max_size=12).map(str.strip).filter(bool)


@settings(max_examples=500, deadline=None)
@given(PLAIN)
def test_nothing_that_yaml_1_1_reads_as_another_kind_is_read_as_text(text: str) -> None:
    """PyYAML is a reader of YAML 1.1: where it sees no text, we see the same value or nothing."""
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    try:
        value = read_plain(text)
    except AmbiguousError:
        return
    if tag == "tag:yaml.org,2002:str":
        assert isinstance(value, str)
    else:
        assert value == yaml.safe_load(text)


def test_digits_that_may_be_a_phone_number_are_not_shown() -> None:
    assert shown("0612345678") == "…"
    assert shown("+31612345678") == "+…"
    assert shown("x" * 50) == "x" * 39 + "…"
    with pytest.raises(AmbiguousError) as caught:
        read_plain("0612345678")
    assert "0612" not in str(caught.value)
