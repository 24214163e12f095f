"""Sources that are no files: brought into a private folder once, and read there as files are.

All that comes from one database is of one snapshot: it is fetched in one transaction, when the first of it is asked
for, so that no transaction stays open while the list is decided.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import date
from pathlib import Path
from threading import Event, Lock
from typing import BinaryIO
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.errors import Problem, SourceError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import open_private
from balansfilter.policy.model import SourceFile
from balansfilter.remote import RemoteError, is_database, is_remote, is_spark, shown, wrong_with
from balansfilter.sources.freshness import snapshot_day
from balansfilter.sources.origin import Origin, refusal
from balansfilter.sources.paths import filled_in


@dataclass(frozen=True)
class Fetched:
    """A source, or a part of it, as it was brought here."""

    path: Path
    """Where it is now; its time of change is that of what was fetched."""
    name: str
    """What it is called: its address, without what may be secret."""
    taken_from: Mapping[str, str]
    """What tells that it was this one and no other: an ETag and a version, or a query and a snapshot."""
    check_unchanged: Callable[[], None]
    """Raises RemoteError if it is another one now."""


@dataclass(frozen=True)
class Asking:
    """What every fetch needs to know."""

    folder: Path
    brand: str
    as_of: date
    time_zone: ZoneInfo
    stop: Event = field(default_factory=Event)
    """Set when nothing more need be read."""
    master: str | None = None
    """Where Spark runs, if something of it is read and no session is active; None for this machine."""


@dataclass
class Remote:
    """What a command reads from elsewhere; each source is fetched once, however often it is opened."""

    asking: Asking
    expected: dict[str, SourceFile] = field(default_factory=dict)
    """The sources that the command will read, by role: those of one database are of one snapshot."""
    _taken: dict[str, tuple[Fetched, ...] | SourceError] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, spec: SourceFile, role: str) -> tuple[Fetched, ...]:
        """Return a source as it was brought here.

        :raises SourceError: it cannot be reached, or read, or was changed meanwhile.
        """
        with self._lock:
            if role not in self._taken:
                self._fetch(spec, role)
            found = self._taken[role]
        if isinstance(found, SourceError):
            raise found
        return found

    def _fetch(self, spec: SourceFile, role: str) -> None:
        url = filled_in(spec.path, self.asking.brand, self.asking.as_of, role)
        if not is_database(url):
            self._taken[role] = _fetched_objects(url, role, self.asking)
            return
        together = {role: spec} | {
            other: one
            for other, one in self.expected.items()
            if is_database(one.path) and filled_in(one.path, self.asking.brand, self.asking.as_of, other) == url
        }
        if is_spark(url):
            from balansfilter.sources import spark_query

            self._taken |= spark_query.fetched_rows(together, self.asking)
            return
        from balansfilter.sources import postgres_query

        self._taken |= postgres_query.fetched_rows(url, together, self.asking)


@contextmanager
def private_copy(path: Path, origin: Origin) -> Iterator[BinaryIO]:
    """Open a new private file for what is fetched.

    :raises SourceError: the file cannot be made or written.
    """
    try:
        with os.fdopen(open_private(path, os.O_WRONLY | os.O_EXCL), "wb") as file:
            yield file
    except OSError as error:
        message = f"cannot be kept in {path.parent}: {error.strerror}"
        raise origin.error(message, "free some space there") from None


def wrong_names(names: Sequence[str], key: Sequence[str], origin: Origin) -> Iterator[Problem]:
    """Return what is wrong with the names of the columns that are asked for with a query."""
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield origin.problem(f"has the column {name!r} twice", "give one of them another name with AS")
    if not names:
        yield origin.problem("has no columns", "name some in the query")
    for name in key:
        if name not in names:
            yield origin.problem(f"has no column {name!r}, which is to order the rows", "name a column of it in `key`")


def keep_rows(parts: Iterable[pl.DataFrame], names: Sequence[str], path: Path, origin: Origin, stop: Event) -> None:
    """Write rows of text to a private CSV file.

    :param names: the columns, which are written first.
    :raises SourceError: the file cannot be written, or nothing more need be read.
    """
    alone = len(names) == 1
    with private_copy(path, origin) as file:
        file.write(_csv(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), header=True))
        for part in parts:
            if stop.is_set():
                raise origin.error("was not read to its end")
            # A line of one empty cell must not look like an empty line, which is passed over.
            file.write(_csv(part.select(pl.all().fill_null("")) if alone else part, header=False))


def _csv(frame: pl.DataFrame, *, header: bool) -> bytes:
    """Return rows as CSV: a cell is quoted only where it must be, an empty text is ``""``, and NULL is nothing."""
    return frame.write_csv(include_header=header, quote_style="necessary").encode()


def copy_of(role: str, folder: Path) -> Path:
    """Return the file that the rows of a source are kept in."""
    return folder / f"{role.translate({ord('['): '_', ord(']'): None})}.csv"


def expected_sources(named: Iterable[tuple[str, SourceFile]]) -> dict[str, SourceFile]:
    """Return those sources that are no files, by role."""
    return {role: spec for role, spec in named if is_remote(spec.path)}


def looked_at(spec: SourceFile, role: str, asking: Asking) -> tuple[tuple[str, ...], date]:
    """Return what a source that is no file is made of now, and the day that it speaks of, without reading it.

    :raises SourceError: it is not there, or its name does not tell the day.
    """
    url = filled_in(spec.path, asking.brand, asking.as_of, role)
    try:
        found = _seen(url, role)
    except RemoteError as error:
        raise Origin(role, shown(url)).error(error.message, error.hint) from None
    days = [snapshot_day(name, modified, spec.snapshot_on, asking.time_zone) for name, modified in found]
    if problems := [day for day in days if isinstance(day, Problem)]:
        raise refusal(role, problems)
    return tuple(name for name, _ in found), min(day for day in days if isinstance(day, date))


def _seen(url: str, role: str) -> list[tuple[str, float]]:
    """Return the parts of a source, and when each was changed last; what a database holds is of now."""
    if is_spark(url):
        return [(url, time.time())]
    if is_database(url):
        from balansfilter.remote.postgres import Database

        with Database(url) as database:
            [(now,)] = database.rows("SELECT extract(epoch FROM now())::float8")
        return [(shown(url), float(now))]
    from balansfilter.remote.object_store import Bucket, split
    from balansfilter.sources.stored_objects import found_objects

    bucket = Bucket(split(url)[0])
    return [(bucket.address(one.key), one.modified.timestamp()) for one in found_objects(bucket, url, role)]


def _fetched_objects(url: str, role: str, asking: Asking) -> tuple[Fetched, ...] | SourceError:
    from balansfilter.sources.stored_objects import fetched_objects

    origin = Origin(role, shown(url))
    if wrong := wrong_with(url):
        return Origin(role, "the address").error(*wrong)
    try:
        return fetched_objects(url, role, asking)
    except RemoteError as error:
        return origin.error(error.message, error.hint)
    except SourceError as error:
        return error
