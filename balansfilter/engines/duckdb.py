"""DuckDB: a second way from what was read to a decision of each row, with joins, windows and terms of its own.

The rules are those of :mod:`balansfilter.decision`, through narwhals. What does not fit in memory goes to disk.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.engines import duckdb_sql as sql
from balansfilter.engines.by_rules import decided_by_rules
from balansfilter.engines.interface import decisions_columns, schemas
from balansfilter.engines.polars.reach import ReachedRows
from balansfilter.engines.read_tables import MemoryTables, Readable
from balansfilter.errors import EngineError, OutputError
from balansfilter.evidence.remarks import SomeRows
from balansfilter.frozen import dataclass

MEMORY_LIMIT = "2GB"
_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)
"""What an operating system says of files that cannot be written."""
_KINDS = {
    pl.UInt64: "UBIGINT", pl.String: "VARCHAR", pl.Boolean: "BOOLEAN", pl.Date: "DATE",
}  # fmt: skip


class Stream:
    """A frame of Polars that DuckDB reads through Arrow's own interface, without another library."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


@dataclass
class DuckDB:
    """An engine over tables of what was read."""

    tables: Readable
    folder: Path | None = None
    """Where what does not fit in memory goes, and the decisions; None keeps everything in memory."""
    threads: int | None = None
    seen: dict[str, tuple[int | None, int]] = field(default_factory=dict)
    """Of each source of objections, and the register, how many of its ids and numbers stand in the list."""
    reached: ReachedRows = field(default_factory=lambda: ReachedRows(np.empty(0, np.uint64), SomeRows(), SomeRows()))
    """The rows that an objection reaches beyond those that it hits."""
    statements: list[tuple[str, str]] = field(default_factory=list)
    """What was asked, in order: the name of each table and its query."""

    def decide(self, plan: Plan, register_until: date | None) -> FileDecisions | FrameDecisions:
        """Decide every row: by itself, by how far objections reach, and against its duplicates.

        :raises EngineError: DuckDB could not.
        :raises OutputError: the disk takes nothing of what does not fit in memory.
        """
        with self._connected() as connection:
            self._attach(connection, schemas(plan))
            for name, query in (*sql.plan_tables(plan), *sql.people_tables(plan)):
                self._make(connection, name, query)
            self._make(connection, "facts", sql.facts(plan), kind="VIEW")
            self._make(connection, "decided", decided(connection.table("facts"), plan, register_until).sql_query())
            for name, query in sql.reach_tables(plan):
                self._make(connection, name, query)
            self._count(connection, plan)
            query = f'{sql.settled(plan)}\nORDER BY "row"'
            self.statements.append(("decisions", query))
            return self._kept(connection, query)

    @contextmanager
    def _connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        config: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False}
        if self.folder is not None:
            config["temp_directory"] = str(self.folder / "duckdb")
        if self.threads is not None:
            config["threads"] = self.threads
        database = ":memory:" if self.folder is None else str(self.folder / "second.duckdb")
        try:
            with duckdb.connect(database, config=config) as connection:
                yield connection
        except duckdb.Error as error:
            raise self._told(error) from None

    def _told(self, error: duckdb.Error) -> EngineError | OutputError:
        """Return what went wrong; what DuckDB says of it may quote a cell, so that only the kind of its error is told.

        A commit fails where what is kept in files cannot be written: nobody else uses the database.
        """
        kind = type(error).__name__
        if self.folder is None or not isinstance(error, duckdb.IOException | duckdb.TransactionException):
            return EngineError(f"DuckDB could not decide the list ({kind})")
        refusals = (words for words in map(os.strerror, _REFUSALS) if words in f"{error}")
        return OutputError(f"cannot write in {self.folder}: {next(refusals, kind)}")

    def _attach(self, connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pl.Schema]) -> None:
        for name, schema in tables.items():
            found = self.tables.sources(name)
            if isinstance(found, pl.DataFrame):
                connection.register(name, Stream(found))
            elif found:
                connection.read_parquet([str(path) for path in found]).create_view(name)
            else:
                columns = ", ".join(f'"{column}" {_KINDS[type(kind)]}' for column, kind in schema.items())
                connection.execute(f"CREATE TABLE {name} ({columns})")

    def _make(self, connection: duckdb.DuckDBPyConnection, name: str, query: str, kind: str = "TABLE") -> None:
        self.statements.append((name, query))
        connection.execute(f"CREATE {kind} {name} AS {query}")

    def _count(self, connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
        """Count what is worth a look in the list, beside the decisions."""
        for role, ids, numbers in connection.execute(sql.SEEN).fetchall():
            self.seen[role] = (ids, numbers)
        if plan.screens:
            self.seen["register"] = (None, _one(connection, sql.listed(plan)))
        rows = pl.DataFrame(connection.sql('SELECT "row" FROM reached ORDER BY "row"'))["row"].to_numpy()
        shared = (SomeRows(_one(connection, query)) for query in sql.WIDELY_SHARED) if plan.reaches_person else ()
        self.reached = ReachedRows(rows, *(shared or (SomeRows(), SomeRows())))

    def _kept(self, connection: duckdb.DuckDBPyConnection, query: str) -> FileDecisions | FrameDecisions:
        if self.folder is None:
            return FrameDecisions(pl.DataFrame(connection.sql(query)))
        path = self.folder / "second.parquet"
        connection.execute(f"COPY ({query}) TO {sql.text(str(path))} (FORMAT parquet)")
        return FileDecisions(path)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    (found,) = connection.execute(query).fetchall()
    return int(found[0] or 0)


def decided(facts: duckdb.DuckDBPyRelation, plan: Plan, register_until: date | None) -> duckdb.DuckDBPyRelation:
    """Return the decision of each row by itself, from the facts: the rules, through narwhals."""

    def ended(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
        return relation.project("*, CAST(anchor + term AS DATE) AS term_end")

    answered = decided_by_rules(nw, facts, plan, register_until, ended)
    relation: duckdb.DuckDBPyRelation = nw.to_native(answered.select(*decisions_columns(plan), "decided_anchor"))
    return relation


@dataclass(frozen=True)
class FrameDecisions:
    """Decisions in memory."""

    frame: pl.DataFrame

    def between(self, first: int, last: int) -> pl.DataFrame:
        """Return the decisions of the rows from one number to another, both included."""
        return self.frame.filter(pl.col("row").is_between(first, last))


@dataclass(frozen=True)
class FileDecisions:
    """Decisions in a Parquet file, of which some are read at a time."""

    path: Path

    def between(self, first: int, last: int) -> pl.DataFrame:
        """Return the decisions of the rows from one number to another, both included."""
        return pl.scan_parquet(self.path).filter(pl.col("row").is_between(first, last)).collect()


def queries(plan: Plan, register_until: date | None) -> list[tuple[str, str]]:
    """Return what DuckDB is asked under a plan: the name of each table, and its query."""
    engine = DuckDB(MemoryTables(schemas(plan)))
    engine.decide(plan, register_until)
    return engine.statements
