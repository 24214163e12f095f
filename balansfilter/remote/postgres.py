"""A Postgres database, through ADBC. Credentials come from where libpq finds them, and are never seen here."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import polars as pl

from balansfilter.remote.address import shown
from balansfilter.remote.failures import RemoteError, needs_extra

if TYPE_CHECKING:
    from types import TracebackType

_DEFAULTS = {
    "connect_timeout": ("10", "PGCONNECT_TIMEOUT"),
    "application_name": ("balansfilter", "PGAPPNAME"),
    "client_encoding": ("UTF8", None),
    "tcp_user_timeout": ("60000", None),
    "keepalives_idle": ("30", None),
}
"""What a connection is given where neither the address nor the environment says it: nobody waits forever."""
_LOOK = 0.2
"""Seconds between two looks whether somebody still waits for a query."""
LOCK_TIMEOUT = "60s"
STATEMENT_TIMEOUT = "1h"


class Column(NamedTuple):
    """A column of what a query gives."""

    name: str
    type: str
    """The type as Postgres names it inside, such as ``int8``; of a domain its base; an array begins with _."""


class Database:
    """One connection. What goes wrong is raised as a RemoteError without a word of the rows."""

    def __init__(self, url: str, stop: Event | None = None) -> None:
        """Connect; the address holds no password.

        :param stop: once it is set, the query that is running is broken off.
        """
        try:
            import nanoarrow
            from adbc_driver_postgresql import dbapi
        except ImportError:
            raise needs_extra("postgres") from None
        self._arrow = nanoarrow
        self.name = shown(url)
        self._stop = stop
        with _told():
            self._connection = dbapi.connect(_with_defaults(url), autocommit=True)

    def execute(self, sql: str) -> None:
        """Run a statement that gives no rows."""
        with _told(), self._connection.cursor() as cursor:
            cursor.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a query, which are few."""
        return [row for part in self.parts(sql) for row in part.rows()]

    def parts(self, sql: str) -> Iterator[pl.DataFrame]:
        """Yield the rows of a query as they come in."""
        with _told(), self._connection.cursor() as cursor, self._broken_off(cursor.adbc_cancel):
            cursor.execute(sql)
            for array in self._arrow.c_array_stream(cursor.fetch_arrow()):
                yield pl.Series(array).struct.unnest()

    @contextmanager
    def _broken_off(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Break off what runs meanwhile as soon as nobody waits for it any more: the library itself hears nothing."""
        stop, done = self._stop, Event()
        if stop is None:
            yield
            return

        def watch() -> None:
            while not done.wait(_LOOK):
                if stop.is_set():
                    cancel()
                    return

        watcher = Thread(target=watch, name="postgres:stop", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def columns(self, sql: str) -> list[Column]:
        """Return the columns of a query, without running it to its end."""
        with _told(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            stream = self._arrow.c_array_stream(cursor.fetch_arrow())
            fields = list(self._arrow.Schema(stream.get_schema()).fields)
            del stream
        return [Column(field.name, dict(field.metadata).get(b"POSTGRESQL:type", b"").decode()) for field in fields]

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Add rows to a temporary table of this connection, whose columns are those of the frame."""
        with _told(), self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, frame, mode="append", temporary=True)

    def close(self) -> None:
        """End the connection; what was begun and not committed is undone."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return the connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the connection, whatever happened."""
        self.close()


def identifier(*names: str) -> str:
    """Return names as an identifier, whatever they are made of."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def table_identifier(table: str) -> str:
    """Return the identifier of a table that is written with or without its schema, such as ``crm.objections``."""
    return identifier(*table.split("."))


def literal(text: str) -> str:
    """Return a text as a literal; it is read with standard_conforming_strings, as is the default since 2010."""
    return "'" + text.replace("'", "''") + "'"


def settings(values: Mapping[str, str]) -> str:
    """Return the query that makes settings for a transaction, and the longest waits where nobody set any."""
    made = _values(values)
    waits = _values({"lock_timeout": LOCK_TIMEOUT, "statement_timeout": STATEMENT_TIMEOUT})
    set_all = "SELECT set_config(name, value, true) FROM (VALUES {}) AS one (name, value)"
    return f"{set_all.format(waits)} WHERE current_setting(name) = '0'" + (
        f" UNION ALL {set_all.format(made)}" if values else ""
    )


def _values(values: Mapping[str, str]) -> str:
    return ", ".join(f"({literal(name)}, {literal(value)})" for name, value in values.items())


def _with_defaults(url: str) -> str:
    given = url.partition("?")[2]
    wanted = [
        f"{name}={value}"
        for name, (value, variable) in _DEFAULTS.items()
        if not re.search(rf"(^|&){name}=", given) and not (variable and os.environ.get(variable))
    ]
    return url + ("&" if given else "" if url.endswith("?") else "?") + "&".join(wanted)


# --- what went wrong ------------------------------------------------------------------------------------------


@contextmanager
def _told() -> Iterator[None]:
    """Raise what the driver raises as a RemoteError; what a server says of a row goes no further."""
    try:
        yield
    except RemoteError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("adbc_driver_manager", "nanoarrow"):
            raise
        raise remote_error(error) from None


def remote_error(error: Exception) -> RemoteError:
    """Return what went wrong, by the server's code, or where it gave none by the kind of its sentence."""
    text = str(error)
    found = re.search(r"SQLSTATE: ([0-9A-Z]{5})", text)
    code = getattr(error, "sqlstate", None) or (found[1] if found else "")
    for start, sentence in _BY_CODE.items():
        if code.startswith(start):
            return RemoteError(*sentence)
    if code.startswith("42"):
        return RemoteError(
            f"the query cannot be run: {_said(error, text)}", "mend the query or the table in the policy"
        )
    for pattern, sentence in _BY_TEXT.items():
        if re.search(pattern, text, re.IGNORECASE):
            return RemoteError(*sentence)
    return RemoteError(f"the database cannot be used (code {code or 'unknown'})", "look in the log of the server")


