"""The ledger of a brand: one event a line, each bound to the one before it by its hash. It is only ever added to.

The hash of an event is the SHA-256 of the RFC 8785 canonical JSON of `seq`, `at`, `event`, `body` and `prev`; `prev` is
the hash of the event before, and 64 zeros for the first. The first event, `ledger.opened`, says whose ledger it is. An
event counts once its line, with the newline, is on disk. Since ledger 2 a body stands in the ledger as RFC 8785 writes
it; in ledger 1 its names may stand in another order.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import rfc8785

from balansfilter.audit.canonical import canonical, in_given_order, in_name_order
from balansfilter.audit.forms import is_digest, is_moment, wrong_in
from balansfilter.audit.names import ENDINGS, OPENED, PREPARED, PUBLISHED
from balansfilter.audit.order import Order
from balansfilter.errors import AuditError, Problem
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder, open_private, sync

FIRST_PREV = "0" * 64
LEDGER_VERSION = 2


@dataclass(frozen=True)
class Event:
    """One line of the ledger."""

    seq: int
    """Position, from 1."""
    at: str
    """When it was written: UTC, ISO 8601, to the millisecond."""
    event: str
    """What happened, such as `run.published`."""
    body: dict[str, Any]
    """What belongs to it."""
    prev: str
    """The hash of the event before."""
    hash: str
    """The hash of this event."""

    def line(self) -> str:
        """Return the event as it stands in the ledger, without the newline."""
        return self._line(self._canonical_body)

    def is_written_as(self, line: bytes) -> bool:
        """Whether a line holds the event as this program writes it: no other way to write a number or a text passes."""
        return (
            line.decode() == self._line(in_given_order(self.body)) and in_name_order(self.body) == self._canonical_body
        )

    @cached_property
    def matches_its_hash(self) -> bool:
        """Whether its hash is that of what it says, wherever it stands."""
        try:
            return self.hash == _hash(self.seq, self.at, self.event, self._canonical_body, self.prev)
        except (rfc8785.CanonicalizationError, ValueError, TypeError):
            return False

    @cached_property
    def _canonical_body(self) -> str:
        return canonical(self.body)

    def _line(self, body: str) -> str:
        fields = [f'"seq":{self.seq}', *(f'"{name}":{json.dumps(getattr(self, name))}' for name in ("at", "event"))]
        return "{" + ",".join([*fields, f'"body":{body}', f'"prev":"{self.prev}"', f'"hash":"{self.hash}"']) + "}"


def event_hash(seq: int, at: str, event: str, body: dict[str, Any], prev: str) -> str:
    """Return the hash of an event, as 64 hexadecimal digits."""
    return _hash(seq, at, event, canonical(body), prev)


def _hash(seq: int, at: str, event: str, body: str, prev: str) -> str:
    """Return the hash of an event by its body in canonical form: the names of its parts stand in order here."""
    at, event, prev, number = map(canonical, (at, event, prev, seq))
    whole = f'{{"at":{at},"body":{body},"event":{event},"prev":{prev},"seq":{number}}}'
    return hashlib.sha256(whole.encode()).hexdigest()


def utc_now() -> str:
    """Return the moment in UTC as the ledger writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Chain:
    """A ledger as read: its events in order, and everything that is wrong with it."""

    events: tuple[Event, ...]
    """The events that match their hashes: all, unless there are problems."""
    problems: tuple[Problem, ...]
    torn: bytes
    """A last line without a newline: what a crash left of an event that never counted."""

    @property
    def head(self) -> tuple[int, str]:
        """Position and hash of the last event; 0 and zeros for an empty ledger."""
        return (self.events[-1].seq, self.events[-1].hash) if self.events else (0, FIRST_PREV)


def read_chain(path: Path) -> Chain:
    """Read a ledger and verify each link, and that it is the ledger of the brand in whose folder it lies.

    A ledger that does not exist is empty.

    :raises AuditError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Chain((), (), b"")
    except OSError as error:
        raise AuditError(f"cannot read the ledger {path}: {error.strerror}") from error
    *lines, torn = data.split(b"\n")
    reading = _Reading(str(path))
    for number, line in enumerate(lines, start=1):
        reading.take(number, line)
    problems = [*reading.problems, *_other_brand(path, reading.events)]
    return Chain(tuple(reading.events), tuple(problems), torn)


class _Reading:
    """What was read of a ledger so far."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._prev = FIRST_PREV
        self._order = Order()
        self.events: list[Event] = []
        self.problems: list[Problem] = []

    def take(self, number: int, line: bytes) -> None:
        """Take in a line, and hold it against those before."""
        event = _event(line)
        fault = f"line {number} is not an event" if event is None else _broken(event, number, self._prev)
        if fault:
            self._tell(number, fault)
        if event is None:
            return
        self._prev = event.hash
        if not event.matches_its_hash:
            return
        wrong = wrong_in(event.event, event.body)
        if wrong:
            self._tell(number, f"event {number} {wrong}")
            return
        self.events.append(event)
        if event.line().encode() != line and self.events[0].body.get("ledger") != 1:
            self._tell(number, f"event {number} is not written as RFC 8785 says")
        for fault in self._order.follow(event.seq, event.event, event.body, event.hash):
            self._tell(number, f"event {number} {fault}")

    def _tell(self, number: int, message: str) -> None:
        self.problems.append(Problem(self._file, number, message=message, hint=_CHANGED))


