"""A Parquet file of row groups that are made beforehand, such as beside each other in several threads."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.fs.hashed_file import HashedFile
from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.parquet_pages import ColumnChunk
from balansfilter.fs.thrift import END, Long, Value, Written, field, thrift
from balansfilter.native.fixed_widths import FixedWidths

_MAGIC = b"PAR1"
_ROWS, _GROUPS = b"\x16\x00", b"\x19\x0c"
"""The fields of a footer that tell of no rows and no row groups; in that of an empty file they follow each other."""
_SIZE_TO_DATA, _DATA_TO_DICTIONARY, _DICTIONARY_TO_ABOUT = 2, 2, 1
"""How far the fields are apart in which a footer tells of a column: its size (7), places (9, 11) and values (12)."""


class _ReadyColumn(NamedTuple):
    """A column of a row group that is ready to be written, and what a footer tells of it."""

    parts: list[bytes | memoryview]
    """The bytes of its pages."""
    size: int
    data: int
    """Where its values begin, behind those of a dictionary."""
    has_dictionary: bool
    told: bytes
    """The fields of the footer before those that say where it begins."""
    about: Written | None
    """Its nulls and bounds, where they are told."""

    def told_at(self, start: int) -> Value:
        """Return what a footer tells of it from a place in the file on."""
        places = field(_SIZE_TO_DATA, Long(start + self.data))
        places += field(_DATA_TO_DICTIONARY, Long(start)) if self.has_dictionary else b""
        step = _DICTIONARY_TO_ABOUT if self.has_dictionary else _DATA_TO_DICTIONARY + _DICTIONARY_TO_ABOUT
        about = field(step, self.about) if self.about else b""
        return {2: Long(start), 3: Written(self.told + places + about + END)}


@dataclass(frozen=True)
class RowGroup:
    """A row group that is ready to be written."""

    rows: int
    columns: Mapping[str, _ReadyColumn]


def row_group(columns: Mapping[str, ColumnChunk]) -> RowGroup:
    """Make columns, of at least one row, a row group; in any thread."""
    ready = {name: _ready(name, column) for name, column in columns.items()}
    return RowGroup(next(iter(columns.values())).rows, ready)


def _ready(name: str, column: ColumnChunk) -> _ReadyColumn:
    heads = [page.head for page in column.pages]
    sizes = [len(head) + sum(map(len, page.body)) for head, page in zip(heads, column.pages, strict=True)]
    plain = sum(map(len, heads)) + sum(page.size for page in column.pages)
    told: list[Value] = [column.kind, column.encodings, [name], column.codec, Long(column.rows)]
    told += [Long(plain), Long(sum(sizes))]
    about: dict[int, Value] = {} if column.nulls is None else {3: Long(column.nulls)}
    about |= {5: column.bounds.greatest, 6: column.bounds.least} if column.bounds else {}
    parts: list[bytes | memoryview] = []
    for head, page in zip(heads, column.pages, strict=True):
        parts += (head, *page.body)
    return _ReadyColumn(
        parts,
        sum(sizes),
        sum(sizes[:-1]),
        bool(column.dictionary),
        b"".join(field(1, value) for value in told),
        Written(thrift(about)) if about else None,
    )


class RowGroupsFile(HashedFile):
    """A Parquet file that only its owner may read."""

    def __init__(self, path: Path, schema: pl.Schema, widths: Mapping[str, int]) -> None:
        """Begin the file.

        :param schema: how Polars reads it.
        :param widths: the columns of bytes in which every value has one length, and that length.
        :raises OSError: it cannot be written.
        """
        self._names = schema.names()
        self._before, self._behind = _footer(schema, widths)
        self._groups: list[Value] = []
        super().__init__(path, _MAGIC)

    def add(self, group: RowGroup) -> None:
        """Add a row group.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        start = at = self._file.bytes
        told: list[Value] = []
        for name in self._names:
            told.append(group.columns[name].told_at(at))
            at += group.columns[name].size
        self.write(group.rows, *(part for name in self._names for part in group.columns[name].parts))
        self._groups.append(Written(thrift({1: told, 2: Long(at - start), 3: Long(group.rows)})))

    def finish(self) -> WrittenFile:
        """Write the footer, wait until the file is on disk, and say what it is.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        footer = self._before + field(1, Long(self._rows)) + field(1, self._groups) + self._behind
        self.write(0, footer, len(footer).to_bytes(4, "little"), _MAGIC)
        return super().finish()


def _footer(schema: pl.Schema, widths: Mapping[str, int]) -> tuple[bytes, bytes]:
    """Return what Polars puts into a footer before the number of the rows, and behind the row groups.

    It is how its own types are told to itself and to other readers.
    """
    whole = BytesIO()
    told = FixedWidths(schema, widths) if widths else None
    pl.DataFrame(schema=schema).write_parquet(whole, compression="uncompressed", statistics=False, arrow_schema=told)
    footer = whole.getvalue()[len(_MAGIC) : -4 - len(_MAGIC)]
    before, mark, behind = footer.rpartition(_ROWS + _GROUPS)  # names come before it, and may hold anything
    if not mark:
        raise RuntimeError("Polars writes the footer of an empty Parquet file in another form")
    return before, behind
