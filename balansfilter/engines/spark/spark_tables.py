"""Tables of what was read, as frames of Spark. It knows no unsigned numbers; a phone number has 15 digits at most."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from balansfilter.engines.read_tables import Readable

SparkFrame = Any
"""A `pyspark.sql.DataFrame`."""

_KINDS = {
    pl.UInt64: "bigint", pl.Int64: "bigint", pl.Int32: "int", pl.Int16: "smallint", pl.UInt8: "smallint",
    pl.String: "string", pl.Boolean: "boolean", pl.Date: "date",
}  # fmt: skip
_SIGNED: dict[Any, type[pl.DataType]] = {pl.UInt64: pl.Int64, pl.UInt8: pl.Int16}


def written_schema(schema: Mapping[str, pl.DataType]) -> str:
    """Return the columns of a table as Spark writes them."""
    return ", ".join(f"`{name}` {_KINDS[type(kind)]}" for name, kind in schema.items())


def signed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame without unsigned numbers."""
    return frame.with_columns(
        pl.col(name).cast(_SIGNED[type(kind)]) for name, kind in frame.schema.items() if type(kind) in _SIGNED
    )


def to_spark(session: Any, frame: pl.DataFrame) -> SparkFrame:
    """Return a frame of Polars as one of Spark."""
    plain = signed(frame)
    table = plain.to_arrow(compat_level=pl.CompatLevel.oldest())
    return session.createDataFrame(table, schema=written_schema(plain.schema))


def from_spark(frame: SparkFrame) -> pl.DataFrame:
    """Return a frame of Spark as one of Polars, in the memory of the driver."""
    return pl.DataFrame(frame.toArrow())


def read_back(session: Any, tables: Readable, schemas: Mapping[str, pl.Schema]) -> dict[str, SparkFrame]:
    """Return tables of what was read; files are read by the workers, who find them in the same place."""
    found = {name: tables.sources(name) for name in schemas}
    return {name: _frame(session, found[name], schema) for name, schema in schemas.items()}


def _frame(session: Any, found: Sequence[Path] | pl.DataFrame, schema: pl.Schema) -> SparkFrame:
    if isinstance(found, pl.DataFrame):
        return to_spark(session, found)
    if not found:
        return to_spark(session, schema.to_frame())
    # Unsigned numbers come out of Parquet as decimals.
    casts = [f"CAST(`{name}` AS {_KINDS[type(kind)]}) AS `{name}`" for name, kind in schema.items()]
    return session.read.parquet(*(path.resolve().as_uri() for path in found)).selectExpr(*casts)


class Frames:
    """Frames by their names, and what follows from them by SQL. No view is left behind in the session."""

    def __init__(self, session: Any, frames: Mapping[str, SparkFrame]) -> None:
        """Begin with some frames."""
        self._session = session
        self._frames: dict[str, SparkFrame] = {}
        # Spark forgets what it kept of a frame when a view of that frame is dropped, so each view stays to the end.
        self._views: dict[str, str] = {}
        self._of_us = f"balansfilter_{secrets.token_hex(8)}"
        self._kept: list[SparkFrame] = []
        for name, frame in frames.items():
            self.put(name, frame)

    def __getitem__(self, name: str) -> SparkFrame:
        return self._frames[name]

    def asked(self, query: str) -> SparkFrame:
        """Return what a query gives; it names frames in braces."""
        return self._session.sql(query.format_map(self._views))

    def put(self, name: str, frame: SparkFrame, *, keep: bool = False) -> None:
        """Add a frame.

        :param keep: whether it is made once and kept, in memory and on disk, until all are let go.
        """
        if keep:
            frame = frame.persist()
            self._kept.append(frame)
        self._frames[name] = frame
        self._views[name] = f"{self._of_us}_{name}"
        frame.createOrReplaceTempView(self._views[name])

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Add a frame of Polars."""
        self.put(name, to_spark(self._session, frame))

    def let_go(self) -> None:
        """Let go of the frames that are kept, and of the views."""
        for frame in reversed(self._kept):
            frame.unpersist()
        for view in self._views.values():
            self._session.catalog.dropTempView(view)
