"""Bytes past the system's cache of files, straight between memory and the disk, where the system knows that way.

What is written once, and not read by others in the moments after, gains nothing by a copy in the cache: to find memory
for it takes the system longer than all else that is done with its bytes. The disk takes only what begins at a round
place, in memory and in the file, and is of a round size.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from mmap import PAGESIZE

import numpy as np
import numpy.typing as npt

PAST_CACHE = getattr(os, "O_DIRECT", 0)
"""The flag by which the system is asked for this way; 0 where there is none."""
_ROUND = max(PAGESIZE, 4096)

Bytes = npt.NDArray[np.uint8]


def rounded_up(size: int) -> int:
    """Return the least round size that holds so many bytes."""
    return -(-size // _ROUND) * _ROUND


def round_room(size: int) -> Bytes:
    """Return memory of a size, with anything in it, that begins at a round place."""
    room = np.empty(size + _ROUND, np.uint8)
    start = -room.ctypes.data % _ROUND
    return room[start : start + size]


def go_past_cache(descriptor: int, *, wanted: bool) -> bool:
    """Let what is written to a file from now on go past the cache, or not; return whether it will."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | PAST_CACHE if wanted else flags & ~PAST_CACHE)
        return wanted and bool(PAST_CACHE)
    return False


def write(descriptor: int, data: Bytes, *, past_cache: bool) -> bool:
    """Write bytes, and return whether all of them went past the cache, which only round ones can.

    Where the system takes less than all that way, it takes the rest through the cache, or says what is wrong.

    :raises OSError: the disk is full, or refuses otherwise.
    """
    left = data.data
    if past_cache:
        left = left[_written_past_cache(descriptor, left) :]
        if not left:
            return True
        go_past_cache(descriptor, wanted=False)
    while left:
        left = left[os.write(descriptor, left) :]
    return False


def _written_past_cache(descriptor: int, data: memoryview) -> int:
    try:
        return os.write(descriptor, data)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return 0


def read(descriptor: int, start: int, end: int) -> Bytes:
    """Return the bytes of a file between two places, wherever those are; past the cache, if the file is open so.

    :raises OSError: with the system's reason; or they are not there.
    """
    first = start // _ROUND * _ROUND
    room = round_room(rounded_up(end) - first)
    at = 0
    while at < end - first:
        size = os.preadv(descriptor, [room[at:].data], first + at)
        if not size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        at += size
    return room[start - first : end - first]
