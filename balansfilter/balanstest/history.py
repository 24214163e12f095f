"""The call history of a brand, read once: every call is set against the purchase that held then, or left out.

The history is the policy's `contacts`, one row a call. How calls ended is told by its columns `converted`, `objected`
and `complained`. Where it has no column `objected`, the objections are taken from the policy's objections files that
map `objected_on`. A policy has no place for files of sales or of complaints: without a column for them, conversions
or complaints are not known, and are shown as not known instead of as none.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from balansfilter.balanstest.bands import day_of
from balansfilter.balanstest.calls import NOBODY, OBJECTED, Calls, CallStore
from balansfilter.balanstest.objections import Attribution, ObjectionsMade, is_among, read_objections, together
from balansfilter.balanstest.placing import LEFT_OUT, PlacedBlock, Reader
from balansfilter.engine.dates import DateReader
from balansfilter.engine.filter import AHEAD, WORKERS
from balansfilter.engine.membership import UInt64Array
from balansfilter.engine.parallel import in_order
from balansfilter.errors import EngineError, PolicyError, Problem, SourceError
from balansfilter.phone import known_countries
from balansfilter.plan import Plan, make_plan
from balansfilter.policy.loading import LoadedPolicy, base_folder, brand_file, read_policy
from balansfilter.policy.model import Contacts, Objections, Policy, SourceFile
from balansfilter.policy.site import Site
from balansfilter.policy.values import Span
from balansfilter.sources import Block, Chunk, Fingerprint, Source, check_min_rows, open_source, resolve_paths

MAX_PRODUCTS = 1000
OBJECTION_WINDOW = Span("30 days")
"""How long after a call an objection in a file of its own is put down to it."""

Told = Literal["call_history", "objections_files"]


@dataclass(frozen=True)
class Question:
    """Which history is read, and how."""

    configs: Path
    """The folder of the configs."""
    site: Site
    brand: str
    as_of: date
    """Calls after this day are left out."""
    since: date | None = None
    """Calls before this day are left out."""
    objection_window: Span = OBJECTION_WINDOW


@dataclass(frozen=True)
class Outcomes:
    """Where it is told how calls ended; None where it is not known."""

    conversions: Told | None
    objections: Told | None
    complaints: Told | None


@dataclass(frozen=True)
class JoinedObjections:
    """What became of the objections that stand in files of their own."""

    within: Span
    """How long after a call they were put down to it."""
    after_a_call: int
    elsewhere: int
    """Objections that followed no call within that time, such as those by letter, or by people never called."""
    without_day: int
    """Objections without a readable day, or that name nobody."""


@dataclass(frozen=True)
class History:
    """A history that was read. Its calls lie on disk for as long as :func:`read_history` keeps it open."""

    policy: Policy
    products: tuple[str, ...]
    """The products of the calls; a call's product is its place in it. One empty name where no column tells."""
    outcomes: Outcomes
    fingerprint: Fingerprint
    left_out: dict[str, int]
    """Calls by why they were left out, in the order of :data:`LEFT_OUT`."""
    without_person: int
    """Calls that were placed, but that name neither a readable number nor a customer id."""
    first_call: date
    last_call: date
    joined: JoinedObjections | None
    """None where the call history itself tells of objections, or nothing does."""
    _store: CallStore
    _objected_rows: UInt64Array

    @property
    def has_products(self) -> bool:
        """Whether the history tells which product a call was about."""
        return self.policy.contacts is not None and self.policy.contacts.columns.product is not None

    @property
    def years(self) -> float:
        """How long the history is, from its first call to its last, in years of 365.25 days."""
        return ((self.last_call - self.first_call).days + 1) / 365.25

    @property
    def tells_balanstest(self) -> bool:
        """Whether it is known under which balanstest each call falls: by its product, or because there is only one."""
        return self.has_products or len(self.policy.balanstests) == 1

    def balanstest_of(self) -> npt.NDArray[np.int32]:
        """Give the place of the balanstest that holds for each product; -1 where none does, or nothing tells which."""
        plan = make_plan(self.policy, self.last_call, frozenset())
        if not self.has_products:
            return np.full(len(self.products), 0 if self.tells_balanstest else -1, dtype=np.int32)
        places = [plan.products.get(product, plan.general_window) for product in self.products]
        return np.array([-1 if place is None else place for place in places], dtype=np.int32)

    def parts(self) -> Iterator[Calls]:
        """Give the calls that were placed, every person's in one part, each part in the order of the history."""
        for calls in self._store.parts():
            if len(self._objected_rows):
                calls["ended"][is_among(calls["row"], self._objected_rows)] |= OBJECTED
            yield calls


