"""What a law profile is made of: dated rules, as frozen types. What they mean on a day stands in ``law``."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from balansfilter.policy.base import CountryCode, Frozen, Sector, Text, TimeZone
from balansfilter.policy.grounds import GROUNDS, Ground
from balansfilter.policy.values import Clock, Hours, Span

LawName = Literal["nl", "none"]
Sectors = Literal["all"] | Annotated[tuple[Sector, ...], Field(min_length=1)]


class InTwoLanguages(Frozen):
    """A text in Dutch and in English."""

    nl: Text = Field(description="The text in Dutch.")
    en: Text = Field(description="The text in English.")

    def said(self, language: str) -> str:
        """Return it in a language, on one line."""
        return re.sub(r"\s+", " ", self.nl if language == "nl" else self.en)


def _in_both(value: object) -> object:
    return {"nl": value, "en": value} if isinstance(value, str) else value


Told = Annotated[InTwoLanguages, BeforeValidator(_in_both)]
"""A text for readers: ``{nl: …, en: …}``, or one text for both."""


class Grounds(Frozen):
    """The sectors for which each ground exists; a ground that is left out exists for none."""

    consent: Sectors | None = Field(default=None, description="Prior consent of the person.")
    customer: Sectors | None = Field(default=None, description="Own customers and former customers within the term.")
    register_of: Sectors | None = Field(default=None, alias="register", description="Anyone not in the register.")

    def of(self, sector: Sector) -> frozenset[Ground]:
        """Return the grounds that exist for a sector."""
        known = zip(GROUNDS, (self.consent, self.customer, self.register_of), strict=True)
        return frozenset(ground for ground, sectors in known if holds_for(sectors, sector))


def holds_for(sectors: Sectors | None, sector: Sector) -> bool:
    """Whether a rule for some sectors, or for all, holds for one."""
    return sectors == "all" or sector in (sectors or ())


class Dated(Frozen):
    """A rule that holds from one day until another, both included."""

    starts: date = Field(alias="from", description="First day on which it holds.")
    ends: date = Field(default=date.max, alias="until", description="Last day on which it holds; no end if left out.")
    rule: Told = Field(description="The rule in a sentence or two, and why it is set so where that is not certain.")
    sources: tuple[Told, ...] = Field(default=(), description="Where it was found.")

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


class Screening(Dated):
    """From when until when a brand that screens every call against the register needs no balanstest."""


class Relation(Dated):
    """From when a relation without a payment, such as a volunteer's, makes a customer."""

    sectors: Sectors = Field(description="For which sectors.")


class ConsentUse(Dated):
    """How soon a consent must be used."""

    first_call_within: Span = Field(description="After this a consent that nobody used no longer carries a call.")


class Freshness(Dated):
    """How old a source may be on the day of the calls."""

    within: Span = Field(description="The oldest that it may be.")
    warn_after: Span | None = Field(default=None, description="An age from which every run warns.")


class CallingHours(Frozen):
    """The hours in which may be called. In a law a day that is left out is one without calls."""

    weekday: Hours | None = Field(default=None, description="Monday to Friday.")
    saturday: Hours | None = Field(default=None, description="Saturday.")
    sunday: Hours | None = Field(default=None, description="Sunday.")

    def on(self, day: date) -> Hours | None:
        """Return the hours of a day of the week."""
        return {5: self.saturday, 6: self.sunday}.get(day.weekday(), self.weekday)


class Evening(Frozen):
    """A day on which calling ends early."""

    day: Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")] | None = Field(
        default=None, description="Month and day, such as 12-24."
    )
    holiday: Text | None = Field(default=None, description="Or the English name of a holiday.")
    until: Clock = Field(description="When calling ends.")

    @model_validator(mode="after")
    def _is_of_one_day(self) -> Self:
        if (self.day is None) == (self.holiday is None):
            raise ValueError("name the day, such as 12-24, or the holiday")
        return self


class CallingDays(Dated):
    """On which days and in which hours may be called, from one day until another."""

    timezone: TimeZone = Field(description="The time zone of the hours: that of the people who are called.")
    country: CountryCode = Field(description="The country whose holidays count.")
    hours: CallingHours = Field(description="The hours by day of the week; no calls on one that is left out.")
    holidays: tuple[Text, ...] = Field(default=(), description="English names of holidays without calls.")
    evenings: tuple[Evening, ...] = Field(default=(), description="Days on which calling ends early.")


class Profile(Frozen):
    """The file of a law profile."""

    law: LawName = Field(description="Name of the profile; the file's name without .yaml.")
    title: Text = Field(description="What it holds.")
    checked_on: date | None = Field(default=None, description="Day on which the sources were last looked at.")
    notes: tuple[Told, ...] = Field(default=(), description="What a reader should know.")
    warning: Text | None = Field(default=None, description="What every run under it warns of.")
    caution: Told | None = Field(default=None, description="The same, for the reader of a document.")
    periods: tuple[Period, ...] = Field(min_length=1, description="The periods, oldest first, without a gap.")
    ceilings: tuple[Ceiling, ...] = Field(default=(), description="The ceilings on the term, oldest first.")
    screening: tuple[Screening, ...] = Field(default=(), description="When screening replaces a balanstest.")
    relations: tuple[Relation, ...] = Field(default=(), description="Which relations without a payment count.")
    consent_use: tuple[ConsentUse, ...] = Field(default=(), description="How soon a consent must be used.")
    calling_days: tuple[CallingDays, ...] = Field(default=(), description="Days and hours of calling.")
    objections: tuple[Freshness, ...] = Field(default=(), description="How old a list of objections may be.")
    register_age: tuple[Freshness, ...] = Field(default=(), alias="register", description="How old a register may be.")

    @property
    def dated(self) -> dict[str, tuple[Dated, ...]]:
        """The kinds of dated rules, by the name that each has in the file."""
        return {
            "periods": self.periods,
            "ceilings": self.ceilings,
            "screening": self.screening,
            "relations": self.relations,
            "consent_use": self.consent_use,
            "calling_days": self.calling_days,
            "objections": self.objections,
            "register": self.register_age,
        }
