"""The handing over of what a published run leaves: to whom it went is an event, and so is that it could not.

One mechanism serves all: the head of the ledger, which goes to somebody else who keeps it, and the list, which goes to
a database or an object store. The head goes into a folder of another disk or of a write-once bucket, as a file of its
own that is never written over; or to a command, on standard input.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from balansfilter.audit.checkpoint import Checkpoint, Head, read_checkpoint
from balansfilter.audit.ledger import Ledger
from balansfilter.audit.names import HANDED_OVER, NOT_HANDED_OVER
from balansfilter.audit.signing import sign
from balansfilter.errors import AuditError, UsageError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import sync, write_private
from balansfilter.policy.site import SiteCheckpoint

_SECONDS = 60
_SUFFIX = ".checkpoint"


class HandOverError(Exception):
    """A hand-over failed; its text tells why, and holds nothing of what was handed over."""


@dataclass(frozen=True)
class HandOver:
    """Something that is to go to somebody, and how the ledger tells of it."""

    what: str
    """What it is, in a sentence."""
    to: str
    body: Mapping[str, Any]
    """What each of its events says."""
    done: str
    """The event that it went."""
    failed: str
    """The event that it could not."""
    work: Callable[[], Mapping[str, Any]]
    """Hands it over, and gives what else is to be said of it; raises HandOverError."""
    begun: str | None = None
    """The event that it was begun, where a process that is killed may leave it open whether it went."""


def attempt(one: HandOver, ledger: Ledger) -> str | None:
    """Hand something over, and record it; gives why it could not be done.

    :raises AuditError: it cannot be recorded.
    """
    body = {**one.body, "to": one.to}
    if one.begun is not None:
        ledger.append(one.begun, body)
    try:
        more = one.work()
    except HandOverError as error:
        ledger.append(one.failed, body | {"message": str(error)})
        return f"{one.what} could not be handed over to {one.to}: {error}"
    ledger.append(one.done, body | dict(more))
    return None


def hand_over(wanted: SiteCheckpoint | None, ledger: Ledger) -> str | None:
    """Hand the head of a ledger over, and record it; gives why it could not be done.

    :param wanted: where it goes; None where nobody asked for it.
    :raises AuditError: it cannot be recorded.
    """
    if wanted is None:
        return None
    seq, digest = ledger.head

    def work() -> Mapping[str, Any]:
        try:
            checkpoint = Checkpoint(ledger.brand, Head(seq, digest))
            _deliver(wanted.to, sign(checkpoint, wanted.sign) if wanted.sign else checkpoint)
        except (OSError, subprocess.SubprocessError, AuditError, UsageError) as error:
            raise HandOverError(_why(error)) from error
        return {"signed": wanted.sign is not None}

    body = {"seq": seq, "hash": digest}
    one = HandOver("the head of the ledger", _named(wanted.to), body, HANDED_OVER, NOT_HANDED_OVER, work)
    return attempt(one, ledger)


def _named(to: Path | Sequence[str]) -> str:
    """Name where a head goes; of a command only its name, since its words may hold a secret."""
    return str(to) if isinstance(to, Path) else Path(to[0]).name


def _deliver(to: Path | Sequence[str], checkpoint: Checkpoint) -> None:
    data = str(checkpoint).encode()
    if not isinstance(to, Path):
        subprocess.run(to, input=data, check=True, timeout=_SECONDS, capture_output=True)  # noqa: S603 - the site's own
        return
    path = to / f"{checkpoint.brand}-{checkpoint.head.seq:08}{_SUFFIX}"
    try:
        write_private(path, data, os.O_EXCL)
    except FileExistsError:
        if path.read_bytes() == data:
            return
        raise
    sync(to)


def _why(error: Exception) -> str:
    match error:
        case subprocess.CalledProcessError():
            return f"the command ended with {error.returncode}"
        case subprocess.TimeoutExpired():
            return f"the command took longer than {_SECONDS} seconds"
        case OSError():
            return error.strerror or "the system refuses"
        case _:
            return str(error)


def kept_checkpoints(wanted: SiteCheckpoint | None, brand: str) -> tuple[list[Checkpoint], list[Path]]:
    """Return the checkpoints of a brand that lie in the folder of the site, oldest first, and the files that hold none.

    :raises AuditError: the folder cannot be read.
    """
    if wanted is None or not isinstance(wanted.to, Path):
        return [], []
    found, unreadable = [], []
    try:
        for path in sorted(wanted.to.glob(f"{brand}-*{_SUFFIX}")):
            try:
                checkpoint = read_checkpoint(path.read_text(encoding="utf-8"))
            except (UsageError, UnicodeDecodeError):
                unreadable.append(path)
                continue
            if checkpoint.brand == brand:
                found.append(checkpoint)
    except OSError as error:
        raise AuditError(f"cannot read the checkpoints in {wanted.to}: {error.strerror}") from error
    return sorted(found, key=lambda one: one.head.seq), unreadable
