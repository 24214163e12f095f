"""Legal holds: what may not be removed, since when and why, as the ledger tells it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from balansfilter.audit.names import HELD, RELEASED
from balansfilter.frozen import dataclass

if TYPE_CHECKING:
    from balansfilter.audit.ledger import Event


@dataclass(frozen=True)
class Hold:
    """One legal hold, on a run or on a person."""

    seq: int
    """The number of its event, by which it is released."""
    at: str
    reason: str
    run_id: str | None
    """The run that it is on; None where it is on a person."""
    rows: Mapping[str, tuple[int, ...]]
    """The rows of the person by run, when it was laid; nothing for a hold on a run."""


def holds_in(events: Iterable[Event]) -> tuple[Hold, ...]:
    """Return the holds that were laid and not released."""
    found: dict[int, Hold] = {}
    for event in events:
        if event.event == HELD:
            found[event.seq] = _hold(event.seq, event.at, event.body)
        elif event.event == RELEASED:
            found.pop(event.body["hold"], None)
    return tuple(found.values())


def _hold(seq: int, at: str, body: Mapping[str, Any]) -> Hold:
    person = body["person"]
    rows = {one["run_id"]: tuple(one["rows"]) for one in person or ()}
    return Hold(seq, at, body["reason"], body["run_id"], rows)
