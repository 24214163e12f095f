"""A policy that may be used on a day: read, approved, under the law of that day, and worked out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from balansfilter.decision.plan import Plan, plan_under
from balansfilter.errors import PolicyError
from balansfilter.frozen import dataclass
from balansfilter.phone import known_countries
from balansfilter.policy.ages import within_the_law
from balansfilter.policy.calling import CallingDay, calling_day
from balansfilter.policy.law import Law, load_law, refuse_if_no_ground
from balansfilter.policy.loading import (
    LoadedPolicy,
    approvals_lapsing,
    brand_file,
    check_policy,
    other_brands,
    read_policy,
)
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site, load_site


@dataclass(frozen=True)
class Ruling:
    """A policy that may be used on a day: what it says, what the law says, and the plan that follows."""

    loaded: LoadedPolicy
    law: Law
    plan: Plan
    warnings: tuple[str, ...]

    @property
    def sources(self) -> Policy:
        """The policy with the ages that its sources may have under the law."""
        return within_the_law(self.loaded.policy, self.law, self.plan.as_of)

    def calling_day(self, site: Site) -> CallingDay:
        """Work out whether there are calls on the day, and within which hours."""
        return calling_day(self.loaded.policy, self.law, self.plan.as_of, ZoneInfo(site.timezone))


def rule(configs: Path, brand: str, as_of: date, others: Collection[str] | None = None) -> Ruling:
    """Read the policy of a brand and work it out for a day.

    :param others: the names of other brands that objections may name; those of the site unless given.
    :raises PolicyError: with every problem: it is wrong, its approval does not hold, or the law leaves it no ground.
    """
    loaded = read_policy(brand_file(configs, brand), countries=known_countries())
    policy = loaded.policy
    law = load_law(policy.law, configs)
    problems = check_policy(loaded, as_of=as_of, law=law)
    if problems:
        raise PolicyError(f"the policy of {brand} may not be used on {as_of}:", problems)
    refuse_if_no_ground(policy, law, as_of)
    warnings = [law.warning] if law.warning else []
    warnings += [str(problem) for problem in approvals_lapsing(loaded, as_of=as_of)]
    if others is None:
        others = other_brands(configs, brand, load_site(configs))
    return Ruling(loaded, law, plan_under(law, policy, as_of, others), tuple(warnings))


def ruling_without_approval(configs: Path, brand: str, as_of: date) -> Ruling:
    """Work out a policy for a day, whether or not it may be used to make a list then: to hold a list against it.

    :raises PolicyError: it cannot be read.
    """
    loaded = read_policy(brand_file(configs, brand), countries=known_countries())
    law = load_law(loaded.policy.law, configs)
    others = other_brands(configs, brand, load_site(configs))
    return Ruling(loaded, law, plan_under(law, loaded.policy, as_of, others), ())
