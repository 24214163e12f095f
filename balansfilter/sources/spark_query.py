"""Spark: the rows of a query, or of a table of its catalog, put in order and written out by its workers.

They are kept as one CSV file, so that the digest of the same rows is the same, however Spark cut them up.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from balansfilter.errors import EngineError, Problem, SourceError, UsageError
from balansfilter.policy.model import SourceFile, as_columns
from balansfilter.remote.address import SPARK
from balansfilter.remote.spark import session_for, telling
from balansfilter.sources.asked import asked_of
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.polars_reads import polars_reads
from balansfilter.sources.remote import Asking, Fetched, copy_of, keep_rows, wrong_names

NAME = f"{SPARK}://"
_Answer = tuple[Fetched, ...] | SourceError
_BATCH_ROWS = 100_000
_OF_SOMEBODY = ("string", "varchar", "char", "tinyint", "smallint", "int", "bigint")
"""Types that keep every digit of an id or a number."""
_OF_DAYS = ("string", "varchar", "char", "date")


def fetched_rows(specs: Mapping[str, SourceFile], asking: Asking) -> dict[str, _Answer]:
    """Bring sources here, each as it is when it is asked for; return each, or what is wrong with it, by role."""
    try:
        with session_for(asking.master) as session:
            return {role: _answer(session, spec, Origin(role, NAME), asking) for role, spec in specs.items()}
    except (UsageError, EngineError) as error:
        return {role: Origin(role, NAME).error(error.message, _HINT) for role in specs}


_HINT = "see that Spark can be started here, or write the table out as Parquet and name the folder"


def _answer(session: Any, spec: SourceFile, origin: Origin, asking: Asking) -> _Answer:
    try:
        with telling(lambda kind: f"cannot be read by Spark ({kind})"):
            return (_one(session, spec, origin, asking),)
    except EngineError as error:
        return origin.error(error.message, "see that the query, or the name of the table, is right in Spark itself")
    except SourceError as error:
        return error


def _one(session: Any, spec: SourceFile, origin: Origin, asking: Asking) -> Fetched:
    query = spec.query.strip().rstrip(";") if spec.query else f"TABLE {_quoted(spec.table or '')}"
    at = datetime.now(asking.time_zone)
    frame = session.sql(query, args={"as_of": asking.as_of, "brand": asking.brand})
    if problems := list(_problems(frame.dtypes, spec, origin, asking)):
        raise refusal(origin.role, problems)
    path = copy_of(origin.role, asking.folder)
    parts = path.with_suffix(".parts")
    _in_order(frame, as_columns(spec.key)).write.parquet(parts.resolve().as_uri())
    keep_rows(_rows(parts, origin), frame.columns, path, origin, asking.stop)
    shutil.rmtree(parts)
    os.utime(path, (at.timestamp(), at.timestamp()))
    seen_as = {"query": query, "key": ", ".join(as_columns(spec.key)), "at": at.isoformat(timespec="seconds")}
    return Fetched(path, NAME, seen_as, lambda: None)


def _quoted(table: str) -> str:
    return ".".join("`" + part.replace("`", "``") + "`" for part in table.split("."))


def _problems(types: list[tuple[str, str]], spec: SourceFile, origin: Origin, asking: Asking) -> Iterator[Problem]:
    """Return what is wrong with the columns, before a row is read."""
    asked = asked_of(spec, asking.time_zone)
    yield from wrong_names([name for name, _ in types], as_columns(spec.key), origin)
    for name, kind in types:
        plain = kind.partition("(")[0]
        if name in asked.who and plain not in _OF_SOMEBODY:
            yield origin.problem(f"has a column {name!r} of type {kind}, which is no id or number", _AS_TEXT)
        elif name in asked.days and plain not in _OF_DAYS:
            yield origin.problem(f"has a column {name!r} of type {kind}, which is no day", _AS_DAY)


_AS_DAY = "make it a date in the query"
_AS_TEXT = "make it text, or a whole number, in the query"


def _in_order(frame: Any, key: tuple[str, ...]) -> Any:
    """Return every cell as text, the rows in the one order that the key and all columns give."""
    from pyspark.sql.functions import col

    columns = {name: col("`" + name.replace("`", "``") + "`") for name in frame.columns}
    texts = {name: column.cast("string") for name, column in columns.items()}
    order = [*(columns[name] for name in key), *(text for name, text in texts.items() if name not in key)]
    return frame.orderBy(*order).select(*(text.alias(name) for name, text in texts.items()))


def _rows(parts: Path, origin: Origin) -> Iterator[pl.DataFrame]:
    """Yield the rows that the workers wrote, in order."""
    if not (parts / "_SUCCESS").exists():
        hint = "let the driver and all workers see output.dir in the same place"
        raise origin.error("was written by the workers of Spark to a folder that this machine does not see", hint)
    with polars_reads(lambda: origin.error("was changed before it was read back", "run again")):
        for file in sorted(parts.glob("*.parquet")):
            yield from pl.scan_parquet(file, glob=False).collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True)
