"""Order and meaning of each reason and ground stand in one place, and all that names them agrees with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from balansfilter.decision.reasons import IN_ORDER, REASONS, WITH_UNTIL, reason_code
from balansfilter.decision.rules import CONSENT_RULES, CUSTOMER_RULES, LAW_RULES, LIST_RULES, PERSON_RULES
from balansfilter.policy.law import GROUNDS
from balansfilter.wording.catalogue import load_wording

ROOT = Path(__file__).parents[2]


def test_every_reason_is_decided_in_one_place() -> None:
    rules = [rule.reason for group in (PERSON_RULES, CUSTOMER_RULES, LAW_RULES, LIST_RULES) for rule in group]
    rules += [rule.reason for rule in CONSENT_RULES if not rule.of_consent]
    assert sorted([*rules, "unreadable_row", "duplicate"]) == sorted(REASONS)


def test_the_rules_of_a_group_are_in_the_order_of_the_reasons() -> None:
    for group in (PERSON_RULES, CUSTOMER_RULES, LAW_RULES, LIST_RULES):
        codes = [reason_code(rule.reason) for rule in group]
        assert codes == sorted(codes)


def test_the_last_day_is_told_with_those_that_may_be_called_again() -> None:
    assert [REASONS[code - 1] for code in WITH_UNTIL] == ["too_early", "expired", "called_too_often", "duplicate"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_reason_and_ground_has_its_words(language: str) -> None:
    words = load_wording(language)
    for reason in IN_ORDER:
        assert words(reason.label_key)
    for ground in GROUNDS:
        assert words(f"terms.grounds.{ground}.label")


def test_every_reason_has_its_cases() -> None:
    cases = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "decision" / "cases").glob("*.yaml"))
    assert [reason for reason in REASONS if not re.search(rf"\b{reason}\b", cases)] == []
