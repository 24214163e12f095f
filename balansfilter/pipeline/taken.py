"""A source as it was taken in: what was read of it, of which day it is, and which of its columns are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from balansfilter.decision.plan import Plan
from balansfilter.errors import Problem
from balansfilter.evidence.contacts import ContactReading
from balansfilter.evidence.newest import Newest
from balansfilter.evidence.objections import ObjectionReading
from balansfilter.evidence.tally import Tally
from balansfilter.frozen import dataclass
from balansfilter.pipeline.registers import IndexUsed
from balansfilter.policy.model import CallList, Contacts, Objections, SourceFile
from balansfilter.sources import Fingerprint, no_newest


@dataclass(frozen=True)
class InCallList:
    """How much of a source occurs in the call list."""

    ids: int | None
    """Different customer ids in force; None where the source has none."""
    numbers: int
    """Different phone numbers in force; of a register, the numbers of the call list that stand in it."""


@dataclass(frozen=True)
class Taken:
    """A source that was read and checked."""

    fingerprint: Fingerprint
    spec: SourceFile
    tally: Tally | None = None
    """How its rows were read; None for the call list, of which the decisions tell."""
    warnings: tuple[str, ...] = ()
    """What is worth a look, with file and line."""
    confirmed: bool = False
    """Whether somebody confirmed that it was complete on its day."""
    newest_on: date | None = None
    """The day of the newest objection in it, up to the as-of date; None where it tells none."""
    index: IndexUsed | None = None
    """What its numbers were held as, where that may be used again; None for all but a register that is large."""

    @property
    def dated_by(self) -> str:
        """What its day was taken from: modified, filename, newest, date, closed or confirmed."""
        if self.confirmed:
            return "confirmed"
        if isinstance(self.spec, Objections) and self.spec.closed:
            return "closed"
        return self.spec.snapshot_on if isinstance(self.spec.snapshot_on, str) else "date"

    @property
    def valid_until(self) -> date | None:
        """The last day on which it is fresh enough; None where it has no largest age."""
        return self.spec.max_age.after(self.fingerprint.snapshot_on) if self.spec.max_age else None

    def as_json(self, found: InCallList | None = None) -> dict[str, Any]:
        """Return it as it stands in the manifest and the ledger.

        :param found: how much of it occurs in the call list, where that was looked at.
        """
        mark = self.fingerprint
        values: dict[str, Any] = {
            "role": mark.role,
            "files": [file.as_json() for file in mark.files],
            "sha256": mark.sha256,
            "bytes": mark.bytes,
            "rows": mark.rows,
            "unreadable": self.tally.unreadable.count if self.tally else 0,
            "snapshot_on": mark.snapshot_on.isoformat(),
            "dated_by": self.dated_by,
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
        }
        if self.newest_on is not None:
            values["newest_on"] = self.newest_on.isoformat()
        if self.tally is not None:
            values |= _counted(self.tally)
        if self.index is not None:
            values["index"] = self.index.as_json()
        return values if found is None else values | {"in_call_list": found.__dict__}


def _counted(tally: Tally) -> dict[str, Any]:
    """Return what was read of a source besides its rows."""
    counts: dict[str, Any] = {"in_force": tally.in_force, "left_out": tally.left_out}
    if tally.objections is not None:
        oldest = tally.oldest_objection_on
        counts |= {"objections": tally.objections, "oldest_objection_on": oldest.isoformat() if oldest else None}
    counts |= {"ids": tally.ids, "numbers": tally.numbers}
    reasons = {reason: {"rows": rows.count, "first_rows": rows.first} for reason, rows in tally.reasons.items()}
    counts |= {"unreadable_reasons": reasons}
    several = tally.more_than_id
    return counts | ({"more_than_id": {"rows": several.count, "first_rows": several.first}} if several.count else {})


def newest_objection(sources: Iterable[Taken]) -> date | None:
    """Return the day of the newest objection in any source; None where none tells days."""
    return max((source.newest_on for source in sources if source.newest_on), default=None)


def dated(taken: Taken, newest: Newest, confirmed: Callable[[], Mapping[str, date]]) -> tuple[Taken, Problem | None]:
    """Date a list of objections by its newest one, where that counts, or by the day that was confirmed.

    :param confirmed: gives the days on which lists, by their digests, were confirmed to be complete.
    """
    mark = taken.fingerprint
    taken = replace(taken, newest_on=newest.day)
    if isinstance(taken.spec, Objections) and taken.spec.closed is not None:
        return taken, None
    if newest.dates_list:
        if newest.day is None:
            return taken, no_newest(mark, newest.as_of)
        mark = replace(mark, snapshot_on=newest.day)
    complete_on = confirmed().get(mark.sha256, date.min)
    if complete_on <= mark.snapshot_on:
        return replace(taken, fingerprint=mark), None
    return replace(taken, fingerprint=replace(mark, snapshot_on=complete_on), confirmed=True), None


def call_list_columns(spec: CallList, plan: Plan) -> list[str]:
    """Return the columns of the call list that the decision needs."""
    columns = spec.columns
    others = (
        columns.product,
        columns.last_purchase_on,
        columns.contract_ended_on,
        columns.active,
        columns.first_payment_on,
        columns.relation_began_on,
        columns.consent_on,
        columns.consent_for,
        columns.consent_proof,
    )
    return [columns.customer_id, *plan.numbers.names, *(name for name in others if name), *spec.where]


def objection_columns(spec: Objections, how: ObjectionReading) -> list[str]:
    """Return the columns of a file of objections that say whom it protects."""
    columns = spec.columns
    others = (columns.customer_id, columns.objected_on, columns.withdrawn_on, columns.brand)
    return [*how.numbers.names, *(name for name in others if name), *spec.where]


def contact_columns(spec: Contacts, how: ContactReading) -> list[str]:
    """Return the columns of the call history that counting calls and finding objections needs."""
    columns = spec.columns
    others = (columns.customer_id, columns.objected)
    return [*how.numbers.names, columns.called_on, *(name for name in others if name), *spec.where]
