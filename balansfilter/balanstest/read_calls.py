"""Reads a call history once, from its file to calls on disk, every person's together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from balansfilter.balanstest.bands import day_of
from balansfilter.balanstest.call_history import HistoryQuestion, JoinedObjections, Outcomes, PastCalls
from balansfilter.balanstest.calls import NOBODY, CallStore
from balansfilter.balanstest.objections_on_file import Attribution, ObjectionsMade, read_objections, together
from balansfilter.balanstest.placing import FLAGS, LEFT_OUT, PlacedBlock, Reader
from balansfilter.balanstest.same_person import settle_persons
from balansfilter.balanstest.who_and_what import RowReader
from balansfilter.decision.plan import Plan, make_plan
from balansfilter.errors import EngineError, PolicyError, Problem, SourceError
from balansfilter.evidence.dates import DateReader
from balansfilter.native.parallel import WORKERS
from balansfilter.phone import known_countries
from balansfilter.policy.loading import base_folder, brand_file, read_policy
from balansfilter.policy.model import Contacts, Objections, Policy, SourceFile
from balansfilter.policy.values import ShareOrCount
from balansfilter.remote import is_remote
from balansfilter.sources import (
    Asking,
    Chunk,
    Fetched,
    Fingerprint,
    Remote,
    Source,
    check_min_rows,
    expected_sources,
    open_source,
    resolve_paths,
)

MAX_PRODUCTS = 1000
MAX_UNREADABLE = ShareOrCount("1%")
"""How many cells of a column may say neither yes nor no, unless the policy's `contacts.max_unreadable` tells."""


@contextmanager
def read_history(question: HistoryQuestion, scratch: Path) -> Iterator[PastCalls]:
    """Read a brand's call history into a scratch folder. An approval is not asked for: the overviews come first.

    :raises UsageError: there is no such brand.
    :raises PolicyError: the policy is wrong, or has no call history that can be used.
    :raises SourceError: with every problem of a file, or where no call could be placed.
    :raises OSError: the scratch folder cannot be written.
    """
    policy = policy_with_history(question)
    contacts = _contacts_of(policy)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="history") as pool, CallStore(scratch) as store:
        yield _Reading(question, policy, contacts, store, pool, scratch).read()


def policy_with_history(question: HistoryQuestion) -> Policy:
    """Return the policy whose call history is asked about.

    :raises UsageError: there is no such brand.
    :raises PolicyError: the policy is wrong, or has no call history that can be used.
    """
    policy, file = question.policy, ""
    if policy is None:
        loaded = read_policy(brand_file(question.configs, question.brand), countries=known_countries())
        policy, file = loaded.policy, loaded.file
    _contacts_of(policy, file)
    return policy


def _contacts_of(policy: Policy, file: str = "") -> Contacts:
    contacts = policy.contacts
    if contacts is None:
        message, hint = (
            "is missing: the overviews are made of it",
            "add `contacts`, with called_on and last_purchase_on",
        )
        raise PolicyError("there is no call history:", [Problem(file, path="contacts", message=message, hint=hint)])
    if contacts.columns.last_purchase_on is None:
        place = "contacts.columns.last_purchase_on"
        message = "is missing: the overviews are set against the time since the last purchase"
        hint = "map the column with the last purchase as it was on the day of the call"
        raise PolicyError("the call history cannot be used:", [Problem(file, path=place, message=message, hint=hint)])
    return contacts


