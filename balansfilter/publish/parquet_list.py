"""The callable list in Parquet: with the types of the call list, where that was Parquet; else all text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from balansfilter.decided.rendered import CallableRows
from balansfilter.fs.frames_file import FramesFile, Ready, can_hold
from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.parquet_writer import ParquetWriter
from balansfilter.policy.model import Annotation
from balansfilter.publish.interface import ListToWrite
from balansfilter.publish.list_files import ListFile

_TYPES: Mapping[Annotation, pl.DataType | type[pl.DataType]] = {
    "basis": pl.String,
    "callable_until": pl.Date,
    "phone_e164": pl.String,
    "call_window": pl.String,
}


class CallableParquet(FramesFile):
    """The callable list in Parquet, of simple columns."""

    def prepare(self, rendered: CallableRows) -> Ready:
        """Return rendered rows as they are written."""
        return self.made(rendered.columns)

    def add(self, rendered: CallableRows, prepared: Ready) -> None:  # noqa: ARG002
        """Add rendered rows, in order."""
        self.put(prepared)


class CallableOfAnyType(ParquetWriter):
    """The callable list in Parquet, with columns that Polars has to write, such as lists and categories."""

    def __init__(self, path: Path, schema: pl.Schema) -> None:
        super().__init__(path, schema)
        self._rows = 0

    def prepare(self, rendered: CallableRows) -> None:
        """Do nothing: the writer has a thread of its own."""

    def add(self, rendered: CallableRows, prepared: None) -> None:  # noqa: ARG002
        """Add rendered rows, in order."""
        self._rows += rendered.height
        self.write(rendered.frame)

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is."""
        self.close()
        return WrittenFile(self.path.name, self.sha256, self.path.stat().st_size, self._rows)


def begin(wanted: ListToWrite) -> ListFile[CallableRows]:
    """Begin the list."""
    layout = wanted.layout
    given = wanted.source_schema if layout.keeps_frame and wanted.source_schema is not None else {}
    types: dict[str, pl.DataType | type[pl.DataType]] = {name: given.get(name, pl.String) for name in layout.header}
    types |= {name: _TYPES[added] for added, name in layout.annotate.items()}
    schema = pl.Schema(types)
    kind = CallableParquet if can_hold(schema) else CallableOfAnyType
    return kind(wanted.folder / f"{wanted.name}.parquet", schema)
