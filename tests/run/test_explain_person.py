"""Why a person may or may not be called, asked from Python: what the command tells, with nothing but what is exported."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest

import balansfilter
from balansfilter import BalansfilterError, Explanation, RowExplained, RuleAnswer
from tests.brandfolder import AS_OF, CALLS, BrandFolder, make_brand


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    return make_brand(tmp_path, calls=[*CALLS, ("K9", "0612345678", "2026-02-01"), ("K5", "0201234567", "2024-11-24")])


@pytest.mark.parametrize("who", [{"phone": "06-12345678"}, {"customer_id": "K2"}, {"customer_id": "niemand"}])
def test_it_tells_what_the_command_tells(who: dict[str, str], brand: BrandFolder) -> None:
    found = balansfilter.explain_person(str(brand.configs), brand.brand, as_of=str(AS_OF), **who)
    ((option, value),) = who.items()
    named = ["--phone", value] if option == "phone" else ["--customer", value]
    told = json.loads(brand.cli("explain", "--brand", "courant", "--as-of", str(AS_OF), "--json", *named).stdout)
    assert found.callable == told["callable"]
    assert [(row.row, row.reason, row.basis) for row in found.rows] == [
        (row["row"], row["reason"], row["basis"]) for row in told["rows"]
    ]
    assert isinstance(found, Explanation)
    for row in found.rows:
        assert isinstance(row, RowExplained)
        assert all(isinstance(answer, RuleAnswer) for answer in row.answers)
        assert sum(answer.decides for answer in row.answers) == 1


@pytest.fixture
def unread(tmp_path: Path) -> BrandFolder:
    calls = [
        ("klantnummer", "telefoon", "vast", "laatste_aankoop"),
        ("K1", "06-12345671 06-12345672", "020-1234567", "2026-01-15"),
        ("K2", "", "020-1234568", "2026-01-15"),
        ("K3", "06-12345672 thuis", "020-1234569", "2026-01-15"),
    ]
    return make_brand(tmp_path, {"call_list": {"columns": {"phone": ["telefoon", "vast"]}}}, calls=calls)


def test_a_cell_that_cannot_be_read_is_not_shown_as_an_empty_one(unread: BrandFolder) -> None:
    shown = [
        answer.inputs["telefoon"]
        for customer_id in ("K1", "K2")
        for row in balansfilter.explain_person(unread.configs, "courant", customer_id=customer_id, as_of=AS_OF).rows
        for answer in row.answers
        if answer.rule == "invalid_phone"
    ]
    assert shown == ["?", None]


@pytest.mark.parametrize(
    ("phone", "rows", "told"),
    [
        ("0612345671", (1,), "Het nummer staat in een cel van het belbestand die niet te lezen is (rij 1)."),
        ("0612345672", (1, 3), "Het nummer staat in cellen van het belbestand die niet te lezen zijn (rijen 1, 3)."),
        ("0612345673", (), None),
    ],
)
def test_a_number_in_a_cell_that_cannot_be_read_is_found(
    phone: str, rows: tuple[int, ...], told: str | None, unread: BrandFolder
) -> None:
    found = balansfilter.explain_person(unread.configs, "courant", phone=phone, as_of=AS_OF)
    assert (found.rows, found.in_unread_cells) == ((), rows)
    asked = ("--brand", "courant", "--as-of", str(AS_OF), "--phone", phone)
    shown = " ".join(unread.cli("--lang", "nl", "explain", *asked).stdout.split())
    assert ("te lezen" in shown) == (told is not None)
    assert told is None or told in shown
    letter = unread.cli("--lang", "nl", "explain", *asked, "--letter", "-").stdout
    assert "te lezen" not in letter


def test_a_register_that_is_not_looked_up_tells_nothing(brand: BrandFolder) -> None:
    looked = [
        answer.inputs
        for row in balansfilter.explain_person(brand.configs, "courant", customer_id="K1", as_of=AS_OF).rows
        for answer in row.answers
        if answer.rule == "listed"
    ]
    assert looked
    assert all("not looked up in the register" in str(inputs) for inputs in looked)


def test_the_day_is_taken_as_a_run_takes_it(brand: BrandFolder) -> None:
    for day in (AS_OF, str(AS_OF), datetime(2026, 11, 23, 4)):
        assert balansfilter.explain_person(brand.configs, "courant", customer_id="K1", as_of=day).as_of == AS_OF
    early, late = (
        balansfilter.explain_person(brand.configs, "courant", customer_id="K5", as_of=date(2026, 11, day))
        for day in (24, 25)
    )
    assert [row.reason for explanation in (early, late) for row in explanation.rows] == [None, "expired"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "name a person"),
        ({"phone": "0612"}, "not a valid phone number"),
        ({"customer_id": "K1", "as_of": "23-11-2026"}, "a day is a date"),
    ],
)
def test_what_is_no_question_is_an_error_of_ours(asked: dict[str, str], told: str, brand: BrandFolder) -> None:
    with pytest.raises(BalansfilterError, match=told):
        balansfilter.explain_person(brand.configs, "courant", **asked)


SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 11, 23)
CHRISTMAS, AFTER_CHRISTMAS = date(2026, 12, 25), date(2026, 12, 28)


@pytest.mark.parametrize(("day", "following"), [(SUNDAY, MONDAY), (CHRISTMAS, AFTER_CHRISTMAS)])
def test_on_a_day_without_calls_nobody_may_be_called_and_it_tells_of_the_next(
    day: date, following: date, brand: BrandFolder
) -> None:
    assert brand.cli("run", "--brand", "courant", "--as-of", str(day)).returncode == 3
    found = balansfilter.explain_person(brand.configs, "courant", customer_id="K2", as_of=day)
    assert found.closed is not None
    assert (found.as_of, found.closed.day, found.asked_on, found.callable) == (following, day, day, False)
    asked = ("explain", "--brand", "courant", "--as-of", str(day), "--customer", "K2")
    told = json.loads(brand.cli(*asked, "--json").stdout)
    assert told["closed"] == {"day": str(day), "why": found.closed.why}
    assert (told["as_of"], told["callable"]) == (str(following), False)
    done = brand.cli(*asked)
    shown = " ".join(done.stdout.split())
    assert done.returncode == 0
    assert f"there are no calls on {day}, " in shown
    assert f"; the next day with calls is {following}. What follows holds for that day." in shown
    assert f"On {following} this row may be called" in shown
    assert "This row may be called" not in shown
    assert f"courant, to be called on {day}" not in shown


def test_days_that_the_policy_leaves_out_are_closed_as_well(brand: BrandFolder) -> None:
    brand.write_policy({"calling": {"days": ["tue"]}})
    found = balansfilter.explain_person(brand.configs, "courant", customer_id="K2", as_of=MONDAY)
    assert found.closed is not None
    assert (found.as_of, "calling.days" in found.closed.why) == (date(2026, 11, 24), True)


def test_on_a_day_with_calls_nothing_is_closed(brand: BrandFolder) -> None:
    found = balansfilter.explain_person(brand.configs, "courant", customer_id="K2", as_of=MONDAY)
    assert (found.closed, found.as_of, found.callable) == (None, MONDAY, True)


def test_the_files_are_those_of_the_day_that_was_asked_about_and_fresh_then(brand: BrandFolder) -> None:
    """A list of Sunday and objections of Saturday tell of Monday: there is nothing newer on Sunday."""
    dated = {"path": "data/{brand}/objections-{as_of}.csv", "snapshot_on": date(2026, 11, 21), "max_age": "1 day"}
    changes = {"path": "data/{brand}/calls-{as_of}.csv"}
    columns = {"columns": {"phone": "telefoon", "customer_id": "klantnummer"}}
    brand.write_policy({"call_list": changes, "objections": [dated | columns]})
    brand.calls.rename(brand.data / f"calls-{SUNDAY}.csv")
    (brand.data / "objections.csv").rename(brand.data / f"objections-{SUNDAY}.csv")
    found = balansfilter.explain_person(brand.configs, "courant", customer_id="K2", as_of=SUNDAY)
    assert (found.as_of, [row.callable for row in found.rows]) == (MONDAY, [True])
    done = brand.cli("explain", "--brand", "courant", "--as-of", str(SUNDAY), "--customer", "K2", "--letter", "-")
    assert done.returncode == 0, done.stderr
