"""How a cell becomes a day: held against the oracle's reader, and by example."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.evidence.dates import DateReader, read_dates
from balansfilter.policy.date_format import day_format, wrong_with_format
from balansfilter.policy.model import CallList, CallListColumns
from balansfilter.wording.spelling import NullWords
from tests.loops import loops_for
from tests.oracle.cells import AMSTERDAM, date_in, says_no_date

quick = settings(max_examples=150, deadline=None, derandomize=True, database=None)
HERE = ZoneInfo(AMSTERDAM)
FORMATS = (
    ["%Y-%m-%d"],
    ["%d-%m-%Y"],
    ["%-d-%-m-%Y"],
    ["%-m/%-d/%Y %-H:%M"],
    ["%Y%m%d"],
    ["%Y%m%d", "%d%m%Y"],
    ["%Y%m%d%H%M%S%f"],
    ["%Y-%m-%d %H:%M:%S%.3f"],
    ["%Y-%m-%dT%H:%M:%S%.f%z"],
    ["%d-%m-%Y %H:%M", "%-d-%-m-%Y"],
    ["iso8601"],
    ["iso8601", "%d.%m.%Y"],
)
years = st.one_of(st.integers(1950, 2090), st.sampled_from([0, 1, 1753, 1899, 1900, 1970, 9999]))
numbers = st.builds(
    lambda year, month, day, padded: (f"{year:04}", *(f"{n:02}" if padded else f"{n}" for n in (month, day))),
    years,
    st.one_of(st.sampled_from([1, 12]), st.integers(0, 13)),
    st.one_of(st.sampled_from([1, 30, 31]), st.integers(0, 32)),
    st.booleans(),
)
orders = st.sampled_from([(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
times = st.builds(
    lambda mark, hour, minute, rest, offset: f"{mark}{hour:02}:{minute:02}{rest}{offset}",
    st.sampled_from("T "),
    st.integers(0, 25),
    st.integers(0, 61),
    st.sampled_from(["", ":00", ":59", ":60", ":07.123", ":07,1", ":07.1234567", ":07."]),
    st.sampled_from(["", "", "Z", "+0100", "+01:00", "-05", " +0200", "+14:00", "+2400", "+1", "z", " AM"]),
)
written = st.builds(
    lambda parts, order, mark, time: mark.join(parts[n] for n in order) + time,
    numbers,
    orders,
    st.sampled_from(["-", "-", "/", ".", " ", ""]),
    st.one_of(st.just(""), times),
)
cells = st.one_of(
    written,
    st.text("0123456789-/.:+TZ ", max_size=25),
    st.sampled_from(["", "ja", "-0001-01-01", "+10000-01-01", "0" * 8, "0" * 14, "２０２６-01-05"]),
)


def is_of_our_time(cell: str) -> bool:
    """Whether two libraries agree on the offset of the zone: not before or after their tables."""
    return not int("".join(filter(str.isdigit, cell[:4])) or 2000) < 1945 and not cell.startswith("9999")


@quick
@given(
    st.lists(cells.filter(is_of_our_time), max_size=20),
    st.sampled_from(FORMATS),
    st.sampled_from([AMSTERDAM, "America/New_York", "Pacific/Kiritimati"]),
)
def test_a_cell_is_read_as_the_oracle_reads_it(texts: list[str], formats: list[str], zone: str) -> None:
    read = read_dates(pl.Series(texts, dtype=pl.String), formats, ZoneInfo(zone))
    days = [date_in(text, formats, zone) for text in texts]
    empty = [says_no_date(text, formats, zone) for text in texts]
    assert read.day.to_list() == days
    assert read.empty.to_list() == empty
    assert read.unreadable.to_list() == [day is None and not none for day, none in zip(days, empty, strict=True)]


moments = st.datetimes(datetime(1971, 1, 2), datetime(2036, 1, 1))


@quick
@given(moments, st.integers(-14 * 60, 14 * 60), st.sampled_from([AMSTERDAM, "America/New_York", "Asia/Kolkata"]))
def test_a_moment_is_of_the_day_that_it_was_in_the_zone(wall: datetime, minutes: int, zone: str) -> None:
    moment = wall.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    texts = [moment.isoformat(), moment.isoformat(" ", "seconds"), moment.strftime("%Y-%m-%dT%H:%M:%S.%f%z")]
    read = read_dates(pl.Series(texts), ["iso8601"], ZoneInfo(zone))
    assert read.day.to_list() == [moment.astimezone(ZoneInfo(zone)).date()] * 3


def test_both_sides_of_midnight_in_amsterdam() -> None:
    texts = ["2026-03-01T23:30:00.000Z", "2026-03-02T00:30:00.000+0100", "2026-03-01T22:59:59Z", "2026-07-01T22:00:00Z"]
    read = read_dates(pl.Series(texts), ["%Y-%m-%dT%H:%M:%S%.f%z"], HERE)
    assert read.day.to_list() == [date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 1), date(2026, 7, 2)]


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_what_stands_for_no_date_is_empty(compiled: bool) -> None:
    none = [
        "",
        " ",
        "0000-00-00",
        "00-00-0000",
        "00.00.0000",
        "00000000",
        "1900-01-01 00:00:00",
        "1/1/0001 12:00:00 AM",
    ]
    none += [
        "1753-01-01",
        "30-12-1899",
        "12/31/1899",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:00:00Z",
        "0001-01-01 0:00:00",
    ]
    none += ["NULL", "n.v.t.", "Leeg", "onbekend", "nooit", "\\N", "—"]
    some = [
        "1970-01-02",
        "1899-12-29",
        "0",
        "1900",
        "1900-02-01 0:00",
        "190011",
        "vorig jaar",
        "0000-01-01",
        "1900-01-01x",
    ]
    with loops_for(compiled=compiled):
        read = read_dates(pl.Series([*none, *some]), ["iso8601"], HERE, NullWords(["Nooit"]))
    assert read.empty.to_list() == [True] * len(none) + [False] * len(some)
    assert read.day.drop_nulls().to_list() == [date(1970, 1, 2), date(1899, 12, 29)]
    assert not (read.unreadable & read.empty).any()


def test_a_text_that_is_two_days_is_none() -> None:
    read = read_dates(pl.Series(["20101112", "20260302", "02032026"]), ["%Y%m%d", "%d%m%Y"], HERE)
    assert read.day.to_list() == [None, date(2026, 3, 2), date(2026, 3, 2)]
    assert read.unreadable.to_list() == [True, False, False]


def test_a_column_may_be_written_otherwise_than_the_source() -> None:
    columns = CallListColumns.model_validate(
        {
            "customer_id": "id",
            "phone": "tel",
            "last_purchase_on": "laatste",
            "consent_on": {"column": "ja_op", "date_format": ("iso8601", "%d.%m.%Y")},
        }
    )
    spec = CallList(path="x.csv", columns=columns, date_format="%d-%m-%Y")
    assert columns.consent_on == "ja_op"
    assert (spec.formats_of("laatste"), spec.formats_of("ja_op")) == (("%d-%m-%Y",), ("iso8601", "%d.%m.%Y"))
    texts, reader = pl.Series(["02-03-2026", "2026-03-02", "02.03.2026"]), DateReader.of(spec, HERE)
    assert reader.read(texts, columns.last_purchase_on).day.is_not_null().to_list() == [True, False, False]
    assert reader.read(texts, columns.consent_on).day.is_not_null().to_list() == [False, True, True]


@pytest.mark.parametrize("form", [form for formats in FORMATS for form in formats])
@pytest.mark.parametrize("zone", [AMSTERDAM, "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_day_without_a_time_is_written_such_that_it_is_read_as_that_day(form: str, zone: str) -> None:
    days = pl.date_range(date(2023, 12, 1), date(2025, 1, 31), eager=True)
    texts = days.dt.strftime(day_format(form, ZoneInfo(zone)))
    assert read_dates(texts, [form], ZoneInfo(zone)).day.to_list() == days.to_list()


def test_every_format_here_may_stand_in_a_policy() -> None:
    assert [form for formats in FORMATS for form in formats if wrong_with_format(form)] == []
