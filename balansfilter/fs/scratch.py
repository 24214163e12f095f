"""Private places for what is not finished yet, one in each folder of a site, and the clearing of what was left there.

Each process has a folder of its own in such a place, under a random name, which it holds locked while it lives. So a
folder that is not locked was left by a process that was killed, and whoever comes next may remove it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from balansfilter.fs.private import PRIVATE_FOLDER, make_private_folder, sync, write_private

NAME = ".tmp"
"""The name of such a place, in the folder that it belongs to."""


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """Yield a private folder that is gone afterwards, and is cleared by the next command if this one is killed.

    :raises OSError: it cannot be made.
    """
    folder, descriptor = _locked_folder(place)
    try:
        yield folder
    finally:
        try:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)
        with suppress(OSError):
            place.rmdir()


def put(place: Path, target: Path, data: bytes) -> None:
    """Write a file whole and on disk in a place for unfinished things, and move it to where it belongs in one step.

    :raises OSError: it cannot be written or moved.
    """
    with scratch(place) as folder:
        fresh = folder / "new"
        write_private(fresh, data, os.O_EXCL)
        fresh.replace(target)
        sync(target.parent)


def sweep(place: Path) -> None:
    """Remove what processes that were killed left in a place. What cannot be removed is left for the next time."""
    with suppress(OSError):
        for path in sorted(place.iterdir()):
            if path.is_dir() and not path.is_symlink():
                _sweep_folder(path)
            else:
                path.unlink(missing_ok=True)
        place.rmdir()


def _sweep_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise
    finally:
        os.close(descriptor)


def _locked_folder(place: Path) -> tuple[Path, int]:
    """Make a folder and lock it; one that another process swept away in between is made again."""
    while True:
        folder = place / secrets.token_hex(8)
        try:
            make_private_folder(place)
            folder.mkdir(mode=PRIVATE_FOLDER)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        except FileExistsError as error:
            if _is_in_the_way(Path(error.filename)):
                raise
            continue
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if folder.exists():
            return folder, descriptor
        os.close(descriptor)


def _is_in_the_way(path: Path) -> bool:
    """Whether something else lies where a folder is to be; one that was found there and is gone by now is not."""
    return os.path.lexists(path) and not path.is_dir()
