"""Published runs beside each other: which came before which. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from balansfilter.audit.list_standing import AS_PUBLISHED, ListStanding
from balansfilter.frozen import dataclass
from balansfilter.report.run_facts import LedgerPlace

PAGE_NAME = "report.html"
"""The name of the page in the folder of its run."""
TREND_RUNS = 14
"""How many runs the trend on a page shows, its own included: two weeks of nights."""

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class KeptRun:
    """A published run that is still kept."""

    manifest: Manifest
    checkpoint: LedgerPlace
    standing: ListStanding = AS_PUBLISHED
    """What became of its list since."""

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.manifest["run_id"])


def before(manifest: Manifest, manifest_of: Callable[[str], Manifest | None]) -> tuple[Manifest, ...]:
    """Return the manifests of the runs that were published before one, the newest first, as many as the trend shows.

    :param manifest_of: gives the manifest of a run by its id; None where it is gone, at which the chain ends.
    """
    found: list[Manifest] = []
    run_id = manifest["previous"]
    while run_id is not None and len(found) < TREND_RUNS - 1:
        earlier = manifest_of(run_id)
        if earlier is None:
            break
        found.append(earlier)
        run_id = earlier["previous"]
    return tuple(found)
