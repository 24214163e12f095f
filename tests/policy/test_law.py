"""What the law allows, by date and sector, and what it leaves of a policy."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from balansfilter.errors import PolicyError
from balansfilter.policy.base import Sector
from balansfilter.policy.law import PACKAGED, Law, load_law, offered_grounds, refuse_if_no_ground, usable_grounds
from balansfilter.policy.loading import load_policy
from balansfilter.policy.model import Policy
from balansfilter.policy.values import Span
from policy.samples import GOOD, write

SECTORS: tuple[Sector, ...] = get_args(Sector)
ALL = {"consent", "customer", "register"}
NL = load_law("nl")
NONE = load_law("none")


@pytest.mark.parametrize("sector", SECTORS)
@pytest.mark.parametrize(
    ("day", "commercial", "exempt"),
    [
        ("2009-10-01", ALL, ALL),
        ("2020-05-31", ALL, ALL),
        ("2020-06-01", ALL, ALL),
        ("2021-06-30", ALL, ALL),
        ("2021-07-01", {"consent", "customer"}, {"consent", "customer"}),
        ("2026-06-30", {"consent", "customer"}, {"consent", "customer"}),
        ("2026-07-01", {"consent"}, {"consent", "customer"}),
        ("2026-11-23", {"consent"}, {"consent", "customer"}),
        ("2099-12-31", {"consent"}, {"consent", "customer"}),
    ],
)
def test_grounds_by_date_and_sector(sector: Sector, day: str, commercial: set[str], exempt: set[str]) -> None:
    assert NL.grounds(sector, date.fromisoformat(day)) == (
        commercial if sector in ("commercial", "idealistic") else exempt
    )


@pytest.mark.parametrize(
    ("day", "ceiling"),
    [("2009-10-01", None), ("2020-05-31", None), ("2020-06-01", "36 months"), ("2026-11-23", "36 months")],
)
def test_the_ceiling_by_date(day: str, ceiling: str | None) -> None:
    assert NL.ceiling(date.fromisoformat(day)) == (Span(ceiling) if ceiling else None)


def test_before_the_first_rules() -> None:
    day = date(2009, 9, 30)
    assert not NL.covers(day)
    for ask in (NL.on, NL.ceiling, lambda as_of: NL.grounds("press", as_of)):
        with pytest.raises(PolicyError, match="knows no rules for 2009-09-30: it is silent on days before 2009-10-01"):
            ask(day)


def test_every_rule_has_a_source_and_both_languages() -> None:
    rules = [rule for rules in NL.profile.dated.values() for rule in rules]
    assert {kind for kind, _ in NL.rules_on(date(2020, 6, 15))} | {
        kind for kind, _ in NL.rules_on(date(2026, 11, 23))
    } == {*NL.profile.dated}
    assert all(rule.sources for rule in rules)
    assert all(rule.rule.said("nl") != rule.rule.said("en") for rule in rules)
    assert all(note.said("nl") != note.said("en") for note in NL.profile.notes)
    assert NL.warning is None


def test_what_is_not_certain_is_told_with_what_was_chosen() -> None:
    told = " ".join(note.said("en") for note in NL.profile.notes)
    told += " ".join(rule.rule.said("en") for rules in NL.profile.dated.values() for rule in rules)
    for fragment in (
        "uncertain",
        "were not found",
        "the stricter rule of the two holds",
        "here the day of the call counts",
    ):
        assert fragment in told
    assert "not read" not in told


@pytest.mark.parametrize("day", [date.min, date(2009, 9, 30), date(2026, 11, 23), date.max])
def test_no_law_at_all(day: date) -> None:
    assert all(NONE.grounds(sector, day) == ALL for sector in SECTORS)
    assert NONE.ceiling(day) is None
    assert NONE.warning is not None


def test_since_when() -> None:
    assert NL.since("press", date(2026, 11, 23)) == date(2021, 7, 1)
    assert NL.since("commercial", date(2026, 11, 23)) == date(2026, 7, 1)
    assert NL.last_day_of("register", "press", date(2026, 1, 1)) == date(2021, 6, 30)


# --- a profile of one's own -----------------------------------------------------------------------------------


def own(folder: Path, *edits: tuple[str, str]) -> Path:
    text = (PACKAGED / "nl.yaml").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = folder / "laws" / "nl.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_a_profile_of_ones_own_is_read_instead_and_it_shows(tmp_path: Path) -> None:
    path = own(tmp_path, ("[charity, charity_lottery, press]", "[charity, press]"))
    law = load_law("nl", tmp_path)
    assert law.grounds("charity_lottery", date(2026, 7, 1)) == {"consent"}
    assert (law.origin, NL.origin) == (str(path), "packaged")
    assert law.sha256 != NL.sha256
    assert load_law("none", tmp_path).origin == "packaged"


@pytest.mark.parametrize(
    ("edit", "where", "fragment"),
    [
        (("law: nl", "law: none"), "law", "the file is named nl.yaml"),
        (("from: 2021-07-01", "from: 2021-07-02"), "periods[1].from", "leaves a gap after 2021-06-30"),
        (("from: 2021-07-01", "from: 2021-06-30"), "periods[1].from", "is not after 2021-06-30"),
        (("until: 2026-06-30", "until: 2020-06-30"), "periods[1].until", "before the first day"),
        (("[charity, charity_lottery, press]", "[charities]"), "periods[2].grounds.customer[0]", "did you mean `charity`"),
        (("[charity, charity_lottery, press]", "everyone"), "periods[2].grounds.customer", "should be `all`, or a list"),
        (("term: 36 months", "term: 3 jaar"), "ceilings[0].term", "should be a number of days"),
        (("checked_on: 2026-11-26", "checked: 2026-11-26"), "checked", "did you mean `checked_on`"),
        (("register: all}", "regster: all}"), "periods[0].grounds.regster", "did you mean `register`"),
        (("holidays:\n      - New Year's Day", "holidays:\n      - New Years Day"), "calling_days[0].holidays[0]", "did you mean"),
        (("{holiday: Good Friday, until", "{holiday: Black Friday, until"), "calling_days[1].evenings[0].holiday", "is no holiday"),
        (("country: NL\n    hours", "country: XX\n    hours"), "calling_days[0].country", "holidays of XX are not known"),
        (('{day: "05-04", until', '{day: "05-04", holiday: Good Friday, until'), "calling_days[0].evenings[0]", "name the day"),
        (('saturday: "10:00-16:00"', 'saturday: "16:00-10:00"'), "calling_days[0].hours.saturday", "the first before the second"),
        (("first_call_within: 6 months", "first_call_within: half a year"), "consent_use[0].first_call_within", "should be a number of days"),
        (("lifted_by_opinion: true", "lifted_by_opinion: yes"), "ceilings[0].lifted_by_opinion", "`yes` without quotes"),
    ],
)  # fmt: skip
def test_a_broken_profile_is_told(edit: tuple[str, str], where: str, fragment: str, tmp_path: Path) -> None:
    path = own(tmp_path, edit)
    with pytest.raises(PolicyError) as caught:
        load_law("nl", tmp_path)
    told = [problem for problem in caught.value.problems if problem.path == where]
    assert told
    assert fragment in str(told[0])
    assert (told[0].file, told[0].line > 0) == (str(path), True)


def test_a_law_that_is_not_there() -> None:
    with pytest.raises(PolicyError, match="does not exist"):
        load_law("be")


# --- a policy under a law -------------------------------------------------------------------------------------


SCREENING = GOOD[GOOD.index("bel_me_niet:") : GOOD.index("consent: {")]
TESTS = GOOD[GOOD.index("balanstests:") : GOOD.index("bel_me_niet:")]


def policy(folder: Path, *edits: tuple[str, str]) -> Policy:
    text = GOOD
    for old, new in edits:
        text = text.replace(old, new)
    return load_policy(write(folder, text))


NEVER = (SCREENING, "bel_me_niet: {screen: never}\n")
NO_CONSENT = ("accept: true", "accept: false")
COMMERCIAL = ("sector: press", "sector: commercial")
ALWAYS = ("screen: after_term", "screen: always")
NO_TEST = (TESTS, "")


def test_which_grounds_a_policy_offers(tmp_path: Path) -> None:
    assert offered_grounds(policy(tmp_path)) == ALL
    assert offered_grounds(policy(tmp_path, NEVER)) == {"consent", "customer"}
    assert offered_grounds(policy(tmp_path, NEVER, NO_CONSENT)) == {"customer"}
    assert offered_grounds(policy(tmp_path, ALWAYS, NO_CONSENT)) == {"customer"}
    assert offered_grounds(policy(tmp_path, ALWAYS, NO_CONSENT, NO_TEST)) == {"register"}


@pytest.mark.parametrize(
    ("edits", "day", "grounds"),
    [
        ([], "2020-06-15", ALL),
        ([], "2026-11-23", {"consent", "customer"}),
        ([COMMERCIAL], "2026-06-30", {"consent", "customer"}),
        ([COMMERCIAL], "2026-07-01", {"consent"}),
        ([COMMERCIAL, NO_CONSENT], "2026-07-01", set()),
        ([COMMERCIAL, NO_CONSENT], "2026-06-30", {"customer"}),
        ([ALWAYS, NO_TEST, NO_CONSENT], "2021-06-30", {"register"}),
        ([ALWAYS, NO_TEST, NO_CONSENT], "2021-07-01", set()),
        ([ALWAYS, NO_TEST], "2021-07-01", {"consent"}),
    ],
)
def test_which_are_left(edits: list[tuple[str, str]], day: str, grounds: set[str], tmp_path: Path) -> None:
    made, as_of = policy(tmp_path, *edits), date.fromisoformat(day)
    assert usable_grounds(made, NL, as_of) == grounds
    if grounds:
        refuse_if_no_ground(made, NL, as_of)
    else:
        with pytest.raises(PolicyError, match="no ground to call on"):
            refuse_if_no_ground(made, NL, as_of)
    refuse_if_no_ground(made, NONE, as_of)


def test_why_no_ground_is_left_and_since_when(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        refuse_if_no_ground(policy(tmp_path, COMMERCIAL, NO_CONSENT, NEVER), NL, date(2026, 11, 23))
    assert str(caught.value) == (
        "the law leaves this policy no ground to call on 2026-11-23: under `law: nl` the grounds of the sector commercial "
        "are consent since 2026-07-01; the ground customer of the policy ended on 2026-06-30"
    )


def test_a_law_is_a_value() -> None:
    assert isinstance(NL, Law)
    assert load_law("nl") == NL
