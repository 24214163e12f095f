"""The law by day, in a run: days without calls, hours for the dialler, lists of objections that are too old."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from balansfilter.audit.confirmations import confirmed_lists
from balansfilter.commands.check import check
from balansfilter.commands.objections.confirm import confirm_objections
from balansfilter.commands.status import brand_status
from balansfilter.errors import ClosedDayError, PolicyError, SourceError
from balansfilter.policy.loading import load_site
from tests.brandfolder import AS_OF, BrandFolder, Tree, make_brand, write_rows

SUNDAY, SATURDAY = date(2026, 11, 29), date(2026, 11, 28)


def aged(brand: BrandFolder, days: int, name: str = "objections.csv") -> None:
    """Let a file have been changed so many days before the as-of date."""
    moment = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12) - timedelta(days=days)
    os.utime(brand.data / name, (moment.timestamp(), moment.timestamp()))


# --- days and hours -------------------------------------------------------------------------------------------


def test_a_day_without_calls_leaves_the_last_list_and_no_trace(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    brand.run(as_of=SATURDAY)
    before, events = brand.current.readlink(), brand.events()
    with pytest.raises(ClosedDayError, match="there are no calls on 2026-11-29, a Sunday"):
        brand.run(as_of=SUNDAY)
    with pytest.raises(ClosedDayError):
        brand.run(as_of=SUNDAY, dry_run=True)
    assert (brand.current.readlink(), brand.events()) == (before, events)
    assert [path.name for path in (brand.out / "runs").iterdir()] == [before.name]


def test_the_night_before_a_sunday_is_no_failure(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    alone = brand.cli("run", "--brand", brand.brand, "--as-of", str(SUNDAY))
    assert (alone.returncode, alone.stdout) == (3, "")
    assert "the next day with calls is 2026-11-30" in alone.stderr
    night = brand.cli("run", "--all", "--as-of", str(SUNDAY))
    assert (night.returncode, night.stderr) == (0, "")
    assert "courant: there are no calls on 2026-11-29" in night.stdout
    quiet = brand.cli("run", "--all", "--quiet", "--as-of", str(SUNDAY))
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    told = json.loads(brand.cli("run", "--all", "--json", "--as-of", str(SUNDAY)).stdout)
    assert [(one["brand"], one["closed"]["next"]) for one in told] == [("courant", "2026-11-30")]


def test_status_asks_for_no_list_on_a_day_without_calls(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    brand.run(as_of=SATURDAY)
    site = load_site(brand.configs)
    found = {day: brand_status(brand.configs, site, brand.brand, day) for day in (SATURDAY, SUNDAY, date(2026, 11, 30))}
    assert [one.good for one in found.values()] == [True, True, False]
    assert found[SUNDAY].closed == "a Sunday, under `law: nl`"


def test_a_check_tells_that_there_are_no_calls(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    found = check(brand.configs, load_site(brand.configs), brand.brand, SUNDAY)
    assert found.errors == ()
    assert any("there are no calls on 2026-11-29" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("day", "window"), [(SATURDAY, "10:00-16:00"), (date(2027, 5, 4), "09:00-18:30"), (AS_OF, "09:00-22:00")]
)
def test_the_dialler_is_given_the_hours(day: date, window: str, tmp_path: Path) -> None:
    fresh: Tree = {"snapshot_on": day}
    columns = {"phone": "telefoon", "customer_id": "klantnummer"}
    brand = make_brand(
        tmp_path,
        {
            "output": {"annotate": ["basis", "call_window"]},
            "objections": [{"path": "data/{brand}/objections.csv", "columns": columns, **fresh}],
        },
    )
    manifest = brand.run(as_of=day).manifest
    assert (manifest["call_window"], manifest["timezone"]) == (window, "Europe/Amsterdam")
    assert {row["call_window"] for row in brand.callable_rows()} == {window}
    assert window in (brand.current / "report.html").read_text()


def test_without_a_law_nothing_limits_the_hours(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, {"law": "none", "output": {"annotate": ["call_window"]}})
    assert brand.run(as_of=SUNDAY).manifest["call_window"] is None
    assert {row["call_window"] for row in brand.callable_rows()} == {""}


# --- how old objections may be --------------------------------------------------------------------------------


@pytest.mark.parametrize("max_age", [None, "60 days", "1 year"])
def test_no_policy_makes_objections_older_than_the_law(max_age: str | None, tmp_path: Path) -> None:
    source: Tree = {"path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon"}}
    brand = make_brand(tmp_path, {"objections": [source | ({"max_age": max_age} if max_age else {})]})
    aged(brand, 29)
    with pytest.raises(SourceError, match="is of 2026-10-25, 29 days before 2026-11-23; it may be 28 days old"):
        brand.run()
    aged(brand, 28)
    manifest = brand.run().manifest
    (warning,) = manifest["warnings"]
    assert "objections[0]: is of 2026-10-26, 28 days before 2026-11-23, and refused after 2026-11-23" in warning
    assert manifest["valid_until"] == str(AS_OF)
    aged(brand, 2)
    assert "2 days before" in brand.run().manifest["warnings"][0]
    aged(brand, 1)
    assert brand.run().manifest["warnings"] == []


def test_a_policy_may_be_stricter(tmp_path: Path) -> None:
    source: Tree = {"path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon"}, "max_age": "1 day"}
    brand = make_brand(tmp_path, {"objections": [source]})
    aged(brand, 2)
    with pytest.raises(SourceError, match="it may be 1 day old"):
        brand.run()


def test_without_a_law_any_age_is_the_policys(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, {"law": "none"})
    aged(brand, 4000)
    assert not [warning for warning in brand.run().manifest["warnings"] if "days before" in warning]


def test_a_page_never_says_that_all_is_well_where_no_age_is_set(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    manifest = brand.run().manifest
    assert manifest["age_unlimited"] == ["objections[0]"]
    page = (brand.current / "report.html").read_text()
    assert "max_age" in page
    assert "wijzigingstijd" in page
    brand.write_policy(
        {"objections": [{"path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon"}, "max_age": "1 day"}]}
    )
    assert brand.run().manifest["age_unlimited"] == []
    assert "max_age" not in (brand.current / "report.html").read_text()


NEWEST: Tree = {
    "path": "data/{brand}/objections.csv",
    "columns": {"phone": "telefoon", "objected_on": "datum"},
    "snapshot_on": "newest",
}


def quiet_brand(folder: Path, *days: str) -> BrandFolder:
    rows = [("telefoon", "datum"), *((f"06876543{n:02}", day) for n, day in enumerate(days))]
    return make_brand(folder, {"objections": [NEWEST]}, objections=rows)


def test_the_newest_objection_says_of_which_day_a_list_is(tmp_path: Path) -> None:
    brand = quiet_brand(tmp_path, "2026-10-01", "2026-11-20", "2062-11-20", "?", "")
    (source,) = [one for one in brand.run().manifest["sources"] if one["role"] == "objections[0]"]
    assert (source["snapshot_on"], source["dated_by"]) == ("2026-11-20", "newest")
    write_rows(
        brand.data / "objections.csv", [("telefoon", "datum"), ("0687654321", "?"), ("0687654322", "2062-01-01")]
    )
    with pytest.raises(SourceError, match="has no objection with a readable day up to 2026-11-23"):
        brand.run()


def test_a_quiet_month_is_no_failure_where_somebody_vouches_for_it(tmp_path: Path) -> None:
    brand = quiet_brand(tmp_path, "2026-10-01")
    site = load_site(brand.configs)
    with pytest.raises(SourceError, match="is of 2026-10-01, 53 days before"):
        brand.run()
    (told,) = confirm_objections(brand.configs, site, brand.brand, by="A. de Vries", on=date(2026, 11, 22))
    assert (told.role, told.rows, told.was_of) == ("objections[0]", 1, date(2026, 10, 1))
    manifest = brand.run().manifest
    (source,) = [one for one in manifest["sources"] if one["role"] == "objections[0]"]
    assert (source["snapshot_on"], source["dated_by"], manifest["warnings"]) == ("2026-11-22", "confirmed", [])
    (event,) = [one for one in brand.events() if one["event"] == "objections.confirmed"]
    assert event["body"]["by"] == "A. de Vries"
    write_rows(brand.data / "objections.csv", [("telefoon", "datum"), ("0687654399", "2026-10-02")])
    with pytest.raises(SourceError, match="is of 2026-10-02, 52 days before"):
        brand.run()
    assert list(confirmed_lists(site, brand.brand).values()) == [date(2026, 11, 22)]


def test_confirming_as_a_command(tmp_path: Path) -> None:
    brand = quiet_brand(tmp_path, "2020-10-01")
    done = brand.cli("objections", "confirm", "--brand", brand.brand, "--by", "A. de Vries")
    assert (done.returncode, done.stderr) == (0, "")
    digest = hashlib.sha256((brand.data / "objections.csv").read_bytes()).hexdigest()
    assert f"objections[0], 1 row, of 2020-10-01 (sha256:{digest})" in done.stdout


def test_a_closed_archive_has_no_age_but_must_stay_what_it_is(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    archive = write_rows(brand.data / "archive.csv", [("telefoon",), ("0612345678",)])
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    living: Tree = {"path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon"}}
    old: Tree = {"path": "data/{brand}/archive.csv", "columns": {"phone": "telefoon"}}
    brand.write_policy({"objections": [living, old | {"closed": {"on": date(2020, 1, 1), "sha256": digest}}]})
    aged(brand, 3000, "archive.csv")
    manifest = brand.run().manifest
    (source,) = [one for one in manifest["sources"] if one["role"] == "objections[1]"]
    assert (source["snapshot_on"], source["dated_by"], source["valid_until"]) == ("2020-01-01", "closed", None)
    assert manifest["warnings"] == []
    assert brand.reasons() == {"K1": "objected"}
    archive.write_text(archive.read_text() + "0612345679\n")
    with pytest.raises(SourceError, match="is not the archive that was closed"):
        brand.run()


# --- screening, and consent alone -----------------------------------------------------------------------------


def screening(law: str = "nl") -> Tree:
    return {
        "law": law,
        "sector": "commercial",
        "balanstests": None,
        "bel_me_niet": {
            "screen": "always",
            "register": {"path": "data/{brand}/register.csv", "columns": {"phone": "telefoon"}, "snapshot_on": AS_OF},
        },
    }


def test_screening_replaces_a_balanstest_in_the_registers_time_only(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, screening(), register=[("telefoon",), ("0612345678",)])
    assert brand.run(as_of=date(2021, 6, 30)).manifest["bases"] == {"register": 1}
    with pytest.raises(PolicyError, match="screening replaces a balanstest up to 2021-06-30 only") as refused:
        brand.run(as_of=date(2021, 7, 1))
    (problem,) = refused.value.problems
    assert (problem.path, problem.line > 0) == ("bel_me_niet.screen", True)
    brand.write_policy(screening("none"))
    brand.run(as_of=date(2021, 7, 1))


def test_a_policy_on_consent_alone_runs_for_any_sector(tmp_path: Path) -> None:
    for sector in ("commercial", "idealistic"):
        brand = make_brand(
            tmp_path / sector,
            {
                "sector": sector,
                "balanstests": None,
                "consent": {"accept": True, "valid_for": "24 months"},
                "call_list": {"columns": {"last_purchase_on": None, "consent_on": "toestemming"}},
            },
            calls=[
                ("klantnummer", "telefoon", "toestemming"),
                ("K1", "0612345678", "2026-11-01"),
                ("K2", "0612345679", ""),
            ],
        )
        manifest = brand.run().manifest
        assert (manifest["bases"], manifest["reasons"]) == ({"consent": 1}, {"no_legal_basis": 1})
