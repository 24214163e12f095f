"""The sign-off of a balanstest, in the policy and in the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.kept_texts import keep_texts
from balansfilter.audit.ledger import utc_now
from balansfilter.audit.names import APPROVED, APPROVING, UNAPPROVED
from balansfilter.errors import OutputError
from balansfilter.phone import known_countries
from balansfilter.pipeline.recovery import brand_places, opened
from balansfilter.pipeline.run import today
from balansfilter.policy.approval import approve
from balansfilter.policy.loading import LoadedPolicy, brand_file
from balansfilter.policy.model import Approval, Balanstest, Policy
from balansfilter.policy.site import Site
from balansfilter.publish.lock import brand_lock

Freeze = Callable[[BrandAudit, Policy, Balanstest], Mapping[str, Any]]


def approve_balanstest(  # noqa: PLR0913
    configs: Path,
    site: Site,
    brand: str,
    balanstest_id: str,
    *,
    by: str,
    role: str,
    on: date | None,
    review_by: date | None,
    opinion: str | None,
    freeze: Freeze | None = None,
) -> Approval:
    """Approve a balanstest as it stands, and record it: before the policy is written, and again once it is.

    :param on: the day of the approval; today if not given.
    :param freeze: keeps the dossier of what is signed, and returns what the ledger tells of it, `dossier` among it.
    :raises PolicyError: the policy is wrong in anything but the approval that is replaced.
    :raises LockError: a run of the brand is busy.
    """
    path = brand_file(configs, brand)
    places = brand_places(configs, site, brand)
    with brand_lock(places.folders.lock, brand, "approval", utc_now(), 0):
        ledger = opened(places, site)
        recorded: dict[str, Any] = {}
        kept: dict[str, Any] = {}

        def frozen(policy: Policy, signed: Balanstest) -> str | None:
            kept.update(freeze(places.audit, policy, signed) if freeze else {})
            return kept.get("dossier")

        def record(approved: LoadedPolicy, before: bytes) -> None:
            test = _test(approved, balanstest_id)
            approval = test.approval.model_dump(mode="json") if test.approval else {}
            keep_texts(places.audit, approved)
            recorded.update({"balanstest": test.id, **approval, "max_term": str(test.max_term)})
            recorded.update(kept, policy_sha256=approved.sha256)
            ledger.append(APPROVING, recorded | {"was_sha256": hashlib.sha256(before).hexdigest()})

        try:
            loaded = approve(
                path,
                balanstest_id,
                by=by,
                role=role,
                on=on or today(site),
                review_by=review_by,
                opinion=opinion,
                countries=known_countries(),
                freeze=frozen,
                record=record,
            )
        except OutputError:
            if recorded:
                ledger.append(UNAPPROVED, {name: recorded[name] for name in ("balanstest", "policy_sha256")})
            raise
        ledger.append(APPROVED, recorded)
    return _approval(loaded, balanstest_id)


def _approval(loaded: LoadedPolicy, balanstest_id: str) -> Approval:
    approval = _test(loaded, balanstest_id).approval
    if approval is None:
        raise AssertionError("an approved balanstest has an approval")
    return approval


def _test(loaded: LoadedPolicy, balanstest_id: str) -> Balanstest:
    return next(test for test in loaded.policy.balanstests if test.id == balanstest_id)
