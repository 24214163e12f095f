"""Kinds of files that a source can be, told by their names."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balansfilter.policy.model import InputFormat

PARQUET_NAMES = (".parquet", ".pq")
SPREADSHEET_NAMES = (".xlsx", ".xlsm", ".xls", ".ods")
TEXT_NAMES = tuple(text + packed for text in (".csv", ".tsv", ".txt") for packed in ("", ".gz", ".zst"))
TOLD: dict[InputFormat, str] = {"csv": "CSV", "parquet": "Parquet", "excel": "spreadsheet"}
"""What each format is called in a sentence."""


def format_named(path: PurePath) -> InputFormat:
    """Return the format that a file's name tells; CSV where it tells nothing."""
    suffix = path.suffix.lower()
    if suffix in PARQUET_NAMES:
        return "parquet"
    return "excel" if suffix in SPREADSHEET_NAMES else "csv"
