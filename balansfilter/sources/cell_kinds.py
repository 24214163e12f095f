"""What a column seems to hold where phone numbers were wanted, told by the form of its cells."""

from __future__ import annotations

import polars as pl

from balansfilter.frozen import dataclass

_HEX = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}
_BASE64 = {22: "MD5", 27: "SHA-1", 43: "SHA-256", 64: "SHA-384", 86: "SHA-512"}
"""How many characters a digest takes, without the equals signs behind it."""
_DIGITS = r"[+(]?[0-9][0-9 ().+\-]*"
_WHOLE = r"[+(]?[0-9](?:[ ().]{0,2}[0-9]){8,}"
"""A number of nine digits or more without a hyphen in it."""


@dataclass(frozen=True)
class _Kind:
    """A form that cells have, and what to do about it."""

    form: str
    told: str
    share: float
    """How many of the cells must have it, of all that are not empty."""


_MASK = r"[xX*#•]"
_KINDS = (
    *(
        _Kind(
            rf"(?i)^(?:0x|(?:md5|sha-?[0-9]+):)?[0-9a-f]{{{size}}}$",
            f"the cells look like {name} digests, not phone numbers — deliver the numbers themselves",
            0.5,
        )
        for size, name in _HEX.items()
    ),
    *(
        _Kind(
            rf"^(?:(?i:sha-?[0-9]+|md5):)?[A-Za-z0-9+/_-]{{{size}}}={{0,2}}$",
            f"the cells look like {name} digests in base64, not phone numbers — deliver the numbers themselves",
            0.5,
        )
        for size, name in _BASE64.items()
    ),
    _Kind(
        r"^\$[0-9a-z-]{1,9}\$.+",
        "the cells look like salted digests, not phone numbers — deliver the numbers themselves",
        0.5,
    ),
    _Kind(
        r"(?i)^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$",
        "the cells look like GUIDs, not phone numbers — name the column with the numbers",
        0.5,
    ),
    _Kind(
        r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        "the cells look like e-mail addresses, not phone numbers — name the column with the numbers",
        0.5,
    ),
    _Kind(
        r"^[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}$",
        "cells look like numbers that a spreadsheet rounded (6,12E+08): digits are lost — export the column as text",
        0.0,
    ),
    _Kind(
        rf"^(?:{_DIGITS})?(?:{_MASK} ?){{2,}}[0-9 ().\-]*[0-9][0-9 ]*$",
        "cells look like numbers with digits made unreadable (as 06****78) — deliver the whole numbers",
        0.0,
    ),
    _Kind(
        rf"^{_DIGITS}(?:[*%?]+|\.\.\.|…|(?:{_MASK} ?){{2,}})$",
        "cells look like blocks of numbers (a number with a wildcard behind it) — write out each number of the block",
        0.0,
    ),
    _Kind(
        rf"(?i)^(?:{_DIGITS}\s*(?:t/m|tot en met|tot|to|through|until|\.\.+|:|->)|{_WHOLE}\s*[–—-])\s*{_WHOLE}$",
        "cells look like blocks of numbers (from one number to another) — write out each number of the block",
        0.0,
    ),
)


def describe_cells(cells: pl.Series) -> str | None:
    """Return a sentence about cells that were wanted as phone numbers and are of another kind; None for no such kind.

    It never holds text of the cells. Few suffice where one cell stands for many numbers or has lost digits; of other
    kinds it must be half of them.

    :param cells: the texts that cannot be read as numbers, or all of a column.
    """
    texts = cells.cast(pl.String).str.strip_chars()
    texts = texts.filter((texts != "").fill_null(value=False))
    if not texts.len():
        return None
    for kind in _KINDS:
        found = int(texts.str.contains(kind.form).sum())
        if found and found >= kind.share * texts.len():
            return kind.told
    return None
