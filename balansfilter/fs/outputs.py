"""An output of a run as it lies on disk, and as the manifest and the ledger tell it: one file, or a folder of parts.

The parts are named by number, so that their names in order, and the rows of each in order, are the rows of the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from balansfilter.errors import OutputError, Problem
from balansfilter.frozen import dataclass

MOST_PARTS = 99_999


@dataclass(frozen=True)
class WrittenFile:
    """A file of a run, as it lies on disk."""

    name: str
    sha256: str
    bytes: int
    rows: int

    @property
    def files(self) -> list[str]:
        """The files that it is, in the order of its rows, by their names from the folder that it lies in."""
        return [self.name]


@dataclass(frozen=True)
class WrittenParts(WrittenFile):
    """A folder of parts, as it lies on disk; its digest is that of the lines that ``sha256sum`` prints for them."""

    parts: tuple[WrittenFile, ...]

    @classmethod
    def of(cls, name: str, parts: Iterable[WrittenFile], **more: Any) -> Self:
        """Return a folder of these parts, with what else there is to tell of it."""
        each = tuple(parts)
        return cls(
            name=name,
            sha256=digest_of_files((part.name, part.sha256) for part in each),
            bytes=sum(part.bytes for part in each),
            rows=sum(part.rows for part in each),
            parts=each,
            **more,
        )

    @property
    def files(self) -> list[str]:
        """The files of its parts, in the order of its rows, by their names from the folder that it lies in."""
        return [f"{self.name}/{part.name}" for part in self.parts]


def part_name(number: int, folder: str) -> str:
    """Return the name of a part of a folder, counted from 1, without its ending.

    :raises OutputError: there would be too many parts.
    """
    if number > MOST_PARTS:
        message = f"would go past part {MOST_PARTS:,}, the last whose name is in order"
        problem = Problem(folder, path="output.rows_per_part", message=message, hint="make it larger")
        raise OutputError("the lists cannot be published:", [problem])
    return f"part-{number:05}"


def sizes_in_parts(rows: int, taken: int, most_rows: int) -> Iterator[int]:
    """Yield how many of some rows go into each part, the one that is begun first; a full one takes none.

    :param taken: how many rows that one holds.
    """
    room = most_rows - taken or most_rows
    while rows:
        size = min(rows, room)
        yield size
        rows, room = rows - size, most_rows


def files_of(output: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of each file of an output, in the order of its rows, by the name from the folder of the run."""
    if "parts" not in output:
        return {str(output["name"]): str(output["sha256"])}
    return {f"{output['name']}/{part['name']}": str(part["sha256"]) for part in output["parts"]}


def digest_of_files(parts: Iterable[tuple[str, str]]) -> str:
    """Return the digest of the lines that ``sha256sum`` prints for some files, each with its name and digest."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in parts)
    return hashlib.sha256(lines.encode()).hexdigest()