def _other_brand(path: Path, events: list[Event]) -> Iterator[Problem]:
    brand = events[0].body.get("brand") if events and events[0].event == OPENED else None
    if brand not in (None, path.parent.name):
        message = f"is the ledger of the brand {brand}, not of {path.parent.name}"
        yield Problem(str(path), 1, message=message, hint="put back the ledger of this brand")


_CHANGED = "the ledger was changed after it was written"


def _event(line: bytes) -> Event | None:
    try:
        event = Event(**json.loads(line))
        sound = type(event.seq) is int and is_moment(event.at) and isinstance(event.event, str)
        sound = sound and isinstance(event.body, dict) and is_digest(event.prev) and is_digest(event.hash)
        return event if sound and event.is_written_as(line) else None
    except (ValueError, TypeError, RecursionError, rfc8785.CanonicalizationError):
        return None


def _broken(event: Event, number: int, prev: str) -> str:
    if event.seq != number:
        return f"event {number} carries the sequence number {event.seq}"
    if event.prev != prev:
        return f"event {number} is not bound to the event before it"
    return "" if event.matches_its_hash else f"event {number} does not match its hash"


class Ledger:
    """The ledger of one brand, open for adding. Only the holder of the brand's lock may have it."""

    def __init__(self, path: Path) -> None:
        """Open the ledger and verify it.

        :raises AuditError: the chain is broken; nothing may be published on top of it.
        """
        self.path = path
        chain = read_chain(path)
        if chain.problems:
            raise AuditError(f"the ledger {path} does not verify; nothing is published on top of it", chain.problems)
        self._seq, self._prev = chain.head
        self.events = list(chain.events)
        if chain.torn:
            self._mend(chain.torn)

    @property
    def head(self) -> tuple[int, str]:
        """Position and hash of the last event; 0 and zeros for an empty ledger."""
        return self._seq, self._prev

    @property
    def brand(self) -> str:
        """The brand whose ledger it is: the name of its folder."""
        return self.path.parent.name

    def append(self, event: str, body: dict[str, Any]) -> Event:
        """Add an event; when this returns it is on disk.

        :raises AuditError: it could not be written; the ledger then ends with the event before.
        """
        made = self._made(event, body)
        try:
            self._write("".join(f"{one.line()}\n" for one in made).encode())
        except OSError as error:
            raise AuditError(f"cannot write to the ledger {self.path}: {error.strerror}") from error
        self.events += made
        self._seq, self._prev = made[-1].seq, made[-1].hash
        return made[-1]

    def _made(self, event: str, body: dict[str, Any]) -> list[Event]:
        at, seq, prev = utc_now(), self._seq, self._prev
        opening = [] if seq else [(OPENED, {"ledger": LEDGER_VERSION, "brand": self.brand})]
        made = []
        for name, content in (*opening, (event, body)):
            seq += 1
            made.append(Event(seq, at, name, content, prev, event_hash(seq, at, name, content, prev)))
            prev = made[-1].hash
        return made

    def _write(self, line: bytes) -> None:
        new = not self.path.exists()
        make_private_folder(self.path.parent)
        descriptor = open_private(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            try:
                _write_all(descriptor, line)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)
        if new:
            sync(self.path.parent)

    def _mend(self, torn: bytes) -> None:
        """Mend what a crash left of the last line: end it where the event is whole, else cut it off."""
        event = _event(torn)
        whole = event is not None and not _broken(event, self._seq + 1, self._prev)
        try:
            if whole:
                self._write(b"\n")
            else:
                os.truncate(self.path, self.path.stat().st_size - len(torn))
        except OSError as error:
            raise AuditError(f"cannot mend the last line of the ledger {self.path}: {error.strerror}") from error
        if event is not None and whole:
            self.events.append(event)
            self._seq, self._prev = event.seq, event.hash


def _write_all(descriptor: int, data: bytes) -> None:
    written = 0
    while written < len(data):
        written += os.write(descriptor, data[written:])


def runs_open(events: list[Event]) -> Iterator[Event]:
    """Return the `run.prepared` events of runs of which it was never recorded how they ended."""
    ended = {e.body.get("run_id") for e in events if e.event in ENDINGS}
    return (e for e in events if e.event == PREPARED and e.body.get("run_id") not in ended)


def is_published(events: Iterable[Event], run_id: str) -> bool:
    """Return whether events say that a run was published, as the list that stands or beside it."""
    return any(event.event == PUBLISHED and event.body.get("run_id") == run_id for event in events)


def event_runs(event: Event) -> frozenset[str]:
    """Return the ids of the runs that an event is about."""
    body = event.body
    named = [body.get("run_id"), *body.get("lists", ()), *(file["run_id"] for file in body.get("decisions", ()))]
    return frozenset(run_id for run_id in named if isinstance(run_id, str))
