"""What `balansfilter run` was asked for: which brands, what the run of each is to do, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from balansfilter.cli.shared.context import Settings
from balansfilter.frozen import dataclass

if TYPE_CHECKING:
    from balansfilter.pipeline.request import Request


@dataclass(frozen=True)
class AskedRuns:
    """What was asked for."""

    settings: Settings
    brands: tuple[str, ...]
    every: bool
    as_json: bool
    quiet: bool
    of_run: Mapping[str, Any]
    """What the run of each brand is asked to do, by the names of a `Request`."""

    @property
    def is_one(self) -> bool:
        """Whether one brand was named."""
        return not self.every and len(set(self.brands)) == 1

    @property
    def shown(self) -> bool:
        """Whether people see how a run goes."""
        return not self.quiet and not self.as_json

    def request(self, brand: str) -> Request:
        """Return what the run of a brand is asked to do."""
        from balansfilter.pipeline.request import Request

        return Request(self.settings.configs, brand, **self.of_run)
