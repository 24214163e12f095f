"""Our own short sentences for pydantic's errors: what is wanted, what was found, what to do.

What somebody wrote is shown only while it is short, and never a row of digits that might be a phone number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from pydantic_core import ErrorDetails

from balansfilter.policy import base
from balansfilter.policy.findings import nearest
from balansfilter.policy.scalars import shown
from balansfilter.wording.plural import counted

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "date_type": "a date such as 2026-03-02",
    "tuple_type": "a list",
    "is_instance_of": "text",
    "model_type": "a mapping of `key: value` lines",
    "dict_type": "a mapping of `key: value` lines",
}

_PATTERNS = {
    base.BRAND_PATTERN: "a name of a-z, 0-9 and -, of at most 63 characters",
    base.BALANSTEST_PATTERN: "a name of a-z, 0-9, - and _, of at most 63 characters",
    base.COUNTRY_PATTERN: "a country code of two capitals, such as NL",
    base.DIGEST_PATTERN: "`sha256:` and 64 hex digits",
    base.SHA256_PATTERN: "64 hex digits, as `sha256sum` prints them",
}


def found(value: object) -> str:
    """Say what was found, without the text of a long answer."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text `{value}`" if shown(value) == value and "\n" not in value else "another text"
    if isinstance(value, int | float):
        return f"the number {shown(str(value))}"
    if isinstance(value, date):
        return f"the date {value}"
    return "a mapping" if isinstance(value, dict) else "a list"


def wanted(detail: ErrorDetails) -> str:
    """Say which kind of value an error asks for."""
    if detail["type"] == "literal_error":
        return _choices(detail)
    return _KINDS.get(detail["type"], "another value")


def sentence(detail: ErrorDetails) -> tuple[str, str]:
    """Return the message and the hint for an error of pydantic."""
    value = detail["input"]
    if tell := _TOLD.get(detail["type"]):
        return tell(detail), ""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"]), ""
    if detail["type"] == "literal_error" and isinstance(value, str):
        return other_kind(value, wanted(detail), nearest(value, _choice_list(detail)))
    if detail["type"] in _KINDS or detail["type"] == "literal_error":
        return other_kind(value, wanted(detail))
    return str(detail["msg"]), ""


def other_kind(value: object, wanted: str, hint: str = "") -> tuple[str, str]:
    """Say that a value should have been of another kind."""
    if value is None:
        return f"is empty, but should be {wanted}", hint
    return f"should be {wanted}, but is {found(value)}", hint if hint.startswith("did") else _quotes(value, wanted)


def _quotes(value: object, wanted: str) -> str:
    if isinstance(value, str) and "date" in wanted and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return "write the date without quotes"
    if isinstance(value, int | float | date) and wanted.startswith("text"):
        return "put it in quotes"
    return ""


def _choice_list(detail: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))


def _choices(detail: ErrorDetails) -> str:
    choices = [f"`{choice}`" for choice in _choice_list(detail)] or [str(detail["ctx"]["expected"])]
    return " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))


_TOLD: dict[str, Callable[[ErrorDetails], str]] = {
    "string_too_short": lambda _: "is empty",
    "string_too_long": lambda detail: f"should be at most {_characters(detail)}",
    "string_pattern_mismatch": lambda detail: (
        f"should be {_PATTERNS.get(detail['ctx']['pattern'], 'written otherwise')}, but is {found(detail['input'])}"
    ),
    "greater_than_equal": lambda detail: f"should be at least {detail['ctx']['ge']}, but is {detail['input']}",
    "less_than_equal": lambda detail: f"should be at most {detail['ctx']['le']}, but is {detail['input']}",
    "too_short": lambda detail: f"should have at least {_entries(detail)}",
}


def _characters(detail: ErrorDetails) -> str:
    return counted(detail["ctx"]["max_length"], "one character", "{count} characters")


def _entries(detail: ErrorDetails) -> str:
    return counted(detail["ctx"]["min_length"], "one entry", "{count} entries")
