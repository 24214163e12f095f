"""A Parquet file of row groups that are made beforehand, such as beside each other in several threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import polars as pl

from balansfilter.fs.hashed_file import HashedFile
from balansfilter.fs.outputs import WrittenFile
from balansfilter.fs.parquet_pages import ColumnChunk
from balansfilter.fs.thrift import Long, Value, Written, field, thrift
from balansfilter.native.fixed_widths import FixedWidths

_MAGIC = b"PAR1"
_ROWS, _GROUPS = b"\x16\x00", b"\x19\x0c"
"""The fields of a footer that tell of no rows and no row groups; in that of an empty file they follow each other."""


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

    def add(self, columns: Mapping[str, ColumnChunk]) -> None:
        """Add a row group, of at least one row.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        start, rows = self._file.bytes, columns[self._names[0]].rows
        told: list[Value] = []
        for name in self._names:
            heads = [page.head for page in columns[name].pages]
            told.append(_told(name, columns[name], heads, self._file.bytes))
            for head, page in zip(heads, columns[name].pages, strict=True):
                self.write(0, head, *page.body)
        self._rows += rows
        self._groups.append(Written(thrift({1: told, 2: Long(self._file.bytes - start), 3: Long(rows)})))

    def finish(self) -> WrittenFile:
        """Write the footer, wait until the file is on disk, and say what it is.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        footer = self._before + field(1, Long(self._rows)) + field(1, self._groups) + self._behind
        self.write(0, footer, len(footer).to_bytes(4, "little"), _MAGIC)
        return super().finish()


def _told(name: str, column: ColumnChunk, heads: Sequence[bytes], start: int) -> Value:
    """Return what a footer tells of a column, whose pages have these headers, from a place in the file on."""
    sizes = [len(head) + sum(map(len, page.body)) for head, page in zip(heads, column.pages, strict=True)]
    plain = sum(map(len, heads)) + sum(page.size for page in column.pages)
    told: dict[int, Value] = {1: column.kind, 2: column.encodings, 3: [name], 4: column.codec, 5: Long(column.rows)}
    told |= {6: Long(plain), 7: Long(sum(sizes)), 9: Long(start + sum(sizes[:-1]))}
    told |= {11: Long(start)} if column.dictionary else {}
    about: dict[int, Value] = {} if column.nulls is None else {3: Long(column.nulls)}
    about |= {5: column.bounds.greatest, 6: column.bounds.least} if column.bounds else {}
    return {2: Long(start), 3: told | ({12: about} if about else {})}


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