@contextmanager
def read_history(question: Question, scratch: Path) -> Iterator[History]:
    """Read a brand's call history into a scratch folder. An approval is not asked for: the overviews come first.

    :raises UsageError: there is no such brand.
    :raises PolicyError: the policy is wrong, or has no call history that can be used.
    :raises SourceError: with every problem of a file, or where no call could be placed.
    :raises OSError: the scratch folder cannot be written.
    """
    path = brand_file(question.configs, question.brand)
    loaded = read_policy(path, countries=known_countries())
    contacts = _contacts_of(loaded)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="history") as pool, CallStore(scratch) as store:
        yield _Reading(question, loaded.policy, contacts, store, pool).read()


def _contacts_of(loaded: LoadedPolicy) -> Contacts:
    contacts = loaded.policy.contacts
    if contacts is None:
        told, hint = "is missing: the overviews are made of it", "add `contacts`, with called_on and last_purchase_on"
        raise PolicyError("there is no call history:", [Problem(loaded.file, path="contacts", message=told, hint=hint)])
    if contacts.columns.last_purchase_on is None:
        place = "contacts.columns.last_purchase_on"
        told = "is missing: the overviews are set against the time since the last purchase"
        hint = "map the column with the last purchase as it was on the day of the call"
        raise PolicyError(
            "the call history cannot be used:", [Problem(loaded.file, path=place, message=told, hint=hint)]
        )
    return contacts


