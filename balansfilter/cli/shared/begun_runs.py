"""The runs that this process began, and which are published: what ends the program may come behind that."""

from __future__ import annotations

from pathlib import Path

_begun: dict[str, Path] = {}
"""The folder of the run of each brand that was begun: it is there once the run is published."""


def note_run(brand: str, folder: Path) -> None:
    """Take note of a run that begins, and of the folder in which it will be published."""
    _begun[brand] = folder


def forget_runs() -> None:
    """Forget the runs of another command of the same process."""
    _begun.clear()


def published_brands() -> list[str]:
    """Return the brands of which a run was published, in the order in which they began."""
    return [brand for brand, folder in _begun.items() if folder.is_dir()]
