"""Private files and folders, and waiting until they are on disk. Errors are the operating system's own."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_SYNC_BYTES = 1 << 26


def sync(path: Path) -> None:
    """Wait until the bytes of a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class EarlySync:
    """Puts what was written to a file on disk while more is written, so that the end does not have to wait for all."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"sync:{name}")
        self._under_way: Future[None] | None = None

    def written(self, size: int) -> None:
        """Tell that so many more bytes were written; that the system lost some, which it says once, is raised."""
        self._waiting += size
        if self._waiting >= _SYNC_BYTES and (self._under_way is None or self._under_way.done()):
            if self._under_way is not None:
                self._under_way.result()
            self._waiting = 0
            self._under_way = self._thread.submit(os.fdatasync, self._descriptor)

    def finish(self) -> None:
        """Wait until the file is on disk; what went wrong on the way is raised here."""
        if self._under_way is not None:
            self._under_way.result()
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the descriptor, which may be closed then."""
        self._thread.shutdown()


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner alone."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            sync(folder.parent)


def open_private(path: Path, flags: int) -> int:
    """Open a file that only its owner may read, as a descriptor; a link is not followed."""
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)


def write_private(path: Path, data: bytes, flags: int = os.O_TRUNC) -> None:
    """Write a file whole, for the owner alone, and wait until it is on disk.

    :param flags: what becomes of a file that is there: it is written over, unless this is `os.O_EXCL`.
    """
    with os.fdopen(open_private(path, os.O_WRONLY | flags), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
