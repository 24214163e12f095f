"""What an unquoted YAML scalar means here: only what every YAML program agrees on.

YAML 1.1 reads ``no`` as false, ``012`` as ten and ``12:30`` as 750; YAML 1.2 does not, and libraries differ in what
they follow. A policy is read by people, by editors and by this program, so a scalar on which they would differ is
refused instead of guessed at.
"""

from __future__ import annotations

import re
from datetime import date

Scalar = str | int | float | bool | date | None

WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None, "~": None, "": None}

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_OTHER_WORDS = frozenset(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", "+.inf", "-.inf", ".nan", "=", "<<"]
)
_OTHER_NUMBER = re.compile(
    r"""
    [-+]? ( 0b[01_]+ | 0o[0-7_]+ | 0x[0-9a-f_]+        # binary, octal, hexadecimal
          | [0-9][0-9_]* (:[0-5]?[0-9])+ (\.[0-9_]*)?  # sexagesimal, or a time
          | ( [0-9][0-9_]* (\.[0-9_]*)? | \.[0-9_]+ ) ( e[-+]?[0-9]+ )? )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OTHER_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(([Tt]|[ \t]+)[0-9:.]+[ \t]*(Z|[-+][0-9:]+)?)?")


class AmbiguousError(ValueError):
    """An unquoted scalar that programs read differently; its text says what to write instead."""


def read_plain(text: str) -> Scalar:
    """Return the value of an unquoted scalar.

    The plain forms are true, false, null, ~, nothing, 12, -3.5, 2026-03-02.

    :raises AmbiguousError: YAML 1.1 or 1.2 would read something other than a text, and it is no plain form.
    """
    if text in WORDS:
        return WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _DATE.fullmatch(text):
        return _read_date(text)
    if text.lower() in _OTHER_WORDS or _OTHER_NUMBER.fullmatch(text) or _OTHER_DATE.fullmatch(text):
        raise AmbiguousError(_instead(text))
    return text


def _read_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AmbiguousError(f'write a day that exists, or "{text}" in quotes if it is no date') from None


def shown(text: str) -> str:
    """Return a text for a message: cut where it is long, and without digits that might be somebody's phone number."""
    text = re.sub(r"[0-9]{8,}", "…", text)
    return text if len(text) <= 40 else text[:39] + "…"


def _instead(text: str) -> str:
    quoted = f'"{text}" in quotes' if shown(text) == text else "it in quotes"
    if text.lower() in {"y", "n", "yes", "no", "on", "off", "true", "false"}:
        return f"write {quoted}, or true or false"
    if _OTHER_DATE.fullmatch(text):
        return f"write a date as 2026-03-02, or {quoted}"
    if text[:1] in ".=<" or text.lower() == "null":
        return f"write {quoted}"
    return f"write {quoted}, or a number without leading zeros, signs or separators"
