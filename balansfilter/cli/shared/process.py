"""How the process of a command treats memory and threads: it works hard for some minutes, and ends."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from typing import NoReturn, TextIO

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8
"""The names of glibc's settings for `mallopt`."""
_MB = 1 << 20
_END_THINGS = {"duckdb", "pyspark"}
"""Libraries that have something to end with the process: files on disk, another process."""


def spare_what_others_need() -> None:
    """Start no threads for matrices, which numpy would, and look for cycles of garbage seldom.

    Nor are plugins of pydantic looked for among all that is installed: a policy is read in one way. All threads share
    one store of memory, which has to be said before there are any: one of its own would keep as much as its thread once
    needed. And Polars keeps what it frees for the next part, of whichever thread; a thread that looks a thousand times
    a second whether to give it back is not needed then. That has to be said before Polars is loaded.

    Nor does numpy ask for large pages of memory: arrays are gone through once, in order, which gains nothing by them,
    and a virtual machine may have given back the memory of large ones to its host, which takes long to find it anew.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:-1,muzzy_decay_ms:-1,narenas:1,background_thread:false")
    gc.set_threshold(500_000, 20, 20)
    _set_memory((_ARENA_MAX, 1))


def keep_panics_quiet(stderr: TextIO | None) -> None:
    """Keep off standard error what libraries print there past Python: a panic in Rust prints its words, cells and all.

    It is told as an error of ours, or as a bug, by whoever catches it. Nothing is changed where standard error is
    somebody else's, such as that of a test.
    """
    os.environ["RUST_BACKTRACE"] = "0"
    if stderr is None or sys.stderr is not stderr:
        return
    try:
        ours, nowhere = os.dup(stderr.fileno()), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stderr.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
    sys.stderr = open(ours, "w", encoding=stderr.encoding, errors=stderr.errors, buffering=1)  # noqa: SIM115, PTH123


def leave(code: int) -> NoReturn:
    """Leave the process with an exit code, and let the system take back all that was loaded in one go.

    Python would take it apart piece by piece, for which a short command has to wait as long as for a fifth of its work.
    It does so still where something may be left to do: in another thread, or in a library that ends things of its own.
    """
    waited_for = [one for one in threading.enumerate() if not one.daemon and one is not threading.main_thread()]
    if waited_for or _END_THINGS & sys.modules.keys():
        sys.exit(code)
    atexit._run_exitfuncs()  # noqa: SLF001 - what Python itself does here has no other name
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def leave_the_processors_to_parts() -> None:
    """Let Polars have half as many threads of its own as there are processors, if it is not loaded yet.

    The parts of a list are worked on in threads of ours, as many as can run; and those of Polars look around for work
    for some time before they sleep.
    """
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // 2)))


def keep_memory() -> None:
    """Let memory that is freed be used again, instead of giving it back to the system and asking for it anew.

    Parts of a list come and go by the megabyte, and each page that is asked for costs as much as reading it.
    """
    _set_memory((_MMAP_THRESHOLD, 256 * _MB), (_TRIM_THRESHOLD, 512 * _MB), (_TOP_PAD, 64 * _MB))


def _set_memory(*settings: tuple[int, int]) -> None:
    """Tell the C library how to treat memory; where it has no such settings nothing happens."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for name, value in settings:
        mallopt(name, value)


def keep_standard_streams() -> None:
    """Open the standard streams that were closed, on nothing: else the next file that is opened takes their place."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)
