"""The kinds of files that a source can be, one line each; a file is of the kind that its name tells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from balansfilter.sources import csv_file, excel_file, parquet_file
from balansfilter.sources.file_kind import FileKind

if TYPE_CHECKING:
    from balansfilter.policy.model import InputFormat

KINDS: Mapping[InputFormat, FileKind[Any]] = {
    "csv": csv_file.KIND,
    "parquet": parquet_file.KIND,
    "excel": excel_file.KIND,
}
DATA_NAMES = tuple(ending for kind in KINDS.values() for ending in kind.endings)


def ending_begun(head: bytes) -> str | None:
    """Return how a file without a name would be named, by its first bytes; None where they tell nothing."""
    return next((kind.endings[0] for kind in KINDS.values() if kind.magic and head.startswith(kind.magic)), None)


def format_named(path: PurePath) -> InputFormat:
    """Return the format that a file's name tells; CSV where it tells nothing."""
    name = path.name.lower()
    return next((format_ for format_, kind in KINDS.items() if name.endswith(kind.endings)), "csv")
