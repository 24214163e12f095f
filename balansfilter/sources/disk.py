"""Files as they lie on disk: read once, hashed as they are read, and proved not to have changed meanwhile."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from balansfilter.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from balansfilter.errors import SourceError
    from balansfilter.sources.origin import Origin

HEAD_BYTES = 4096
_NEAR_BYTES = 1 << 16
_HASHED_BYTES = 1 << 20
_UNNOTICED_NS = 3_000_000_000
"""A file that was touched less long ago may be touched again without a sign of it: some disks count in two seconds."""
_SLOW = 3e-9
"""Seconds that a disk takes for a byte, beyond which nothing should be read from it twice."""
_LEAST_TIMED = 1 << 24
"""Fewer bytes tell nothing of that: a thread may have to wait for its turn."""
_MOST_HELD = 64
"""Files that are held open at once: a system may allow a process hardly more than three times as many open files."""
_RENAME_WHEN_DONE = "write it under another name, such as with .part behind it, and rename it once it is complete"


@dataclass(frozen=True)
class FileIdentity:
    """What tells that a file is still the same one; two readings with equal identities saw the same bytes."""

    size: int
    modified_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileIdentity:
        """Take it from a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


_digests: dict[tuple[FileIdentity, int], str] = {}
"""The digests of files that this process read to their end, by what they were, and when the system last saw anything of
them change: somebody may set the other times back, but not that one. Brands share a register, which is hashed once."""


class HeldFile:
    """A file that stays open while anybody may want to read it again, whatever has its name by then."""

    def __init__(self, disk: DiskFile) -> None:
        """Open it; OSError with the system's reason."""
        self.disk = disk
        self._descriptor = os.open(disk.path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        _held.add(self)

    def identity(self) -> FileIdentity:
        """Return what tells which file it is; OSError with the system's reason."""
        return FileIdentity.of(os.fstat(self._descriptor))

    def read(self, start: int, size: int) -> bytes:
        """Read so many bytes, or as many as there are; SourceError if that fails."""
        parts: list[bytes] = []
        try:
            while size and (part := os.pread(self._descriptor, size, start)):
                parts.append(part)
                start, size = start + len(part), size - len(part)
        except OSError as error:
            raise unreadable(self.disk.path, self.disk.origin, error) from None
        return b"".join(parts)

    def expect(self, start: int, size: int) -> None:
        """Let the system read some bytes ahead, where it knows how to."""
        if hasattr(os, "posix_fadvise"):
            with suppress(OSError):
                os.posix_fadvise(self._descriptor, start, size, os.POSIX_FADV_WILLNEED)


_held: weakref.WeakSet[HeldFile] = weakref.WeakSet()
"""All files that are held open."""


class DiskFile:
    """A regular, readable file that is not empty, remembered as it was when it was first looked at."""

    def __init__(self, path: Path, origin: Origin) -> None:
        """Look at the file; SourceError says why it cannot be a source."""
        self.path = path
        self.origin = origin
        self.sha256 = ""
        """Digest of the bytes, once :meth:`pieces` has come to its end."""
        self.is_slow = False
        """Whether it took long to read the piece that :meth:`pieces` gave last."""
        try:
            status = path.stat()
            self._check_kind(status)
            with path.open("rb") as file:
                self.head = file.read(HEAD_BYTES)
                opened = os.fstat(file.fileno())
        except OSError as error:
            raise unreadable(path, origin, error) from None
        self.identity = FileIdentity.of(status)
        self._as_opened = (FileIdentity.of(opened), opened.st_ctime_ns)

    @property
    def modified(self) -> float:
        """Time of the last change, in seconds since 1970."""
        return self.identity.modified_ns / 1e9

    def pieces(self, size: int, apart: int = 0) -> Iterator[bytes]:
        """Read the file in pieces of at most `size` bytes; SourceError if it changed since the first look.

        A piece ends with a line feed where there is one near, so that lines need not be put together again.

        :param apart: the first so many bytes are a piece of their own: to leave them out takes no copy of the rest.
        """
        digest, begun = hashlib.sha256(), time.time_ns()
        read = 0
        try:
            with FileIO(self.path) as file:
                while piece := self._timed(file, apart or _to_line_feed(file, read, size), read):
                    apart = 0
                    digest.update(piece)
                    read += len(piece)
                    yield piece
                opened = FileIdentity.of(os.fstat(file.fileno()))
        except OSError as error:
            raise unreadable(self.path, self.origin, error) from None
        self.check_unchanged()
        if opened != self.identity or read != self.identity.size:
            raise self.changed()
        self.sha256 = digest.hexdigest()
        if begun - self._as_opened[1] > _UNNOTICED_NS:
            _digests[self._as_opened] = self.sha256

    def _timed(self, file: FileIO, size: int, start: int) -> bytes:
        begun = time.perf_counter()
        piece = os.pread(file.fileno(), size, start)
        self.is_slow = time.perf_counter() - begun > _SLOW * max(len(piece), _LEAST_TIMED)
        return piece

    def held(self) -> HeldFile | None:
        """Open the file so that parts of it can be read again; None where too many are open, or it cannot be."""
        if len(_held) >= _MOST_HELD:
            return None
        try:
            held = HeldFile(self)
            return held if held.identity() == self.identity else None
        except OSError:
            return None

    def changed(self) -> SourceError:
        """Return the error for a file that is not what it was at the first look."""
        return self.origin.error("was changed or replaced while it was read", _RENAME_WHEN_DONE)

    def recall(self) -> bool:
        """Take the digest that was found before, if this process read the file and nobody touched it since.

        :returns: whether there is one.
        :raises SourceError: the file changed since the first look.
        """
        known = _digests.get(self._as_opened)
        if known is None:
            return False
        self.check_unchanged()
        self.sha256 = known
        return True

    def hashing(self) -> Iterator[None]:
        """Read the file for its digest alone, a piece at a time; SourceError as :meth:`pieces` raises it."""
        for _ in self.pieces(_HASHED_BYTES):
            yield

    def check_unchanged(self) -> None:
        """Raise SourceError unless the file at the path is, by size, time and inode, the one first looked at."""
        try:
            now = FileIdentity.of(self.path.stat())
        except FileNotFoundError:
            raise self.origin.error("was removed while it was read", _RENAME_WHEN_DONE) from None
        except OSError as error:
            raise unreadable(self.path, self.origin, error) from None
        if now == self.identity:
            return
        if now.inode == self.identity.inode and now.size > self.identity.size:
            raise self.origin.error("is still growing: it was longer after reading than before", _RENAME_WHEN_DONE)
        raise self.changed()

    def _check_kind(self, status: os.stat_result) -> None:
        if stat.S_ISDIR(status.st_mode):
            raise self.origin.error(
                "is a folder, where a file is wanted", "name a file in it, or the folder in the policy"
            )
        if not stat.S_ISREG(status.st_mode):
            raise self.origin.error("is not a regular file", "to read from standard input, name it -")
        if status.st_size == 0:
            raise self.origin.error("is empty: 0 bytes", "deliver it again; even a list without rows has a header")


class HashedBeside:
    """A file that is hashed in a thread of its own, while it is read otherwise; for whoever takes it as a context."""

    def __init__(self, disk: DiskFile) -> None:
        self._disk = disk
        self._given_up = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"hash:{disk.path.name}")
        self._hashing = self._thread.submit(self._hash)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._given_up = True
        self._thread.shutdown()

    def finish(self) -> None:
        """Wait until the file has its digest; SourceError as :meth:`DiskFile.pieces` raises it."""
        self._hashing.result()

    def _hash(self) -> None:
        for _ in self._disk.hashing():
            if self._given_up:
                return


