"""The work of a night in a child, and a process beside it that stays small, waits for it, and goes on where it dies.

Python cannot tell what ends a process below it: a library that gives up on a damaged file, or a system that is short of
memory. So whoever was started does no work. It forks a child before anything large is loaded, hands it the signals that
it gets, and leaves with its exit code. A child that dies is followed by another, which tells of that, and goes on with
the brands that are left.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from balansfilter.cli.shared.brands_so_far import BrandsSoFar
from balansfilter.cli.shared.interruption import INTERRUPTED
from balansfilter.cli.shared.process import leave
from balansfilter.errors import KilledError, Problem

_ENDS = (signal.SIGINT, signal.SIGTERM)
_TOGETHER = 1.0
"""Seconds within which signals are one interruption: a group of processes is told, and its first one passes it on."""
_PR_SET_PDEATHSIG = 1


def supervised(work: Callable[[BrandsSoFar], int], *, alone: bool) -> int:
    """Do work in a child, and leave with its exit code; what it returns or raises goes on in the child.

    It is done in this process where that cannot be forked: it is somebody's who goes on afterwards, it has threads, or
    the system is another than Linux, where a child would outlive the one that waits for it.

    :param alone: whether this process has nothing else to do, and ends with the work.
    :raises KilledError: a child died before it did anything that another could go on from.
    """
    so_far = BrandsSoFar()
    if sys.platform != "linux" or not alone or not _can_fork(so_far):
        return work(so_far)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    heard = (*_ENDS, signal.SIGCHLD)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, heard)
    while child := _forked(mask):
        code = _ended(child, heard)
        if code < 0:
            _take_over(so_far, -code)
        else:
            leave(code)
    return work(so_far)


def _can_fork(so_far: BrandsSoFar) -> bool:
    """Return whether nothing is lost by a fork: threads are, those of libraries as well."""
    try:
        so_far.keep()
        return threading.active_count() == len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


def _forked(mask: Iterable[int]) -> int:
    """Fork; return the child, or 0 in it, and where the system lets nobody fork any more: then this process works."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    parent, child = os.getpid(), 0
    with suppress(OSError):
        child = os.fork()
    if child:
        return child
    if os.getpid() != parent:
        _die_with(parent)
    interrupt = _interruption()
    for number in _ENDS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return 0


def _die_with(parent: int) -> None:
    """Let the system end this process with the one that waits for it: nobody would hear what it publishes later."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, *map(ctypes.c_ulong, (signal.SIGKILL, 0, 0, 0)))
    if os.getppid() != parent:  # it ended before that was said
        os.kill(os.getpid(), signal.SIGKILL)


def _interruption() -> Callable[[int, object], None]:
    """Return what treats a signal as an interruption, but not one that comes with another: it is the same one."""
    last = -_TOGETHER

    def interrupt(number: int, frame: object) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _TOGETHER:
            last = now
            raise KeyboardInterrupt

    return interrupt


def _ended(child: int, heard: Iterable[int]) -> int:
    """Wait for a child, and pass on what ends it; return its exit code, below 0 for a signal.

    What a terminal sends it sends to the child as well.
    """
    while True:
        came = signal.sigwaitinfo(heard)
        if came.si_signo != signal.SIGCHLD:
            if came.si_code <= 0:
                os.kill(child, came.si_signo)
            continue
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)


def _take_over(so_far: BrandsSoFar, number: int) -> None:
    """Make sure that another child can go on where one was ended by a signal, and need not try the same again.

    :raises KilledError: it cannot.
    """
    is_further = so_far.catch_up()
    if so_far.left_with is not None:
        leave(so_far.left_with)
    if number == signal.SIGINT:
        leave(INTERRUPTED)
    if not is_further:
        _give_up(so_far, number)
    so_far.killed_by = number


def _give_up(so_far: BrandsSoFar, number: int) -> NoReturn:
    from balansfilter.publish.ending import killed_by_sentence, signal_name

    untold = so_far.killed_by
    problems = [
        Problem(brand, message=killed_by_sentence(run.run_id, untold))
        for brand, run in so_far.forsaken.items()
        if untold is not None
    ]
    done = "nothing was published, and the last published list stands"
    if so_far.forsaken:
        done = "`balansfilter status` tells what stands"
    if published := [brand for brand, how in so_far.ended.items() if how.published]:
        done = f"published before that: {', '.join(published)}"
    told = f"the process was ended by {signal_name(number)} before it could begin with a brand; {done}"
    raise KilledError(told, problems)
