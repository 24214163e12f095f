"""Retention and legal holds by hand: what was kept long enough is removed, unless somebody holds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from balansfilter.audit.find import Identity
from balansfilter.audit.history import History, history
from balansfilter.audit.holds import Hold
from balansfilter.audit.names import HELD, RELEASED
from balansfilter.audit.removal import Prunable, holder
from balansfilter.audit.removal import prunable as prunable_of
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.audit.timeline import finder
from balansfilter.errors import UsageError
from balansfilter.policy.yaml_file import has_control


def prunable(audited: AuditedBrand, past: History, today: date, before: date | None) -> Prunable:
    """Say what has been kept long enough, and is not held.

    :raises UsageError: nothing says how long things stay.
    """
    return prunable_of(audited.site, past, today, before, holder(audited.audit, audited.indexes, past))


def prune(audited: AuditedBrand, today: date, before: date | None, lock_wait: float) -> Prunable:
    """Remove what has been kept long enough, and is not held.

    :raises LockError: a run of the brand is busy.
    """
    with audited.locked("prune", lock_wait) as ledger:
        return audited.kept.prune(ledger, today, before)


def hold(
    audited: AuditedBrand,
    what: str | Identity,
    reason: str,
    lock_wait: float,
    told: Callable[[int], None] | None = None,
) -> Hold:
    """Lay a hold on a run, or on a person: what it names is not pruned and not forgotten until it is released.

    :param what: the id of a run, or a person.
    :raises UsageError: the run was never published, is gone already, no run holds the person, or there is no reason.
    """
    why = _reason(reason, "held")
    if isinstance(what, str) and audited.run(what).decisions_pruned is not None:
        raise UsageError(f"the decisions of run {what} were pruned already; there is nothing to hold")
    with audited.locked("hold", lock_wait) as ledger:
        if isinstance(what, str):
            body: dict[str, object] = {"run_id": what, "person": None, "reason": why}
        else:
            past = history(ledger.events)
            found = finder(audited).find(past, what, past.runs.values(), told)
            rows = [{"run_id": name, "rows": [one.row for one in lines]} for name, lines in found.decisions.items()]
            if not rows:
                raise UsageError("no run holds this person; there is nothing to hold")
            body = {"run_id": None, "person": rows, "reason": why}
        ledger.append(HELD, body)
        return history(ledger.events).holds[-1]


def release(audited: AuditedBrand, number: int, reason: str, lock_wait: float) -> None:
    """Release a hold, by the number of its event.

    :raises UsageError: there is no such hold, or there is no reason.
    """
    why = _reason(reason, "released")
    with audited.locked("release", lock_wait) as ledger:
        if number not in {one.seq for one in history(ledger.events).holds}:
            raise UsageError(f"there is no hold {number}; see them: balansfilter audit hold --brand {audited.brand}")
        ledger.append(RELEASED, {"hold": number, "reason": why})


def _reason(reason: str, done: str) -> str:
    if not reason.strip() or has_control(reason):
        raise UsageError(f"say why it is {done}, in a line of plain text")
    return reason.strip()
