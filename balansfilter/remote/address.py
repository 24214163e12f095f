"""Addresses of databases and objects: which kind they are, and what may never stand in one."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

DATABASE = "postgresql"
SPARK = "spark"
STORES = ("s3", "gs", "az")
_SECRET_PARAMETERS = frozenset({"password", "sslpassword"})
_HAS_QUERY = re.compile(r"\?[^/]*=")
_NO_PASSWORD = "take it out: it comes from PGPASSWORD, a password file (PGPASSFILE) or a service file (PGSERVICEFILE)"  # noqa: S105
_BARE = "write spark:// alone: the session that is active is used, else one on the master of the run"
_NO_KEY = "take it out: credentials come from the environment, such as AWS_ACCESS_KEY_ID"


def _scheme(path: str) -> str:
    scheme, mark, _ = path.partition("://")
    return scheme.lower() if mark else ""


def is_postgres(path: str) -> bool:
    """Return whether a path is the address of a Postgres database."""
    return _scheme(path) in (DATABASE, "postgres")


def is_spark(path: str) -> bool:
    """Return whether a path stands for the catalog of Spark."""
    return _scheme(path) == SPARK


def is_database(path: str) -> bool:
    """Return whether a path is the address of something that is asked with a query."""
    return is_postgres(path) or is_spark(path)


def is_object(path: str) -> bool:
    """Return whether a path is the address of an object, or of several, in a store."""
    return _scheme(path) in STORES


def is_remote(path: str) -> bool:
    """Return whether a path is no file."""
    return is_database(path) or is_object(path)


def wrong_with(path: str) -> tuple[str, str] | None:
    """Return what is wrong with an address, and what to do; never with the address itself, which may hold a secret."""
    if is_spark(path):
        return None if path.partition("://")[2] == "" else ("names more than the catalog of Spark", _BARE)
    if is_database(path):
        return _wrong_with_database(path)
    return _wrong_with_object(path) if is_object(path) else None


def _wrong_with_database(path: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(path)
        has_password = parts.password is not None
        given = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        _ = parts.port
    except ValueError:
        if "@" in path:
            return "holds a password", _NO_PASSWORD
        return "is no address of a database", "write postgresql://host/database, with :port behind the host if need be"
    if has_password or given & _SECRET_PARAMETERS or "@" in parts.path + parts.query + parts.fragment:
        return "holds a password", _NO_PASSWORD
    return None


def _wrong_with_object(path: str) -> tuple[str, str] | None:
    bucket, _, key = path.partition("://")[2].partition("/")
    if "@" in bucket or ":" in bucket:
        return "holds a credential", _NO_KEY
    if _HAS_QUERY.search(path):
        return "is signed, or has parameters", f"write bucket and key alone; {_NO_KEY.removeprefix('take it out: ')}"
    if not bucket or not key:
        scheme = _scheme(path)
        return "names no object", f"write {scheme}://bucket/key, {scheme}://bucket/folder/ or {scheme}://bucket/*.csv"
    return None


def shown(path: str) -> str:
    """Return an address as it may be told: of a database host and name alone, or the service that names them."""
    if not is_postgres(path):
        return path
    parts = urlsplit(path)
    service = dict(parse_qsl(parts.query)).get("service")
    return f"{DATABASE}://{parts.netloc.rpartition('@')[2]}{parts.path}" + (f"?service={service}" if service else "")
