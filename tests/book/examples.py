"""The examples of a page: what stands between fences, in the order of the page, and how each is used as it stands there.

A comment in front of an example says what a reader would know and a machine does not:

    <!-- example: typed: 0612345678 -->         what is typed when the command asks, a line each, apart by ;
    <!-- example: exit: 3 -->                   how it ends; 0 unless said
    <!-- example: not run: why -->              what no machine can try
    <!-- example: site -->                      settings of the site rather than a policy

What stands in a block of `text` behind commands is what they print, line by line; `…` stands for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from tests.brandfolder import ROOT

DAY = datetime(2026, 11, 23, 9)
"""The day of the fixtures: a Monday."""

_EXAMPLE = re.compile(
    r"(?:^<!-- example: (?P<told>[^\n]*) -->\n\n?)?^(?P<indent> *)```(?P<kind>[a-z]*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Example:
    """One block of a page."""

    page: Path
    line: int
    kind: str
    text: str
    told: str = ""
    prints: tuple[str, ...] = ()
    """What its commands print, as the page shows it."""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def said(self, name: str) -> str:
        """Return what the comment in front of it says of something; nothing where it does not."""
        found = re.search(rf"(?:^|, ){name}: ([^,]*)", self.told)
        return found[1].strip() if found else ""


def examples(page: Path) -> list[Example]:
    """Return the examples of a page: commands, Python, policies and settings."""
    text = page.read_text(encoding="utf-8")
    found: list[Example] = []
    end = 0
    for block in _EXAMPLE.finditer(text):
        indent = block["indent"]
        lines = [line.removeprefix(indent) for line in block["text"].splitlines(keepends=True)]
        line = text.count("\n", 0, block.start("indent")) + 1
        if block["kind"] == "text" and found and found[-1].kind == "sh" and not text[end : block.start()].strip():
            found[-1] = Example(**{**vars(found[-1]), "prints": tuple("".join(lines).splitlines())})
        elif block["kind"]:
            found.append(Example(page, line, block["kind"], "".join(lines), block["told"] or ""))
        end = block.end()
    return found


def doing(page: Path) -> list[Example]:
    """Return what a page has a reader do."""
    return [one for one in examples(page) if one.kind in ("sh", "python") and not one.said("not run")]


def pages() -> list[Path]:
    """Return every page that a reader may come to, but those that are made out of the program."""
    made = ROOT / "docs" / "reference"
    return [ROOT / "README.md", *(path for path in sorted((ROOT / "docs").rglob("*.md")) if made not in path.parents)]


@dataclass
class Reader:
    """Somebody with a shell in a folder, on the day of the fixtures, who types what stands on a page."""

    folder: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def does(self, example: Example) -> None:
        """Do what an example says, and hold what comes of it against the page."""
        done = self.types(example) if example.kind == "sh" else self.runs(example)
        wanted = int(example.said("exit") or 0)
        assert done.returncode == wanted, f"{example}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        missing = list(_unseen(example.prints, done.stdout + done.stderr))
        assert not missing, f"{example}: is not printed: {missing[0]!r}\n{done.stdout}{done.stderr}"

    def types(self, example: Example) -> subprocess.CompletedProcess[str]:
        """Type commands at a shell that stops at the first that fails."""
        typed = example.said("typed").replace(";", "\n")
        there = self.home / "there"
        command = ["bash", "-eu", "-o", "pipefail", "-c", f"{example.text}pwd > '{there}'"]
        done = self._at_its_day(command, f"{typed}\n" if typed else "")
        if done.returncode == 0:
            self.folder = Path(there.read_text().strip())
        return done

    def runs(self, example: Example) -> subprocess.CompletedProcess[str]:
        """Run a piece of Python."""
        return self._at_its_day([sys.executable, "-W", "error", "-c", example.text], "")

    def _at_its_day(self, command: list[str], typed: str) -> subprocess.CompletedProcess[str]:
        settled = {"COLUMNS": "100", "LC_ALL": "C.UTF-8"}
        environment = {**os.environ, **settled, **faketime(), **self.environment}
        sweep()
        return subprocess.run(
            command,
            cwd=self.folder, env=environment, input=typed, capture_output=True, text=True, errors="replace", check=False, timeout=300,
        )  # fmt: skip


@cache
def faketime() -> dict[str, str]:
    """Return the variables that let programs believe that it is the day of the book, each later than the one before."""
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed (Debian: apt-get install faketime)")
    told = subprocess.run(["faketime", "now", "env"], capture_output=True, text=True, check=True).stdout
    (library,) = re.findall(r"^LD_PRELOAD=(.*)$", told, re.MULTILINE)
    return {
        "LD_PRELOAD": library,
        "FAKETIME": f"{DAY.timestamp() - time.time():+.0f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def sweep() -> None:
    """Remove what libfaketime shares between the threads of a process that was replaced by another, and is gone."""
    for path in Path("/dev/shm").glob("*faketime_s*_*"):
        if not Path("/proc", path.name.rpartition("_")[2]).exists():
            path.unlink(missing_ok=True)


def new_reader(folder: Path) -> Reader:
    """Return a reader with the program on the path and nothing else; their work lies in a folder of its own."""
    programs, work = folder / "programs", folder / "work"
    programs.mkdir()
    work.mkdir()
    program = programs / "balansfilter"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m balansfilter "$@"\n')
    program.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    return Reader(work, folder, {"PATH": path, "HOME": str(folder), "PYTHONPATH": str(ROOT)})


def with_fixtures(reader: Reader) -> Reader:
    """Give a reader the example brands and their files, as they are this morning."""
    for folder in ("configs", "fixtures"):
        shutil.copytree(ROOT / folder, reader.folder / folder)
    this_morning = time.mktime(DAY.replace(hour=6).timetuple())
    for path in (reader.folder / "fixtures").rglob("*"):
        os.utime(path, (this_morning, this_morning))
    return reader


def _unseen(wanted: tuple[str, ...], printed: str) -> Iterator[str]:
    """Yield the lines of a page that do not come in their order in what was printed."""
    lines = [line.rstrip() for line in printed.splitlines()]
    at = 0
    for line in (one for one in wanted if one != "…"):
        pattern = ".*".join(re.escape(part) for part in line.rstrip().split("…"))
        found = next((n for n, seen in enumerate(lines[at:], at) if re.fullmatch(pattern, seen)), None)
        if found is None:
            yield line
        else:
            at = found + 1
