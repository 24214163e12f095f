"""The document of a balanstest as it was signed, and what the figures of today would be beside it."""

from __future__ import annotations

import json
from typing import Any, Literal

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.ledger import read_chain
from balansfilter.balanstest.moments import OUTCOMES
from balansfilter.commands.balanstest.frozen import frozen_file, is_kept
from balansfilter.document.document_files import DocumentOrder, Form, measured_for
from balansfilter.document.standing import standing_of
from balansfilter.errors import AuditError, UsageError
from balansfilter.frozen import dataclass
from balansfilter.policy.law import Law
from balansfilter.policy.model import Balanstest, Policy

Why = Literal["not_here", "anew"]


@dataclass(frozen=True)
class Signed:
    """The dossier of an approval that holds."""

    audit: BrandAudit
    test: Balanstest
    digest: str

    def document(self, order: DocumentOrder, form: Form) -> bytes:
        """Return the document as it was signed.

        :raises UsageError: it was not signed in that language and form.
        :raises AuditError: it is not what was signed.
        """
        name = f"document.{order.language}.{form}"
        data = frozen_file(self.audit, self.digest, name)
        if data is None:
            raise UsageError(f"the dossier of `{self.test.id}` holds no {name} — make one of today with --draft")
        return data

    def figures(self) -> list[dict[str, Any]]:
        """Return the figures as they were signed; none where there were none."""
        data = frozen_file(self.audit, self.digest, "overview.json")
        return [] if data is None else list(json.loads(data)["figures"])


def signed_dossier(order: DocumentOrder, policy: Policy, test: Balanstest, law: Law) -> Signed | Why:
    """Return the dossier that a balanstest was signed with, where its approval holds; else why there is none to show.

    :raises AuditError: the ledger says that it was signed here, and the dossier is gone.
    """
    approval = test.approval
    if approval is None or approval.dossier is None or standing_of(policy, test, order.as_of, law).is_draft:
        return "anew"
    audit = BrandAudit(order.site.audit.dir / policy.brand)
    if is_kept(audit, approval.dossier):
        return Signed(audit, test, approval.dossier)
    events = read_chain(audit.ledger).events if audit.ledger.exists() else ()
    if any(event.body.get("dossier") == approval.dossier for event in events):
        raise AuditError(f"the signed dossier {audit.dossier(approval.dossier)} is gone; put it back from your backup")
    return "not_here"


@dataclass(frozen=True)
class Other:
    """A figure of today that is not the one that was signed."""

    band: str
    outcome: str
    then: float | None
    now: float | None


def others(order: DocumentOrder, policy: Policy, signed: Signed, law: Law) -> tuple[Other, ...]:
    """Return which figures of today are others than those that were signed.

    :raises BalansfilterError: the history cannot be used today.
    """
    overview = measured_for(order, policy, signed.test, law).overview
    now = _shares(overview.as_json()["figures"] if overview else [], signed.test.id)
    then = _shares(signed.figures(), signed.test.id)
    places = dict.fromkeys([*then, *now])
    return tuple(
        Other(*place, then.get(place), now.get(place)) for place in places if then.get(place) != now.get(place)
    )


def _shares(figures: list[dict[str, Any]], balanstest: str) -> dict[tuple[str, str], float | None]:
    """Return the share of each outcome by band: of the balanstest, or of all calls where nothing tells."""
    mine = [one for one in figures if one["series"] == "band"]
    own = [one for one in mine if (one["scope"], one["name"]) == ("balanstest", balanstest)]
    return {
        (one["band"], outcome): one[f"{outcome}_rate"]
        for one in own or [one for one in mine if one["scope"] == "all"]
        for outcome in OUTCOMES
    }
