"""Places that are no files: databases, object stores and the catalog of Spark, each behind one small class.

A library is imported in its own file only, and what goes wrong there comes out as a :class:`RemoteError` with a
sentence of our own: what a server says may hold a cell of somebody's row, or a key.

Rule: a library is imported in its own file only, and its errors become sentences of ours.
"""

from balansfilter.remote.address import (
    DATABASE,
    STORES,
    is_database,
    is_object,
    is_postgres,
    is_remote,
    is_spark,
    shown,
    wrong_with,
)
from balansfilter.remote.failures import RemoteError

__all__ = [
    "DATABASE",
    "STORES",
    "RemoteError",
    "is_database",
    "is_object",
    "is_postgres",
    "is_remote",
    "is_spark",
    "shown",
    "wrong_with",
]
