"""What became of the brands of a night so far: known to whoever goes on where the process that works on them dies."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import reduce
from typing import Any, NamedTuple

from balansfilter.errors import worse


class BegunBrand(NamedTuple):
    """The run of a brand that was begun."""

    run_id: str
    at: str
    """UTC, as the ledger writes it."""


class EndedBrand(NamedTuple):
    """How the run of a brand ended."""

    code: int
    outcome: dict[str, Any]
    """What --json tells of it."""
    published: bool = False


class BrandsSoFar:
    """The brands that were begun, and how they ended; in memory that outlives the process, if wanted."""

    def __init__(self) -> None:
        self.begun: dict[str, BegunBrand] = {}
        self.ended: dict[str, EndedBrand] = {}
        self.left_with: int | None = None
        """The exit code of a process that had nothing more to do; None while there is something."""
        self.killed_by: int | None = None
        """The signal that ended the process before this one; None where there was none."""
        self._kept: int | None = None
        self._known = 0

    @property
    def forsaken(self) -> dict[str, BegunBrand]:
        """The brand that was worked on when a process died, if there was one."""
        return {brand: run for brand, run in self.begun.items() if brand not in self.ended}

    @property
    def worst(self) -> int:
        """The worst exit code of all brands."""
        return reduce(worse, (one.code for one in self.ended.values()), 0)

    def begin(self, brand: str, run_id: str, at: str) -> None:
        """Take note of a run that begins."""
        self._note("begun", brand, run_id, at)

    def end(self, brand: str, how: EndedBrand) -> None:
        """Take note of how the run of a brand ended."""
        self._note("ended", brand, *how)

    def leave_with(self, code: int) -> int:
        """Take note that all was done and said, and return the exit code."""
        self._note("left", code)
        return code

    def keep(self) -> None:
        """Keep what is noted where the process that forked this one finds it.

        :raises OSError: the system has no such place.
        """
        self._kept = os.memfd_create("balansfilter")

    def catch_up(self) -> bool:
        """Learn what another process noted; return whether there was anything. A note that is not whole is lost."""
        if self._kept is None:
            return False
        size = os.fstat(self._kept).st_size
        lines = os.pread(self._kept, size - self._known, self._known).split(b"\n")
        self._known = size
        notes = [note for note in map(_whole, lines) if note is not None]
        for note in notes:
            self._learn(*note)
        return bool(notes)

    def _note(self, kind: str, *values: Any) -> None:
        self._learn(kind, *values)
        if self._kept is not None:
            with suppress(OSError):  # the run counts for more than what would be told of it
                os.write(self._kept, b"\n%b\n" % json.dumps([kind, *values]).encode())

    def _learn(self, kind: str, *values: Any) -> None:
        match kind:
            case "begun":
                self.begun[values[0]] = BegunBrand(*values[1:])
            case "ended":
                self.ended[values[0]] = EndedBrand(*values[1:])
            case _:
                (self.left_with,) = values


def _whole(line: bytes) -> list[Any] | None:
    """Return a line that was written to its end; None for another."""
    try:
        note: list[Any] | None = json.loads(line)
    except ValueError:
        return None
    return note
