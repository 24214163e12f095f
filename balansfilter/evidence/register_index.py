"""An index of a register on disk: its numbers as a run holds them, and how its rows were read, so that it is read once.

An index is no evidence: the file of the register is hashed in every run, and the index is bound to its digest and to
how it is read. What does not agree with its own digests is as good as none.

The file: a line with a digest of the head; the head, a line of JSON; zeros up to a whole page; the numbers, which are
mapped into memory. Those are sorted, or they are the blocks that hold any number, then an empty block and theirs.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from balansfilter.evidence.lookup import NumberMap, NumberSet
from balansfilter.evidence.register import Registered
from balansfilter.evidence.remarks import SomeRows
from balansfilter.evidence.tally import Tally
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder, open_private, sync
from balansfilter.fs.scratch import NAME, scratch
from balansfilter.native.block_loops import BLOCK_BYTES, NumberBlocks

FORM = 1
_MAGIC = b"balansfilter register"
_PAGE = 4096
_MOST_HEAD = 1 << 24
_WORD = 8
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class UnusableError(Exception):
    """An index is absent, or not what it should be; it tells in what."""


@dataclass(frozen=True)
class ReadSource:
    """What is told of a register that was read, beside its numbers."""

    made_of: str
    """The digest of its files and of how they are read."""
    files: tuple[str, ...]
    """The SHA-256 of each."""
    source: str
    """The path in the policies that it was found by."""
    paths: tuple[str, ...]
    """Each file as it was named."""
    rows: tuple[int, ...]
    """How many rows each has."""
    warnings: tuple[str, ...]
    """What was found worth a look; they name the paths."""


@dataclass(frozen=True)
class Layout:
    """How the numbers of a set lie in a file, and the digest of them."""

    kind: Literal["sorted", "blocks"]
    numbers: int
    blocks: int
    sha256: str

    @property
    def bytes(self) -> int:
        """How many bytes they take."""
        if self.kind == "sorted":
            return _WORD * self.numbers
        return _WORD * self.blocks + (self.blocks + 1) * BLOCK_BYTES


@dataclass(frozen=True)
class Indexed:
    """A register as it was found in its index."""

    read: ReadSource
    layout: Layout
    registered: Registered


def layout_of(numbers: NumberSet | NumberMap) -> Layout:
    """Return how the numbers of a set lie in a file; equal sets lie alike."""
    blocks = len(numbers.blocks.taken) if isinstance(numbers, NumberMap) else 0
    return Layout("blocks" if blocks else "sorted", len(numbers), blocks, _digest(_laid_out(numbers)))


def write_index(path: Path, read: ReadSource, layout: Layout, registered: Registered) -> None:
    """Write an index, whole and on disk, and put it in its place in one step.

    :raises OSError: it cannot be written.
    """
    head = json.dumps(
        {"read": asdict(read), "layout": asdict(layout), "tally": _tally_json(registered.tally)},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    opening = _first_line(head) + head + b"\n"
    make_private_folder(path.parent)
    with scratch(path.parent / NAME) as folder:
        fresh = folder / "new"
        with os.fdopen(open_private(fresh, os.O_WRONLY | os.O_EXCL), "wb") as file:
            file.write(opening + bytes(-len(opening) % _PAGE))
            file.writelines(_laid_out(registered.numbers))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        sync(path.parent)


def read_index(path: Path, made_of: str, sha256: str | None = None) -> Indexed:
    """Read an index, and map its numbers into memory.

    :param made_of: what it must be made of.
    :param sha256: the digest that its numbers had in an earlier run; None where that is not known.
    :raises UnusableError: there is none, or it is not what it should be.
    """
    descriptor = _opened(path)
    try:
        read, layout, tally, begins = _head(descriptor)
        if read.made_of != made_of:
            raise UnusableError("it is of another register")
        if os.fstat(descriptor).st_size != begins + layout.bytes:
            raise UnusableError("it is not whole")
        mapped = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableError("it cannot be read") from error
    finally:
        os.close(descriptor)
    data = memoryview(mapped)[begins:]
    if _digest([data]) != layout.sha256:
        raise UnusableError("its digest is another")
    if sha256 is not None and layout.sha256 != sha256:
        raise UnusableError("the ledger knows another digest of it")
    return Indexed(read, layout, Registered(_numbers(data, layout), tally))


def read_head(path: Path) -> ReadSource:
    """Return of what an index was made.

    :raises UnusableError: there is none, or it is not what it should be.
    """
    descriptor = _opened(path)
    try:
        return _head(descriptor)[0]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableError("it cannot be read") from error
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """Open a file that belongs to this user and that nobody else may read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnusableError(f"it cannot be opened: {error.strerror}") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & _OTHERS:
        os.close(descriptor)
        raise UnusableError("it is not a file of this user alone")
    return descriptor


def _head(descriptor: int) -> tuple[ReadSource, Layout, Tally, int]:
    line = os.pread(descriptor, len(_first_line(b"")), 0)
    if not line.startswith(_MAGIC):
        raise UnusableError("it is no such file")
    size = int(line.split()[-1])
    head = os.pread(descriptor, min(size, _MOST_HEAD), len(line))
    if _first_line(head) != line:
        raise UnusableError("its digest is another")
    told: dict[str, Any] = json.loads(head)
    several = {name: tuple(value) for name, value in told["read"].items() if isinstance(value, list)}
    read = ReadSource(**{**told["read"], **several})
    ends = len(line) + size + 1
    return read, Layout(**told["layout"]), _tally(told["tally"]), ends + -ends % _PAGE


def _first_line(head: bytes) -> bytes:
    return b"%s %d %s %12d\n" % (_MAGIC, FORM, hashlib.sha256(head).hexdigest().encode(), len(head))


def _laid_out(numbers: NumberSet | NumberMap) -> Iterator[memoryview]:
    """Yield the bytes of a set."""
    if isinstance(numbers, NumberSet):
        yield from (part.data for part in numbers.parts())
        return
    yield numbers.blocks.taken.data
    yield memoryview(bytes(BLOCK_BYTES))
    for _, bits in numbers.blocks.runs():
        yield bits.reshape(-1).data


def _numbers(data: memoryview, layout: Layout) -> NumberSet | NumberMap:
    """Return the set that lies somewhere in memory."""
    if layout.kind == "sorted":
        return NumberSet.of_sorted(np.frombuffer(data, np.uint64))
    blocks = np.frombuffer(data, np.uint64, layout.blocks)
    bits = np.frombuffer(data, np.uint8, offset=_WORD * layout.blocks)
    return NumberMap(NumberBlocks.lain_out(blocks, bits, layout.numbers))


def _digest(parts: Iterable[memoryview]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _tally_json(tally: Tally) -> dict[str, Any]:
    return asdict(tally) | {"unread": tally.unread.to_list()}


def _tally(told: dict[str, Any]) -> Tally:
    reasons = {reason: SomeRows(**rows) for reason, rows in told["reasons"].items()}
    some = {name: SomeRows(**told[name]) for name in ("unreadable", "unknown_brand", "more_than_id")}
    return Tally(**{**told, **some, "reasons": reasons, "unread": pl.Series(told["unread"], dtype=pl.String)})
