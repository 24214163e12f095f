"""Parquet files that Polars cannot read, for types such as a database's intervals or names that come twice: rewritten.

DuckDB does that. Every column that Polars reads goes through as it is. One that it does not, nested ones too, goes
through as the text that DuckDB writes for it; one that DuckDB would round is left out. One with the name of another
before it gets another name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.sources.polars_reads import CANNOT_READ

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balansfilter.errors import SourceError

_MOST_DIGITS = 38
"""Digits of a decimal beyond which DuckDB makes a float of it."""
_FILE = "source.parquet"
_SOURCE = f"'{_FILE}'"


class _Column(NamedTuple):
    name: str
    kind: str
    """As DuckDB calls it."""
    read_as: str
    """What DuckDB calls it in a query; two names that differ in case only are one to it."""
    digits: int
    """Digits of the largest decimal in it."""
    repeats: str | None = None
    """What the file calls it, where one before it is called that as well."""


TextKind = Literal["UUID", "JSON"]
"""What a column of texts may be that Polars reads as bytes."""
_TEXT_KINDS: tuple[TextKind, ...] = get_args(TextKind)


@dataclass(frozen=True)
class Translation:
    """What Polars can read of a file, once DuckDB has written it again."""

    path: Path
    scratch: Path | None
    schema: pl.Schema
    rows: int
    query: str
    warnings: tuple[str, ...]
    left_out: Mapping[str, str]
    """The type of each column that cannot be had."""
    texts: Mapping[str, TextKind]
    """The columns that are texts by what the file says of them."""
    repeated: Sequence[str]
    """The name of each column that has the name of one before it."""

    @contextmanager
    def rewritten(self, damaged: Callable[[], SourceError]) -> Iterator[pl.LazyFrame]:
        """Write the file again, for as long as it is needed.

        :param damaged: the error to raise where it cannot be read.
        """
        import duckdb

        with _database(self.path, self.scratch) as (database, folder):
            target = folder / "readable.parquet"
            try:
                _copy(database, self.query, target)
            except duckdb.Error:
                raise damaged() from None
            yield pl.scan_parquet(target).rename({f"c{place}": name for place, name in enumerate(self.schema)})


def translation_of(path: Path, scratch: Path | None) -> Translation | None:
    """Return how a file becomes readable; None where DuckDB cannot read it either.

    :param scratch: a folder for what is tried; the system's own place if None.
    """
    import duckdb

    try:
        with _database(path, scratch) as (database, folder):
            return _translation(database, folder, path, scratch)
    except duckdb.Error:
        return None


def _translation(database: DuckDBPyConnection, folder: Path, path: Path, scratch: Path | None) -> Translation | None:
    selected, warnings, left_out, schema = [], [], dict[str, str](), dict[str, pl.DataType]()
    columns = list(_renamed(list(_columns(database))))
    repeated = [column.repeats for column in columns if column.repeats is not None]
    texts = _texts(columns)
    for column in columns:
        if column.repeats is not None:
            warnings.append(f"has another column named {column.repeats!r}, which is published as {column.name!r}")
        if column.digits > _MOST_DIGITS:
            left_out[column.name] = f"decimal of {column.digits} digits"
            warnings.append(f"the column {column.name!r}, a {left_out[column.name]}, cannot be read and is left out")
            continue
        kind = None if column.name in texts else _tried(database, folder, column.read_as)
        if kind is None and column.name not in texts:
            warnings.append(f"the column {column.name!r} of type {column.kind} is published as text")
        read_as = column.read_as if kind is not None else f"{column.read_as}::VARCHAR"
        selected.append(f"{read_as} AS c{len(schema)}")
        schema[column.name] = pl.String() if kind is None else kind
    if not selected:
        return None
    query = f"SELECT {', '.join(selected)} FROM {_SOURCE}"  # noqa: S608 - the names in it are quoted
    rows = database.execute(f"SELECT count(*) FROM {_SOURCE}").fetchone()  # noqa: S608
    return Translation(
        path, scratch, pl.Schema(schema), rows[0] if rows else 0, query, tuple(warnings), left_out, texts, repeated
    )


def told_texts(path: Path, scratch: Path | None) -> dict[str, TextKind]:
    """Return the columns that a file says are UUIDs or JSON; none where DuckDB cannot read it.

    :param scratch: as of :func:`translation_of`.
    """
    import duckdb

    try:
        with _database(path, scratch) as (database, _):
            return _texts(_columns(database))
    except duckdb.Error:
        return {}


def _texts(columns: Iterable[_Column]) -> dict[str, TextKind]:
    return {column.name: kind for column in columns for kind in _TEXT_KINDS if column.kind == kind}


def _renamed(columns: Sequence[_Column]) -> Iterator[_Column]:
    """Yield columns, each with a name of its own: that of one before it, with a number behind it that makes it free."""
    taken, given = {column.name for column in columns}, set[str]()
    for column in columns:
        if column.name not in given:
            given.add(column.name)
            yield column
            continue
        free = next(name for number in count(2) if (name := f"{column.name}_{number}") not in taken)
        taken.add(free)
        yield column._replace(name=free, repeats=column.name)


@contextmanager
def _database(path: Path, scratch: Path | None) -> Iterator[tuple[DuckDBPyConnection, Path]]:
    """Open a database in a folder of its own, in which the file has a name without signs that mean something."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="parquet-", dir=scratch) as made, duckdb.connect() as database:
        folder = Path(made)
        (folder / _FILE).symlink_to(path.absolute())
        database.execute(f"SET file_search_path = '{_quoted(str(folder))}'")
        database.execute(f"SET temp_directory = '{_quoted(str(folder))}'")
        yield database, folder


def _columns(database: DuckDBPyConnection) -> Iterator[_Column]:
    described = database.execute(f"DESCRIBE SELECT * FROM {_SOURCE}").fetchall()  # noqa: S608
    nodes = f"SELECT name, num_children, precision FROM parquet_schema({_SOURCE})"  # noqa: S608
    tops = _tops(database.execute(nodes).fetchall()[1:])
    for (read_as, kind, *_), (name, digits) in zip(described, tops, strict=True):
        identifier = '"' + read_as.replace('"', '""') + '"'
        yield _Column(name, kind, identifier, digits)


def _tops(nodes: list[tuple[str, int | None, int | None]]) -> Iterator[tuple[str, int]]:
    """Yield the name of each column, and the digits of the largest decimal in it, from a schema, depth first."""
    place = 0
    while place < len(nodes):
        name, digits, left = nodes[place][0], 0, 1
        while left:
            _, children, precision = nodes[place]
            digits = max(digits, precision or 0)
            left += (children or 0) - 1
            place += 1
        yield name, digits


def _tried(database: DuckDBPyConnection, folder: Path, column: str) -> pl.DataType | None:
    """Return the type that Polars reads a column as; None where it cannot."""
    target = folder / "tried.parquet"
    _copy(database, f"SELECT {column} AS c0 FROM {_SOURCE} LIMIT 0", target)  # noqa: S608
    try:
        return pl.Schema(pl.read_parquet_schema(target))["c0"]
    except CANNOT_READ:
        return None


def _copy(database: DuckDBPyConnection, query: str, target: Path) -> None:
    database.execute(f"COPY ({query}) TO '{_quoted(str(target))}' (FORMAT parquet, COMPRESSION zstd)")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
