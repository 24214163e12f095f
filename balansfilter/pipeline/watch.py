"""Who is told how a run goes on."""

from __future__ import annotations

from typing import Protocol

STEPS = ("locked", "evidence", "decided", "written", "prepared", "placed", "swapped", "published")
"""The steps of a run that is published, in order; each is told when it is done."""


class Watcher(Protocol):
    """Is told how a run goes on."""

    def step(self, name: str) -> None:
        """A step is done."""

    def rows(self, done: int) -> None:
        """So many more rows of the call list were decided."""

    def warn(self, message: str) -> None:
        """Something is worth a look, and is no reason to stop."""


class Silence:
    """A watcher that tells nobody."""

    def step(self, name: str) -> None:
        """Tell nobody."""

    def rows(self, done: int) -> None:
        """Tell nobody."""

    def warn(self, message: str) -> None:
        """Tell nobody."""
