"""What the law allows on a date: dated profiles, kept as data.

A profile lists periods, the grounds that exist in each by sector, and the ceiling on the term, each with its sources.
The packaged profiles are the files in ``laws``; a file of the same name in ``<configs>/laws`` is read instead, so that
a date or a sector can be corrected without a new version of the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from balansfilter.errors import PolicyError
from balansfilter.policy.base import Frozen, Sector, Text
from balansfilter.policy.findings import Finding, placed, refusal
from balansfilter.policy.model import Policy
from balansfilter.policy.reading import build
from balansfilter.policy.values import Span
from balansfilter.policy.yaml_file import read_yaml

Ground = Literal["consent", "customer", "register"]
LawName = Literal["nl", "none"]

GROUNDS: tuple[Ground, ...] = ("consent", "customer", "register")
PACKAGED = Path(__file__).parent / "laws"

Sectors = Literal["all"] | Annotated[tuple[Sector, ...], Field(min_length=1)]


class Grounds(Frozen):
    """The sectors for which each ground exists; a ground that is left out exists for none."""

    consent: Sectors | None = Field(default=None, description="Prior consent of the person.")
    customer: Sectors | None = Field(default=None, description="Own customers and former customers within the term.")
    register_of: Sectors | None = Field(default=None, alias="register", description="Anyone not in the register.")

    def of(self, sector: Sector) -> frozenset[Ground]:
        """Give the grounds that exist for a sector."""
        known = zip(GROUNDS, (self.consent, self.customer, self.register_of), strict=True)
        return frozenset(ground for ground, sectors in known if sectors == "all" or sector in (sectors or ()))


class Dated(Frozen):
    """A rule that holds from one day until another, both included."""

    starts: date = Field(alias="from", description="First day on which it holds.")
    ends: date = Field(default=date.max, alias="until", description="Last day on which it holds; no end if left out.")
    rule: Text = Field(description="The rule in a sentence or two.")
    sources: tuple[Text, ...] = Field(default=(), description="Where it was found.")

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.starts <= day <= self.ends


class Period(Dated):
    """Which grounds exist, from one day until another."""

    grounds: Grounds = Field(description="Which grounds exist, for which sectors.")


class Ceiling(Dated):
    """The longest term, from one day until another."""

    term: Span = Field(description="The longest term.")
    lifted_by_opinion: bool = Field(default=False, description="Whether an opinion on the balanstest lifts it.")


class Profile(Frozen):
    """The file of a law profile."""

    law: LawName = Field(description="Name of the profile; the file's name without .yaml.")
    title: Text = Field(description="What it holds.")
    checked_on: date | None = Field(default=None, description="Day on which the sources were last looked at.")
    notes: tuple[Text, ...] = Field(default=(), description="What a reader should know.")
    warning: Text | None = Field(default=None, description="What every run under it warns of.")
    periods: tuple[Period, ...] = Field(min_length=1, description="The periods, oldest first, without a gap.")
    ceilings: tuple[Ceiling, ...] = Field(default=(), description="The ceilings on the term, oldest first.")


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
        """Give the period that a day falls in; raises :class:`PolicyError` where no rules are known."""
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
        """Give the grounds on which a sector may call on a day."""
        return self.on(as_of).grounds.of(sector)

    def ceiling(self, as_of: date) -> Span | None:
        """Give the longest term on a day, None where there is no limit."""
        rule = self.ceiling_rule(as_of)
        return None if rule is None else rule.term

    def ceiling_rule(self, as_of: date) -> Ceiling | None:
        """Give the ceiling on the term on a day, with its source and whether an opinion lifts it."""
        self.on(as_of)
        return next((ceiling for ceiling in self.profile.ceilings if ceiling.holds_on(as_of)), None)

    def since(self, sector: Sector, as_of: date) -> date:
        """Give the first day since which a sector has had the grounds that it has on a day."""
        grounds, first = self.grounds(sector, as_of), as_of
        for period in reversed([period for period in self.profile.periods if period.starts <= as_of]):
            if period.grounds.of(sector) != grounds:
                break
            first = period.starts
        return first

    def last_day_of(self, ground: Ground, sector: Sector, before: date) -> date | None:
        """Give the last day before another on which a sector had a ground; None if it never had."""
        ends = [p.ends for p in self.profile.periods if p.ends < before and ground in p.grounds.of(sector)]
        return max(ends, default=None)


def load_law(name: str, configs_dir: Path | None = None) -> Law:
    """Read a law profile: the user's own where there is one, else the packaged one.

    Raises :class:`PolicyError` with every problem of the file, or where there is no such profile.
    """
    own = None if configs_dir is None else configs_dir / "laws" / f"{name}.yaml"
    path = own if own is not None and own.exists() else PACKAGED / f"{name}.yaml"
    document = read_yaml(path)
    profile, problems = build(document, Profile)
    if profile is not None:
        problems += placed(document, _inconsistencies(profile, path.stem))
    if profile is None or problems:
        raise refusal("law profile", str(path), problems)
    return Law(profile, str(path) if path is own else "packaged", document.sha256)


def _inconsistencies(profile: Profile, name: str) -> Iterator[Finding]:
    if profile.law != name:
        yield Finding(("law",), f"is `{profile.law}`, but the file is named {name}.yaml", "make the two the same")
    for key, rules in (("periods", profile.periods), ("ceilings", profile.ceilings)):
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
    """Give the grounds that a policy makes use of, whatever the law says."""
    screen = policy.bel_me_niet.screen
    offered: dict[Ground, bool] = {
        "consent": policy.accepts_consent,
        "customer": bool(policy.balanstests),
        "register": screen == "after_term" or (screen == "always" and not policy.balanstests),
    }
    return frozenset(ground for ground, offers in offered.items() if offers)


def usable_grounds(policy: Policy, law: Law, as_of: date) -> frozenset[Ground]:
    """Give the grounds that a policy makes use of and that the law gives its sector on a day."""
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
