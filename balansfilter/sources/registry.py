"""The kinds of files that a source can be, one line each; a file is of the kind that its name tells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from balansfilter.sources.file_kind import FileKind
from balansfilter.sources.foreign import PARQUET

if TYPE_CHECKING:
    from balansfilter.policy.model import InputFormat

_TEXTS = tuple(text + packed for text in (".csv", ".tsv", ".txt") for packed in ("", ".gz", ".zst"))
KINDS: Mapping[InputFormat, FileKind] = {
    "csv": FileKind("CSV", "csv_file", _TEXTS),
    "parquet": FileKind("Parquet", "parquet_file", (".parquet", ".pq"), magic=PARQUET),
    "excel": FileKind("spreadsheet", "excel_file", (".xlsx", ".xlsm", ".xls", ".ods")),
}
DATA_NAMES = tuple(ending for kind in KINDS.values() for ending in kind.endings)


def ending_begun(head: bytes) -> str | None:
    """Return how a file without a name would be named, by its first bytes; None where they tell nothing."""
    return next((kind.endings[0] for kind in KINDS.values() if kind.magic and head.startswith(kind.magic)), None)


def format_named(path: PurePath) -> InputFormat:
    """Return the format that a file's name tells; CSV where it tells nothing."""
    name = path.name.lower()
    return next((format_ for format_, kind in KINDS.items() if name.endswith(kind.endings)), "csv")
