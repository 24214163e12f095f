"""Places that are no files: databases and object stores, each behind one small class.

A library is imported in its own file only, and what goes wrong there comes out as a :class:`RemoteError` with a
sentence of our own: what a server says may hold a cell of somebody's row, or a key.
"""

from balansfilter.remote.address import DATABASE, STORES, is_database, is_object, is_remote, shown, wrong_with
from balansfilter.remote.errors import RemoteError

__all__ = ["DATABASE", "STORES", "RemoteError", "is_database", "is_object", "is_remote", "shown", "wrong_with"]
