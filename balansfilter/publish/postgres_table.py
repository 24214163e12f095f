"""The callable rows in a table of a database: those of the new run instead of those of the old one, at one stroke.

Beside the table stands another, with `_runs` behind its name, that says for each brand which run its rows are of, for
which day, until when it holds and how many rows it has: of an empty list nothing else would tell it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.remote import RemoteError
from balansfilter.remote.postgres import Database, identifier, literal, settings, table_identifier

RUN_ID = "run_id"
_NEW = "balansfilter_new"
_LINE = "line"


@dataclass(frozen=True)
class ListOfRun:
    """What a table is told of the list that goes into it."""

    brand: str
    run_id: str
    as_of: str
    valid_until: str | None
    rows: int
    sha256: str
    """The digest of the published file."""


def put_in_table(
    url: str, table: str, run: ListOfRun, columns: Sequence[str], parts: Iterable[pl.DataFrame]
) -> dict[str, Any]:
    """Put the rows of a list in a table, instead of those of the brand's run that stood there.

    Either all of it is there afterwards or nothing has changed. Where the table holds the run already nothing is done.

    :param parts: the cells of the rows, as text; an empty one becomes NULL.
    :raises RemoteError: the table stands as it was; where the connection was lost at the very end it may hold the rows.
    """
    if RUN_ID in columns:
        raise RemoteError(
            f"the list has a column {RUN_ID!r} itself", "rename it: the table keeps the id of the run there"
        )
    with Database(url) as database:
        database.execute("BEGIN")
        database.rows(settings({"datestyle": "ISO, YMD"}))
        found = _Table(database, table)
        found.make(columns)
        before = found.run_of(run.brand)
        if before == run.run_id and found.rows_of(run.run_id) == run.rows:
            database.execute("ROLLBACK")
            return {"rows": run.rows, "already_there": True}
        rows = _load(database, columns, parts)
        if rows != run.rows:
            raise RemoteError(f"rows in the list: {rows:,}, and not the {run.rows:,} that were published")
        found.replace(before, run, columns)
        database.execute("COMMIT")
    return {"rows": rows}


class _Table:
    """A table and the one beside it, in a transaction that was begun."""

    def __init__(self, database: Database, table: str) -> None:
        self._database = database
        self._written = table
        self._name = table_identifier(table)
        self._runs = table_identifier(f"{table}_runs")

    def make(self, columns: Sequence[str]) -> None:
        """Make the tables where they are not there; a table that is there must have every column."""
        if not self._exists(self._name):
            made = ", ".join(f"{identifier(name)} text" for name in columns)
            self._database.execute(f"CREATE TABLE {self._name} ({made}{', ' if made else ''}{RUN_ID} text NOT NULL)")
            self._database.execute(f"CREATE INDEX ON {self._name} ({RUN_ID})")
        if not self._exists(self._runs):
            self._database.execute(
                f"CREATE TABLE {self._runs} (brand text PRIMARY KEY, {RUN_ID} text NOT NULL, as_of date NOT NULL, "
                "valid_until date, rows bigint NOT NULL, sha256 text NOT NULL, handed_over_at timestamptz NOT NULL)"
            )
        missing = [name for name in (*columns, RUN_ID) if name not in self._types()]
        if missing:
            hint = "add it to the table, or name a table of the brand's own"
            raise RemoteError(f"the table {self._written} has no column {missing[0]!r}", hint)

    def run_of(self, brand: str) -> str | None:
        """Return the run whose rows of a brand stand; nobody else changes them meanwhile."""
        rows = self._database.rows(f"SELECT {RUN_ID} FROM {self._runs} WHERE brand = {literal(brand)} FOR UPDATE")
        return str(rows[0][0]) if rows else None

    def rows_of(self, run_id: str) -> int:
        """Return how many rows of a run stand."""
        [(rows,)] = self._database.rows(f"SELECT count(*) FROM {self._name} WHERE {RUN_ID} = {literal(run_id)}")
        return int(rows)

    def replace(self, before: str | None, run: ListOfRun, columns: Sequence[str]) -> None:
        """Put the loaded rows in the place of those of the run before."""
        types = self._types()
        gone = ", ".join(literal(run_id) for run_id in (before, run.run_id) if run_id)
        self._database.execute(f"DELETE FROM {self._name} WHERE {RUN_ID} IN ({gone})")
        names = ", ".join(identifier(name) for name in (*columns, RUN_ID))
        cells = "".join(f"NULLIF({identifier(f'c{n}')}, '')::{types[name]}, " for n, name in enumerate(columns))
        self._database.execute(
            f"INSERT INTO {self._name} ({names}) SELECT {cells}{literal(run.run_id)} FROM {_NEW} ORDER BY {_LINE}"
        )
        until = f"{literal(run.valid_until)}::date" if run.valid_until else "NULL"
        self._database.execute(
            f"INSERT INTO {self._runs} (brand, {RUN_ID}, as_of, valid_until, rows, sha256, handed_over_at) VALUES ("
            f"{literal(run.brand)}, {literal(run.run_id)}, {literal(run.as_of)}::date, {until}, {run.rows}, "
            f"{literal(run.sha256)}, now()) ON CONFLICT (brand) DO UPDATE SET {RUN_ID} = excluded.{RUN_ID}, "
            "as_of = excluded.as_of, valid_until = excluded.valid_until, rows = excluded.rows, "
            "sha256 = excluded.sha256, handed_over_at = excluded.handed_over_at"
        )

    def _exists(self, name: str) -> bool:
        return bool(self._database.rows(f"SELECT to_regclass({literal(name)}) IS NOT NULL")[0][0])

    def _types(self) -> dict[str, str]:
        """Return the type of each column of the table."""
        return dict(
            self._database.rows(
                "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute "
                f"WHERE attrelid = {literal(self._name)}::regclass AND attnum > 0 AND NOT attisdropped"
            )
        )


def _load(database: Database, columns: Sequence[str], parts: Iterable[pl.DataFrame]) -> int:
    """Load rows into a table that is gone with the transaction; return how many."""
    made = "".join(f", c{n} text" for n in range(len(columns)))
    database.execute(f"CREATE TEMP TABLE {_NEW} ({_LINE} bigint{made}) ON COMMIT DROP")
    rows = 0
    for part in parts:
        line = pl.int_range(rows, rows + part.height, dtype=pl.Int64, eager=True).alias(_LINE)
        cells = [part[name].alias(f"c{n}") for n, name in enumerate(columns)]
        database.append(_NEW, pl.DataFrame([line, *cells]))
        rows += part.height
    return rows
