"""Tables of what was read of the sources: in files of a scratch folder, or in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import polars as pl

from balansfilter.fs.polars_writes import polars_writes
from balansfilter.publish.folders import as_output_error


class Readable(Protocol):
    """Tables that an engine can read back."""

    def sources(self, name: str) -> list[Path] | pl.DataFrame:
        """Return the Parquet files of a table, or the table; an empty list where nothing was added."""


class FileTables:
    """Tables in Parquet files, so that memory holds a part at a time."""

    def __init__(self, folder: Path, schemas: Mapping[str, pl.Schema]) -> None:
        """Keep them in a folder of their own."""
        self._folder, self._schemas, self._lock = folder, schemas, Lock()
        self._files: dict[str, list[Path]] = defaultdict(list)
        with as_output_error("make the folder", folder):
            folder.mkdir(mode=0o700)

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Add lines to a table, in any thread.

        :raises OutputError: they cannot be written.
        """
        if not frame.height:
            return
        with self._lock:
            path = self._folder / f"{name}.{len(self._files[name])}.parquet"
            self._files[name].append(path)
        with as_output_error("write in", self._folder), polars_writes(path):
            _as_table(frame, self._schemas[name]).write_parquet(path, compression="lz4", statistics=False)

    def sources(self, name: str) -> list[Path] | pl.DataFrame:
        """Return the files of a table."""
        return self._files[name]


class MemoryTables:
    """Tables in memory."""

    def __init__(self, schemas: Mapping[str, pl.Schema]) -> None:
        """Begin without lines."""
        self._schemas = schemas
        self._frames: dict[str, list[pl.DataFrame]] = defaultdict(list)

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Add lines to a table."""
        self._frames[name].append(_as_table(frame, self._schemas[name]))

    def sources(self, name: str) -> list[Path] | pl.DataFrame:
        """Return a table; an empty list where nothing was added."""
        frames = self._frames[name]
        return pl.concat(frames) if frames else []


def _as_table(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    missing: dict[str, Any] = {name: kind for name, kind in schema.items() if name not in frame.columns}
    whole = frame.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in missing.items())
    return whole.select(pl.col(name).cast(kind) for name, kind in schema.items())
