"""The runs that this process began, and which are published: what ends the program may come behind that."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from balansfilter.errors import OutputError

if TYPE_CHECKING:
    from balansfilter.publish.folders import BrandFolders

_begun: dict[str, tuple[BrandFolders, str]] = {}
"""The folders of each brand of which a run was begun, and the id of that run."""
_published: set[str] = set()
"""The brands of which a run said that it is published."""


def note_run(brand: str, folders: BrandFolders, run_id: str) -> None:
    """Take note of a run that begins."""
    _begun[brand] = folders, run_id


def note_published(brand: str) -> None:
    """Take note that the run of a brand is published, beside the list that stands as well."""
    _published.add(brand)


def forget_runs() -> None:
    """Forget the runs of another command of the same process."""
    _begun.clear()
    _published.clear()


def published_brands() -> list[str]:
    """Return the brands of which a run was published, in the order in which they began."""
    return [brand for brand, run in _begun.items() if brand in _published or _stands(*run)]


def _stands(folders: BrandFolders, run_id: str) -> bool:
    with suppress(OutputError):
        return folders.current_run() == run_id
    return False
