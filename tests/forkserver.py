"""The command line as a process of its own, forked from one that has imported it: most of what a process start costs.

What is forked has its own exit code, streams, environment and folder. A test that needs more than that, such as another
locale, starts a fresh interpreter.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import runpy
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import balansfilter

ROOT = Path(__file__).parents[1]
_MAY_DIFFER = ("BALANSFILTER_", "COLUMNS", "HOME", "NO_COLOR", "PATH", "PYTEST_", "XDG_")
"""Variables that nothing looks at before a command begins."""
_STREAMS = ("stdin", "stdout", "stderr")


def can_fork(environment: Mapping[str, str]) -> bool:
    """Return whether a forked process would see this environment as a fresh one does."""
    changed = {name for name, _ in environment.items() ^ _begun_in().items()}
    return sys.platform == "linux" and all(name.startswith(_MAY_DIFFER) for name in changed)


def run(
    arguments: list[str], environment: Mapping[str, str], text: str | None, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with TemporaryDirectory() as folder:
        Path(folder, "stdin").write_text(text or "", encoding="utf-8")
        process = _context().Process(target=_command, args=(arguments, dict(environment), folder))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(arguments, timeout)
        told = (Path(folder, name).read_text(encoding="utf-8") for name in _STREAMS[1:])
        return subprocess.CompletedProcess(arguments, process.exitcode, *told)


@cache
def _begun_in() -> dict[str, str]:
    return dict(os.environ)


@cache
def _context() -> Any:
    """Return what forks; all is imported there but numba, and nothing is done yet, so that no thread is lost."""
    modules = pkgutil.walk_packages(balansfilter.__path__, "balansfilter.")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [module.name for module in modules if not module.name.endswith(("__main__", "native.compiler"))]
    )
    return context


def _command(arguments: list[str], environment: Mapping[str, str], folder: str) -> None:
    """Become the process of a command."""
    for number, name in enumerate(_STREAMS):
        stream = os.open(Path(folder, name), os.O_RDWR | os.O_CREAT)
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it is the process's own to the end
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    runpy.run_module("balansfilter", run_name="__main__", alter_sys=True)
