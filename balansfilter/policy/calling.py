"""On which days, and within which hours, a policy may call under a law. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from balansfilter.errors import ClosedDayError
from balansfilter.frozen import dataclass
from balansfilter.policy.findings import Finding
from balansfilter.policy.holiday import holidays_on
from balansfilter.policy.law import Law
from balansfilter.policy.law_rules import CallingDays
from balansfilter.policy.model import WEEKDAYS, Calling, Policy

_FARTHEST = 366
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class CallWindow:
    """The hours of one day in which may be called."""

    opens: time
    closes: time

    def __str__(self) -> str:
        """Return it as ``10:00-16:00``."""
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True)
class CallingDay:
    """What a policy and the law say of calling on one day."""

    day: date
    window: CallWindow | None
    """The hours, in the site's time zone; None on a day without calls, and where nothing limits them."""
    closed: str | None = None
    """Why there are no calls on that day; None where there are."""

    @property
    def is_open(self) -> bool:
        """Whether there may be calls."""
        return self.closed is None


def calling_day(policy: Policy, law: Law, day: date, zone: ZoneInfo) -> CallingDay:
    """Work out whether a policy may call on a day, and within which hours.

    :param zone: the time zone in which the hours are told. Those of a policy are meant in the law's time zone, which
        is that of the people who are called; in this one where the law has none.
    """
    rule, own = law.calling_days(day), policy.calling
    opens, closes = time.min, time.max
    if rule is not None:
        lawful = rule.hours.on(day)
        if lawful is None:
            return CallingDay(day, None, f"a {_NAMES[day.weekday()]}, under `law: {law.name}`")
        if names := [name for name in holidays_on(rule.country, day) if name in rule.holidays]:
            return CallingDay(day, None, f"{names[0]}, under `law: {law.name}`")
        opens, closes = lawful.opens, min([lawful.closes, *_evenings(rule, day)])
    if own is not None:
        if WEEKDAYS[day.weekday()] not in own.days:
            return CallingDay(day, None, f"a {_NAMES[day.weekday()]}, which `calling.days` leaves out")
        hours = own.hours.on(day)
        opens, closes = (max(opens, hours.opens), min(closes, hours.closes)) if hours else (opens, closes)
    if opens >= closes:
        return CallingDay(day, None, "no hour of `calling.hours` is left on that evening")
    if (opens, closes) == (time.min, time.max):
        return CallingDay(day, None)
    there = ZoneInfo(rule.timezone) if rule is not None else zone
    return CallingDay(day, CallWindow(_told(day, opens, there, zone), _told(day, closes, there, zone)))


def _evenings(rule: CallingDays, day: date) -> Iterator[time]:
    for evening in rule.evenings:
        if evening.day == f"{day:%m-%d}" or (evening.holiday and evening.holiday in holidays_on(rule.country, day)):
            yield evening.until.time


def _told(day: date, moment: time, there: ZoneInfo, here: ZoneInfo) -> time:
    return datetime.combine(day, moment, there).astimezone(here).time()


def next_calling_day(policy: Policy, law: Law, after: date, zone: ZoneInfo) -> date | None:
    """Return the first day after another on which there may be calls; None where none is near."""
    days = (after + timedelta(days=n) for n in range(1, _FARTHEST + 1))
    return next((day for day in days if calling_day(policy, law, day, zone).is_open), None)


def refuse_closed_day(policy: Policy, law: Law, day: CallingDay, zone: ZoneInfo) -> None:
    """Raise :class:`ClosedDayError` on a day without calls."""
    if day.closed is not None:
        raise ClosedDayError(day.day, day.closed, next_calling_day(policy, law, day.day, zone))


def calling_findings(policy: Policy, *, as_of: date, law: Law) -> Iterator[Finding]:
    """Return where a policy would call on more days, or within wider hours, than the law has on a day."""
    rule = law.calling_days(as_of)
    if policy.calling is None or rule is None:
        return
    yield from _days(policy.calling, rule, law)
    for name in ("weekday", "saturday", "sunday"):
        own, lawful = getattr(policy.calling.hours, name), getattr(rule.hours, name)
        if own is None:
            continue
        if lawful is None:
            message = f"gives hours, but under `law: {law.name}` there are no calls on a {name}"
            yield Finding(("calling", "hours", name), message, "take it out")
        elif own.opens < lawful.opens or own.closes > lawful.closes:
            message = f"is wider than {lawful}, the hours under `law: {law.name}` since {rule.starts}"
            yield Finding(("calling", "hours", name), message, "keep within them")


def _days(calling: Calling, rule: CallingDays, law: Law) -> Iterator[Finding]:
    if "days" not in calling.model_fields_set:
        return
    for n, day in enumerate(calling.days):
        place = WEEKDAYS.index(day)
        if rule.hours.on(date(2024, 1, 1) + timedelta(days=place)) is None:
            message = f"under `law: {law.name}` there are no calls on a {_NAMES[place]}"
            yield Finding(("calling", "days", n), message, "take it out")
