"""What the law allows on a date: dated profiles, kept as data.

A profile lists periods, the grounds that exist in each by sector, and the other rules that depend on the day, each with
its sources; :mod:`balansfilter.policy.law_rules` says what it is made of.
The packaged profiles are the files in ``laws``; a file of the same name in ``<configs>/laws`` is read instead, so that
a date or a sector can be corrected without a new version of the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from balansfilter.errors import PolicyError
from balansfilter.frozen import dataclass
from balansfilter.policy.base import Sector
from balansfilter.policy.findings import Finding, placed, refusal
from balansfilter.policy.grounds import GROUNDS, Ground
from balansfilter.policy.holiday import holiday_findings
from balansfilter.policy.law_rules import (
    CallingDays,
    Ceiling,
    Dated,
    Freshness,
    LawName,
    Period,
    Profile,
    holds_for,
)
from balansfilter.policy.model import Policy
from balansfilter.policy.reading import build
from balansfilter.policy.values import Span
from balansfilter.policy.yaml_file import read_yaml

__all__ = [
    "GROUNDS",
    "PACKAGED",
    "Ceiling",
    "Ground",
    "Law",
    "LawName",
    "Period",
    "load_law",
    "offered_grounds",
    "refuse_if_no_ground",
    "usable_grounds",
]

PACKAGED = Path(__file__).parent / "laws"

Rule = TypeVar("Rule", bound=Dated)


@dataclass(frozen=True)
class Law:
    """A law profile and where it came from."""

    profile: Profile
    origin: str
    """The file it was read from; ``packaged`` for the program's own."""
    sha256: str
    """The SHA-256 of that file."""

    @property
    def name(self) -> LawName:
        """Name of the profile."""
        return self.profile.law

    @property
    def warning(self) -> str | None:
        """What every run under this law warns of."""
        return self.profile.warning

    @property
    def first_day(self) -> date:
        """First day for which rules are known."""
        return self.profile.periods[0].starts

    def covers(self, as_of: date) -> bool:
        """Whether rules are known for a day."""
        return any(period.holds_on(as_of) for period in self.profile.periods)

    def on(self, as_of: date) -> Period:
        """Return the period that a day falls in.

        :raises PolicyError: no rules are known of that day.
        """
        for period in self.profile.periods:
            if period.holds_on(as_of):
                return period
        raise PolicyError(self.silence(as_of))

    def silence(self, as_of: date) -> str:
        """Say that no rules are known for a day."""
        last = self.profile.periods[-1].ends
        known = f"before {self.first_day}" if as_of < self.first_day else f"after {last}"
        return f"the law profile {self.name} knows no rules for {as_of}: it is silent on days {known}"

    def grounds(self, sector: Sector, as_of: date) -> frozenset[Ground]:
        """Return the grounds on which a sector may call on a day."""
        return self.on(as_of).grounds.of(sector)

    def ceiling(self, as_of: date) -> Span | None:
        """Return the longest term on a day, None where there is no limit."""
        rule = self.ceiling_rule(as_of)
        return None if rule is None else rule.term

    def ceiling_rule(self, as_of: date) -> Ceiling | None:
        """Return the ceiling on the term on a day, with its source and whether an opinion lifts it."""
        self.on(as_of)
        return _holding(self.profile.ceilings, as_of)

    def screening_suffices(self, as_of: date) -> bool:
        """Whether a brand that screens every call needs no balanstest for its own customers on a day."""
        return _holding(self.profile.screening, as_of) is not None

    def last_day_of_screening(self, before: date) -> date | None:
        """Return the last day before another on which screening replaced a balanstest; None if it never did."""
        return max((rule.ends for rule in self.profile.screening if rule.ends < before), default=None)

    def counts_relations(self, sector: Sector, as_of: date) -> bool:
        """Whether a relation without a payment makes a customer in a sector on a day."""
        rule = _holding(self.profile.relations, as_of)
        return rule is not None and holds_for(rule.sectors, sector)

    def first_call_within(self, as_of: date) -> Span | None:
        """Return how soon a consent must be used to carry a call on a day; None where it need not be."""
        rule = _holding(self.profile.consent_use, as_of)
        return None if rule is None else rule.first_call_within

    def calling_days(self, as_of: date) -> CallingDays | None:
        """Return the rule on the days and hours of calling; None where there is none."""
        return _holding(self.profile.calling_days, as_of)

    def objections_age(self, as_of: date) -> Freshness | None:
        """Return how old a list of objections may be on a day; None where no rule says."""
        return _holding(self.profile.objections, as_of)

    def register_age(self, as_of: date) -> Freshness | None:
        """Return how old a register may be on a day; None where no rule says."""
        return _holding(self.profile.register_age, as_of)

    def rules_on(self, as_of: date) -> list[tuple[str, Dated]]:
        """Return every rule that holds on a day, with the name of its kind."""
        held = ((kind, _holding(rules, as_of)) for kind, rules in self.profile.dated.items())
        return [(kind, rule) for kind, rule in held if rule is not None]

    def since(self, sector: Sector, as_of: date) -> date:
        """Return the first day since which a sector has had the grounds that it has on a day."""
        grounds, first = self.grounds(sector, as_of), as_of
        for period in reversed([period for period in self.profile.periods if period.starts <= as_of]):
            if period.grounds.of(sector) != grounds:
                break
            first = period.starts
        return first

    def last_day_of(self, ground: Ground, sector: Sector, before: date) -> date | None:
        """Return the last day before another on which a sector had a ground; None if it never had."""
        ends = [p.ends for p in self.profile.periods if p.ends < before and ground in p.grounds.of(sector)]
        return max(ends, default=None)


