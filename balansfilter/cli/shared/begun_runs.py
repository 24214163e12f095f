"""The runs that were asked for, and which are begun and published: what ends the program may come behind that."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from balansfilter.errors import BalansfilterError

if TYPE_CHECKING:
    from balansfilter.publish.folders import BrandFolders


class _BegunRun(NamedTuple):
    folders: BrandFolders
    ledger: Path
    run_id: str

    @property
    def is_published(self) -> bool:
        """Whether its list stands, or the ledger says that it does or lies beside the one that does."""
        from balansfilter.audit.ledger import is_published, read_chain

        if self.folders.stands(self.run_id):
            return True
        with suppress(BalansfilterError, OSError):
            return is_published(read_chain(self.ledger).events, self.run_id)
        return False


_asked: list[str] = []
"""The brands whose runs were asked for."""
_begun: dict[str, _BegunRun] = {}
"""The run of each brand that was begun."""


def note_asked(brands: Iterable[str]) -> None:
    """Take note of the brands whose runs were asked for."""
    _asked[:] = brands


def note_run(brand: str, folders: BrandFolders, ledger: Path, run_id: str) -> None:
    """Take note of a run that begins."""
    _begun[brand] = _BegunRun(folders, ledger, run_id)


def forget_runs() -> None:
    """Forget the runs of another command of the same process."""
    _asked.clear()
    _begun.clear()


def was_published(brand: str) -> bool:
    """Return whether a run of a brand was begun, and is published."""
    return brand in _begun and _begun[brand].is_published


def published_brands() -> list[str]:
    """Return the brands of which a run was published, in the order in which they began."""
    return [brand for brand, run in _begun.items() if run.is_published]


def are_all_published() -> bool:
    """Return whether runs were asked for, and each of them is published."""
    return bool(_asked) and all(map(was_published, _asked))