def _to_line_feed(file: FileIO, start: int, size: int) -> int:
    """Return how much to read, at most `size`, so that it ends with a line feed."""
    near = min(_NEAR_BYTES, size)
    return size - near + (os.pread(file.fileno(), near, start + size - near).rfind(b"\n") + 1 or near)


def unreadable(path: Path, origin: Origin, error: OSError) -> SourceError:
    """Return the error for a file or folder that the system refuses to open."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return origin.error(
            "does not exist", f"deliver the file; the nearest folder that exists is {nearest_folder(path)}"
        )
    if isinstance(error, PermissionError):
        return origin.error("may not be read: permission denied", "give the user that runs this the right to read it")
    return origin.error(f"cannot be read: {error.strerror}", "look at the disk or the network folder that it lies on")


def nearest_folder(path: Path) -> Path:
    """Return the nearest folder above a path that exists."""
    return next((parent for parent in path.absolute().parents if parent.is_dir()), Path("/"))


def spool(stream: BinaryIO, scratch: Path, origin: Origin) -> Path:
    """Write a stream to a new file in a folder, readable by its owner only, and give its path."""
    try:
        handle, name = tempfile.mkstemp(prefix="stdin-", dir=scratch)
    except OSError as error:
        raise origin.error(
            f"cannot be kept in {scratch}: {error.strerror}", "free some space, or choose a folder"
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
    except OSError as error:
        Path(name).unlink()
        raise origin.error(f"cannot be kept in {scratch}: {error.strerror}", "free some space there") from None
    return Path(name)
