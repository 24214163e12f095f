"""The folders of a brand's published runs: staging, one atomic swap of `current`, and what a crash left behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from balansfilter.errors import OutputError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder, sync
from balansfilter.fs.scratch import NAME, scratch


@contextmanager
def as_output_error(doing: str, path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into an :class:`OutputError` that says which file and why."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot {doing} {path}: {error.strerror or error}") from error


@dataclass(frozen=True)
class BrandFolders:
    """Where the lists of one brand stand: `out/<brand>`."""

    root: Path

    @property
    def runs(self) -> Path:
        """The folder that holds a folder for each published run."""
        return self.root / "runs"

    @property
    def staging(self) -> Path:
        """The folder in which a run makes its lists, out of sight."""
        return self.root / ".staging"

    @property
    def waiting(self) -> Path:
        """The folder in which a list of withdrawn rows waits until it is recorded."""
        return self.root / ".withdrawn"

    @property
    def current(self) -> Path:
        """The link to the published run."""
        return self.root / "current"

    @property
    def lock(self) -> Path:
        """The file that a run locks."""
        return self.root / ".lock"

    def current_run(self) -> str | None:
        """Return the id of the published run; None before the first."""
        try:
            named = self.current.readlink()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutputError(f"{self.current} is not a link to a run; move it away and run again") from error
        if named.parts[:1] != ("runs",) or len(named.parts) != 2:
            raise OutputError(f"{self.current} does not link to a run in {self.runs}; move it away and run again")
        return named.name

    def stands(self, run_id: str) -> bool:
        """Return whether a run is the published one; of a link that cannot be read it is not known, and none is."""
        with suppress(OutputError):
            return self.current_run() == run_id
        return False

    def manifest(self, run_id: str) -> dict[str, Any] | None:
        """Return the manifest of a run; None where it is gone or cannot be read."""
        try:
            manifest = json.loads((self.runs / run_id / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return manifest if isinstance(manifest, dict) else None

    def stage(self, run_id: str) -> Path:
        """Make the staging folder of a run, empty and private."""
        folder = self.staging / run_id
        with as_output_error("make the folder", folder):
            for part in (self.root, self.runs, self.staging, folder):
                make_private_folder(part)
        return folder

    def left_behind(self) -> list[str]:
        """Return the ids of runs that were killed before they were published."""
        return sorted(path.name for path in self.staging.iterdir()) if self.staging.exists() else []

    def discard(self, run_id: str) -> None:
        """Remove what there is of a run that is not published."""
        for folder in (self.staging / run_id, self.runs / run_id):
            shutil.rmtree(folder, ignore_errors=True)

    def place(self, run_id: str) -> Path:
        """Move a staged run, which is whole and on disk, among the published runs."""
        target = self.runs / run_id
        with as_output_error("place the run at", target):
            (self.staging / run_id).rename(target)
            sync(self.runs)
        return target

    def swap(self, run_id: str) -> None:
        """Let `current` name another run, in one step."""
        with as_output_error("publish at", self.current), scratch(self.root / NAME) as folder:
            fresh = folder / "current"
            fresh.symlink_to(Path("runs") / run_id)
            fresh.replace(self.current)
            sync(self.root)
