"""On which days and in which hours may be called: the law's, and a policy's within them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.easter import easter

from balansfilter.errors import ClosedDayError
from balansfilter.policy.calling import CallingDay, calling_day, calling_findings, next_calling_day, refuse_closed_day
from balansfilter.policy.holiday import TABLE, made_table
from balansfilter.policy.law import PACKAGED, Law, load_law
from balansfilter.policy.loading import load_policy
from balansfilter.policy.model import Policy
from policy.samples import GOOD, write

NL, NONE = load_law("nl"), load_law("none")
HERE = ZoneInfo("Europe/Amsterdam")


def policy(folder: Path, calling: str = "") -> Policy:
    return load_policy(write(folder, GOOD.replace("call_list:\n", f"{calling}call_list:\n", 1)))


def asked(folder: Path, day: str, calling: str = "", law: Law = NL, zone: ZoneInfo = HERE) -> CallingDay:
    return calling_day(policy(folder, calling), law, date.fromisoformat(day), zone)


@pytest.mark.parametrize(
    ("day", "window"),
    [
        ("2026-11-27", "09:00-22:00"),
        ("2026-11-28", "10:00-16:00"),
        ("2027-04-27", "09:00-22:00"),
        ("2027-05-05", "09:00-22:00"),
        ("2027-03-26", "09:00-19:00"),
        ("2024-03-29", "09:00-22:00"),
        ("2027-05-04", "09:00-18:30"),
        ("2025-12-05", "09:00-18:30"),
        ("2026-12-05", "10:00-16:00"),
        ("2026-12-24", "09:00-18:30"),
        ("2026-12-31", "09:00-22:00"),
        ("2011-12-24", None),
        ("2012-12-24", "09:00-18:30"),
    ],
)
def test_the_hours_of_a_day(day: str, window: str | None, tmp_path: Path) -> None:
    found = asked(tmp_path, day)
    assert found.is_open
    assert (str(found.window) if found.window else None) == window


@pytest.mark.parametrize(
    ("day", "why", "following"),
    [
        ("2026-11-29", "a Sunday, under `law: nl`", "2026-11-30"),
        ("2026-12-25", "Christmas Day, under `law: nl`", "2026-12-28"),
        ("2026-12-26", "Second Day of Christmas, under `law: nl`", "2026-12-28"),
        ("2027-01-01", "New Year's Day, under `law: nl`", "2027-01-02"),
        ("2027-03-29", "Easter Monday, under `law: nl`", "2027-03-30"),
        ("2027-05-06", "Ascension Day, under `law: nl`", "2027-05-07"),
        ("2027-05-17", "Pentecost Monday, under `law: nl`", "2027-05-18"),
        ("2016-05-05", "Ascension Day, under `law: nl`", "2016-05-06"),
    ],
)
def test_a_day_without_calls_is_refused_with_the_next_that_has(
    day: str, why: str, following: str, tmp_path: Path
) -> None:
    made = policy(tmp_path)
    with pytest.raises(ClosedDayError) as closed:
        refuse_closed_day(made, NL, asked(tmp_path, day), HERE)
    assert str(closed.value) == f"there are no calls on {day}, {why}; the next day with calls is {following}"
    assert (closed.value.exit_code, str(closed.value.following)) == (3, following)


def test_every_holiday_of_many_years(tmp_path: Path) -> None:
    """Against the days counted from Easter, which another library gives."""
    made = policy(tmp_path)
    for year in range(2012, 2041):
        moving = {easter(year) + timedelta(days=days) for days in (1, 39, 50)}
        shut = moving | {date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)}
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
        found = {day for day in days if day.year == year and not calling_day(made, NL, day, HERE).is_open}
        assert found == {day for day in days if day.year == year and (day.weekday() == 6 or day in shut)}


def test_the_table_of_holidays_is_what_the_library_says() -> None:
    assert TABLE.read_text(encoding="utf-8") == made_table()


def test_without_a_law_every_day_has_calls(tmp_path: Path) -> None:
    assert asked(tmp_path, "2026-11-29", law=NONE) == CallingDay(date(2026, 11, 29), None)
    own = 'calling: {days: [sun], hours: {sunday: "12:00-13:00"}}\n'
    assert str(asked(tmp_path, "2026-11-29", own, NONE).window) == "12:00-13:00"
    assert asked(tmp_path, "2026-11-30", own, NONE).closed == "a Monday, which `calling.days` leaves out"


def test_a_policy_calls_within_the_law(tmp_path: Path) -> None:
    own = 'calling: {days: [mon, sat], hours: {weekday: "10:00-20:00"}}\n'
    assert str(asked(tmp_path, "2026-11-30", own).window) == "10:00-20:00"
    assert str(asked(tmp_path, "2026-11-28", own).window) == "10:00-16:00"
    assert str(asked(tmp_path, "2029-12-24", own).window) == "10:00-18:30"
    assert asked(tmp_path, "2026-12-01", own).closed == "a Tuesday, which `calling.days` leaves out"
    assert next_calling_day(policy(tmp_path, own), NL, date(2026, 12, 19), HERE) == date(2026, 12, 21)
    late = 'calling: {hours: {weekday: "19:00-21:00"}}\n'
    assert asked(tmp_path, "2026-12-24", late).closed == "no hour of `calling.hours` is left on that evening"


@pytest.mark.parametrize(
    ("calling", "path", "told"),
    [
        ('hours: {weekday: "08:59-20:00"}', ("hours", "weekday"), "is wider than 09:00-22:00, the hours under `law: nl` since"),
        ('hours: {saturday: "10:00-16:01"}', ("hours", "saturday"), "is wider than 10:00-16:00"),
        ('hours: {sunday: "10:00-16:00"}', ("hours", "sunday"), "there are no calls on a sunday"),
        ("days: [sat, sun]", ("days", 1), "there are no calls on a Sunday"),
    ],
)  # fmt: skip
def test_no_policy_is_wider_than_the_law(calling: str, path: tuple[str | int, ...], told: str, tmp_path: Path) -> None:
    made = policy(tmp_path, f"calling: {{{calling}}}\n")
    (found,) = calling_findings(made, as_of=date(2026, 11, 23), law=NL)
    assert (found.path, told in found.message) == (("calling", *path), True)
    assert list(calling_findings(made, as_of=date(2026, 11, 23), law=NONE)) == []


def test_the_hours_are_told_in_the_time_zone_of_the_site(tmp_path: Path) -> None:
    assert str(asked(tmp_path, "2026-11-27", zone=ZoneInfo("UTC")).window) == "08:00-21:00"
    assert str(asked(tmp_path, "2026-07-03", zone=ZoneInfo("UTC")).window) == "07:00-20:00"


def test_a_site_may_correct_the_evenings(tmp_path: Path) -> None:
    text = (PACKAGED / "nl.yaml").read_text().replace('until: "18:30"', 'until: "19:00"')
    path = tmp_path / "configs" / "laws" / "nl.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    law = load_law("nl", tmp_path / "configs")
    assert str(asked(tmp_path, "2027-05-04", law=law).window) == "09:00-19:00"
