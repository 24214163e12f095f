"""The holidays of a country, by their English names, out of the library `holidays`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from balansfilter.policy.findings import Finding, nearest
from balansfilter.policy.law_rules import CallingDays, Profile

_LANGUAGE = "en_US"
_SOME_YEARS = range(2020, 2030)


@lru_cache(maxsize=64)
def holidays_on(country: str, day: date) -> tuple[str, ...]:
    """Return the names of the holidays that a day is; several may fall on one day."""
    return tuple(_calendar(country, (day.year,)).get_list(day))


@lru_cache(maxsize=8)
def _calendar(country: str, years: tuple[int, ...]):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Return the calendar of a country; Good Friday and the like, on which many work, are in it as well."""
    import holidays

    entity = holidays.country_holidays(country).__class__
    wanted = [kind for kind in (holidays.PUBLIC, holidays.OPTIONAL) if kind in entity.supported_categories]
    return holidays.country_holidays(country, years=years, language=_LANGUAGE, categories=wanted, observed=False)


def holiday_findings(profile: Profile) -> Iterator[Finding]:
    """Return what names no holiday that the library knows: it would close no day, in silence."""
    for n, rule in enumerate(profile.calling_days):
        known = _names(rule)
        if known is None:
            yield Finding(("calling_days", n, "country"), f"the holidays of {rule.country} are not known")
            continue
        named: list[tuple[tuple[str | int, ...], str]] = [
            (("holidays", m), name) for m, name in enumerate(rule.holidays)
        ]
        named += [(("evenings", m, "holiday"), one.holiday) for m, one in enumerate(rule.evenings) if one.holiday]
        for path, name in named:
            if name not in known:
                yield Finding(("calling_days", n, *path), f"`{name}` is no holiday there", nearest(name, known))


def _names(rule: CallingDays) -> list[str] | None:
    try:
        calendar = _calendar(rule.country, tuple(_SOME_YEARS))
    except NotImplementedError:
        return None
    return sorted({name for day in calendar for name in calendar.get_list(day)})