def _said(error: Exception, text: str) -> str:
    """Return what the server says of the text of a query, which holds no rows; without long numbers all the same."""
    details = dict(getattr(error, "details", None) or ())
    primary = details.get(b"PG_DIAG_MESSAGE_PRIMARY")
    said = primary.decode(errors="replace") if isinstance(primary, bytes) else ""
    if not said:
        found = re.search(r"ERROR:\s*(.*)", text)
        said = found[1] if found else "the server refuses it"
    return re.sub(r"\d{5,}", "…", said)


_AGAIN = "try again; if it goes on, look in the log of the server"
_REFUSED = (
    "the database refuses the user or the password",
    "check the user, and PGPASSWORD, the password file or the service file",
)
_NO_DATABASE = ("there is no such database on the server", "check the name behind the host")
_TOO_LONG = (
    "it took longer than statement_timeout allows",
    "make the query faster, or allow more time in the address",
)
_LOCKED = ("a table is locked by another program", "find out which; or run when it is done")
_LOST = ("the connection was lost", _AGAIN)
_NO_ROOM = ("the server is out of room, memory or connections", "make room there, and try again")
_READ_ONLY = ("the server takes no changes", "name the primary server; of a source, let the query only read")
_WRONG_VALUE = (
    "a value cannot be made into the type that is wanted",
    "mend the query, or the column",
)
_BY_CODE = {
    "28": _REFUSED,
    "3D": _NO_DATABASE,
    "42501": ("the user may not do that", "give the user the rights on the table and its schema"),
    "57014": _TOO_LONG,
    "55P03": _LOCKED,
    "57P": _LOST,
    "08": _LOST,
    "53": _NO_ROOM,
    "25006": _READ_ONLY,
    "40": ("another transaction was in the way", _AGAIN),
    "22": _WRONG_VALUE,
    "23": ("a row breaks a constraint of the table", "look at its NOT NULL, unique and check constraints"),
}
"""By the beginning of the server's code."""
_BY_TEXT = {
    r"password authentication failed|no password supplied|role .* does not exist": _REFUSED,
    r"no pg_hba\.conf entry|authentication failed|authentication method": _REFUSED,
    r"database .* does not exist": _NO_DATABASE,
    r"could not translate host name": ("there is no such host", "check the name of the host"),
    r"connection refused|no such file": ("no server answers there", "check the host, the port and the server"),
    r"timeout expired|timed out": ("no server answers there in time", "check the host, the port and the firewall"),
    r"definition of service|service file": ("the service is not in the service file", "check PGSERVICEFILE"),
    r"invalid uri|invalid connection option|invalid .* value|missing \"=\"": ("the address is wrong", "see libpq"),
    r"starting up|shutting down|in recovery": ("the server is not ready", _AGAIN),
    r"too many clients|connection slots": _NO_ROOM,
    r"closed the connection|no connection|terminating connection|could not (receive|send)": _LOST,
    r"certificate|ssl": ("no safe connection could be made", "check sslmode and the certificates"),
    r"statement timeout": _TOO_LONG,
    r"canceling statement|user request": ("the query was broken off", _AGAIN),
    r"lock timeout": _LOCKED,
    r"read-only transaction": _READ_ONLY,
    r"division by zero|invalid input syntax|out of range|invalid byte sequence": _WRONG_VALUE,
}
"""Where there is no code: what the client says, and what the server says while rows come in."""
