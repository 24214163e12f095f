"""How the last attempt at a run of a brand ended, kept beside its lists: also where the ledger could not be told.

A run that finds the lock held, or a ledger that takes nothing, leaves no event. This file says what became of it, so
that `status`, the metrics and the site can tell. It is no evidence, and holds no person.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from dataclasses import asdict, field, fields
from typing import Any, Literal

from balansfilter.errors import sentence
from balansfilter.frozen import dataclass
from balansfilter.fs.scratch import NAME, put
from balansfilter.publish.folders import BrandFolders
from balansfilter.publish.lock import last_holder, lock_holder

Result = Literal["published", "closed", "failed", "killed"]

_FILE = ".last.json"
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-[A-Za-z0-9_-]+")
KILLED = 137
"""The exit code of a process that was killed, as a shell tells it."""


@dataclass(frozen=True)
class RunEnding:
    """How one attempt at a run ended."""

    brand: str
    run_id: str
    result: Result
    ended_at: str
    """UTC, as the ledger writes it."""
    as_of: str | None = None
    began_at: str | None = None
    exit: int = 0
    code: str | None = None
    """The kind of the failure; None where it did not fail."""
    sentence: str | None = None
    """What went wrong, or why there are no calls; None where a list was published and nothing went wrong."""
    not_handed_over: str | None = None
    """What went wrong after the list was published; None if nothing did."""
    seconds: float | None = None
    steps: Mapping[str, float] = field(default_factory=dict)
    """How many seconds each step took."""
    not_told: tuple[str, ...] = ()
    """Who could not be told, and why."""

    @property
    def good(self) -> bool:
        """Whether it did what it was to do: it published a list, or there are no calls on that day."""
        return self.result in ("published", "closed")

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def keep_ending(folders: BrandFolders, ending: RunEnding) -> None:
    """Keep how an attempt ended, in the place of the one before.

    :raises OSError: it cannot be written.
    """
    put(folders.root / NAME, folders.root / _FILE, json.dumps(ending.as_json(), ensure_ascii=False).encode() + b"\n")


def last_ending(folders: BrandFolders) -> RunEnding | None:
    """Return how the last attempt ended that could be kept; None where there is none, or it cannot be read."""
    try:
        told = json.loads((folders.root / _FILE).read_bytes())
        known = {one.name for one in fields(RunEnding)}
        ending = RunEnding(**{name: value for name, value in told.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return ending if all(isinstance(one, str) for one in (ending.run_id, ending.ended_at, ending.result)) else None


def killed_sentence(run_id: str) -> str:
    """Return what is told of a run whose process was killed."""
    return f"run {run_id} was killed before it ended"


def signal_name(number: int) -> str:
    """Return what a signal is called, such as SIGABRT."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def killed_by_sentence(run_id: str, number: int) -> str:
    """Return what is told of a run whose process was ended by a signal before it published, and what to do."""
    if number == signal.SIGKILL:
        return (
            f"the process of run {run_id} was killed, as happens where the machine is short of memory; "
            "give it more, or a smaller list"
        )
    return (
        f"the process of run {run_id} was ended by {signal_name(number)}, as happens where a file is damaged so that "
        "no library can read it; have the files delivered again, and report it if that does not help"
    )


def killed_behind_sentence(run_id: str, number: int) -> str:
    """Return what is told of a run whose process was ended by a signal once its list was published."""
    return f"the process of run {run_id} was ended by {signal_name(number)} once its list was published"


def killed_run(folders: BrandFolders) -> RunEnding | None:
    """Return the run whose process was killed while it held the lock; None where none was, or another went on since.

    A run that was killed after its list was swapped in did what it was to do. One whose ending was kept has been told.
    """
    try:
        who = last_holder(folders.lock)
        run_id, since = str(who["run_id"]), str(who["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not _RUN_ID.fullmatch(run_id) or lock_holder(folders.lock) is not None or folders.current_run() == run_id:
        return None
    kept = last_ending(folders)
    if kept is not None and kept.run_id == run_id:
        return None
    return RunEnding(folders.root.name, run_id, "killed", since, None, since, KILLED, "killed", killed_sentence(run_id))


def ending_of_event(brand: str, event: str, at: str, body: Mapping[str, Any]) -> RunEnding | None:
    """Return how a run ended, as the ledger tells it; None for one that ends none, or one beside what stands."""
    if body.get("beside"):
        return None
    run_id = str(body.get("run_id"))
    match event:
        case "run.published":
            return RunEnding(brand, run_id, "published", at)
        case "run.failed":
            told = sentence(str(body["code"]), str(body["message"]), [str(one) for one in body.get("problems", ())])
            return RunEnding(brand, run_id, "failed", at, exit=int(body["exit"]), code=str(body["code"]), sentence=told)
        case "run.abandoned":
            told = killed_sentence(run_id)
            return RunEnding(brand, run_id, "killed", at, exit=KILLED, code="killed", sentence=told)
        case _:
            return None
