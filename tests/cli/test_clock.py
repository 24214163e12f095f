"""Moments where a person reads: by the clock of the site, with its zone; where a program reads they stay in UTC."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.wording.clock import local_moment, with_local_moments
from tests.brandfolder import BrandFolder, make_brand

IN_UTC = re.compile(r"\d\d:\d\d:\d\d(\.\d+)?Z")
LOCAL = re.compile(r"\d\d:\d\d:\d\d JST")
BRAND = ("--brand", "courant")
PERSON = ("--customer", "K1")


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> BrandFolder:
    made = make_brand(tmp_path_factory.mktemp("clock"))
    (made.configs / "balansfilter.yaml").write_text("timezone: Asia/Tokyo\n")
    first, _ = made.run(), made.run()
    assert made.cli("audit", "hold", *BRAND, "--run", first.run_id, "--reason", "zaak 12").returncode == 0
    assert made.cli("audit", "recall", *BRAND, "--run", first.run_id, "--reason", "fout").returncode == 0
    return made


def first_run(brand: BrandFolder) -> str:
    return str(next(event["body"]["run_id"] for event in brand.events() if event["event"] == "run.prepared"))


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize(
    "asked",
    [
        ("audit", "log", *BRAND),
        ("audit", "show", *BRAND, "RUN"),
        ("audit", "recall", *BRAND, *PERSON),
        ("audit", "hold", *BRAND),
        ("explain", *BRAND, *PERSON, "--history"),
    ],
    ids=lambda asked: "-".join(asked[:2]),
)
def test_people_are_told_moments_by_the_clock_of_the_site(
    brand: BrandFolder, lang: str, asked: tuple[str, ...]
) -> None:
    run_id = first_run(brand)
    words = [run_id if word == "RUN" else word for word in asked]
    done = brand.cli("--lang", lang, *words, env={"COLUMNS": "200"})
    assert done.returncode == 0, done.stderr
    assert LOCAL.search(done.stdout), done.stdout
    assert not IN_UTC.search(done.stdout), done.stdout


def test_the_moment_is_the_one_that_the_ledger_holds(brand: BrandFolder) -> None:
    told = brand.cli("audit", "log", *BRAND).stdout
    for event in brand.events():
        at = datetime.fromisoformat(event["at"]).astimezone(ZoneInfo("Asia/Tokyo"))
        assert f"{event['seq']:>5}  {at:%Y-%m-%d %H:%M:%S} JST  {event['event']}" in told


@pytest.mark.parametrize(
    "asked",
    [("audit", "log", *BRAND), ("audit", "recall", *BRAND, *PERSON), ("explain", *BRAND, *PERSON, "--history")],
    ids=lambda asked: "-".join(asked[:2]),
)
def test_programs_are_told_moments_in_utc(brand: BrandFolder, asked: tuple[str, ...]) -> None:
    done = brand.cli(*asked, "--json")
    assert json.loads(done.stdout.splitlines()[0] if asked[1] == "log" else done.stdout)
    assert IN_UTC.search(done.stdout)
    assert "JST" not in done.stdout


def test_an_error_tells_moments_by_the_clock_of_the_site(brand: BrandFolder) -> None:
    manifest = brand.out / "runs" / first_run(brand) / "manifest.json"
    done = brand.cli("verify", str(manifest), "--as-of", "2026-11-23")
    assert done.returncode == 6
    assert re.search(r"was recalled at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d JST: fout", done.stderr), done.stderr


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    summer, winter = (local_moment(f"2026-10-25T0{hour}:30:00.000Z", "Europe/Amsterdam") for hour in (0, 1))
    assert (summer, winter) == ("2026-10-25 02:30:00 CEST", "2026-10-25 02:30:00 CET")


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_a_moment_stays_the_same_moment(naive: datetime, zone: str) -> None:
    moment = naive.replace(tzinfo=UTC, microsecond=0)
    told = with_local_moments(f"run {moment:%Y%m%dT%H%M%SZ}-abcdef: {moment:%Y-%m-%dT%H:%M:%S}.000Z.", zone)
    assert told.startswith(f"run {moment:%Y%m%dT%H%M%SZ}-abcdef: ")
    local = moment.astimezone(ZoneInfo(zone))
    assert told.endswith(f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}.")


def test_a_path_with_a_day_in_it_is_left_alone() -> None:
    assert with_local_moments("data/2026-11-23.csv: 2026-11-23", "Asia/Tokyo") == "data/2026-11-23.csv: 2026-11-23"


def test_what_is_told_without_a_site_stays_in_utc() -> None:
    from balansfilter.wording.speaking import tell_time_of, told

    tell_time_of(None)
    assert told("at 2026-11-23T02:00:00.000Z") == "at 2026-11-23T02:00:00.000Z"
