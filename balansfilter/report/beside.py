"""The page of a run, made beside it: by a process that is forked before the run loads what it decides with.

What a page is made with (templates, the words of a language, how that writes numbers) is loaded there while the run
loads the rest, so that nobody waits for it. Where there is no such process, or it is gone, a run makes its page itself.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, NoReturn

if TYPE_CHECKING:
    from balansfilter.report.run_facts import LedgerPlace
    from balansfilter.wording.formats import Language


class _Maker(NamedTuple):
    process: int
    asked: BinaryIO
    told: BinaryIO


_makers: list[_Maker] = []
"""The process that makes pages, where there is one."""


@contextmanager
def pages_beside() -> Iterator[None]:
    """Have pages made by another process while this lasts; not where there are threads, which do not survive a fork."""
    maker = _forked() if threading.active_count() == 1 and hasattr(os, "fork") else None
    if maker is None:
        yield
        return
    _makers.append(maker)
    try:
        yield
    finally:
        _makers.remove(maker)
        os.kill(maker.process, signal.SIGKILL)  # nothing is lost: it writes no file
        os.waitpid(maker.process, 0)
        for stream in (maker.asked, maker.told):
            with suppress(OSError):
                stream.close()


def get_ready(language: Language) -> bool:
    """Have the process load what pages in a language need; return whether there is one."""
    return _send(language)


def page_beside(
    manifest: Mapping[str, Any], previous: Sequence[Mapping[str, Any]], place: LedgerPlace, language: str, zone: str
) -> str | None:
    """Return the page of a run as the process makes it; None where it does not, and the run itself has to."""
    if not _send((manifest, previous, place, language, None, zone)):
        return None
    with suppress(OSError, EOFError, pickle.UnpicklingError):
        page: str | None = pickle.load(_makers[-1].told)  # noqa: S301 - it comes from our own process
        return page
    return None


def _send(message: object) -> bool:
    with suppress(OSError):
        for maker in _makers[-1:]:
            pickle.dump(message, maker.asked)
            maker.asked.flush()
            return True
    return False


def _forked() -> _Maker | None:
    with suppress(OSError):
        (asked, to_ask), (to_tell, told) = os.pipe(), os.pipe()
        process = os.fork()
        if not process:
            _work(asked, told)
        os.close(asked)
        os.close(told)
        return _Maker(process, os.fdopen(to_ask, "wb"), os.fdopen(to_tell, "rb"))
    return None


def _work(asked: int, told: int) -> NoReturn:
    """Make pages until nobody asks any more, and end; say nothing to anybody."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever is interrupted ends this as well
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _keep_only(asked, told)
        _make_pages(os.fdopen(asked, "rb"), os.fdopen(told, "wb"))
    finally:
        os._exit(0)


def _keep_only(*descriptors: int) -> None:
    """Let go of what belongs to the run: nobody may wait for this process as well at the end of a pipe."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    kept = (2, *sorted(descriptors), os.sysconf("SC_OPEN_MAX"))
    for before, behind in pairwise(kept):
        os.closerange(before + 1, behind)


def _make_pages(asked: BinaryIO, told: BinaryIO) -> None:
    from balansfilter.report.page import run_page
    from balansfilter.report.rendering import load_templates

    while True:
        message = pickle.load(asked)  # noqa: S301 - it comes from the run; its end is the end of this
        if isinstance(message, str):
            load_templates(message)  # type: ignore[arg-type]
            continue
        page = None
        with suppress(Exception):  # the run tries it itself, and tells what is wrong
            page = run_page(*message)
        pickle.dump(page, told)
        told.flush()
