"""Who takes part in the benchmark, how each is started, and what a run of it costs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

AS_OF = "2026-11-23"
BRAND = "bench"
ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Run:
    """What one run cost."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Contestant:
    """A program that makes the lists, or the floor, which only copies."""

    name: str
    script: str | None = None
    """The peer's file; none for balansfilter itself."""
    options: tuple[str, ...] = ()
    """Further ones of our run."""

    @property
    def is_ours(self) -> bool:
        """Whether it is balansfilter."""
        return self.script is None

    @property
    def is_peer(self) -> bool:
        """Whether it makes the same lists as balansfilter."""
        return self.script is not None and self.script != "floor.py"

    def command(self, folder: Path) -> list[str]:
        """Return the command."""
        if self.script is not None:
            return [sys.executable, str(PEERS / self.script), str(folder), str(self.lists(folder))]
        command = [sys.executable, "-m", "balansfilter", "--configs", str(folder / "configs")]
        return [*command, "run", "--brand", BRAND, "--as-of", AS_OF, "--quiet", *self.options]

    def lists(self, folder: Path) -> Path:
        """Return the folder that the lists go to."""
        if self.script is None:
            return folder / "out" / BRAND / "current"
        return folder / "peers" / self.script.removesuffix(".py")

    def clear(self, folder: Path) -> None:
        """Take away what earlier runs left."""
        left = [folder / "out", folder / "audit", folder / "cache"] if self.is_ours else [self.lists(folder)]
        for path in left:
            shutil.rmtree(path, ignore_errors=True)

    def digest(self, folder: Path) -> str:
        """Return a digest of the two lists that the last run left."""
        digest = hashlib.sha256()
        for path in (*self.lists(folder).glob("callable.*"), *self.lists(folder).glob("dropped.*")):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()


CONTESTANTS = (
    Contestant("balansfilter"),
    Contestant("DuckDB", "duckdb_peer.py"),
    Contestant("Polars", "polars_peer.py"),
    Contestant("pandas", "pandas_peer.py"),
    Contestant("floor: read and write", "floor.py"),
)

ENGINES = (
    Contestant("balansfilter --verify-with duckdb", options=("--verify-with", "duckdb")),
    Contestant("balansfilter --engine duckdb", options=("--engine", "duckdb")),
)
"""Our run with the second engine, beside the first or instead of it."""


class FailedError(Exception):
    """A contestant ended with an error."""


def run(contestant: Contestant, folder: Path) -> Run:
    """Run it once, in a process of its own, and measure it."""
    contestant.clear(folder)
    os.sync()
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            contestant.command(folder), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            told = output.read()[-2000:].decode(errors="replace")
            raise FailedError(f"{contestant.name} ended with {process.returncode}:\n{told}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