@dataclass
class _Reading:
    question: Question
    policy: Policy
    contacts: Contacts
    store: CallStore
    pool: ThreadPoolExecutor
    products: dict[str, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=lambda: [0] * (len(LEFT_OUT) + 1))
    days: list[int] = field(default_factory=list)
    without_person: int = 0

    def read(self) -> History:
        attribution = self._attribution()
        reader = self._reader(joins=attribution is not None)
        with self._open(self.contacts, "contacts", self._columns()) as source:
            for placed in in_order(self.pool, lambda block: reader.read(block.parse()), source.blocks(), AHEAD):
                self._take(placed)
                if attribution:
                    attribution.see(placed.row, placed.day, placed.customer_id, placed.numbers)
            fingerprint = source.fingerprint
        self._check(fingerprint)
        return History(
            policy=self.policy,
            products=tuple(self.products),
            outcomes=self._outcomes(joins=attribution is not None),
            fingerprint=fingerprint,
            left_out=dict(zip(LEFT_OUT, self.counts[1:], strict=True)),
            without_person=self.without_person,
            first_call=day_of(min(self.days)),
            last_call=day_of(max(self.days)),
            joined=self._joined(attribution),
            _store=self.store,
            _objected_rows=attribution.rows if attribution else np.empty(0, dtype=np.uint64),
        )

    def _reader(self, *, joins: bool) -> Reader:
        contacts, question = self.contacts, self.question
        numbers = self.plan.numbers_of(contacts)
        return Reader(contacts.columns, self._dates_of(contacts), numbers, question.as_of, question.since, joins)

    @property
    def plan(self) -> Plan:
        """How ids, numbers and brands are read."""
        return make_plan(self.policy, self.question.as_of, frozenset())

    def _columns(self) -> list[str | None]:
        columns = self.contacts.columns
        outcomes = (columns.converted, columns.objected, columns.complained)
        others = (columns.customer_id, columns.called_on, columns.last_purchase_on, columns.product)
        return [*self.plan.numbers_of(self.contacts).names, *others, *outcomes]

    def _take(self, placed: PlacedBlock) -> None:
        self.counts = [a + int(b) for a, b in zip(self.counts, placed.counts, strict=True)]
        calls = placed.calls
        if not len(calls):
            return
        for product in placed.products:
            self.products.setdefault(product, len(self.products))
        if len(self.products) > MAX_PRODUCTS:
            told, hint = f"holds more than {MAX_PRODUCTS} different products", "map the column with the category"
            problem = Problem("", path="contacts.columns.product", message=told, hint=hint)
            raise SourceError("the call history cannot be used:", [problem])
        places = np.array([self.products[product] for product in placed.products], dtype=np.uint16)
        calls["product"] = places[calls["product"]]
        self.store.add(calls)
        self.days += [int(calls["day"].min()), int(calls["day"].max())]
        self.without_person += int((calls["person"] == NOBODY).sum())

    def _check(self, fingerprint: Fingerprint) -> None:
        problem = check_min_rows(fingerprint, max(self.contacts.min_rows, 1))
        if problem is None and sum(self.counts) != fingerprint.rows:
            raise EngineError(f"{fingerprint.rows} calls went in and {sum(self.counts)} came out; nothing is shown")
        if problem is None and not self.counts[0]:
            reasons = ", ".join(f"{rows} {why}" for why, rows in zip(LEFT_OUT, self.counts[1:], strict=True) if rows)
            told = f"none of the {fingerprint.rows} calls can be set against a purchase: {reasons}"
            hint = "check the columns and the date_format of `contacts`, and the days that were asked for"
            problem = Problem(fingerprint.files[0].path, path="contacts", message=told, hint=hint)
        if problem:
            raise SourceError("the call history cannot be used:", [problem])

    def _open(self, spec: SourceFile, role: str, columns: list[str | None]) -> Source:
        question = self.question
        base = base_folder(question.configs)
        paths = resolve_paths(spec.path, base=base, brand=question.brand, as_of=question.as_of, role=role)
        wanted = tuple(dict.fromkeys(name for name in columns if name))
        zone = ZoneInfo(question.site.timezone)
        return open_source(spec, role=role, paths=paths, columns=wanted, time_zone=zone, as_of=question.as_of)

    def _dates_of(self, spec: SourceFile) -> DateReader:
        return DateReader.of(spec, ZoneInfo(self.question.site.timezone))

    # --- objections in files of their own -------------------------------------------------------------------------

    def _attribution(self) -> Attribution | None:
        dated = [(i, spec) for i, spec in enumerate(self.policy.objections) if spec.columns.objected_on]
        if self.contacts.columns.objected or not dated:
            return None
        files = [self._objections(f"objections[{i}]", spec) for i, spec in dated]
        return Attribution(together(files), self.question.objection_window)

    def _objections(self, role: str, spec: Objections) -> ObjectionsMade:
        columns, plan = spec.columns, self.plan
        numbers = plan.numbers_of(spec)
        names = [*numbers.names, columns.customer_id, columns.objected_on, columns.brand]
        with self._open(spec, role, names) as source:
            batches = in_order(self.pool, _parse, source.blocks(), AHEAD)
            return read_objections(batches, spec, self._dates_of(spec), numbers, plan.brands)

    def _joined(self, attribution: Attribution | None) -> JoinedObjections | None:
        if attribution is None:
            return None
        made, placed = attribution.made, attribution.placed
        return JoinedObjections(self.question.objection_window, placed, len(made.day) - placed, made.without_day)

    def _outcomes(self, *, joins: bool) -> Outcomes:
        columns = self.contacts.columns
        return Outcomes(
            "call_history" if columns.converted else None,
            "call_history" if columns.objected else "objections_files" if joins else None,
            "call_history" if columns.complained else None,
        )


def _parse(block: Block) -> Chunk:
    return block.parse()
