"""The holidays of a country, by their English names, out of the library `holidays`.

Its import loads every country of the world, a fifth of a second of every run. So the Dutch holidays of the years that
runs ask for stand in a table, `holidays.json`, made by :func:`made_table` and held against the library by a test; any
other country and year is asked of the library.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from balansfilter.policy.findings import Finding, nearest
from balansfilter.policy.law_rules import CallingDays, Profile

_LANGUAGE = "en_US"
_SOME_YEARS = range(2020, 2030)
TABLE = Path(__file__).parent / "holidays.json"
TABLE_YEARS = range(2020, 2051)

Table = dict[str, dict[str, dict[str, list[str]]]]
"""By country, year and day, the names of the holidays."""


@lru_cache(maxsize=64)
def holidays_on(country: str, day: date) -> tuple[str, ...]:
    """Return the names of the holidays that a day is; several may fall on one day."""
    year = _table().get(country, {}).get(str(day.year))
    return tuple(_calendar(country, (day.year,)).get_list(day) if year is None else year.get(day.isoformat(), ()))


def made_table() -> str:
    """Return the text of the table as the library has it, to be written anew when the library knows better."""
    table: Table = {"NL": {}}
    for year in TABLE_YEARS:
        calendar = _calendar("NL", (year,))
        table["NL"][str(year)] = {day.isoformat(): calendar.get_list(day) for day in sorted(calendar)}
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


@cache
def _table() -> Table:
    known: Table = json.loads(TABLE.read_bytes())
    return known


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
