"""What holds objections must not shrink unseen: who vanishes from it would be called.

An objection has no end (GDPR art. 21(3)); only the person takes it back. So a source that holds many fewer than when it
was last read is taken for one that is not whole: in a run, and when a list is held against the objections later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from balansfilter.errors import Problem
from balansfilter.pipeline.taken import Taken
from balansfilter.policy.model import Contacts, Objections
from balansfilter.sources import Lasting, check_shrink
from balansfilter.wording.plural import counted, rows_told

_FEW_TAKEN_BACK = 5
"""So many people may take their objection back between two runs, however short the file is."""
_ROWS_GONE = "find out where the rows went; if they may go, raise max_shrink"
_CALLS_GONE = (
    "deliver a call history that reaches back far enough, or put those objections in a file of objections; "
    "if they may go, raise max_shrink"
)


def _in_force(rows: int) -> str:
    return counted(rows, "{count} row in force", "{count} rows in force")


def _calls(calls: int) -> str:
    return counted(calls, "{count} call that ended in an objection", "{count} calls that ended in an objection")


_LASTING: Mapping[type, tuple[Lasting, ...]] = {
    Objections: (
        Lasting("rows", rows_told, _ROWS_GONE),
        Lasting("in_force", _in_force, _ROWS_GONE, _FEW_TAKEN_BACK),
    ),
    Contacts: (Lasting("objections", _calls, _CALLS_GONE),),
}
"""What lasts in each kind of source that holds objections."""


def lasting_counts(taken: Taken) -> dict[str, int]:
    """Return how much a source holds of what lasts in it, by the names that the manifest has for it."""
    told = taken.as_json()
    return {one.count: int(told[one.count]) for one in _LASTING.get(type(taken.spec), ()) if one.count in told}


def shrunk(
    taken: Taken, run: Mapping[str, Mapping[str, Any]], rechecks: Sequence[Mapping[str, Mapping[str, int]]]
) -> Iterator[Problem]:
    """Yield what a source lost more of than its `max_shrink`, since the last published run or a recheck of its list.

    It is told once: where whole rows are gone, fewer are in force as well.

    :param run: what the manifest of that run tells of each source, by role.
    :param rechecks: what each recheck counted of each source, by role.
    """
    spec, role = taken.spec, taken.fingerprint.role
    if not isinstance(spec, Objections | Contacts):
        return
    found = lasting_counts(taken)
    for lasting in _LASTING[type(spec)]:
        in_run = run.get(role, {}).get(lasting.count, 0)
        later = max((recheck.get(role, {}).get(lasting.count, 0) for recheck in rechecks), default=0)
        problem = check_shrink(
            taken.fingerprint,
            lasting,
            found.get(lasting.count, 0),
            max(in_run, later),
            spec.max_shrink,
            rechecked=later > in_run,
        )
        if problem is not None:
            yield problem
            return


def forgets(taken: Taken, run: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return a warning where the oldest objections of the last published run are gone from the call history.

    A history of the last so many months loses few of them a night: never so many that it shrinks by its `max_shrink`.

    :param run: what the manifest of that run tells of each source, by role.
    """
    role = taken.fingerprint.role
    before = run.get(role, {}).get("oldest_objection_on")
    oldest = taken.tally.oldest_objection_on if taken.tally else None
    if not isinstance(taken.spec, Contacts) or before is None or (oldest and oldest.isoformat() <= before):
        return None
    return (
        f"{role}: the oldest call that ended in an objection was of {before} in the last published run, and is of "
        f"{oldest or 'no day'} now: who objected before may be called again, unless a file of objections names them"
    )
