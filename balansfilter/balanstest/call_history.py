"""The call history of a brand, read once: every call is set against the purchase that held then, or left out.

The history is the policy's `contacts`, one row a call. How calls ended is told by its columns `converted`, `objected`
and `complained`, and whether a call reached somebody by `reached`. Where it has no column `objected`, the objections
are taken from the policy's objections files that map `objected_on`. A policy has no place for files of sales or of
complaints: without a column for them, conversions or complaints are not known, and are shown as not known instead of as
none. A call is counted when the time has passed in which an objection is put down to it, so that all have had as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from balansfilter.balanstest.bands import number_of
from balansfilter.balanstest.calls import OBJECTED, Calls, CallStore
from balansfilter.balanstest.objections_on_file import is_among
from balansfilter.balanstest.pace import HistorySpan
from balansfilter.decision.plan import make_plan
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site
from balansfilter.policy.values import Span
from balansfilter.sources import Fingerprint

OBJECTION_WINDOW = Span("30 days")
"""How long after a call an objection in a file of its own is put down to it, and a call is too young to count."""

Told = Literal["call_history", "objections_files"]


@dataclass(frozen=True)
class HistoryQuestion:
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
    last_day: date | None = None
    """Calls after this day are too young; unless given those whose objection window has not passed."""
    policy: Policy | None = None
    """The policy; that of the brand's file unless given."""

    @property
    def until(self) -> date:
        """The last day of which calls are counted: that whose objection window ends on the as-of date, unless given."""
        if self.last_day is not None:
            return min(self.last_day, self.as_of)
        day = self.objection_window.before(self.as_of)
        while day < self.as_of and self.objection_window.after(day + timedelta(days=1)) <= self.as_of:
            day += timedelta(days=1)
        return day


@dataclass(frozen=True)
class Outcomes:
    """Where it is told how calls ended; None where it is not known."""

    conversions: Told | None
    objections: Told | None
    complaints: Told | None
    reached: Told | None
    """Where it is told whether a call reached somebody."""


@dataclass(frozen=True)
class JoinedObjections:
    """What became of the objections that stand in files of their own."""

    within: Span
    """How long after a call they were put down to it."""
    after_a_call: int
    in_a_band: int
    """Those of them whose call lies in a band, and is counted as one that ended in an objection."""
    elsewhere: int
    """Objections that followed no call within that time, such as those by letter, or by people never called."""
    without_day: int
    """Objections without a readable day, or that name nobody."""


@dataclass(frozen=True)
class PastCalls:
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
    unreadable_flags: dict[str, int]
    """Cells that say neither yes nor no, by the name of their column in the policy; only where there are any."""
    too_shared: int
    """Customer ids and numbers of so many people that they tell nobody apart."""
    until: date
    """The last day of which calls were counted."""
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
    def timeline(self) -> HistorySpan:
        """The first and the last day on which a call was placed."""
        return HistorySpan(number_of(self.first_call), number_of(self.last_call))

    @property
    def tells_balanstest(self) -> bool:
        """Whether it is known under which balanstest each call falls: by its product, or because there is only one."""
        return self.has_products or len(self.policy.balanstests) == 1

    def balanstest_of(self) -> npt.NDArray[np.int32]:
        """Return the place of the balanstest that holds for each product; -1 for none, or where nothing tells which."""
        plan = make_plan(self.policy, self.last_call, frozenset())
        if not self.has_products:
            return np.full(len(self.products), 0 if self.tells_balanstest else -1, dtype=np.int32)
        places = [plan.window_of(product) for product in self.products]
        return np.array([-1 if place is None else place for place in places], dtype=np.int32)

    def parts(self) -> Iterator[Calls]:
        """Yield the calls that were placed, every person's in one part."""
        for calls in self._store.parts():
            if len(self._objected_rows):
                calls["ended"][is_among(calls["row"], self._objected_rows)] |= OBJECTED
            yield calls