def _holding(rules: tuple[Rule, ...], day: date) -> Rule | None:
    return next((rule for rule in rules if rule.holds_on(day)), None)


def load_law(name: str, configs_dir: Path | None = None) -> Law:
    """Read a law profile: the user's own where there is one, else the packaged one.

    :raises PolicyError: with every problem of the file, or there is no such profile.
    """
    own = None if configs_dir is None else configs_dir / "laws" / f"{name}.yaml"
    path = own if own is not None and own.exists() else PACKAGED / f"{name}.yaml"
    document = read_yaml(path)
    profile, problems = build(document, Profile)
    if profile is not None:
        problems += placed(document, _inconsistencies(profile, path.stem))
        if path is own:
            problems += placed(document, holiday_findings(profile))
    if profile is None or problems:
        raise refusal("law profile", str(path), problems)
    return Law(profile, str(path) if path is own else "packaged", document.sha256)


def _inconsistencies(profile: Profile, name: str) -> Iterator[Finding]:
    if profile.law != name:
        yield Finding(("law",), f"is `{profile.law}`, but the file is named {name}.yaml", "make the two the same")
    for key, rules in profile.dated.items():
        for n, rule in enumerate(rules):
            if rule.ends < rule.starts:
                yield Finding((key, n, "until"), f"lies before the first day, {rule.starts}", "swap the two")
        for n, (last, rule) in enumerate(pairwise(rules), start=1):
            if rule.starts <= last.ends:
                yield Finding((key, n, "from"), f"is not after {last.ends}, where the one before it ends")
            elif key == "periods" and rule.starts > last.ends + timedelta(days=1):
                yield Finding((key, n, "from"), f"leaves a gap after {last.ends}, where the one before it ends")


# --- a policy under a law -------------------------------------------------------------------------------------


def offered_grounds(policy: Policy) -> frozenset[Ground]:
    """Return the grounds that a policy makes use of, whatever the law says."""
    screen = policy.bel_me_niet.screen
    offered: dict[Ground, bool] = {
        "consent": policy.accepts_consent,
        "customer": bool(policy.balanstests),
        "register": screen == "after_term" or (screen == "always" and not policy.balanstests),
    }
    return frozenset(ground for ground, offers in offered.items() if offers)


def usable_grounds(policy: Policy, law: Law, as_of: date) -> frozenset[Ground]:
    """Return the grounds that a policy makes use of and that the law gives its sector on a day."""
    return offered_grounds(policy) & law.grounds(policy.sector, as_of)


def refuse_if_no_ground(policy: Policy, law: Law, as_of: date) -> None:
    """Raise :class:`PolicyError` where the law leaves a policy no ground to call on that day."""
    if usable_grounds(policy, law, as_of):
        return
    lawful = law.grounds(policy.sector, as_of)
    only = " or ".join(sorted(lawful)) or "none at all"
    lost = " and ".join(_lost(ground, policy, law, as_of) for ground in sorted(offered_grounds(policy)))
    raise PolicyError(
        f"the law leaves this policy no ground to call on {as_of}: under `law: {law.name}` the grounds of the sector "
        f"{policy.sector} are {only} since {law.since(policy.sector, as_of)}; {lost or 'the policy accepts no ground'}"
    )


def _lost(ground: Ground, policy: Policy, law: Law, as_of: date) -> str:
    last = law.last_day_of(ground, policy.sector, as_of)
    return f"the ground {ground} of the policy " + (f"ended on {last}" if last else "was never one")
