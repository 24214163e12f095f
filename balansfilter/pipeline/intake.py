"""The intake of a run: every source of a policy is opened, read, checked, and made into evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.engines.interface import Tables
from balansfilter.errors import Problem, SourceError
from balansfilter.evidence.contacts import CalledNumbers, CallHistory, ContactReading, calls_made
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.gathering import gathered
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.lookup import NumberMap, NumberSet
from balansfilter.evidence.newest import Newest
from balansfilter.evidence.objections import (
    ObjectionReading,
    Objectors,
    objectors,
    read_objections,
)
from balansfilter.evidence.register import Registered, read_registered, registered
from balansfilter.evidence.tally import Tally
from balansfilter.identity.numbers import Rows
from balansfilter.pipeline.registers import IndexUsed, RegisterReading, Registers, source_named
from balansfilter.pipeline.rows_lost import rows_lost
from balansfilter.pipeline.taken import Taken, contact_columns, dated, objection_columns
from balansfilter.policy.model import (
    Contacts,
    Objections,
    Policy,
    Register,
    SourceFile,
)
from balansfilter.policy.values import ShareOrCount
from balansfilter.remote import is_remote
from balansfilter.sources import (
    Asking,
    Chunk,
    Fetched,
    Remote,
    Source,
    check_closed,
    check_freshness,
    check_min_rows,
    check_shrink,
    expected_sources,
    open_source,
    resolve_paths,
)
from balansfilter.wording.spelling import NullWords

Read = TypeVar("Read")
Made = TypeVar("Made")
Paths = Sequence[Path | Fetched] | Literal["-"]


_PART_BYTES = 4 << 20
"""Bytes of a source beside the list that are read at a time: few, so that parts take memory that others took before."""
_FEW_TAKEN_BACK = 5
"""So many people may take their objection back between two runs, however short the file is."""


@dataclass
class Intake:
    """Reads the sources of one run. Problems are gathered, so that all are told at once."""

    policy: Policy
    plan: Plan
    base: Path
    time_zone: ZoneInfo
    scratch: Path
    previous: Mapping[str, Mapping[str, Any]]
    """What the manifest of the last published run tells of each source, by role."""
    pool: ThreadPoolExecutor
    """Threads that split the files."""
    confirmed: Callable[[], Mapping[str, date]] = dict
    """Returns the days on which lists, by their digests, were confirmed to be complete."""
    problems: list[Problem] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    tables: Tables | None = None
    """Where what is read is kept for another engine; None where there is none."""
    stop: Event = field(default_factory=Event)
    """Set when nothing more need be read."""
    master: str | None = None
    """Where Spark runs, if something of it is read; None for this machine."""
    registers: Registers | None = None
    """Registers that were read before; None where each is to be read anew."""
    remote: Remote = field(default=None)  # type: ignore[assignment]  # made of the others
    """What of the sources is no file."""

    def __post_init__(self) -> None:
        """Make ready to fetch what is no file, once for all who read it."""
        if self.remote is None:
            asking = Asking(self.scratch, self.plan.brand, self.plan.as_of, self.time_zone, self.stop, self.master)
            screens, named = self.plan.screens, self.policy.sources.items()
            self.remote = Remote(asking, expected_sources(one for one in named if screens or one[0] != "register"))

    def evidence(self) -> Evidence:
        """Read the objections, the register and the call history.

        :raises SourceError: with every problem of every one of them.
        """
        apart = [replace(self, problems=[], taken=[]) for _ in range(3)]
        with ThreadPoolExecutor(1 + len(apart), thread_name_prefix="intake") as side_by_side, self._stopping():
            objected = side_by_side.submit(Intake.all_objections, apart[0])
            register = side_by_side.submit(Intake._register, apart[1])
            calls = side_by_side.submit(Intake._calls, apart[2])
            # Who objected is put together while the register, which is larger, is still read.
            gathering = side_by_side.submit(lambda: self._gathered(objected.result(), calls.result()))
            numbers, fresh_until = register.result() or (None, None)
            found = replace(gathering.result(), register=numbers, register_until=fresh_until)
        for intake in apart:
            self.taken += intake.taken
            self.problems += intake.problems
        self.refuse()
        return found

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Let the other threads stop reading when this one is interrupted, or one of them failed."""
        try:
            yield
        except BaseException:
            self.stop.set()
            raise

    def _until_stopped(self, parts: Iterable[Read]) -> Iterator[Read]:
        for part in parts:
            if self.stop.is_set():
                raise SourceError("the sources were not read to their end")
            yield part

    def refuse(self) -> None:
        """Raise what was found wrong so far, if anything was."""
        if self.problems:
            raise SourceError("the sources cannot be used:", self.problems)

    def open(
        self, spec: SourceFile, role: str, columns: Iterable[str] | None, paths: Paths | None = None, **how: Any
    ) -> Source:
        """Open a source of the policy."""
        if paths is None and is_remote(spec.path):
            paths = self.remote.take(spec, role)
        elif paths is None:
            paths = resolve_paths(spec.path, base=self.base, brand=self.plan.brand, as_of=self.plan.as_of, role=role)
        return open_source(
            spec,
            role=role,
            paths=paths,
            columns=None if columns is None else tuple(dict.fromkeys(columns)),
            time_zone=self.time_zone,
            as_of=self.plan.as_of,
            scratch=self.scratch,
            **how,
        )

    def dates_of(self, spec: SourceFile) -> DateReader:
        """Return the reader of the dates of a source."""
        return DateReader.of(spec, self.time_zone)

    def check(self, taken: Taken) -> None:
        """Note a source that was read, and what is wrong with it."""
        self.taken.append(taken)
        mark, spec = taken.fingerprint, taken.spec
        found = [check_freshness(mark, spec.max_age, self.plan.as_of), check_min_rows(mark, spec.min_rows)]
        if isinstance(spec, Objections):
            found.append(self._shrunk(taken, spec))
            found.append(check_closed(mark, spec.closed.sha256 if spec.closed else None))
        self.problems += [problem for problem in found if problem]

    def _shrunk(self, taken: Taken, spec: Objections) -> Problem | None:
        """Tell when a list of objections lost rows, or, where it kept them, when too few are in force still."""
        mark, before = taken.fingerprint, self.previous.get(taken.fingerprint.role, {})
        in_force = taken.tally.in_force if taken.tally else 0
        return check_shrink(mark, mark.rows, before.get("rows"), spec.max_shrink) or check_shrink(
            mark, in_force, before.get("in_force"), spec.max_shrink, in_force=True, few=_FEW_TAKEN_BACK
        )

    def _gathered(self, objections: list[tuple[str, Objectors]], history: CallHistory | None) -> Evidence:
        """Put together what the list is held against besides the register, and keep it for another engine."""
        for role, found in objections:
            self._keep("objectors", pl.DataFrame({"number": found.numbers}).with_columns(role=pl.lit(role)))
            self._keep("objectors", found.keys.alias("key").to_frame().with_columns(role=pl.lit(role)))
            self._keep("withdrawals", found.withdrawals)
        return gathered(objections, history)

    def _keep(self, table: str, frame: pl.DataFrame) -> None:
        if self.tables is not None:
            self.tables.add(table, frame)

    def all_objections(self) -> list[tuple[str, Objectors]]:
        """Read the files of objections alone; what is wrong with them is noted."""
        read = [(f"objections[{i}]", self._objections(i, spec)) for i, spec in enumerate(self.policy.objections)]
        return [(role, found) for role, found in read if found is not None]

    def _objections(self, index: int, spec: Objections) -> Objectors | None:
        plan = self.plan
        null_words, dates = NullWords(spec.null_words), self.dates_of(spec)
        numbers = plan.numbers_of(spec)
        how = ObjectionReading(spec, dates, numbers, plan.brands, null_words, plan.as_of, plan.exact_ids)
        newest = Newest.of(spec, plan.as_of)
        return self._take(
            spec,
            f"objections[{index}]",
            objection_columns(spec, how),
            self._whole(
                lambda rows: read_objections(rows, how),
                lambda parts: objectors(newest.watching(parts), how),
            ),
            lambda found: found.tally,
            spec.max_unreadable,
            newest,
        )

    def _register(self) -> tuple[NumberSet | NumberMap, date | None] | None:
        if not self.plan.screens:
            return None
        spec = self.policy.bel_me_niet.register_file
        if spec is None:
            raise SourceError("the policy screens, but names no register")
        numbers = self.plan.numbers_of(spec)
        read_whole = self._whole(lambda batch: read_registered(batch, spec, numbers), registered)

        def take(source: Source) -> tuple[Registered, IndexUsed | None]:
            if self.registers is None:
                return read_whole(source), None
            reading = RegisterReading(
                spec, numbers, str(self.time_zone), source_named(spec.path, self.base, self.plan.brand)
            )
            before = self.previous.get("register", {})
            later = self.pool.submit
            return self.registers.take(source, reading, self._until_stopped, lambda: read_whole(source), before, later)

        columns = [*numbers.names, *spec.where]
        taken = self._take(spec, "register", columns, take, lambda taken: taken[0].tally, spec.max_unreadable)
        if taken is None:
            return None
        found, index = taken
        self.taken[-1] = replace(self.taken[-1], index=index)
        if self.tables is not None:
            for part in found.numbers.parts():
                self._keep("register", pl.DataFrame({"number": part}))
        return found.numbers, self.taken[-1].valid_until

    def _calls(self) -> CallHistory | None:
        """Read the call history, where the policy has one: it may hold objections, whatever is asked of its calls."""
        spec, plan = self.policy.contacts, self.plan
        if spec is None:
            if plan.limits_attempts:
                raise SourceError("a balanstest limits the number of calls, but the policy names no contacts")
            return None
        how = ContactReading(spec, self.dates_of(spec), plan.numbers_of(spec), NullWords(spec.null_words), plan)
        asked = plan.reaches_person and spec.columns.customer_id is not None and spec.columns.phone is not None
        called = CalledNumbers(self.scratch) if asked else None
        return self._take(
            spec,
            "contacts",
            contact_columns(spec, how),
            self._whole(
                _as_it_is, lambda batches: calls_made(batches, how, called, lambda calls: self._keep("calls", calls))
            ),
            lambda history: history.tally,
            spec.max_unreadable,
        )

    def _whole(self, read: Callable[[Chunk], Read], make: Callable[[Iterable[Read]], Made]) -> Callable[[Source], Made]:
        """Return what reads a source, each part in any thread, and makes what it is read for of all of them."""
        return lambda source: make(self._until_stopped(source.parts(self.pool, read)))

    def _take(  # noqa: PLR0913
        self,
        spec: Objections | Register | Contacts,
        role: str,
        columns: list[str],
        take: Callable[[Source], Made],
        tally_of: Callable[[Made], Tally],
        limit: ShareOrCount,
        newest: Newest | None = None,
    ) -> Made | None:
        """Take a source in and check it; return what was made of it, or None where it cannot be used."""
        try:
            with self.open(spec, role, columns, block_bytes=_PART_BYTES) as source:
                made = take(source)
                fingerprint, warnings = source.fingerprint, source.warnings
        except SourceError as error:
            self.problems += error.as_problems()
            return None
        tally = tally_of(made)
        taken = Taken(fingerprint, spec, tally, warnings)
        if newest is not None:
            taken, problem = dated(taken, newest, self.confirmed)
            self.problems += [problem] if problem else []
        self.check(taken)
        self.problems += rows_lost(fingerprint.files[0].path, fingerprint.role, tally, limit)
        return made


def _as_it_is(chunk: Chunk) -> Rows:
    return chunk
