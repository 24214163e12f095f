"""One run a brand at a time: a lock that says who holds it, and that falls away with the process that holds it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from balansfilter.errors import LockError
from balansfilter.fs.private import make_private_folder
from balansfilter.publish.folders import as_output_error

_HOLDER = ".lock.holder"


@contextmanager
def brand_lock(path: Path, brand: str, run_id: str, since: str, wait: float) -> Iterator[None]:
    """Hold the lock of a brand.

    :param wait: seconds to wait for another run to end; 0 to give up at once.
    :raises LockError: another run holds the lock still.
    """
    holder = path.with_name(_HOLDER)
    with as_output_error("make the folder", path.parent):
        make_private_folder(path.parent)
    lock = FileLock(path, mode=0o600)
    with as_output_error("lock", path):
        try:
            lock.acquire(timeout=wait)
        except Timeout as error:
            raise LockError(f"another run of {brand} is busy{_told(path)}; try again, or use --lock-wait") from error
    try:
        with as_output_error("write", holder):
            holder.write_text(
                json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "run_id": run_id, "since": since})
            )
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def last_holder(path: Path) -> Mapping[str, Any]:
    """Return what the last run that took the lock of a brand left of itself: it is working still, or was killed.

    :raises OSError: nobody left anything.
    :raises ValueError: it is not whole.
    """
    told: Mapping[str, Any] = json.loads(path.with_name(_HOLDER).read_text())
    return told


def _told(path: Path) -> str:
    try:
        who = last_holder(path)
        return f" (process {who['pid']} on {who['host']}, run {who['run_id']}, since {who['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def lock_holder(path: Path) -> str | None:
    """Return the run that holds the lock of a brand now; None where nobody does, or its process was killed.

    The lock itself is not touched: a run that begins at this moment must not find it taken.
    """
    try:
        who = last_holder(path)
        if who["host"] == socket.gethostname():
            _refuse_dead(int(who["pid"]))
        return str(who["run_id"])
    except PermissionError:
        return str(who["run_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _refuse_dead(process: int) -> None:
    """Make sure that a process is there, and works: one that ended, and that nobody has asked how, is there still.

    :raises OSError: it does not.
    """
    os.kill(process, 0)
    with suppress(FileNotFoundError):
        if Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z":
            raise ProcessLookupError(process)
