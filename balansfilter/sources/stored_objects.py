"""Object stores: objects, folders and globs of ``s3://``, ``gs://`` and ``az://``, copied here as they were seen.

Each object is looked at, copied in pieces that only this version of it answers, and looked at again after it was read.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path, PurePosixPath

from balansfilter.remote.object_store import Bucket, Object, split
from balansfilter.sources.origin import Origin
from balansfilter.sources.partitions import is_partition
from balansfilter.sources.paths import DELTA, OF_DELTA, is_data, is_passed_over, strange_files
from balansfilter.sources.remote import Asking, Fetched, private_copy


def fetched_objects(url: str, role: str, asking: Asking) -> tuple[Fetched, ...]:
    """Copy the objects that an address means to a private folder, in the order of their keys.

    :raises RemoteError: the store cannot be used, or an object was changed meanwhile.
    :raises SourceError: there is nothing there, or something that is no data.
    """
    base, _ = split(url)
    bucket = Bucket(base)
    found = [bucket.again(one) for one in found_objects(bucket, url, role)]
    return tuple(_copied(bucket, one, asking.folder / f"{_plain(role)}-{n:04}", role) for n, one in enumerate(found))


def found_objects(bucket: Bucket, url: str, role: str) -> Sequence[Object]:
    """Return the objects that an address means now: one, those of a folder, or those that a glob matches."""
    origin, key = Origin(role, url), split(url)[1]
    if key.endswith("/"):
        return _in_folder(bucket, key, origin)
    if glob.has_magic(key):
        return _matching(bucket, key, origin)
    one = bucket.look(key)
    if one is None:
        hint = "deliver it, or check bucket and key; a folder is written with a / at its end"
        raise origin.error("does not exist", hint)
    if not one.size:
        raise origin.error("is empty: 0 bytes", "deliver it again; even a list without rows has a header")
    return (one,)


def _in_folder(bucket: Bucket, key: str, origin: Origin) -> Sequence[Object]:
    folder = key.rstrip("/")
    present, folders = bucket.inside(folder)
    if DELTA in folders:
        raise origin.error(*OF_DELTA)
    if any(map(is_partition, folders)):
        below = ((one, one.key.removeprefix(f"{folder}/").split("/")[:-1]) for one in bucket.below(folder))
        present = [one for one, above in below if not above or is_partition(above[0])]
    present = [one for one in present if not _within_passed_over(one, folder) and one.size]
    strange = sorted(name for one in present if (name := _what_is_strange(one, folder)))
    if strange:
        raise origin.error(strange_files(strange), "move them, or name the data files with a glob such as …/*.csv")
    return _at_least_one(present, origin, "has no data files in it")


def _within_passed_over(found: Object, folder: str) -> bool:
    """Return whether an object below a folder, or a folder that it is in there, is passed over."""
    return any(is_passed_over(PurePosixPath(part)) for part in found.key.removeprefix(f"{folder}/").split("/"))


def _what_is_strange(found: Object, folder: str) -> str | None:
    """Return the name of an object that is no data, or of the folder that it is in and that is no part of a table."""
    *above, name = found.key.removeprefix(f"{folder}/").split("/")
    return next((part for part in above if not is_partition(part)), None if is_data(PurePosixPath(name)) else name)


def _matching(bucket: Bucket, key: str, origin: Origin) -> Sequence[Object]:
    parts = key.split("/")
    plain = list(takewhile(lambda part: not glob.has_magic(part), parts))
    pattern = _pattern(parts)
    below = bucket.below("/".join(plain))
    present = [one for one in below if pattern.fullmatch(one.key) and not is_passed_over(_name(one)) and one.size]
    return _at_least_one(present, origin, "matches no object")


def _pattern(parts: Sequence[str]) -> re.Pattern[str]:
    """Return a glob as a pattern: ``*`` stays within a folder, ``**`` does not."""
    made = ""
    for n, part in enumerate(parts):
        last = n == len(parts) - 1
        if part == "**":
            made += ".*" if last else "(?:[^/]+/)*"
            continue
        for mark in re.findall(r"\*|\?|\[[^]]+\]|.", part):
            if mark == "*":
                made += "[^/]*"
            elif mark == "?":
                made += "[^/]"
            elif len(mark) > 1:
                made += "[" + ("^" + mark[2:] if mark[1] == "!" else mark[1:])
            else:
                made += re.escape(mark)
        made += "" if last else "/"
    return re.compile(made)


def _at_least_one(found: Sequence[Object], origin: Origin, message: str) -> Sequence[Object]:
    if found:
        return sorted(found, key=lambda one: one.key)
    raise origin.error(
        f"{message} (hidden, temporary and empty ones are passed over)", "deliver it, or check the address"
    )


def _copied(bucket: Bucket, found: Object, folder: Path, role: str) -> Fetched:
    address = bucket.address(found.key)
    path = folder.with_name(f"{folder.name}-{_plain(str(_name(found)))}")
    with private_copy(path, Origin(role, address)) as file:
        for piece in bucket.pieces(found):
            file.write(piece)
    os.utime(path, (found.modified.timestamp(), found.modified.timestamp()))
    return Fetched(path, address, found.identity, partial(bucket.check_unchanged, found))


def _name(found: Object) -> PurePosixPath:
    return PurePosixPath(PurePosixPath(found.key).name)


def _plain(name: str) -> str:
    """Return a name of a file that tells the kind of what is in it."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[-100:]
