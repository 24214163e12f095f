"""Cells that are JSON: a text in its quotes stands for the text."""

from __future__ import annotations

import json

import polars as pl

_PLAIN = r'^\s*"([^"\\]*)"\s*$'
_NULL = r"^\s*(?:null)?\s*$"


def json_texts(column: pl.Series) -> pl.Series:
    """Return the text inside each cell that is one in quotes; null for JSON's null, and any other cell as it stands."""
    return _unquoted(column).fill_null(column.set(_is_null(column), None)).alias(column.name)


def no_json_string(column: pl.Series) -> pl.Series:
    """Return which cells are neither a text in quotes nor JSON's null."""
    return column.is_not_null() & _unquoted(column).is_null() & ~_is_null(column)


def _is_null(column: pl.Series) -> pl.Series:
    return column.str.contains(_NULL).fill_null(value=False)


def _unquoted(column: pl.Series) -> pl.Series:
    plain = column.str.extract(_PLAIN)
    odd = column.filter(plain.is_null() & column.str.contains('"', literal=True)).unique()
    if odd.is_empty():
        return plain
    texts = [_text_in(cell) for cell in odd]
    return plain.fill_null(column.replace_strict(odd, texts, default=None, return_dtype=pl.String))


def _text_in(cell: str) -> str | None:
    try:
        value = json.loads(cell)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