@dataclass
class _Reading:
    question: HistoryQuestion
    policy: Policy
    contacts: Contacts
    store: CallStore
    pool: ThreadPoolExecutor
    scratch: Path
    products: dict[str, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=lambda: [0] * (len(LEFT_OUT) + 1))
    days: list[int] = field(default_factory=list)
    without_person: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)

    @cached_property
    def remote(self) -> Remote:
        """What of the sources is no file."""
        question = self.question
        asking = Asking(self.scratch, question.brand, question.as_of, ZoneInfo(question.site.timezone))
        named = [(f"objections[{i}]", spec) for i, spec in enumerate(self.policy.objections)]
        return Remote(asking, expected_sources([("contacts", self.contacts), *named]))

    def read(self) -> PastCalls:
        attribution = self._attribution()
        reader = self._reader()
        with self._open(self.contacts, "contacts", self._columns()) as source:
            for placed in source.parts(self.pool, reader.read):
                self._take(placed)
                if attribution:
                    attribution.see(placed.seen)
            fingerprint = source.fingerprint
        self._check(fingerprint)
        too_shared = settle_persons(self.store, self.scratch, self.pool) if self._names_both() else 0
        return PastCalls(
            policy=self.policy,
            products=tuple(self.products),
            outcomes=self._outcomes(joins=attribution is not None),
            fingerprint=fingerprint,
            left_out=dict(zip(LEFT_OUT, self.counts[1:], strict=True)),
            without_person=self.without_person,
            unreadable_flags={name: self.unreadable[name] for name in FLAGS if self.unreadable[name]},
            too_shared=too_shared,
            until=self.question.until,
            first_call=day_of(min(self.days)),
            last_call=day_of(max(self.days)),
            joined=self._joined(attribution),
            _store=self.store,
            _objected_rows=attribution.rows if attribution else np.empty(0, dtype=np.uint64),
        )

    @cached_property
    def _plan(self) -> Plan:
        """How ids, numbers and brands are read."""
        return make_plan(self.policy, self.question.as_of, frozenset())

    def _rows_of(self, spec: Contacts | Objections) -> RowReader:
        dates = DateReader.of(spec, ZoneInfo(self.question.site.timezone))
        return RowReader(dates, self._plan.numbers_of(spec), self._plan.exact_ids)

    def _reader(self) -> Reader:
        question, rows = self.question, self._rows_of(self.contacts)
        return Reader(self.contacts.columns, rows, question.as_of, question.until, question.since)

    def _names_both(self) -> bool:
        """Whether a call may name two keys of one person."""
        phones = self._plan.numbers_of(self.contacts)
        numbers = len(phones.phones) * (1 + len(phones.others))
        return numbers + (self.contacts.columns.customer_id is not None) > 1

    def _columns(self) -> list[str | None]:
        columns = self.contacts.columns
        outcomes = [getattr(columns, name) for name in FLAGS]
        others = (columns.customer_id, columns.called_on, columns.last_purchase_on, columns.product)
        return [*self._plan.numbers_of(self.contacts).names, *others, *outcomes]

    def _take(self, placed: PlacedBlock) -> None:
        self.counts = [a + int(b) for a, b in zip(self.counts, placed.counts, strict=True)]
        self.unreadable.update(placed.unreadable)
        calls = placed.calls
        if not len(calls):
            return
        for product in placed.products:
            self.products.setdefault(product, len(self.products))
        if len(self.products) > MAX_PRODUCTS:
            message, hint = f"holds more than {MAX_PRODUCTS} different products", "map the column with the category"
            problem = Problem("", path="contacts.columns.product", message=message, hint=hint)
            raise SourceError("the call history cannot be used:", [problem])
        places = np.array([self.products[product] for product in placed.products], dtype=np.uint16)
        calls["product"] = places[calls["product"]]
        self.store.add(calls, placed.others)
        self.days += [int(calls["day"].min()), int(calls["day"].max())]
        self.without_person += int((calls["person"] == NOBODY).sum())

    def _check(self, fingerprint: Fingerprint) -> None:
        problem = check_min_rows(fingerprint, max(self.contacts.min_rows, 1))
        if problem is None and sum(self.counts) != fingerprint.rows:
            raise EngineError(f"calls went in: {fingerprint.rows}; came out: {sum(self.counts)}; nothing is shown")
        if problem is None:
            self._check_flags(fingerprint)
        if problem is None and not self.counts[0]:
            reasons = ", ".join(f"{rows} {why}" for why, rows in zip(LEFT_OUT, self.counts[1:], strict=True) if rows)
            message = f"no call of {fingerprint.rows:,} can be set against a purchase: {reasons}"
            hint = "check the columns and the date_format of `contacts`, and the days that were asked for"
            problem = Problem(fingerprint.files[0].path, path="contacts", message=message, hint=hint)
        if problem:
            raise SourceError("the call history cannot be used:", [problem])

    def _check_flags(self, fingerprint: Fingerprint) -> None:
        """Refuse columns of which too many cells say neither yes nor no."""
        limited = "max_unreadable" in self.contacts.model_fields_set
        limit = self.contacts.max_unreadable if limited else MAX_UNREADABLE
        problems = [
            Problem(
                fingerprint.files[0].path,
                path=f"contacts.columns.{name}",
                message=f"cells with neither yes nor no: {self.unreadable[name]:,} of {fingerprint.rows:,}; at most"
                f" {limit} may be",
                hint="write ja or nee, yes or no, 1 or 0, or leave it empty for no; `contacts.max_unreadable` allows"
                " more",
            )
            for name in FLAGS
            if limit.exceeded_by(self.unreadable[name], fingerprint.rows)
        ]
        if problems:
            raise SourceError("the call history cannot be used:", problems)

    def _open(self, spec: SourceFile, role: str, columns: list[str | None]) -> Source:
        question = self.question
        base = base_folder(question.configs)
        paths: Sequence[Path | Fetched]
        if is_remote(spec.path):
            paths = self.remote.take(spec, role)
        else:
            paths = resolve_paths(spec.path, base=base, brand=question.brand, as_of=question.as_of, role=role)
        wanted = tuple(dict.fromkeys(name for name in columns if name))
        zone = ZoneInfo(question.site.timezone)
        return open_source(spec, role=role, paths=paths, columns=wanted, time_zone=zone, as_of=question.as_of)

    # --- objections in files of their own -------------------------------------------------------------------------

    def _attribution(self) -> Attribution | None:
        dated = [(i, spec) for i, spec in enumerate(self.policy.objections) if spec.columns.objected_on]
        if self.contacts.columns.objected or not dated:
            return None
        files = [self._objections(f"objections[{i}]", spec) for i, spec in dated]
        return Attribution(together(files), self.question.objection_window)

    def _objections(self, role: str, spec: Objections) -> ObjectionsMade:
        columns, how = spec.columns, self._rows_of(spec)
        names = [*how.phones.names, columns.customer_id, columns.objected_on, columns.brand]
        with self._open(spec, role, names) as source:
            return read_objections(source.parts(self.pool, _as_it_is), spec, how, self._plan.brands)

    def _joined(self, attribution: Attribution | None) -> JoinedObjections | None:
        if attribution is None:
            return None
        made, placed = attribution.made, attribution.placed
        return JoinedObjections(
            self.question.objection_window,
            after_a_call=placed,
            in_a_band=attribution.in_a_band,
            elsewhere=len(made.day) - placed,
            without_day=made.without_day,
        )

    def _outcomes(self, *, joins: bool) -> Outcomes:
        columns = self.contacts.columns
        return Outcomes(
            "call_history" if columns.converted else None,
            "call_history" if columns.objected else "objections_files" if joins else None,
            "call_history" if columns.complained else None,
            "call_history" if columns.reached else None,
        )


def _as_it_is(chunk: Chunk) -> Chunk:
    return chunk
