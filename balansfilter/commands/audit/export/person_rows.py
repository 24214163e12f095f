"""What of a person may be handed out: rows that are surely theirs, and can be proved; nothing that tells of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.find import Identity
from balansfilter.audit.history import History, PublishedRun
from balansfilter.audit.keyring import search_keys
from balansfilter.audit.leaves import hash_columns
from balansfilter.audit.sealed import DecisionsOf, ProvedRows
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.audit.timeline import Timeline
from balansfilter.commands.whose_objection import LEFT_ALONE, Own, own_in_runs, refuse_several
from balansfilter.errors import AuditError, UsageError


class PersonRows(NamedTuple):
    """What of a person may be handed out, and is surely theirs."""

    found: Timeline
    unproved: tuple[str, ...]
    """Runs that are left out, since no root was fixed over their decisions."""
    runs: dict[str, PublishedRun]
    proved: dict[str, ProvedRows]
    """The rows of the person, by run."""
    own: Own


def person_rows(audited: AuditedBrand, found: Timeline, who: Identity) -> PersonRows:
    """Work out what of a person may be handed out.

    :raises UsageError: no list that can be proved held the person, or the rows are of several customers.
    :raises AuditError: decisions are not what the ledger says, or a row is somebody else's.
    """
    past = audited.history()
    found, unproved = _provable(past, found)
    runs = {moment.run_id: past.runs[moment.run_id] for moment in found.moments}
    rows = {moment.run_id: [row.row for row in moment.rows] for moment in found.moments}
    proved = {run_id: _proved(audited, run, rows[run_id]) for run_id, run in runs.items()}
    _refuse_others(audited, past, runs, proved, who)
    for of_run in proved.values():
        refuse_several(len({row.cells["customer"] for row in of_run.rows}))
    return PersonRows(found, unproved, runs, proved, own_in_runs(audited, runs, proved))


def _provable(past: History, found: Timeline) -> tuple[Timeline, tuple[str, ...]]:
    """Leave out the runs that have no root."""
    moments = tuple(moment for moment in found.moments if past.runs[moment.run_id].root is not None)
    unproved = tuple(moment.run_id for moment in found.moments if past.runs[moment.run_id].root is None)
    if unproved and not moments:
        why = "the runs that decided on this person are of version 0.1, without a root under which a row can be proved"
        raise UsageError(f"{why}; show a supervisor their decisions: {', '.join(unproved)}")
    if not moments:
        raise UsageError("no published run that can be searched decided on this person: there is nothing to bundle")
    return replace(found, moments=moments), unproved


def _proved(audited: AuditedBrand, run: PublishedRun, rows: list[int]) -> ProvedRows:
    decisions = RunDecisions.of(audited.audit, run)
    decisions.refuse_changed()
    proved = DecisionsOf(decisions).proved(rows)
    if proved.root != run.root:
        where = decisions.place
        raise AuditError(f"the decisions {where} are not under the root of their run; see: balansfilter audit verify")
    return proved


def _refuse_others(
    audited: AuditedBrand, past: History, runs: dict[str, PublishedRun], proved: dict[str, ProvedRows], who: Identity
) -> None:
    """Hold every row against the whole keyed hash: what is handed out must surely be this person's."""
    keys = search_keys(audited.site.audit.key_file, past)
    for run_id, found in proved.items():
        hashes = set(who.hashes(keys[runs[run_id].key_id]).values())
        if any(not hashes & {row.cells[name] for name in hash_columns(list(row.cells))} for row in found.rows):
            raise AuditError(f"a row of run {run_id} was found that is somebody else's; remove {audited.indexes}")


def refuse_guessable(runs: Mapping[str, PublishedRun], proved: Mapping[str, ProvedRows], own: Own) -> None:
    """Refuse a bundle that would give away why somebody is left alone: by the counts in its ledger only one can be why.

    :raises UsageError: it would.
    """
    for run_id, found in proved.items():
        reasons: dict[str, int] = runs[run_id].prepared.body["reasons"]
        untold = any(not own.told(run_id, row.cells["reason"]) for row in found.rows)
        if untold and not any(reasons.get(name) for name in LEFT_ALONE):
            raise UsageError(
                f"the counts of run {run_id} in the ledger would tell this person what another did"
                " — hand out the statement alone, with --statement-only"
            )
