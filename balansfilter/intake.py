"""The intake of a run: every source of a policy is opened, read, checked, and made into evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from balansfilter.engine.dates import DateReader
from balansfilter.engine.evidence import (
    Calls,
    Evidence,
    Objected,
    People,
    Rows,
    Tally,
    calls_made,
    everybody,
    objectors,
    read_registered,
    registered,
)
from balansfilter.engine.filter import AHEAD
from balansfilter.engine.membership import NumberMap, NumberSet, number_set
from balansfilter.engine.parallel import in_order
from balansfilter.errors import Problem, SourceError
from balansfilter.plan import Plan
from balansfilter.policy.model import (
    CallListColumns,
    ContactColumns,
    Contacts,
    JoinedColumns,
    Objections,
    Policy,
    Register,
    SourceFile,
    as_columns,
)
from balansfilter.policy.values import ShareOrCount
from balansfilter.sources import (
    Block,
    Chunk,
    Fingerprint,
    Source,
    check_freshness,
    check_min_rows,
    check_shrink,
    open_source,
    resolve_paths,
)

Read = TypeVar("Read")
Made = TypeVar("Made")
Paths = Sequence[Path] | Literal["-"]


@dataclass(frozen=True)
class Taken:
    """A source that was read and checked."""

    fingerprint: Fingerprint
    spec: SourceFile
    unreadable: int = 0
    in_force: int | None = None

    @property
    def valid_until(self) -> date | None:
        """The last day on which it is fresh enough; None where it has no largest age."""
        return self.spec.max_age.after(self.fingerprint.snapshot_on) if self.spec.max_age else None

    def as_json(self) -> dict[str, Any]:
        """Give it as it stands in the manifest and the ledger."""
        mark = self.fingerprint
        told: dict[str, Any] = {
            "role": mark.role,
            "files": [file.__dict__ for file in mark.files],
            "sha256": mark.sha256,
            "bytes": mark.bytes,
            "rows": mark.rows,
            "unreadable": self.unreadable,
            "snapshot_on": mark.snapshot_on.isoformat(),
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
        }
        return told if self.in_force is None else told | {"in_force": self.in_force}


@dataclass
class Intake:
    """Reads the sources of one run. Problems are gathered, so that all are told at once."""

    policy: Policy
    plan: Plan
    base: Path
    time_zone: ZoneInfo
    scratch: Path
    previous_rows: dict[str, int]
    """Rows of each source, by role, in the last published run."""
    pool: ThreadPoolExecutor
    """Threads that split the files."""
    problems: list[Problem] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    stop: Event = field(default_factory=Event)
    """Set when nothing more need be read."""

    def evidence(self) -> Evidence:
        """Read the objections, the register and the call history.

        :raises SourceError: with every problem of every one of them.
        """
        apart = [replace(self, problems=[], taken=[]) for _ in range(3)]
        with ThreadPoolExecutor(len(apart), thread_name_prefix="intake") as side_by_side, self._stopping():
            objected = side_by_side.submit(Intake._everybody, apart[0])
            register = side_by_side.submit(Intake._register, apart[1])
            calls = side_by_side.submit(Intake._calls, apart[2])
            numbers, fresh_until = register.result() or (None, None)
            found = Evidence(objected.result(), numbers, fresh_until, calls.result())
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

    def _until_stopped(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for block in blocks:
            if self.stop.is_set():
                raise SourceError("the sources were not read to their end")
            yield block

    def refuse(self) -> None:
        """Raise what was found wrong so far, if anything was."""
        if self.problems:
            raise SourceError("the sources cannot be used:", self.problems)

    def open(
        self, spec: SourceFile, role: str, columns: Iterable[str] | None, paths: Paths | None = None, **how: Any
    ) -> Source:
        """Open a source of the policy."""
        if paths is None:
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
            found.append(check_shrink(mark, self.previous_rows.get(mark.role), spec.max_shrink))
        self.problems += [problem for problem in found if problem]

    def _everybody(self) -> Objected:
        objected = [self._objections(i, spec) for i, spec in enumerate(self.policy.objections)]
        return everybody([people for people in objected if people])

    def _objections(self, index: int, spec: Objections) -> People | None:
        columns = spec.columns
        names = [*as_columns(columns.phone), columns.customer_id, columns.withdrawn_on, columns.brand]
        country = spec.country or self.plan.default_country
        role = f"objections[{index}]"
        return self._take(
            spec,
            role,
            [name for name in names if name],
            _as_it_is,
            lambda batches: objectors(batches, columns, self.dates_of(spec), country, self.plan),
            lambda people: people.tally,
            spec.max_unreadable,
        )

    def _register(self) -> tuple[NumberSet | NumberMap, date | None] | None:
        if not self.plan.screens:
            return None
        spec = self.policy.bel_me_niet.register_file
        if spec is None:
            raise SourceError("the policy screens, but names no register")
        country = spec.country or self.plan.default_country
        people = self._take(
            spec,
            "register",
            register_columns(spec),
            lambda batch: read_registered(batch, spec.columns, country),
            registered,
            lambda people: people.tally,
            spec.max_unreadable,
        )
        return (number_set(people.numbers), self.taken[-1].valid_until) if people else None

    def _calls(self) -> Calls | None:
        if not self.plan.limits_attempts:
            return None
        spec = self.policy.contacts
        if spec is None:
            raise SourceError("a balanstest limits the number of calls, but the policy names no contacts")
        country = spec.country or self.plan.default_country
        made = self._take(
            spec,
            "contacts",
            contact_columns(spec.columns),
            _as_it_is,
            lambda batches: calls_made(batches, spec.columns, self.dates_of(spec), country, self.plan),
            lambda made: made[1],
            spec.max_unreadable,
        )
        return made[0] if made else None

    def _take(  # noqa: PLR0913
        self,
        spec: Objections | Register | Contacts,
        role: str,
        columns: list[str],
        read: Callable[[Chunk], Read],
        make: Callable[[Iterable[Read]], Made],
        tally_of: Callable[[Made], Tally],
        limit: ShareOrCount,
    ) -> Made | None:
        """Read a source, each part in any thread, and make what it is read for of all of them."""
        try:
            with self.open(spec, role, columns) as source:
                made = make(
                    in_order(self.pool, lambda block: read(block.parse()), self._until_stopped(source.blocks()), AHEAD)
                )
                fingerprint = source.fingerprint
        except SourceError as error:
            self.problems += error.as_problems()
            return None
        tally = tally_of(made)
        self.check(Taken(fingerprint, spec, tally.unreadable, tally.in_force))
        if limit.exceeded_by(tally.unreadable, tally.rows):
            self.problems.append(_unreadable(fingerprint, tally, limit))
        return made


def _as_it_is(chunk: Chunk) -> Rows:
    return chunk


def _unreadable(fingerprint: Fingerprint, tally: Tally, limit: ShareOrCount) -> Problem:
    rows = ", ".join(str(row) for row in tally.first_unreadable)
    return Problem(
        fingerprint.files[0].path,
        path=fingerprint.role,
        message=f"{tally.unreadable} of {tally.rows} rows cannot be used and protect nobody (row {rows}"
        f"{', …' if tally.unreadable > len(tally.first_unreadable) else ''}); at most {limit} may",
        hint="mend the rows, or check that the columns and the date format are the right ones",
    )


def call_list_columns(columns: CallListColumns) -> list[str]:
    """Give the columns of the call list that the decision needs."""
    others = (
        columns.product,
        columns.last_purchase_on,
        columns.contract_ended_on,
        columns.active,
        columns.first_payment_on,
        columns.consent_on,
    )
    return [columns.customer_id, *as_columns(columns.phone), *(name for name in others if name)]


def register_columns(spec: Register) -> list[str]:
    """Give the columns of the register that hold the number."""
    phone = spec.columns.phone
    return list(phone.join if isinstance(phone, JoinedColumns) else as_columns(phone))


def contact_columns(columns: ContactColumns) -> list[str]:
    """Give the columns of the call history that counting calls needs."""
    ids = [columns.customer_id] if columns.customer_id else []
    return [*as_columns(columns.phone), *ids, columns.called_on]
