"""Files that are made while another day is played are of that day: read by every Python that is started with this folder.

The clock is moved by libfaketime, which leaves the times of files as they are. Those of before stay, as in an old clone.
"""

import os
import time

_MOVED = int(os.environ["BALANSFILTER_DAY_MOVED"])
_SINCE = int(os.environ["BALANSFILTER_DAY_BEGAN"])
_UNTIL = _SINCE + min(86_400, abs(_MOVED))
"""The other day may begin before a whole one has gone by."""
_BY_PLACE = ("st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size")
"""Fields that may not be named, since they have a place: the times have both."""


def _of_the_day(seen):
    if not _SINCE <= seen.st_mtime < _UNTIL:
        return seen
    moved = {name: getattr(seen, name) for name in dir(seen) if name.startswith("st_") and name not in _BY_PLACE}
    for name in ("st_atime", "st_mtime", "st_ctime"):
        moved[name] += _MOVED
        moved[f"{name}_ns"] += _MOVED * 1_000_000_000
    whole = [int(value) for value in seen]
    whole[7:10] = (int(moved[name]) for name in ("st_atime", "st_mtime", "st_ctime"))
    return os.stat_result(whole, moved)


def _watched(look):
    def watched(*arguments, **options):
        return _of_the_day(look(*arguments, **options))

    return watched


if _MOVED and time.time() > _UNTIL:
    os.stat, os.lstat, os.fstat = _watched(os.stat), _watched(os.lstat), _watched(os.fstat)
