"""Relations of DuckDB: held in memory as they are, the columns that are asked for in Polars, and told as a relation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import nanoarrow
import polars as pl
from nanoarrow.c_array_stream import CArrayStream

from balansfilter.frozen import dataclass

_TEXTS = ("UUID", "JSON")
"""Types that Arrow may have bytes for, as a setting of DuckDB wants it."""

_VIEW, _ROWS, _DECIDED = "balansfilter_undecided", "balansfilter_rows", "balansfilter_decided"
"""What DuckDB calls a relation and what stands beside it: a table of the connection comes before any of its name."""


class HeldRows:
    """The rows of a relation, as DuckDB hands them over in Arrow, whatever types they have."""

    def __init__(self, relation: Any) -> None:
        """Take them all."""
        with nanoarrow.c_array_stream(relation) as stream:
            self._schema, self._parts = stream.get_schema(), list(stream)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return CArrayStream.from_c_arrays(self._parts, self._schema).__arrow_c_stream__(requested_schema)


@dataclass(frozen=True)
class OrderedRelation:
    """A relation with its order."""

    native: Any
    rows: HeldRows
    place: str
    """The column that tells which row it is."""

    @classmethod
    def of(cls, native: Any, order: Sequence[str]) -> OrderedRelation:
        """Take a relation, and hold its rows as they are now."""
        place = "#" + "".join(native.columns)  # no column has a name as long as all of them
        by = ", ".join(f"{_quoted(name)} NULLS LAST" for name in order)
        query = f"SELECT *, row_number() OVER (ORDER BY {by}) AS {_quoted(place)} FROM {_VIEW}"  # noqa: S608
        return cls(native, HeldRows(native.query(_VIEW, query)), place)

    def columns(self, names: Sequence[str]) -> pl.DataFrame:
        """Return some columns, in the order of the rows."""
        balansfilter_rows = self.rows  # noqa: F841 - DuckDB finds it by its name
        query = f"SELECT {_read(self.native, names)} FROM {_ROWS} ORDER BY {_quoted(self.place)}"  # noqa: S608
        return pl.DataFrame(self.native.query(_VIEW, query))

    def with_columns(self, told: pl.DataFrame, replaced: Collection[str]) -> Any:
        """Return the rows as a relation of the same connection, with more columns.

        :param told: the columns to add, and those that take the place of some.
        """
        from balansfilter.engines.duckdb import Stream

        balansfilter_rows, place = self.rows, _quoted(self.place)  # noqa: F841 - DuckDB finds them by their names
        balansfilter_decided = Stream(told.with_row_index(self.place, offset=1))  # noqa: F841
        names = [(_DECIDED if name in replaced else _ROWS, name) for name in self.native.columns]
        names += [(_DECIDED, name) for name in told.columns if name not in replaced]
        selected = ", ".join(f"{source}.{_quoted(name)}" for source, name in names)
        query = f"SELECT {selected} FROM {_ROWS} JOIN {_DECIDED} USING ({place}) ORDER BY {place}"  # noqa: S608
        return self.native.query(_VIEW, query)


def columns_of(native: Any, names: Sequence[str]) -> pl.DataFrame:
    """Return some columns of a relation, in no order."""
    return pl.DataFrame(native.project(_read(native, names)))


def json_columns(native: Any) -> frozenset[str]:
    """Return the columns of a relation that hold JSON, which Arrow takes for any text."""
    return frozenset(name for name, kind in _types(native).items() if kind == "JSON")


def _read(native: Any, names: Sequence[str]) -> str:
    """Return how columns are read: those of which Polars would have the bytes as the text that they are."""
    types = _types(native)
    texts = (f"CAST({_quoted(name)} AS VARCHAR) AS " if types[name] in _TEXTS else "" for name in names)
    return ", ".join(f"{text}{_quoted(name)}" for text, name in zip(texts, names, strict=True)) or "NULL AS nothing"


def _types(native: Any) -> dict[str, str]:
    return {name: str(kind) for name, kind in zip(native.columns, native.types, strict=True)}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
