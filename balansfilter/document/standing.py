"""How a balanstest stands on a day: approved, or what is wanting. A balanstest that wants anything is a draft. Pure."""

from __future__ import annotations

from datetime import date
from typing import Literal

from balansfilter.frozen import dataclass
from balansfilter.policy.approval_checks import ceiling_findings
from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.law import Law
from balansfilter.policy.model import Balanstest, Policy

Wanting = Literal["unapproved", "changed", "not_yet", "lapsed", "over_ceiling"]


@dataclass(frozen=True)
class Standing:
    """How a balanstest stands on a day."""

    wanting: tuple[Wanting, ...]
    """What keeps it from being used; nothing if it is approved."""
    digest: str
    """The digest of the balanstest as it is now, which an approval must name."""

    @property
    def is_draft(self) -> bool:
        """Whether it is a draft: no list may be made with it on that day."""
        return bool(self.wanting)


def standing_of(policy: Policy, test: Balanstest, as_of: date, law: Law) -> Standing:
    """Tell how a balanstest stands on a day; the same that a run asks before it makes a list."""
    digest = balanstest_digest(policy, test)
    approval = test.approval
    found: dict[Wanting, bool] = {
        "unapproved": approval is None,
        "changed": approval is not None and approval.digest != digest,
        "not_yet": approval is not None and approval.on > as_of,
        "lapsed": approval is not None and approval.review_by < as_of,
        "over_ceiling": any(ceiling_findings(test, (), as_of, law)),
    }
    return Standing(tuple(wanting for wanting, holds in found.items() if holds), digest)
