"""What a run is asked to do, and how it went."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

from balansfilter.frozen import dataclass
from balansfilter.pipeline.deciding import ENGINES, EngineName
from balansfilter.pipeline.given_arguments import flag_of, number_of, one_of, path_of, text_of
from balansfilter.pipeline.given_days import day_of


@dataclass(frozen=True)
class Request:
    """What a run is asked to do."""

    configs: Path
    """The folder of the configs; a text is taken as well."""
    brand: str
    as_of: date | None = None
    """The day on which the list will be called; today in the site's time zone if not given.

    A text such as `2026-11-23` is taken as well, and so is a moment without a time zone.
    """
    input: str | None = None
    """A call list to read instead of the policy's: a path, as a text or not, or `-` for standard input."""
    dry_run: bool = False
    """Decide and count, but leave nothing behind."""
    lock_wait: float = 0.0
    """Seconds to wait for another run of the brand."""
    engine: EngineName = "polars"
    """What decides the list."""
    verify_with: EngineName | None = None
    """Another engine that decides every row a second time; if they differ nothing is published."""
    master: str | None = None
    """Where Spark runs, such as `spark://host:7077`; None for this machine. Only where Spark decides."""
    fixes: bool = False
    """Leave a list of the rows that cannot be read, for who mends them; a run that a guard stops always does."""

    backfill: bool = False
    """Publish a list of a past day beside the one that stands, which goes on standing."""

    def __post_init__(self) -> None:
        """Take the folder, the day and a list as schedulers hand them over, and make sure of what else is asked.

        :raises UsageError: the day is none, or a moment whose day hangs on a time zone; there is no engine of a name;
            or something is of another kind than is meant.
        """
        object.__setattr__(self, "configs", path_of("configs", self.configs))
        object.__setattr__(self, "as_of", None if self.as_of is None else day_of(self.as_of))
        if isinstance(self.input, os.PathLike):
            object.__setattr__(self, "input", os.fsdecode(self.input))
        text_of("brand", self.brand)
        for name in ("input", "master"):
            if (given := getattr(self, name)) is not None:
                text_of(name, given)
        one_of("engine", self.engine, ENGINES)
        one_of("verify_with", self.verify_with, (*ENGINES, None))
        number_of("lock_wait", self.lock_wait)
        for name in ("dry_run", "fixes", "backfill"):
            flag_of(name, getattr(self, name))


@dataclass(frozen=True)
class Outcome:
    """How a run went that ended well."""

    run_id: str
    manifest: dict[str, Any]
    folder: Path | None
    """The folder of the published run; None after a dry run."""
    previous: dict[str, Any] | None
    """The manifest of the run that was published before."""
    beside: bool = False
    """Whether it stands beside the list that stood before, which goes on standing."""
    not_handed_over: str | None = None
    """What should have followed the published list and failed; None where nothing did."""

    @property
    def lists(self) -> dict[str, Path]:
        """The published lists by what they hold, such as `callable` and `dropped`; none after a dry run."""
        if self.folder is None:
            return {}
        names = {kind: output["name"] for kind, output in self.manifest["outputs"].items() if kind != "decisions"}
        return {kind: self.folder / name for kind, name in names.items()}
