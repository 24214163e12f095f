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
