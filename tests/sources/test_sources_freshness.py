"""The day that a source speaks of, and whether it is too old, too small, or much smaller."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from balansfilter.errors import Problem
from balansfilter.policy.values import Share, Span
from balansfilter.sources import FileFingerprint, Fingerprint, check_freshness, check_min_rows, check_shrink
from balansfilter.sources.freshness import dates_in, snapshot_day

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NAMES = ("bezwaar.csv",)


def of(day: date = date(2026, 3, 1), rows: int = 90, names: tuple[str, ...] = NAMES) -> Fingerprint:
    return Fingerprint("objections[0]", tuple(FileFingerprint(name, "0" * 64, 1, rows) for name in names), day)


@pytest.mark.parametrize(
    ("span", "day", "last"),
    [
        ("1 day", date(2026, 3, 1), date(2026, 3, 2)),
        ("28 days", date(2026, 2, 1), date(2026, 3, 1)),
        ("1 month", date(2026, 1, 31), date(2026, 2, 28)),
        ("2 weeks", date(2026, 1, 1), date(2026, 1, 15)),
    ],
)
def test_too_old_only_after_the_last_day(span, day, last):
    assert check_freshness(of(day), Span(span), last) is None
    assert check_freshness(of(day), Span(span), day) is None
    assert check_freshness(of(date(2026, 12, 31)), Span(span), last) is None
    problem = check_freshness(of(day), Span(span), last + timedelta(days=1))
    assert problem.file == "bezwaar.csv"
    assert problem.path == "objections[0]"
    assert f"is of {day}" in problem.message
    assert span in problem.message
    assert problem.hint


def test_without_a_largest_age_nothing_is_too_old():
    assert check_freshness(of(date(1990, 1, 1)), None, date(2026, 3, 1)) is None


def test_too_few_rows():
    assert check_min_rows(of(rows=5), 5) is None
    assert check_min_rows(of(rows=0), 0) is None
    assert check_min_rows(of(rows=1), 2).message == "has 1 row; wanted: at least 2"
    assert check_min_rows(of(rows=0, names=("a", "b", "c")), 1).file == "a and 2 more"


def test_shrunk():
    assert check_shrink(of(rows=90), 90, None, Share("0%")) is None
    assert check_shrink(of(rows=90), 90, 100, Share("10%")) is None
    assert check_shrink(of(rows=90), 90, 80, Share("0%")) is None
    assert check_shrink(of(rows=0), 0, 0, Share("0%")) is None
    problem = check_shrink(of(rows=89), 89, 100, Share("10%"))
    assert problem.message == "has 89 rows, 100 in the last published run: it shrank by more than 10%"
    problem = check_shrink(of(rows=100), 89, 100, Share("10%"), in_force=True)
    assert problem.message == "has 89 rows in force, 100 in the last published run: it shrank by more than 10%"
    assert check_shrink(of(rows=9), 4, 9, Share("10%"), in_force=True, few=5) is None
    assert check_shrink(of(rows=9), 3, 9, Share("10%"), in_force=True, few=5) is not None


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("bezwaar-2026-03-01.csv", ["2026-03-01"]),
        ("bezwaar_20260301T0600.csv.gz", ["2026-03-01"]),
        ("2026-03-01_20260301.csv", ["2026-03-01"]),
        ("2026-03-01_20260302.csv", ["2026-03-01", "2026-03-02"]),
        ("202603010600.csv", []),
        ("20261301-2026-02-30.csv", []),
        ("2026-0301.csv", []),
        ("bezwaar.csv", []),
    ],
)
def test_dates_in_names(name, days):
    assert dates_in(name) == {date.fromisoformat(day) for day in days}
    found = snapshot_day(f"/data/2020-01-01/{name}", 0, "filename", AMSTERDAM)
    assert found == date.fromisoformat(days[0]) if len(days) == 1 else isinstance(found, Problem)


def test_the_day_of_the_last_change_counts_in_the_time_zone_of_the_site():
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC).timestamp()
    assert snapshot_day("a", late, "modified", AMSTERDAM) == date(2026, 3, 1)
    assert snapshot_day("a", late, "modified", ZoneInfo("UTC")) == date(2026, 2, 28)
    assert snapshot_day("a", late, date(2026, 1, 1), AMSTERDAM) == date(2026, 1, 1)
