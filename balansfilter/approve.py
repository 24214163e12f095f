"""The sign-off of a balanstest, in the policy and in the ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.ledger import Ledger, utc_now
from balansfilter.audit.texts import keep_texts
from balansfilter.phone import known_countries
from balansfilter.policy.approval import approve
from balansfilter.policy.loading import brand_file
from balansfilter.policy.model import Approval
from balansfilter.policy.site import Site
from balansfilter.publish.folders import BrandFolders
from balansfilter.publish.lock import brand_lock
from balansfilter.run import today


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
) -> Approval:
    """Approve a balanstest as it stands, and record it.

    :param on: the day of the approval; today if not given.
    :raises PolicyError: the policy is wrong in anything but the approval that is replaced.
    :raises LockError: a run of the brand is busy.
    """
    path = brand_file(configs, brand)
    folders = BrandFolders(site.output.dir / brand)
    with brand_lock(folders.lock, brand, "approval", utc_now(), 0):
        audit = BrandAudit(site.audit.dir / brand)
        ledger = Ledger(audit.ledger)
        loaded = approve(
            path,
            balanstest_id,
            by=by,
            role=role,
            on=on or today(site),
            review_by=review_by,
            opinion=opinion,
            countries=known_countries(),
        )
        test = next(test for test in loaded.policy.balanstests if test.id == balanstest_id)
        if test.approval is None:
            raise AssertionError("an approved balanstest has an approval")
        told = {name: value for name, value in test.approval.model_dump(mode="json").items() if name != "by"}
        keep_texts(audit, loaded)
        ledger.append(
            "balanstest.approved",
            {"balanstest": test.id, "by": by, **told, "max_term": str(test.max_term), "policy_sha256": loaded.sha256},
        )
    return test.approval
