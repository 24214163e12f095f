"""What people confirmed of a list of objections: that it was complete on a day, though nothing was added to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.ledger import Event, read_chain
from balansfilter.audit.names import CONFIRMED
from balansfilter.policy.site import Site


def confirmed_lists(site: Site, brand: str, events: Iterable[Event] | None = None) -> Mapping[str, date]:
    """Return the last day on which each list, by its SHA-256, was confirmed to be complete.

    :param events: what the ledger of the brand says; None to read it.
    """
    days: dict[str, date] = {}
    for event in read_chain(BrandAudit(site.audit.dir / brand).ledger).events if events is None else events:
        if event.event == CONFIRMED:
            for one in event.body["lists"]:
                days[one["sha256"]] = max(
                    days.get(one["sha256"], date.min), date.fromisoformat(event.body["complete_on"])
                )
    return days
