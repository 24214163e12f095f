"""Postgres: the rows of a query or a table, as the CSV file that ``psql`` would write of them.

Every cell is the text that Postgres itself writes of it, so there is no type that cannot be read; and the digest of
that text, with the rows in the order of a key, is what the rows can be known by afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from balansfilter.errors import Problem, SourceError
from balansfilter.policy.model import SourceFile, as_columns
from balansfilter.remote import RemoteError, shown, wrong_with
from balansfilter.remote.postgres import Column, Database, identifier, settings, table_identifier
from balansfilter.sources.asked import Asked, asked_of
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.remote import Asking, Fetched, copy_of, keep_rows, wrong_names

_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "citext"})
_LOSES_DIGITS = frozenset({"float4", "float8", "money"})
_NEITHER = frozenset({"bool", "time", "timetz", "interval", "json", "jsonb", "bytea"})
_NOBODY = _NEITHER | {"date", "timestamp", "timestamptz"}
_NO_DAYS = _NEITHER | {"int2", "int8", "numeric", "uuid"}
_Answer = tuple[Fetched, ...] | SourceError


def fetched_rows(url: str, specs: Mapping[str, SourceFile], asking: Asking) -> dict[str, _Answer]:
    """Bring the sources of one database here, all of one snapshot; return each, or what is wrong with it, by role."""
    if wrong := wrong_with(url):
        return {role: Origin(role, "the address").error(*wrong) for role in specs}
    try:
        with Database(url, asking.stop) as database:
            return dict(_fetched(database, specs, asking))
    except RemoteError as error:
        return {role: Origin(role, shown(url)).error(error.message, error.hint) for role in specs}


def _fetched(database: Database, specs: Mapping[str, SourceFile], asking: Asking) -> Iterator[tuple[str, _Answer]]:
    database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    wanted = {
        "timezone": str(asking.time_zone),
        "datestyle": "ISO, DMY",
        "intervalstyle": "iso_8601",
        "bytea_output": "hex",
        "extra_float_digits": "1",
        "balansfilter.as_of": asking.as_of.isoformat(),
        "balansfilter.brand": asking.brand,
    }
    database.rows(settings(wanted))
    [(snapshot, seconds)] = database.rows("SELECT pg_current_snapshot()::text, extract(epoch FROM now())::float8")
    at = datetime.fromtimestamp(seconds, asking.time_zone)
    for role, spec in specs.items():
        origin = Origin(role, database.name)
        database.execute("SAVEPOINT one_source")
        try:
            yield role, (_one(database, spec, origin, asking, (snapshot, at)),)
        except RemoteError as error:
            _go_on(database, error)
            yield role, origin.error(error.message, error.hint)
        except SourceError as error:
            yield role, error
    database.execute("COMMIT")


def _go_on(database: Database, error: RemoteError) -> None:
    """Make the transaction usable again after an error, which is raised where the connection was lost."""
    try:
        database.execute("ROLLBACK TO SAVEPOINT one_source")
    except RemoteError:
        raise error from None


def _one(database: Database, spec: SourceFile, origin: Origin, asking: Asking, seen: tuple[str, datetime]) -> Fetched:
    wanted = spec.query.strip().rstrip(";") if spec.query else f"TABLE {table_identifier(spec.table or '')}"
    columns = database.columns(f"SELECT * FROM (\n{wanted}\n) AS source LIMIT 0")
    asked = asked_of(spec, asking.time_zone)
    if problems := list(_problems(columns, spec, asked, origin)):
        raise refusal(origin.role, problems)
    query = ordered_query(wanted, columns, as_columns(spec.key), asked)
    path = copy_of(origin.role, asking.folder)
    keep_rows(database.parts(query), [column.name for column in columns], path, origin, asking.stop)
    snapshot, at = seen
    os.utime(path, (at.timestamp(), at.timestamp()))
    seen_as = {"query": query, "snapshot": snapshot, "at": at.isoformat(timespec="seconds")}
    return Fetched(path, database.name, seen_as, lambda: None)


def _problems(columns: Sequence[Column], spec: SourceFile, asked: Asked, origin: Origin) -> Iterator[Problem]:
    """Return what is wrong with the columns of a query, before a row of it is read."""
    yield from wrong_names([name for name, _ in columns], as_columns(spec.key), origin)
    for name, kind in columns:
        is_array = kind.startswith("_")
        if name in asked.who and kind in _LOSES_DIGITS:
            message = f"has a column {name!r} of type {kind}, which does not keep every digit of an id or a number"
            yield origin.problem(message, f"cast it in the query: {name}::bigint, or better keep it as text")
        elif name in asked.who and (is_array or kind in _NOBODY):
            yield origin.problem(f"has a column {name!r} of type {kind}, which is no id or number", _AS_TEXT)
        elif name in asked.days and (is_array or kind in _NO_DAYS | _LOSES_DIGITS):
            yield origin.problem(f"has a column {name!r} of type {kind}, which is no day", _AS_DAY)


_AS_DAY = "make it a date in the query"
_AS_TEXT = "name another column, or make it text in the query"


def ordered_query(wanted: str, columns: Sequence[Column], key: Sequence[str], asked: Asked) -> str:
    """Return the query that is run: every cell as text, the rows in the one order that the key and all columns give."""
    texts = [f"{_text(column, asked)} AS {identifier(column.name)}" for column in columns]
    types = dict(columns)
    order = [identifier(name) + (' COLLATE "C"' if types[name] in _TEXTS else "") for name in key]
    order += [f'{identifier(c.name)}::text COLLATE "C"' for c in columns if c.name not in key]
    ordered = ", ".join(f"source.{one}" for one in order)
    return f"SELECT {', '.join(texts)} FROM (\n{wanted}\n) AS source ORDER BY {ordered}"


def _text(column: Column, asked: Asked) -> str:
    """Return the text of a cell; a decimal that is an id or a number is written without what stands for nothing."""
    name = f"source.{identifier(column.name)}"
    is_decimal_id = column.type == "numeric" and column.name in asked.who
    return f"trim_scale({name})::text" if is_decimal_id else f"{name}::text"
